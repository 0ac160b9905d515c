package signin

import (
	"context"
	"fmt"
	"net/http"

	kratos "github.com/ory/kratos-client-go"

	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

// schemaID names the identity schema of compose/ory/person.schema.json.
const schemaID = "person"

// Person is the personal data of one identity.
type Person struct{ Email, Name string }

// Create keeps a person and a first password, and returns the opaque identity id. The e-mail address is not proven by it.
// ErrExists, ErrInvalid.
func (s *SignIn) Create(ctx context.Context, p Person, password string) (identityID string, err error) {
	const what = "create an identity"
	if err := standalone.CheckEmail(p.Email); err != nil {
		return "", fmt.Errorf("%s: %w: %w", what, ErrInvalid, err)
	}
	if p.Name == "" {
		return "", fmt.Errorf("%s: %w: a person needs a name", what, ErrInvalid)
	}
	if err := standalone.CheckPassword(password); err != nil {
		return "", fmt.Errorf("%s: %w: %w", what, ErrInvalid, err)
	}
	body := kratos.NewCreateIdentityBody(schemaID, map[string]any{"email": p.Email, "name": p.Name})
	body.SetState("active")
	body.SetCredentials(kratos.IdentityWithCredentials{Password: &kratos.IdentityWithCredentialsPassword{
		Config: &kratos.IdentityWithCredentialsPasswordConfig{Password: &password}}})
	made, r, err := s.admin.IdentityAPI.CreateIdentity(ctx).CreateIdentityBody(*body).Execute()
	if err != nil {
		return "", outcome(what, r, err, meaning{http.StatusConflict: ErrExists, http.StatusBadRequest: ErrInvalid})
	}
	return made.Id, nil
}

// Person reads the personal data of an identity, for the person and for those who must know. ErrNotFound.
func (s *SignIn) Person(ctx context.Context, identityID string) (Person, error) {
	found, r, err := s.admin.IdentityAPI.GetIdentity(ctx, identityID).Execute()
	if err != nil {
		return Person{}, outcome("read a person", r, err, absent())
	}
	traits, _ := found.Traits.(map[string]any)
	email, _ := traits["email"].(string)
	name, _ := traits["name"].(string)
	return Person{Email: email, Name: name}, nil
}

// Disable ends every session of an identity and lets it open no other. ErrNotFound. Asking twice is harmless; after an
// error it must be asked again.
func (s *SignIn) Disable(ctx context.Context, identityID string) error {
	// In this order: a disabled identity keeps its sessions, and they would count again once it is enabled.
	if err := s.setState(ctx, identityID, "inactive"); err != nil {
		return fmt.Errorf("disable an identity: %w", err)
	}
	r, err := s.admin.IdentityAPI.DeleteIdentitySessions(ctx, identityID).Execute()
	if r != nil && r.StatusCode == http.StatusNotFound { // Kratos: no session to delete
		return nil
	}
	return outcome("disable an identity: end its sessions", r, err, nil)
}

// Enable lets a disabled identity sign in again; no earlier session comes back. ErrNotFound.
func (s *SignIn) Enable(ctx context.Context, identityID string) error {
	if err := s.setState(ctx, identityID, "active"); err != nil {
		return fmt.Errorf("enable an identity: %w", err)
	}
	return nil
}

func (s *SignIn) setState(ctx context.Context, identityID, state string) error {
	change := kratos.JsonPatch{Op: "replace", Path: "/state", Value: state}
	_, r, err := s.admin.IdentityAPI.PatchIdentity(ctx, identityID).JsonPatch([]kratos.JsonPatch{change}).Execute()
	return outcome("set its state to "+state, r, err, absent())
}

// RemoveSecondFactor is for a lost device: the person enrols another. ErrNotFound, also for a person without one.
func (s *SignIn) RemoveSecondFactor(ctx context.Context, identityID string) error {
	r, err := s.admin.IdentityAPI.DeleteIdentityCredentials(ctx, identityID, "totp").Execute()
	return outcome("remove a second factor", r, err, absent())
}

// Erase deletes the personal data, credentials and sessions of an identity for good. ErrNotFound.
func (s *SignIn) Erase(ctx context.Context, identityID string) error {
	r, err := s.admin.IdentityAPI.DeleteIdentity(ctx, identityID).Execute()
	return outcome("erase an identity", r, err, absent())
}

// Ready tells whether the engine answers.
func (s *SignIn) Ready(ctx context.Context) error {
	_, r, err := s.admin.MetadataAPI.IsReady(ctx).Execute()
	return outcome("ask the identity engine", r, err, nil)
}

func absent() meaning { return meaning{http.StatusNotFound: ErrNotFound} }
