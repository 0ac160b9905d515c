package profile

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Duration is an exact time, written as in Go: "8h", "90m".
type Duration time.Duration

// Std is d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return fmt.Errorf(`%q is no duration: expected for example "8h" or "90m"`, text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Span is a time by the calendar: days, months or years.
type Span struct{ Years, Months, Days int }

// After is from, moved by the span: two years after 29 February is 1 March.
func (s Span) After(from time.Time) time.Time { return from.UTC().AddDate(s.Years, s.Months, s.Days) }

var spanPattern = regexp.MustCompile(`^([1-9][0-9]{0,3})(d|m|y)$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	m := spanPattern.FindStringSubmatch(string(text))
	if m == nil {
		return fmt.Errorf(`%q is no span of days, months or years: expected for example "30d", "6m" or "2y"`, text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	*s = map[string]Span{"d": {Days: n}, "m": {Months: n}, "y": {Years: n}}[m[2]]
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) {
	switch {
	case s.Years > 0:
		return fmt.Appendf(nil, "%dy", s.Years), nil
	case s.Months > 0:
		return fmt.Appendf(nil, "%dm", s.Months), nil
	}
	return fmt.Appendf(nil, "%dd", s.Days), nil
}

// WorkingDays counts days from Monday to Friday. Public holidays count as working days, because they differ by site.
type WorkingDays int

// After is the end of the last of w working days after from, in UTC.
func (w WorkingDays) After(from time.Time) time.Time {
	// Regulation (EEC, Euratom) 1182/71 Art 3: the day of the event is not counted; the period ends with the last
	// hour of its last day.
	day := from.UTC().Truncate(24 * time.Hour)
	for left := int(w); left > 0; {
		day = day.AddDate(0, 0, 1)
		if d := day.Weekday(); d != time.Saturday && d != time.Sunday {
			left--
		}
	}
	return day.AddDate(0, 0, 1)
}

var workingDaysPattern = regexp.MustCompile(`^([1-9][0-9]?)wd$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *WorkingDays) UnmarshalText(text []byte) error {
	m := workingDaysPattern.FindStringSubmatch(string(text))
	if m == nil {
		return fmt.Errorf(`%q is no number of working days: expected for example "5wd"`, text)
	}
	n, err := strconv.Atoi(m[1])
	*w = WorkingDays(n)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (w WorkingDays) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%dwd", int(w)), nil }
