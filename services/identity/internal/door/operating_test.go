package door

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// There is no portal: whoever writes one, or enrols the first officer by hand, has this page.
func TestOperatingTellsOfEveryRequestOfTheDoor(t *testing.T) {
	source, err := os.ReadFile("door.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`"((?:GET|POST|PUT|DELETE) /[^"]+)"`).FindAllSubmatch(source, -1)
	if len(routes) < 10 {
		t.Fatalf("%d requests were found", len(routes))
	}
	for _, route := range routes {
		if !strings.Contains(string(page), "`"+string(route[1])) {
			t.Errorf("OPERATING.md tells nothing of %s", route[1])
		}
	}
}
