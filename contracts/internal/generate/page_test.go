package generate

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/sheet/sheettest"
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

// search looks for words that some events have, and for words that none has, and tells how many are found.
const search = `
  var shown = function () { return d.querySelectorAll("article:not([hidden])").length; }, counts = [shown()];
  var field = d.querySelector("#filter input[type=search]");
  ["release approved", "no such words"].forEach(function (words) {
    field.value = words; field.dispatchEvent(new w.Event("input", {bubbles: true})); counts.push(shown());
  });
  return counts;`

func TestThePageInABrowser(t *testing.T) {
	browser := sheettest.Find(t)
	page, err := Page(os.DirFS("../../schemas"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	seen := browser.Look(t, search, sheettest.Everywhere(file)...)
	for _, got := range seen {
		if all, some, none := got.Said[0], got.Said[1], got.Said[2]; all == "0" || some == "0" || some == all || none != "0" {
			t.Errorf("%s: %s events in all, %s with words that some have, %s with words that none has", got.View, all, some, none)
		}
	}
	sheettest.Differ(t, seen)
}
