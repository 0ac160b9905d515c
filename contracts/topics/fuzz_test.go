package topics_test

import (
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// FuzzParseSource: a source names one site and one principal, neither of which reaches out of a path or a topic.
func FuzzParseSource(f *testing.F) {
	for _, text := range []string{topics.Source("molgenis", topics.Airlock), topics.OperatorSource, "/sites//x", "/sites/a/b/c", "/sites/../airlock", "/sites/A/b", "", "/sites/a.b/c", "/sites/a/\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, source string) {
		site, principal, ok := topics.ParseSource(source)
		if !ok {
			return
		}
		if source != topics.OperatorSource && source != topics.Source(site, principal) {
			t.Fatalf("%q is read, but written as %q", source, topics.Source(site, principal))
		}
		if strings.ContainsAny(site+principal, "./\\ \x00\n{}") {
			t.Fatalf("%q and %q", site, principal)
		}
	})
}
