package signin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

const password = "four words and a number 7"

// steady is a clock that stands still until it is moved.
type steady struct {
	mu  sync.Mutex
	now time.Time
}

func newSteady() *steady { return &steady{now: time.Date(2026, 3, 2, 9, 0, 10, 0, time.UTC)} }

func (c *steady) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *steady) After(time.Duration) <-chan time.Time { return make(chan time.Time) }

func (c *steady) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is one engine under test, the time that it goes by and where its people have their addresses.
type bench struct {
	*signin.SignIn
	now    func() time.Time
	domain string
}

func (b bench) at(name string) (email string) { return name + "@" + b.domain }

// onEveryEngine runs a test on the standalone identity, and on a real Kratos where the environment has one.
func onEveryEngine(t *testing.T, test func(*testing.T, bench)) {
	t.Run("standalone", func(t *testing.T) {
		c := newSteady()
		test(t, alone(t, c, &standalone.Memory{}))
	})
	t.Run("kratos", func(t *testing.T) { test(t, kratos(t, nil)) })
}

func alone(t *testing.T, c *steady, keep standalone.Persistence) bench {
	t.Helper()
	server, err := standalone.New(standalone.Config{Clock: c, Persistence: keep, Memory: 8})
	if err != nil {
		t.Fatal(err)
	}
	s, err := signin.New(signin.Config{Standalone: server, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, c.Now, "uni.example"}
}

// code gives the code of a time step beside the present one. Engines take the steps -1, 0 and 1.
func (b bench) code(t *testing.T, secret string, step int) string {
	t.Helper()
	code, err := standalone.Code(secret, b.now().Add(time.Duration(step)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// other gives a code that is none of those that are right just now.
func (b bench) other(t *testing.T, secret string) string {
	t.Helper()
	right := map[string]bool{}
	for step := -2; step <= 2; step++ {
		right[b.code(t, secret, step)] = true
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555"} {
		if !right[code] {
			return code
		}
	}
	t.Fatal("unreachable: six codes of which five are right")
	return ""
}

func (b bench) ada(t *testing.T) (identityID string) {
	t.Helper()
	id, err := b.Create(t.Context(), signin.Person{Email: b.at("Ada"), Name: "Ada L"}, password)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b bench) in(t *testing.T) (token string) {
	t.Helper()
	token, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), password)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// enrolled signs Ada in and gives her a second factor.
func (b bench) enrolled(t *testing.T) (token, secret string) {
	t.Helper()
	token, secret, _ = b.enrolledBy(t)
	return token, secret
}

// enrolledBy also tells the code that enrolled her, which is of step -1.
func (b bench) enrolledBy(t *testing.T) (token, secret, code string) {
	t.Helper()
	token = b.in(t)
	offer, err := b.OfferSecondFactor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	code = b.code(t, offer.Secret, -1)
	if _, err := b.EnrolSecondFactor(t.Context(), token, offer.Form, code); err != nil {
		t.Fatal(err)
	}
	return token, offer.Secret, code
}

func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "ada") {
		t.Errorf("%s: the error holds personal data: %v", what, err)
	}
}

func TestAPasswordOpensASessionOfTheFirstLevel(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		id := b.ada(t)
		before := b.now().Add(-time.Second)
		token, opened, err := b.SignIn.SignIn(t.Context(), "ada@"+strings.ToUpper(b.domain), password)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := b.WhoAmI(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if seen != opened {
			t.Errorf("signing in told %+v, the token tells %+v", opened, seen)
		}
		if seen.IdentityID != id || seen.AAL != signin.AAL1 || !seen.Active || seen.SessionID == "" || !seen.SecondFactorAt.IsZero() {
			t.Errorf("%+v", seen)
		}
		if seen.AuthenticatedAt.Before(before) || !seen.ExpiresAt.After(b.now()) {
			t.Errorf("times: %+v", seen)
		}
		who, err := b.Person(t.Context(), id)
		if err != nil || who.Name != "Ada L" || !strings.EqualFold(who.Email, b.at("ada")) {
			t.Errorf("%+v, %v", who, err)
		}
	})
}

