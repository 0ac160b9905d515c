package lint

import (
	"strings"
	"testing"
)

// FuzzTree gives a file of a contract folder other words: whatever they are, they are findings with a rule and what to do,
// and what has none can be read by everything that works with contracts.
func FuzzTree(f *testing.F) {
	names := []string{"contract.yaml", "1.0.0.json", "examples/valid/1.json", "examples/invalid/1.json", "CHANGELOG.md"}
	sound := folderOf(nil)
	for i, name := range names {
		f.Add(uint8(i), string(sound["airlock/thing-told/"+name].Data))
	}
	for _, b := range broken {
		for i, name := range names {
			if name == b.file {
				f.Add(uint8(i), strings.Replace(string(sound["airlock/thing-told/"+name].Data), b.old, b.new, 1))
			}
		}
	}
	for _, text := range []string{"a: &a [*a]", "a: &a [x,x,x]\nb: [*a,*a,*a]", "- 1", "type: !!binary x", "border: {directions: [out], receivers: data.}",
		"? [a]\n: b", "readers: [[a]]", "\x00", "---\n---\n"} {
		f.Add(uint8(0), text)
	}
	for _, text := range []string{`{"$ref":"#/$defs/none"}`, `{"$ref":"file:///etc/hostname"}`, `{"properties":{"a":{"$ref":"#/$defs/D"}},"$defs":{"D":null}}`,
		`{"properties":null}`, `null`, `[]`, `{"type":"object","pattern":"(?<a"}`} {
		f.Add(uint8(1), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		found, err := Tree(folderOf(map[string]string{names[int(which)%len(names)]: text}))
		if err != nil {
			t.Fatalf("a file that can be read is no error: %v", err)
		}
		for _, one := range found {
			if one.Rule == "" || one.Problem == "" || one.Do == "" || one.File == "" {
				t.Fatalf("a finding that does not help: %+v", one)
			}
		}
	})
}
