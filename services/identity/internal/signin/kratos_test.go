package signin_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/orytest"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

// kratos is a real server, asked over a client of the test's choice. Its people have addresses of the test's own, since
// the server may hold those of others.
func kratos(t *testing.T, client *http.Client) bench {
	t.Helper()
	public, admin := orytest.Kratos(t)
	s, err := signin.New(signin.Config{PublicURL: public, AdminURL: admin, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, time.Now, strings.ToLower(rand.Text()) + ".example"}
}

// An answer that is lost on the way leaves identity in doubt whether Kratos has taken a form. It sends it again.
func TestAKratosTakesAFormAgain(t *testing.T) {
	lossy := &flawed{next: http.DefaultTransport, late: true}
	b := kratos(t, &http.Client{Transport: lossy})
	b.ada(t)
	lose := func() { lossy.fail(1, http.MethodPost, fault{err: io.ErrUnexpectedEOF}) }
	lost := func(what string) {
		t.Helper()
		if lossy.left > 0 {
			t.Errorf("%s: no answer was lost", what)
		}
	}
	lose()
	token := b.in(t)
	lost("the password")
	offer, err := b.OfferSecondFactor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	lose()
	if s, err := b.EnrolSecondFactor(t.Context(), token, offer.Form, b.code(t, offer.Secret, -1)); err != nil || s.AAL != signin.AAL2 {
		t.Errorf("enrolment: %+v, %v", s, err)
	}
	lost("the first code")
	second := b.in(t)
	code := b.code(t, offer.Secret, 0)
	lose()
	if s, err := b.SecondFactor(t.Context(), second, code); err != nil || s.AAL != signin.AAL2 {
		t.Errorf("second factor: %+v, %v", s, err)
	}
	lost("the second code")
	_, err = b.SecondFactor(t.Context(), second, code)
	is(t, "a code that arrived twice, used again", err, signin.ErrCode)
	lose()
	if err := b.ChangePassword(t.Context(), second, "another "+password); err != nil {
		t.Errorf("change of the password: %v", err)
	}
	lost("the new password")
	if _, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), "another "+password); err != nil {
		t.Errorf("sign-in with the new password: %v", err)
	}
}

// Several people at once, as on a first day: none of them may hear that sign-in is unavailable. The timeout is for machines
// that are slow at passwords.
func TestSeveralEnrolOnAKratosAtOnce(t *testing.T) {
	b := kratos(t, &http.Client{Timeout: 2 * time.Minute})
	const people = 8
	errs := make(chan error, people)
	for n := range people {
		go func() { errs <- enrolOne(t.Context(), b, fmt.Sprintf("p%d", n)) }()
	}
	for range people {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func enrolOne(ctx context.Context, b bench, name string) error {
	if _, err := b.Create(ctx, signin.Person{Email: b.at(name), Name: name}, password); err != nil {
		return err
	}
	token, _, err := b.SignIn.SignIn(ctx, b.at(name), password)
	if err != nil {
		return err
	}
	offer, err := b.OfferSecondFactor(ctx, token)
	if err != nil {
		return err
	}
	code, err := standalone.Code(offer.Secret, b.now().Add(30*time.Second)) // the one that is good for longest
	if err != nil {
		return err
	}
	_, err = b.EnrolSecondFactor(ctx, token, offer.Form, code)
	return err
}
