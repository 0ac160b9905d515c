package signin

import (
	"context"
	"fmt"
	"net/http"

	kratos "github.com/ory/kratos-client-go"

	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

// SignIn proves a password and opens a session of level AAL1. The token is a secret: it goes to the person's own browser
// or program and is never logged. ErrCredentials, ErrDisabled, ErrLocked.
func (s *SignIn) SignIn(ctx context.Context, email, password string) (token string, _ Session, _ error) {
	const what = "sign in"
	form, r, err := s.public.FrontendAPI.CreateNativeLoginFlow(ctx).Execute()
	if err != nil {
		return "", Session{}, outcome(what, r, err, nil)
	}
	body := kratos.UpdateLoginFlowBody{UpdateLoginFlowWithPasswordMethod: &kratos.UpdateLoginFlowWithPasswordMethod{
		Method: "password", Identifier: email, Password: password}}
	done, r, err := s.public.FrontendAPI.UpdateLoginFlow(ctx).Flow(form.Id).UpdateLoginFlowBody(body).Execute()
	if err != nil {
		return "", Session{}, outcome(what, r, err, meaning{
			http.StatusBadRequest:   ErrCredentials,
			http.StatusUnauthorized: ErrDisabled,
			http.StatusForbidden:    ErrDisabled,
			http.StatusGone:         ErrExpired,
		})
	}
	session, err := ofSomebody(what, &done.Session)
	return done.GetSessionToken(), session, err
}

// ofSomebody refuses a session that names no identity.
func ofSomebody(what string, k *kratos.Session) (Session, error) {
	session := sessionOf(k)
	if session.IdentityID == "" {
		return Session{}, fmt.Errorf("%s: %w: a session of nobody", what, errUnknownResponse)
	}
	return session, nil
}

// WhoAmI tells what a token stands for. ErrNoSession for every token that does not stand for a living session of an
// active identity.
func (s *SignIn) WhoAmI(ctx context.Context, token string) (Session, error) {
	const what = "read the session"
	if token == "" {
		return Session{}, fmt.Errorf("%s: %w", what, ErrNoSession)
	}
	session, r, err := s.public.FrontendAPI.ToSession(ctx).XSessionToken(token).Execute()
	if err != nil {
		return Session{}, outcome(what, r, err, meaning{
			http.StatusUnauthorized: ErrNoSession, http.StatusForbidden: ErrSecondFactor})
	}
	return ofSomebody(what, session)
}

// Enrolment is a second factor on offer. Secret is base32, for an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s);
// it is shown once and never logged.
type Enrolment struct{ Form, Secret string }

// OfferSecondFactor begins an enrolment. ErrEnrolled, ErrSecondFactor (also an enrolled person's, before the second
// factor), ErrNoSession.
func (s *SignIn) OfferSecondFactor(ctx context.Context, token string) (Enrolment, error) {
	form, err := s.settings(ctx, "offer a second factor", token)
	if err != nil {
		return Enrolment{}, err
	}
	for _, n := range form.Ui.Nodes {
		if a := n.Attributes.UiNodeTextAttributes; a != nil && a.Id == "totp_secret_key" {
			if secret, ok := a.Text.Context["secret"].(string); ok {
				return Enrolment{Form: form.Id, Secret: secret}, nil
			}
		}
	}
	return Enrolment{}, fmt.Errorf("offer a second factor: %w", ErrEnrolled)
}

// EnrolSecondFactor ends an enrolment by a code that shows that the person has the secret. The same token is of level
// AAL2 from then on. ErrCode, ErrExpired, ErrStale, ErrLocked, ErrNoSession.
func (s *SignIn) EnrolSecondFactor(ctx context.Context, token, form, code string) (Session, error) {
	const what = "enrol a second factor"
	return s.spending(ctx, what, token, code, func() error {
		body := kratos.UpdateSettingsFlowBody{UpdateSettingsFlowWithTotpMethod: &kratos.UpdateSettingsFlowWithTotpMethod{
			Method: "totp", TotpCode: &code}}
		return s.change(ctx, what, token, form, body, ErrCode)
	})
}

// SecondFactor raises the session to AAL2, or proves it again in one that has it: SecondFactorAt is new. A code is good
// once. ErrCode, ErrNotEnrolled, ErrLocked, ErrNoSession.
func (s *SignIn) SecondFactor(ctx context.Context, token, code string) (Session, error) {
	const what = "prove the second factor"
	return s.spending(ctx, what, token, code, func() error {
		form, r, err := s.public.FrontendAPI.CreateNativeLoginFlow(ctx).Aal(AAL2).Refresh(true).XSessionToken(token).Execute()
		if err != nil {
			return outcome(what, r, err, meaning{http.StatusUnauthorized: ErrNoSession})
		}
		body := kratos.UpdateLoginFlowBody{UpdateLoginFlowWithTotpMethod: &kratos.UpdateLoginFlowWithTotpMethod{
			Method: "totp", TotpCode: code}}
		_, r, err = s.public.FrontendAPI.UpdateLoginFlow(ctx).Flow(form.Id).XSessionToken(token).UpdateLoginFlowBody(body).Execute()
		if err != nil {
			wrong := ErrCode
			if says(err, standalone.MessageNoDevice) {
				wrong = ErrNotEnrolled
			}
			return outcome(what, r, err, meaning{
				http.StatusBadRequest: wrong, http.StatusUnauthorized: ErrNoSession, http.StatusGone: ErrExpired})
		}
		return nil
	})
}

// ChangePassword takes a new one of 12 characters to 72 bytes. ErrInvalid, ErrSecondFactor, ErrStale, ErrNoSession.
func (s *SignIn) ChangePassword(ctx context.Context, token, password string) error {
	const what = "change the password"
	if err := standalone.CheckPassword(password); err != nil {
		return fmt.Errorf("%s: %w: %w", what, ErrInvalid, err)
	}
	form, err := s.settings(ctx, what, token)
	if err != nil {
		return err
	}
	body := kratos.UpdateSettingsFlowBody{UpdateSettingsFlowWithPasswordMethod: &kratos.UpdateSettingsFlowWithPasswordMethod{
		Method: "password", Password: password}}
	return s.change(ctx, what, token, form.Id, body, ErrInvalid)
}

// SignOut ends the session of the token; one that has ended is not an error.
func (s *SignIn) SignOut(ctx context.Context, token string) error {
	r, err := s.public.FrontendAPI.PerformNativeLogout(ctx).PerformNativeLogoutBody(*kratos.NewPerformNativeLogoutBody(token)).Execute()
	if r != nil && (r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized) {
		return nil
	}
	return outcome("sign out", r, err, nil)
}

func (s *SignIn) settings(ctx context.Context, what, token string) (*kratos.SettingsFlow, error) {
	form, r, err := s.public.FrontendAPI.CreateNativeSettingsFlow(ctx).XSessionToken(token).Execute()
	if err != nil {
		return nil, outcome(what, r, err, meaning{
			http.StatusUnauthorized: ErrNoSession, http.StatusForbidden: forbidden(err)})
	}
	return form, nil
}

func (s *SignIn) change(ctx context.Context, what, token, form string, body kratos.UpdateSettingsFlowBody, wrong error) error {
	_, r, err := s.public.FrontendAPI.UpdateSettingsFlow(ctx).Flow(form).XSessionToken(token).UpdateSettingsFlowBody(body).Execute()
	return outcome(what, r, err, meaning{
		http.StatusBadRequest:   wrong,
		http.StatusUnauthorized: ErrNoSession,
		http.StatusForbidden:    forbidden(err),
		http.StatusNotFound:     ErrExpired,
		http.StatusGone:         ErrExpired,
	})
}
