package signin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

func TestFiveWrongPasswordsLockForFifteenMinutesAlsoForNobody(t *testing.T) {
	c := newSteady()
	b := alone(t, c, nil)
	b.ada(t)
	for _, email := range []string{"ada@uni.example", "nobody@uni.example"} {
		for range 5 {
			_, _, err := b.SignIn.SignIn(t.Context(), email, "wrong "+password)
			is(t, "wrong password", err, signin.ErrCredentials)
		}
		_, _, err := b.SignIn.SignIn(t.Context(), email, password)
		is(t, "the sixth", err, signin.ErrLocked)
	}
	c.move(15*time.Minute - time.Second)
	_, _, err := b.SignIn.SignIn(t.Context(), "ada@uni.example", password)
	is(t, "a second too early", err, signin.ErrLocked)
	c.move(time.Second)
	b.in(t)
}

func TestARightPasswordInBetweenStartsTheCountAgain(t *testing.T) {
	b := alone(t, newSteady(), nil)
	b.ada(t)
	for range 3 {
		for range 4 {
			_, _, err := b.SignIn.SignIn(t.Context(), "ada@uni.example", "wrong "+password)
			is(t, "wrong password", err, signin.ErrCredentials)
		}
		b.in(t)
	}
}

func TestFiveWrongCodesLockTheSecondFactorWhateverThePassword(t *testing.T) {
	c := newSteady()
	b := alone(t, c, nil)
	b.ada(t)
	_, secret := b.enrolled(t)
	for range 5 {
		_, err := b.SecondFactor(t.Context(), b.in(t), b.other(t, secret))
		is(t, "wrong code", err, signin.ErrCode)
	}
	_, err := b.SecondFactor(t.Context(), b.in(t), b.code(t, secret, 0))
	is(t, "the right code, too late", err, signin.ErrLocked)
	c.move(15 * time.Minute)
	if _, err := b.SecondFactor(t.Context(), b.in(t), b.code(t, secret, 0)); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestARestartKeepsPersonsSessionsLocksAndSpentCodes(t *testing.T) {
	c, keep := newSteady(), &standalone.Memory{}
	b := alone(t, c, keep)
	b.ada(t)
	token, secret := b.enrolled(t)

	b = alone(t, c, keep)
	_, err := b.SecondFactor(t.Context(), token, b.code(t, secret, -1))
	is(t, "the code of the enrolment, after a restart", err, signin.ErrCode)
	code := b.code(t, secret, 0)
	if _, err := b.SecondFactor(t.Context(), token, code); err != nil {
		t.Fatal(err)
	}

	b = alone(t, c, keep)
	if s, err := b.WhoAmI(t.Context(), token); err != nil || s.AAL != signin.AAL2 {
		t.Errorf("the session: %+v, %v", s, err)
	}
	_, err = b.SecondFactor(t.Context(), token, code)
	is(t, "a code spent before the restart", err, signin.ErrCode)
	for range 5 {
		b.SignIn.SignIn(t.Context(), "ada@uni.example", "wrong "+password)
	}

	b = alone(t, c, keep)
	_, _, err = b.SignIn.SignIn(t.Context(), "ada@uni.example", password)
	is(t, "locked before the restart", err, signin.ErrLocked)
}

func TestWhatIsKeptHoldsNeitherPasswordsNorTokens(t *testing.T) {
	keep := &standalone.Memory{}
	b := alone(t, newSteady(), keep)
	b.ada(t)
	token := b.in(t)
	all, err := keep.List("")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d records, %v; want an identity and a session", len(all), err)
	}
	for key, value := range all {
		if record := key + string(value); strings.Contains(record, password) || strings.Contains(record, token) {
			t.Errorf("%s holds a secret that signs in", key)
		}
	}
}

func TestASessionEndsWhenItsTimeIsUpAndLeavesNothing(t *testing.T) {
	c, keep := newSteady(), &standalone.Memory{}
	b := alone(t, c, keep)
	b.ada(t)
	token := b.in(t)
	c.move(12*time.Hour - time.Second)
	if _, err := b.WhoAmI(t.Context(), token); err != nil {
		t.Errorf("a second before: %v", err)
	}
	c.move(time.Second)
	_, err := b.WhoAmI(t.Context(), token)
	is(t, "after 12 hours", err, signin.ErrNoSession)
	alone(t, c, keep)
	if left, err := keep.List("session/"); err != nil || len(left) != 0 {
		t.Errorf("%d sessions left, %v", len(left), err)
	}
}

func TestCredentialsChangeOnlySoonAfterASignInAndAFormOnlyWhileItIsOpen(t *testing.T) {
	c := newSteady()
	b := alone(t, c, nil)
	b.ada(t)
	token := b.in(t)
	offer, err := b.OfferSecondFactor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	c.move(11 * time.Minute)
	_, err = b.EnrolSecondFactor(t.Context(), token, offer.Form, b.code(t, offer.Secret, 0))
	is(t, "an old form", err, signin.ErrExpired)
	c.move(5 * time.Minute)
	is(t, "an old sign-in", b.ChangePassword(t.Context(), token, "another "+password), signin.ErrStale)
}

