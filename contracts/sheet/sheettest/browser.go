// Package sheettest opens pages in a real browser, for tests.
package sheettest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Browser is a Chromium on this machine.
type Browser struct{ path string }

// Find finds one, and skips the test where there is none.
func Find(t *testing.T) Browser {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return Browser{path}
		}
	}
	t.Skip("no chromium on the path: the page was not looked at in a browser")
	return Browser{}
}

// frame loads a page in a frame as wide as a phone, a desk or a sheet of paper, and takes down how wide the page grew,
// which background it took, and what the question said.
const (
	frames = `<!doctype html><title>waiting</title><body style="margin:0"><script>
var seen = [];
function look(n, e) {
  var w = e.contentWindow, d = w.document, root = d.documentElement;
  d.querySelectorAll("details").forEach(function (x) { x.open = true; });
  var said = [root.scrollWidth, root.clientWidth, getComputedStyle(d.body).backgroundColor];
  var ask = function () { %s };
  seen[n] = said.concat(ask()).join("|");
}
window.addEventListener("load", function () { document.title = ["done"].concat(seen).join("&&"); });
</script>`
	frame = `<iframe style="border:0;width:%dpx;height:900px" src="%s" onload="look(%d, this)"></iframe>
`
)

// View is the page of a file in a window of a width in pixels, in light or dark.
type View struct {
	File  string
	Width int
	Theme string
}

func (v View) String() string {
	return fmt.Sprintf("%s at %d in %s", filepath.Base(v.File), v.Width, v.Theme)
}

// Seen is a view as the browser shows it, all details open, in pixels.
type Seen struct {
	View
	Grown, Window string // how wide the page grew, and the window is
	Background    string
	Said          []string // what the question returned
}

// Look opens all views and asks each a question: the body of a function that sees the window w, the document d and its
// root, and returns a list. Whatever a page complains of on the console fails the test, and so does one that is wider
// than its window.
func (b Browser) Look(t *testing.T, question string, views ...View) []Seen {
	t.Helper()
	probe := fmt.Appendf(nil, frames, question)
	for i, v := range views {
		page := (&url.URL{Scheme: "file", Path: v.File, RawQuery: "theme=" + v.Theme}).String()
		probe = fmt.Appendf(probe, frame, v.Width, page, i)
	}
	file := filepath.Join(t.TempDir(), "probe.html")
	if err := os.WriteFile(file, probe, 0o600); err != nil {
		t.Fatal(err)
	}
	dom, complaints := b.run(t, "--window-size=1400,1000", "--hide-scrollbars", "--allow-file-access-from-files", "--enable-logging=stderr",
		"--dump-dom", (&url.URL{Scheme: "file", Path: file}).String())
	if console := regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindString(complaints); console != "" {
		t.Errorf("a page complains: %s", console)
	}
	title := regexp.MustCompile(`<title>done&amp;&amp;([^<]*)</title>`).FindStringSubmatch(dom)
	if title == nil {
		t.Fatalf("the pages did not load:\n%.400s", dom)
	}
	answers := strings.Split(title[1], "&amp;&amp;")
	if len(answers) != len(views) {
		t.Fatalf("%d of %d pages loaded", len(answers), len(views))
	}
	var all []Seen
	for i, answer := range answers {
		said := strings.Split(answer, "|")
		if len(said) < 3 {
			t.Fatalf("%s did not answer", views[i])
		}
		s := Seen{View: views[i], Grown: said[0], Window: said[1], Background: said[2], Said: said[3:]}
		if s.Grown != s.Window || s.Window != fmt.Sprint(s.Width) {
			t.Errorf("%s grew to %s in a window of %s", s.View, s.Grown, s.Window)
		}
		all = append(all, s)
	}
	return all
}

// Everywhere are the views of a page on a phone and on a desk, in light and in dark.
func Everywhere(file string) (all []View) {
	for _, width := range []int{390, 1280} {
		for _, theme := range []string{"light", "dark"} {
			all = append(all, View{file, width, theme})
		}
	}
	return all
}

// Differ fails the test unless light and dark have backgrounds of their own.
func Differ(t *testing.T, all []Seen) {
	t.Helper()
	colours := map[string]string{}
	for _, s := range all {
		colours[s.Theme] = s.Background
	}
	if len(colours) != 2 || colours["light"] == colours["dark"] {
		t.Errorf("light and dark do not differ: %v", colours)
	}
}

// Print prints the page of a file and tells how many sheets that takes.
func (b Browser) Print(t *testing.T, file string) int {
	t.Helper()
	printed := filepath.Join(t.TempDir(), "page.pdf")
	b.run(t, "--no-pdf-header-footer", "--print-to-pdf="+printed, (&url.URL{Scheme: "file", Path: file}).String())
	pdf, err := os.ReadFile(printed)
	if err != nil {
		t.Fatalf("nothing was printed: %v", err)
	}
	return len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
}

func (b Browser) run(t *testing.T, args ...string) (out, complaints string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// not t.TempDir: the browser's helpers may write there a moment longer than it runs
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile) //nolint:errcheck // a temporary folder
	var errs strings.Builder
	run := exec.CommandContext(ctx, b.path, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile}, args...)...)
	run.Stderr, run.WaitDelay = &errs, 5*time.Second
	dom, err := run.Output()
	if err != nil {
		t.Fatalf("running the browser: %v\n%s", err, errs.String())
	}
	return string(dom), errs.String()
}