func TestWrongCredentialsAreRefusedAlikeForAPersonAndForNobody(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		_, _, wrong := b.SignIn.SignIn(t.Context(), b.at("ada"), "not "+password)
		is(t, "wrong password", wrong, signin.ErrCredentials)
		_, _, nobody := b.SignIn.SignIn(t.Context(), b.at("nobody"), password)
		is(t, "nobody", nobody, signin.ErrCredentials)
		if wrong.Error() != nobody.Error() {
			t.Errorf("%q tells who has an account: nobody gets %q", wrong, nobody)
		}
		b.in(t)
	})
}

func TestASecondFactorRaisesTheSessionThatEnrolsItAndLaterOnes(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		first, secret := b.enrolled(t)
		if s, err := b.WhoAmI(t.Context(), first); err != nil || s.AAL != signin.AAL2 || s.SecondFactorAt.IsZero() {
			t.Errorf("after enrolment: %+v, %v", s, err)
		}
		second := b.in(t)
		before, err := b.WhoAmI(t.Context(), second)
		if err != nil || before.AAL != signin.AAL1 {
			t.Errorf("a fresh sign-in: %+v, %v", before, err)
		}
		_, err = b.OfferSecondFactor(t.Context(), second)
		is(t, "another second factor without the first", err, signin.ErrSecondFactor)
		_, err = b.SecondFactor(t.Context(), second, b.other(t, secret))
		is(t, "wrong code", err, signin.ErrCode)
		after, err := b.SecondFactor(t.Context(), second, b.code(t, secret, 0))
		if err != nil || after.AAL != signin.AAL2 || after.SecondFactorAt.IsZero() || after.SessionID != before.SessionID {
			t.Errorf("after the second factor: %+v, %v", after, err)
		}
		_, err = b.OfferSecondFactor(t.Context(), second)
		is(t, "a second one", err, signin.ErrEnrolled)
	})
}

func TestACodeIsNeverAcceptedTwice(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		first, secret, enrolled := b.enrolledBy(t)
		second, third := b.in(t), b.in(t)
		_, err := b.SecondFactor(t.Context(), second, enrolled)
		is(t, "the code of the enrolment", err, signin.ErrCode)
		code := b.code(t, secret, 0)
		if _, err := b.SecondFactor(t.Context(), second, code); err != nil {
			t.Fatal(err)
		}
		for name, token := range map[string]string{"the same session": second, "another session": third, "the session of the enrolment": first} {
			_, err := b.SecondFactor(t.Context(), token, code)
			is(t, "again by "+name, err, signin.ErrCode)
		}
		if _, err := b.SecondFactor(t.Context(), third, b.code(t, secret, 1)); err != nil {
			t.Errorf("the next code: %v", err)
		}
	})
}

func TestOfManyWhoUseACodeAtOnceOneSucceeds(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		_, secret := b.enrolled(t)
		tokens := []string{b.in(t), b.in(t), b.in(t), b.in(t)}
		code := b.code(t, secret, 0)
		errs := make(chan error, len(tokens))
		for _, token := range tokens {
			go func() {
				_, err := b.SecondFactor(t.Context(), token, code)
				errs <- err
			}()
		}
		succeeded := 0
		for range tokens {
			if <-errs == nil {
				succeeded++
			}
		}
		if succeeded != 1 {
			t.Errorf("%d succeeded", succeeded)
		}
	})
}

