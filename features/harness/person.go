package harness

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/envelope"
)

// Person acts as people do: through the door of one site, with a browser's means. Name and address are made up; only
// the pseudonym that the site gives ever leaves it.
type Person struct {
	Role string // in words, for messages: "the researcher at molgenis"
	Site *Site

	door     door
	email    string
	password string

	mu      sync.Mutex
	id      string
	session string
	token   string
	secret  string
	counter int64 // time step of the last code given
}

// NewPerson makes a person who is not yet registered. Address is where the person's requests come from, such as
// 127.0.8.7; empty is anywhere.
func (s *Site) NewPerson(role, address string) *Person {
	mailbox := strings.ToLower(rand.Text()[:12])
	return &Person{Role: role, Site: s, door: newDoor(s, address), email: mailbox + "@example.org", password: rand.Text() + rand.Text()}
}

// ID is the pseudonym that the site gave, empty before registration.
func (p *Person) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

type registration struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Code     string `json:"code,omitzero"`
}

// Register registers the person; a code is the site's enrolment code for its first officer, else empty.
func (p *Person) Register(ctx context.Context, code string) error {
	var answer struct {
		PersonID string `json:"personId"`
	}
	body := registration{Email: p.email, Name: "Person " + p.email[:4], Password: p.password, Code: code}
	if err := p.door.call(ctx, http.MethodPost, "/people", "", body, http.StatusCreated, &answer); err != nil {
		return fmt.Errorf("%s registers: %w", p.Role, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = answer.PersonID
	return nil
}

type signedIn struct {
	Token     string `json:"token"`
	SessionID string `json:"sessionId"`
	PersonID  string `json:"personId"`
	Assurance string `json:"assurance"`
}

// SignIn signs in by password, and by second factor where one is enrolled.
func (p *Person) SignIn(ctx context.Context) error {
	var answer signedIn
	body := struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}{p.email, p.password}
	if err := p.door.call(ctx, http.MethodPost, "/sessions", "", body, http.StatusCreated, &answer); err != nil {
		return fmt.Errorf("%s signs in: %w", p.Role, err)
	}
	p.hold(answer)
	p.mu.Lock()
	enrolled := p.secret != ""
	p.mu.Unlock()
	if !enrolled {
		return nil
	}
	return p.StepUp(ctx)
}

// SignInFrom signs in once from another address, by password alone. The session is not kept.
func (p *Person) SignInFrom(ctx context.Context, address string) error {
	other := &Person{Role: p.Role, Site: p.Site, door: newDoor(p.Site, address), email: p.email, password: p.password}
	return other.SignIn(ctx)
}

func (p *Person) hold(a signedIn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.Token != "" {
		p.token = a.Token
	}
	if a.SessionID != "" {
		p.session = a.SessionID
	}
}

type codeBody struct {
	Code string `json:"code"`
}

// StepUp gives a code of the second factor.
func (p *Person) StepUp(ctx context.Context) error {
	code, err := p.nextCode(ctx)
	if err != nil {
		return fmt.Errorf("%s gives the second factor: %w", p.Role, err)
	}
	var answer signedIn
	if err := p.door.call(ctx, http.MethodPost, "/sessions/second-factor", p.bearer(), codeBody{code}, http.StatusOK, &answer); err != nil {
		return fmt.Errorf("%s gives the second factor: %w", p.Role, err)
	}
	p.hold(answer)
	return nil
}

// EnrolSecondFactor enrols an authenticator; the session has the higher assurance from then on.
func (p *Person) EnrolSecondFactor(ctx context.Context) error {
	var offer struct {
		Secret string `json:"secret"`
	}
	if err := p.door.call(ctx, http.MethodPost, "/people/me/totp", p.bearer(), nil, http.StatusOK, &offer); err != nil {
		return fmt.Errorf("%s asks for a second factor: %w", p.Role, err)
	}
	p.mu.Lock()
	p.secret, p.counter = offer.Secret, 0
	p.mu.Unlock()
	code, err := p.nextCode(ctx)
	if err != nil {
		return fmt.Errorf("%s enrols a second factor: %w", p.Role, err)
	}
	var answer signedIn
	if err := p.door.call(ctx, http.MethodPut, "/people/me/totp", p.bearer(), codeBody{code}, http.StatusOK, &answer); err != nil {
		return fmt.Errorf("%s enrols a second factor: %w", p.Role, err)
	}
	p.hold(answer)
	return nil
}

// nextCode gives a code that was not given before. A server takes the codes of the present time step and of its two
// neighbours (RFC 6238 5.2), so two in a row come at once and the third waits for the next step. The step before the
// present one is left out: it might be too old when it arrives.
func (p *Person) nextCode(ctx context.Context) (string, error) {
	for {
		now := time.Now().Unix() / step
		p.mu.Lock()
		next := max(p.counter+1, now)
		if next <= now+1 {
			p.counter = next
			secret := p.secret
			p.mu.Unlock()
			return totp(secret, next)
		}
		p.mu.Unlock()
		if !pause(ctx, time.Until(time.Unix((now+1)*step, 0))) {
			return "", ctx.Err()
		}
	}
}

func (p *Person) bearer() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}

