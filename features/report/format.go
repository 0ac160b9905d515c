package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// full prints every digit that the number has.
func full(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', -1, 64), "-", "−")
}

// short prints a number for reading: four significant digits, or all before the
// point of a larger one that has no more than nine.
func short(x float64) string {
	if size := math.Abs(x); size >= 1e4 && size < 1e9 {
		return strings.ReplaceAll(strconv.FormatFloat(x, 'f', 0, 64), "-", "−")
	}
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', 4, 64), "-", "−")
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// size prints bytes in the unit that reads best, powers of 1000.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

func lasted(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// brief is the type of an event as a reader says it: "release published" for
// fairway.airlock.release.published.v1. Types that are not ours stay whole.
func brief(kind string) string {
	parts := strings.Split(kind, ".")
	if len(parts) != 5 || parts[0] != "fairway" {
		return kind
	}
	return strings.ReplaceAll(parts[2]+" "+parts[3], "-", " ")
}

// order is an act as a reader says it: "submit application" for
// fairway.approval.application.submit.v1.
func order(kind string) string {
	parts := strings.Split(kind, ".")
	if len(parts) != 5 || parts[0] != "fairway" {
		return kind
	}
	return strings.ReplaceAll(parts[3]+" "+parts[2], "-", " ")
}

// cut shortens what is drawn; the whole text stands in the title beside it.
func cut(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

// plain makes any string valid UTF-8 without control characters but line ends and tabs, and without those that turn the
// direction of writing, by which a name could be read as another.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || unicode.Is(unicode.Bidi_Control, r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// decimals prints two decimals, or three significant digits of what is smaller than one.
func decimals(x float64) string {
	digits := 2
	if size := math.Abs(x); size > 0 && size < 1 {
		digits = min(6, 2-int(math.Floor(math.Log10(size))))
		digits = max(2, digits)
	}
	return strings.ReplaceAll(strconv.FormatFloat(x, 'f', digits, 64), "-", "−")
}

// grouped prints a whole number with commas: 28,501.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// capital begins a title with a capital letter.
func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}
