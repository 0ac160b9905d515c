package analyses

import "testing"

func TestEveryKindIsKnownByADigestOfItsOwn(t *testing.T) {
	seen := map[string]string{"": "no kind"}
	for _, kind := range Kinds() {
		digest := Tool(kind)
		if other, taken := seen[digest]; taken {
			t.Errorf("%s has the digest of %s: %q", kind, other, digest)
		}
		seen[digest] = kind
	}
	if got := Tool("no-such-kind"); got != "" {
		t.Errorf("an unknown kind has the digest %s", got)
	}
}
