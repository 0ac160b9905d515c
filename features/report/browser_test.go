package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/sheet/sheettest"
)

// look tells how much is drawn, how many arrows stay when the filter matches none, and which theme the button gives.
const look = `
  var search = d.querySelector("#event-filter input[type=search]"), left = 0;
  if (search) {
    search.value = "no such words"; search.dispatchEvent(new w.Event("input", {bubbles: true}));
    left = d.querySelectorAll(".hop:not(.off)").length;
  }
  d.getElementById("theme").click();
  return [d.querySelectorAll("svg").length, left, root.dataset.theme];`

// pages of the fixture: the study that has every kind of picture, and the events of the first one.
const (
	everyPicture = "study-4.html"
	someEvents   = "events-2-1.html"
)

func TestLooksRightInABrowser(t *testing.T) {
	browser := sheettest.Find(t)
	dir := t.TempDir()
	if err := Write(dir, fixture()); err != nil {
		t.Fatal(err)
	}
	var views []sheettest.View
	for _, page := range []string{"index.html", "study-1.html", everyPicture, "events.html", someEvents, "numbers.html", "evidence.html", "story.html", "sites.html"} {
		views = append(views, sheettest.Everywhere(filepath.Join(dir, page))...)
	}
	seen := browser.Look(t, look, views...)
	for _, got := range seen {
		if got.Said[0] == "0" && !slices.Contains([]string{"numbers.html", "evidence.html", "story.html", "events.html"}, filepath.Base(got.File)) {
			t.Errorf("%s: nothing is drawn", got.View)
		}
		if got.Said[1] != "0" {
			t.Errorf("%s: %s arrows stayed although the filter matches none", got.View, got.Said[1])
		}
		if got.Said[2] == got.Theme {
			t.Errorf("%s: the button does not change the theme", got.View)
		}
	}
	sheettest.Differ(t, seen)
}

// paper is how wide a sheet of A4 is between its margins of 12 mm, in pixels of 1/96 inch.
const paper = 703

// cutOff lists what a sheet would cut off: elements that end right of it, or that hide a part of their content.
const cutOff = `
  var bad = [];
  d.querySelectorAll("body *").forEach(function (e) {
    var box = e.getBoundingClientRect(), style = w.getComputedStyle(e);
    if (style.display === "none" || box.width === 0 || e.closest("svg svg, .skip")) { return; }
    var hides = style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1 && !e.matches("code.digest");
    if (box.right > root.clientWidth + 1 || hides) { bad.push(e.tagName + "." + (e.getAttribute("class") || "")); }
  });
  return [bad.length, bad.slice(0, 5).join(" ")];`

func TestPrintsOnPaperAndNothingIsCutOff(t *testing.T) {
	browser := sheettest.Find(t)
	dir, onScreen := t.TempDir(), t.TempDir()
	if err := Write(dir, fixture()); err != nil {
		t.Fatal(err)
	}
	var views []sheettest.View
	for page, most := range map[string]int{"index.html": 12, "study-1.html": 16, everyPicture: 12, "numbers.html": 8, "evidence.html": 10, "events.html": 2, someEvents: 30} {
		file := filepath.Join(dir, page)
		if sheets := browser.Print(t, file); sheets < 1 || sheets > most {
			t.Errorf("%s takes %d sheets, expected from 1 to %d", page, sheets, most)
		}
		// the rules for paper, shown on a screen as wide as the paper; the policy forbids styles that were altered
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		altered := strings.Replace(string(text), "@media print", "@media all", 1)
		altered = strings.Replace(altered, "Content-Security-Policy", "x", 1)
		file = filepath.Join(onScreen, page)
		if err := os.WriteFile(file, []byte(altered), 0o600); err != nil {
			t.Fatal(err)
		}
		views = append(views, sheettest.View{File: file, Width: paper, Theme: "dark"})
	}
	for _, got := range browser.Look(t, cutOff, views...) {
		if got.Said[0] != "0" {
			t.Errorf("%s: %s elements are cut off: %s", got.View, got.Said[0], got.Said[1])
		}
	}
}

func TestReadsWithoutScripts(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, fixture()); err != nil {
		t.Fatal(err)
	}
	browser := sheettest.Find(t)
	file := filepath.Join(dir, "study-1.html")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bare := string(text[:strings.LastIndex(string(text), "<script>")]) + "</body></html>"
	if err := os.WriteFile(file, []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	got := browser.Look(t, `return [d.querySelectorAll("button:not([hidden]), form:not([hidden])").length, d.querySelectorAll("table").length];`,
		sheettest.View{File: file, Width: 390, Theme: "light"})[0]
	if got.Said[0] != "0" || got.Said[1] == "0" {
		t.Errorf("%s controls that do nothing, %s tables", got.Said[0], got.Said[1])
	}
}