func TestAWrongCodeEnrolsNothing(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		token := b.in(t)
		_, err := b.SecondFactor(t.Context(), token, "123456")
		is(t, "without a second factor", err, signin.ErrNotEnrolled)
		offer, err := b.OfferSecondFactor(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.EnrolSecondFactor(t.Context(), token, offer.Form, b.other(t, offer.Secret))
		is(t, "enrolment by a wrong code", err, signin.ErrCode)
		if s, err := b.WhoAmI(t.Context(), token); err != nil || s.AAL != signin.AAL1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestSigningOutEndsTheSessionAndNoOther(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		one, other := b.in(t), b.in(t)
		for range 2 {
			if err := b.SignOut(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.WhoAmI(t.Context(), one)
		is(t, "after signing out", err, signin.ErrNoSession)
		if _, err := b.WhoAmI(t.Context(), other); err != nil {
			t.Errorf("the other session: %v", err)
		}
		for _, token := range []string{"", "made-up"} {
			_, err := b.WhoAmI(t.Context(), token)
			is(t, "a token of nobody", err, signin.ErrNoSession)
		}
	})
}

func TestDisablingEndsEverySessionForGood(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		id := b.ada(t)
		one, other := b.in(t), b.in(t)
		for range 2 {
			if err := b.Disable(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.WhoAmI(t.Context(), one)
		is(t, "a disabled person's session", err, signin.ErrNoSession)
		_, _, err = b.SignIn.SignIn(t.Context(), b.at("ada"), password)
		is(t, "a disabled person's sign-in", err, signin.ErrDisabled)
		if err := b.Enable(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{one, other} {
			_, err = b.WhoAmI(t.Context(), token)
			is(t, "an old session after enabling", err, signin.ErrNoSession)
		}
		b.in(t)
	})
}

func TestARemovedSecondFactorCanBeReplaced(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		id := b.ada(t)
		b.enrolled(t)
		if err := b.RemoveSecondFactor(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		token, _ := b.enrolled(t)
		if s, err := b.WhoAmI(t.Context(), token); err != nil || s.AAL != signin.AAL2 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestAChangedPasswordReplacesTheOldOne(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		token := b.in(t)
		is(t, "a short one", b.ChangePassword(t.Context(), token, "short"), signin.ErrInvalid)
		if err := b.ChangePassword(t.Context(), token, "another "+password); err != nil {
			t.Fatal(err)
		}
		_, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), password)
		is(t, "the old one", err, signin.ErrCredentials)
		if _, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), "another "+password); err != nil {
			t.Error(err)
		}
	})
}

func TestAPersonIsCreatedOnceAndOnlyIfValid(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		b.ada(t)
		_, err := b.Create(t.Context(), signin.Person{Email: b.at("ADA"), Name: "Ada again"}, password)
		is(t, "the same address", err, signin.ErrExists)
		for name, c := range map[string]struct {
			person   signin.Person
			password string
		}{
			"no address":       {signin.Person{Name: "Ben"}, password},
			"no real address":  {signin.Person{Email: "Ben <" + b.at("ben") + ">", Name: "Ben"}, password},
			"no name":          {signin.Person{Email: b.at("ben")}, password},
			"short password":   {signin.Person{Email: b.at("ben"), Name: "Ben"}, "eleven char"},
			"endless password": {signin.Person{Email: b.at("ben"), Name: "Ben"}, strings.Repeat("x", 73)},
		} {
			_, err := b.Create(t.Context(), c.person, c.password)
			is(t, name, err, signin.ErrInvalid)
		}
		if _, err := b.Create(t.Context(), signin.Person{Email: b.at("ben"), Name: "Ben"}, password); err != nil {
			t.Errorf("Ben was kept in spite of refusals: %v", err)
		}
	})
}

func TestAnErasedPersonIsGone(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, b bench) {
		id := b.ada(t)
		token := b.in(t)
		if err := b.Erase(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		_, err := b.WhoAmI(t.Context(), token)
		is(t, "the session", err, signin.ErrNoSession)
		_, err = b.Person(t.Context(), id)
		is(t, "the person", err, signin.ErrNotFound)
		is(t, "disabling", b.Disable(t.Context(), id), signin.ErrNotFound)
		is(t, "erasing again", b.Erase(t.Context(), id), signin.ErrNotFound)
		_, _, err = b.SignIn.SignIn(t.Context(), b.at("ada"), password)
		is(t, "signing in", err, signin.ErrCredentials)
		if err := b.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
