package report

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

// probe loads the page in a frame as wide as a phone or a desk and writes into its
// own title how wide the page grew, the theme it took and how much of it is drawn.
const probe = `<!doctype html><title>waiting</title><body style="margin:0"><iframe id="f" style="border:0;width:%dpx;height:900px" src="%s"></iframe>
<script>
document.getElementById("f").onload = function (e) {
  var w = e.target.contentWindow, d = w.document, root = d.documentElement;
  d.querySelectorAll("details").forEach(function (x) { x.open = true; });
  var search = d.querySelector("#event-filter input[type=search]");
  search.value = "no such words"; search.dispatchEvent(new w.Event("input", {bubbles: true}));
  var off = d.querySelectorAll(".hop:not(.off)").length;
  d.getElementById("theme").click();
  document.title = ["done", root.scrollWidth, root.clientWidth, getComputedStyle(d.body).backgroundColor,
    d.querySelectorAll("svg").length, off, root.dataset.theme].join("|");
};
</script>`

func TestLooksRightInABrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium on the path: the page was not looked at in a browser")
	}
	dir := t.TempDir()
	if err := Write(dir, fixture()); err != nil {
		t.Fatal(err)
	}
	backgrounds := map[string]string{}
	for _, width := range []int{390, 1280} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%s at %d", theme, width), func(t *testing.T) {
				got := look(t, browser, dir, width, theme)
				if got[1] != got[2] || got[2] != fmt.Sprint(width) {
					t.Errorf("the page is %s wide in a window of %s, asked for %d", got[1], got[2], width)
				}
				if got[4] == "0" {
					t.Error("nothing is drawn")
				}
				if got[5] != "0" {
					t.Errorf("%s arrows stayed although the filter matches none", got[5])
				}
				if got[6] == theme {
					t.Error("the button does not change the theme")
				}
				backgrounds[theme] = got[3]
			})
		}
	}
	if len(backgrounds) == 2 && backgrounds["light"] == backgrounds["dark"] {
		t.Errorf("light and dark look the same: %s", backgrounds["light"])
	}
}

// look returns what the probe saw, and fails on any message on the console.
func look(t *testing.T, browser, dir string, width int, theme string) []string {
	t.Helper()
	page := (&url.URL{Scheme: "file", Path: filepath.Join(dir, "index.html"), RawQuery: "theme=" + theme}).String()
	frame := filepath.Join(dir, fmt.Sprintf("probe-%s-%d.html", theme, width))
	if err := os.WriteFile(frame, fmt.Appendf(nil, probe, width, page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	var complaints strings.Builder
	run := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--allow-file-access-from-files",
		"--user-data-dir="+profile, "--window-size=1400,1000", "--hide-scrollbars", "--enable-logging=stderr", "--dump-dom", "file://"+frame)
	run.Stderr, run.WaitDelay = &complaints, 5*time.Second
	dom, err := run.Output()
	if err != nil {
		t.Fatalf("running the browser: %v\n%s", err, complaints.String())
	}
	if console := regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindString(complaints.String()); console != "" {
		t.Errorf("the page complains: %s", console)
	}
	title := regexp.MustCompile(`<title>(done[^<]*)</title>`).FindSubmatch(dom)
	if title == nil {
		t.Fatalf("the page did not load in the frame:\n%.400s", dom)
	}
	return strings.Split(string(title[1]), "|")
}
