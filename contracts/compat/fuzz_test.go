package compat

import (
	"testing"
)

// FuzzGate gives a file of the current contracts other words than the released ones: it is an error that says which file,
// or findings that say what to do, and the released words themselves have none.
func FuzzGate(f *testing.F) {
	names := []string{"s/a-told/contract.yaml", "s/a-told/1.1.0.json", "s/a-told/1.2.0.json", "s/a-told/examples/valid/1.json"}
	f.Add(uint8(0), yamlText)
	for _, text := range []string{"a: &a [*a]", "readers: {a: b}", "readers: 1", "- x", "topic: [t]", "? [a]\n: b", "type: !!binary x", "\x00"} {
		f.Add(uint8(0), text)
	}
	for i, text := range []string{schemaText(",\n\"b\":{\"type\":\"integer\"}"), base, `{"$ref":"#/$defs/none"}`, `{"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`, `null`, `{"const":1}`} {
		f.Add(uint8(1+i%2), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		name := names[int(which)%len(names)]
		changed := tree(map[string]string{name: text})
		for _, released := range []bool{false, true} {
			before, after := tree(nil), changed
			if released {
				before, after = changed, tree(nil)
			}
			found, err := Gate(before, after)
			if err != nil {
				continue
			}
			for _, one := range found {
				if one.Rule == "" || one.Problem == "" || one.Do == "" || one.File == "" {
					t.Fatalf("a finding that does not help: %+v", one)
				}
			}
		}
		found, err := Gate(changed, changed)
		for _, one := range found {
			if err == nil && (one.Rule == "released-changed" || one.Rule == "released-removed" || one.Rule == "contract-changed") {
				t.Fatalf("nothing was changed: %v", one)
			}
		}
	})
}
