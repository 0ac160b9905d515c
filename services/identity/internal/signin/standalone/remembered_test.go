package standalone

import "testing"

func TestARememberedPasswordIsRightAndNoOther(t *testing.T) {
	s, err := New(Config{Iterations: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.newPassword("a long enough password")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.newPassword("another long password")
	if err != nil {
		t.Fatal(err)
	}
	restarted, err := New(Config{Iterations: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		server          *Server
		stored          password
		plain           string
		right, remember bool
	}{
		"the one it was made of":            {s, p, "a long enough password", true, true},
		"another":                           {s, p, "a long enough passwork", false, false},
		"that of somebody else":             {s, p, "another long password", false, false},
		"its own":                           {s, other, "another long password", true, true},
		"after a restart it is derived":     {restarted, p, "a long enough password", true, false},
		"nobody's":                          {s, s.noPassword(), "", false, false},
		"of another process, and not right": {restarted, other, "a long enough password", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.server.remembered.was(c.stored, c.plain); got != c.remember {
				t.Errorf("remembered %v, want %v", got, c.remember)
			}
			derived, err := c.server.derive(c.stored, c.plain)
			if err != nil || c.stored.is(derived) != c.right {
				t.Errorf("right %v, want %v (%v)", c.stored.is(derived), c.right, err)
			}
			if got := c.server.remembered.was(c.stored, c.plain); got != c.right {
				t.Errorf("afterwards it is remembered: %v, want %v", got, c.right)
			}
		})
	}
}
