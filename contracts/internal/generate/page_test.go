package generate

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

func TestThePageHasEveryEventAndLoadsNothing(t *testing.T) {
	tree := os.DirFS("../../schemas")
	page, err := Page(tree)
	if err != nil {
		t.Fatal(err)
	}
	events, err := load(tree)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, e := range events {
		for _, want := range []string{`id="` + e.service() + "." + e.name() + `"`, "<code>" + e.Type + "</code>", e.versions[0]} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s", e.folder, want)
			}
		}
	}
	if loads := regexp.MustCompile(`(?:src|href)="[^#"][^"]*"|url\(|@import`).FindString(text); loads != "" {
		t.Errorf("the page loads %s", loads)
	}
	if n := strings.Count(text, `class="refused"`); n != len(events) {
		t.Errorf("%d of %d events show what is refused", n, len(events))
	}
}

func TestWhatAContractSaysIsEscaped(t *testing.T) {
	root := module(t, map[string]string{"s/a-told/CHANGELOG.md": "# Changes\n\n## 1.0.0\n\n<script>alert(1)</script>\n\n- one <b>\n- two\n",
		"s/a-told/examples/valid/1.json": `{"a":{"code":"</pre><script>alert(2)</script>"}}`, "s/b-told/CHANGELOG.md": "# Changes\n"})
	page, err := Page(os.DirFS(filepath.Join(root, "schemas")))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "<script>alert") || !strings.Contains(string(page), "<li>one &lt;b&gt;</li><li>two</li>") {
		t.Error("words of a contract became part of the page")
	}
}

// probe loads the page in a frame as wide as a phone or a desk, searches, and says in its own title how wide the page
// grew, how many events were found, and which colours it took.
const probe = `<!doctype html><title>waiting</title><body style="margin:0"><iframe id="f" style="border:0;width:%dpx;height:900px" src="%s"></iframe>
<script>
document.getElementById("f").onload = function (e) {
  var w = e.target.contentWindow, d = w.document, root = d.documentElement;
  d.querySelectorAll("details").forEach(function (x) { x.open = true; });
  var wide = root.scrollWidth, all = d.querySelectorAll("article:not([hidden])").length;
  var search = d.querySelector("#filter input[type=search]");
  search.value = "release approved"; search.dispatchEvent(new w.Event("input", {bubbles: true}));
  var some = d.querySelectorAll("article:not([hidden])").length;
  search.value = "no such words"; search.dispatchEvent(new w.Event("input", {bubbles: true}));
  var none = d.querySelectorAll("article:not([hidden])").length;
  document.title = ["done", wide, root.clientWidth, getComputedStyle(d.body).backgroundColor, all, some, none].join("|");
};
</script>`

func TestThePageInABrowser(t *testing.T) {
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
	page, err := Page(os.DirFS("../../schemas"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
	colours := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int{390, 1280} {
			got := look(t, browser, dir, width, theme)
			if got[1] != got[2] || got[2] != fmt.Sprint(width) {
				t.Errorf("%s: the page is %s wide in a window of %s, asked for %d", theme, got[1], got[2], width)
			}
			if got[4] == "0" || got[5] == "0" || got[5] == got[4] || got[6] != "0" {
				t.Errorf("%s events in all, %s with words that some have, %s with words that none has", got[4], got[5], got[6])
			}
			colours[theme] = got[3]
		}
	}
	if colours["light"] == colours["dark"] {
		t.Errorf("light and dark are both %s", colours["light"])
	}
}

var title = regexp.MustCompile(`<title>(done[^<]*)</title>`)

func look(t *testing.T, browser, dir string, width int, theme string) []string {
	t.Helper()
	file := filepath.Join(dir, "probe.html")
	if err := os.WriteFile(file, fmt.Appendf(nil, probe, width, "index.html?theme="+theme), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
		"--user-data-dir="+t.TempDir(), "--window-size=1400,1000", "--virtual-time-budget=10000", "--dump-dom",
		(&url.URL{Scheme: "file", Path: file}).String()).Output()
	if err != nil {
		t.Fatalf("open the page with %s: %v", browser, err)
	}
	m := title.FindStringSubmatch(string(out))
	if m == nil {
		t.Fatal("the page did not load")
	}
	return strings.Split(m[1], "|")
}
