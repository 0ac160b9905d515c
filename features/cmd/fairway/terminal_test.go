package main

import (
	"bytes"
	"testing"
)

func TestWhatOthersWroteSteersNoTerminal(t *testing.T) {
	for said, shown := range map[string]string{
		"refused\n\tby \u03b2, \u00e9t\u00e9\n": "refused\n\tby \u03b2, \u00e9t\u00e9\n",
		"\x1b[2J\x1b]0;title\x07 PASS":          "?[2J?]0;title? PASS",
		"FAIL\rPASS\b\b":                        "FAIL?PASS??",
		"\u009b31m\x7f\x00":                     "?31m??",
		"\u202edesufer\u2069 \u200e":            "?desufer? ?",
		"\xff\xc3(":                             "??(",
	} {
		for _, step := range []int{1, 2, len(said)} {
			var out bytes.Buffer
			h := &harmless{to: &out}
			for text := []byte(said); len(text) > 0; {
				n, err := h.Write(text[:min(step, len(text))])
				if err != nil || n == 0 {
					t.Fatal(n, err)
				}
				text = text[n:]
			}
			if out.String() != shown {
				t.Errorf("%q is shown as %q in steps of %d, expected %q", said, out.String(), step, shown)
			}
		}
	}
}
