package standalone

import (
	"regexp"
	"testing"
)

func TestARememberedPasswordIsRightAndNoOther(t *testing.T) {
	s, err := New(Config{Memory: 8})
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
	restarted, err := New(Config{Memory: 8})
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

func TestAPasswordKeptByAnEarlierReleaseIsRightAndKeptAnewOnceItWasUsed(t *testing.T) {
	s, err := New(Config{Memory: 8})
	if err != nil {
		t.Fatal(err)
	}
	const plain = "a long enough password"
	old := password{Salt: []byte("sixteen bytes of"), Iterations: 10}
	if old.Hash, err = s.stretch(old, plain); err != nil {
		t.Fatal(err)
	}
	if err := s.putIdentity(identity{ID: "ada", Email: "ada@uni.example", Name: "Ada", Active: true, Password: old}); err != nil {
		t.Fatal(err)
	}
	signIn := func(plain string, want int) {
		t.Helper()
		_, form := send(t, s, "GET", "/self-service/login/api", "")
		id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(form)
		if id == nil {
			t.Fatalf("no sign-in was opened: %s", form)
		}
		body := `{"method":"password","identifier":"ada@uni.example","password":"` + plain + `"}`
		if got, answer := send(t, s, "POST", "/self-service/login?flow="+id[1], body); got != want {
			t.Errorf("%q: %d %s, want %d", plain, got, answer, want)
		}
	}
	signIn("another long password", 400)
	signIn(plain, 200)
	if now := s.identities["ada"].Password; now.Iterations != 0 || now.Memory != 8 || now.Passes != passes {
		t.Errorf("it is kept with %d KiB, %d passes, %d iterations", now.Memory, now.Passes, now.Iterations)
	}
	s.remembered = newRemembered()
	signIn(plain, 200)
	if _, err := s.stretch(password{}, plain); err == nil {
		t.Error("a record that does not say how it was derived gave a key")
	}
}