// full is a store that takes nothing more once it is full.
type full struct {
	standalone.Memory
	err error
}

func (f *full) Put(key string, value []byte) error {
	if f.err != nil {
		return f.err
	}
	return f.Memory.Put(key, value)
}

func TestWhatCannotBeKeptDoesNotHappen(t *testing.T) {
	keep := &full{}
	b := alone(t, newSteady(), keep)
	b.ada(t)
	token, secret := b.enrolled(t)
	fresh := b.in(t)
	keep.err = errors.New("no space left")
	_, _, err := b.SignIn.SignIn(t.Context(), "ada@uni.example", password)
	is(t, "signing in", err, signin.ErrUnavailable)
	if !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%q does not say why", err)
	}
	_, err = b.SecondFactor(t.Context(), fresh, b.code(t, secret, 0))
	is(t, "the second factor", err, signin.ErrUnavailable)
	if s, err := b.WhoAmI(t.Context(), fresh); err != nil || s.AAL != signin.AAL1 {
		t.Errorf("the session was raised though the code was not kept as spent: %+v, %v", s, err)
	}
	if _, err := b.WhoAmI(t.Context(), token); err != nil {
		t.Errorf("reading needs no space: %v", err)
	}
}

func TestAnEngineThatIsGoneIsUnavailable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	c := &instant{steady: newSteady()}
	s, err := signin.New(signin.Config{PublicURL: url, AdminURL: url, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.WhoAmI(context.Background(), "token")
	is(t, "who am I", err, signin.ErrUnavailable)
	_, _, err = s.SignIn(context.Background(), "ada@uni.example", password)
	is(t, "sign in", err, signin.ErrUnavailable)
	c.pauses = nil
	is(t, "ready", s.Ready(context.Background()), signin.ErrUnavailable)
	if len(c.pauses) > 0 {
		t.Errorf("the question whether it is ready waited: %v", c.pauses)
	}
}

func TestTheEngineIsNamedAndHalfAConfigurationIsRefused(t *testing.T) {
	if b := alone(t, newSteady(), nil); b.Engine() != "standalone identity, for development and small sites" {
		t.Errorf("engine %q", b.Engine())
	}
	server, err := standalone.New(standalone.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []signin.Config{
		{}, {PublicURL: "http://127.0.0.1:1"}, {AdminURL: "http://127.0.0.1:1"},
		{PublicURL: "http://127.0.0.1:1", AdminURL: "http://127.0.0.1:1", Standalone: server},
	} {
		if _, err := signin.New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

// listening passes requests on and notes them. It stands for a Kratos, which relies on its callers more than the
// standalone identity does.
type listening struct {
	to   http.RoundTripper
	seen []string
}

func (l *listening) RoundTrip(r *http.Request) (*http.Response, error) {
	l.seen = append(l.seen, r.Method+" "+r.URL.Path)
	return l.to.RoundTrip(r)
}

func TestAKratosIsAskedToEndSessionsAfterDisablingAndNeverSeesASpentCode(t *testing.T) {
	c := newSteady()
	server, err := standalone.New(standalone.Config{Clock: c, Memory: 8})
	if err != nil {
		t.Fatal(err)
	}
	ear := &listening{to: server}
	s, err := signin.New(signin.Config{PublicURL: "http://kratos.invalid", AdminURL: "http://kratos.invalid",
		HTTPClient: &http.Client{Transport: ear}, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{s, c.Now, "uni.example"}
	id := b.ada(t)
	token, secret := b.enrolled(t)

	ear.seen = nil
	_, err = b.SecondFactor(t.Context(), token, b.code(t, secret, -1))
	is(t, "a spent code", err, signin.ErrCode)
	if want := []string{"GET /sessions/whoami"}; !slices.Equal(ear.seen, want) {
		t.Errorf("a spent code led to %v", ear.seen)
	}
	ear.seen = nil
	if err := b.Disable(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if want := []string{"PATCH /admin/identities/" + id, "DELETE /admin/identities/" + id + "/sessions"}; !slices.Equal(ear.seen, want) {
		t.Errorf("disabling led to %v", ear.seen)
	}
}

func TestAFormOpenedBeforeTheSecondFactorWasEnrolledElsewhereChangesNothing(t *testing.T) {
	c := newSteady()
	b := alone(t, c, nil)
	b.ada(t)
	other := b.in(t)
	offer, err := b.OfferSecondFactor(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	b.enrolled(t)
	_, err = b.EnrolSecondFactor(t.Context(), other, offer.Form, b.code(t, offer.Secret, 0))
	is(t, "the other session", err, signin.ErrSecondFactor)
}