// Receipt is what the door gives for an act. That the act was taken does not say that it was granted.
type Receipt struct {
	ActID   string `json:"actId"`
	Subject string `json:"subject"`
}

// Act asks for something. The facts that it rests on beside the person's own standing may be named.
func (p *Person) Act(ctx context.Context, act envelope.Payload, rests ...Seen) (Receipt, error) {
	var receipt Receipt
	if err := p.door.act(ctx, p.bearer(), act, rests, &receipt); err != nil {
		return Receipt{}, fmt.Errorf("%s acts %s: %w", p.Role, act.EventType(), err)
	}
	if receipt.ActID == "" {
		return Receipt{}, fmt.Errorf("%s acts %s: the door gave no id for it", p.Role, act.EventType())
	}
	return receipt, nil
}

// Bring sends bytes that are to come into a workspace, as an import of a kind. That the door took them does not say that
// they come in.
func (p *Person) Bring(ctx context.Context, workspaceID, kind, mediaType string, bytes []byte) (Receipt, error) {
	var receipt Receipt
	query := url.Values{"workspace": {workspaceID}, "kind": {kind}}.Encode()
	if err := p.door.bring(ctx, p.bearer(), "/imports?"+query, mediaType, bytes, &receipt); err != nil {
		return Receipt{}, fmt.Errorf("%s brings an import of the kind %s: %w", p.Role, kind, err)
	}
	return receipt, nil
}

// Hand gives the door a crate that asks for something. That the door took it does not say that it was granted.
func (p *Person) Hand(ctx context.Context, crate []byte) (Receipt, error) {
	var receipt Receipt
	if err := p.door.bring(ctx, p.bearer(), "/crates", crates.MediaType, crate, &receipt); err != nil {
		return Receipt{}, fmt.Errorf("%s hands a crate to the door: %w", p.Role, err)
	}
	return receipt, nil
}

// Download fetches the bytes of a published release.
func (p *Person) Download(ctx context.Context, releaseID string) ([]byte, error) {
	return p.download(ctx, releaseID)
}

// download fetches a published release, or what is given of it in another form.
func (p *Person) download(ctx context.Context, what string) ([]byte, error) {
	data, err := p.door.bytes(ctx, "/releases/"+what, p.bearer())
	if err != nil {
		return nil, fmt.Errorf("%s fetches the release %s: %w", p.Role, what, err)
	}
	return data, nil
}

// Collect is Download for a release whose publication was seen: it tries again while the door has not heard of it yet.
func (p *Person) Collect(ctx context.Context, releaseID string) ([]byte, error) {
	return p.collect(ctx, releaseID)
}

// CollectCrate is Collect for the release as a crate.
func (p *Person) CollectCrate(ctx context.Context, releaseID string) ([]byte, error) {
	return p.collect(ctx, releaseID+"/crate")
}

func (p *Person) collect(ctx context.Context, what string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, doorTimeout)
	defer cancel()
	for {
		data, err := p.download(ctx, what)
		var answer *DoorError
		early := errors.As(err, &answer) && slices.Contains([]int{http.StatusNotFound, http.StatusForbidden, http.StatusConflict}, answer.Status)
		if !early || !pause(ctx, retryInterval) {
			return data, err
		}
	}
}

// from makes a dialer whose connections come from an address of this machine.
func from(address string) *net.Dialer {
	d := &net.Dialer{Timeout: dialTimeout}
	if address != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(address)}
	}
	return d
}
