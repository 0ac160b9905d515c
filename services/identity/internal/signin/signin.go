// Package signin knows persons by name and proves who is there, through the client of Ory Kratos: a real one by address,
// or the standalone identity in the process behind the same client. Personal data lives behind it and nowhere else:
// everything else of Fairway knows the opaque identity id.
package signin

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	kratos "github.com/ory/kratos-client-go"

	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
	"github.com/fairway-tre/fairway/services/platform/clock"
)

// Config says which engine answers. Both addresses, or Standalone.
type Config struct {
	PublicURL, AdminURL string             // of a Kratos; its admin API asks for no authentication: a private network alone
	HTTPClient          *http.Client       // for a Kratos; one with a timeout of 25 s if nil
	Standalone          *standalone.Server // when the addresses are empty
	Clock               clock.Clock        // the machine's if nil
}

// SignIn is safe for concurrent use.
type SignIn struct {
	public, admin *kratos.APIClient
	engine        string
	spent         *spentCodes
}

// New connects the client; a real Kratos is not called until the first use.
func New(cfg Config) (*SignIn, error) {
	if (cfg.PublicURL == "") != (cfg.AdminURL == "") {
		return nil, fmt.Errorf("sign-in: public address %q and admin address %q: set both for a Kratos, or none for the standalone identity", cfg.PublicURL, cfg.AdminURL)
	}
	if (cfg.PublicURL == "") != (cfg.Standalone != nil) {
		return nil, errors.New("sign-in: set the addresses of a Kratos or give a standalone identity, one of the two")
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	s := &SignIn{engine: "kratos", spent: newSpentCodes(cfg.Clock)}
	client := asking(cfg)
	if cfg.Standalone != nil {
		// No name ends in .invalid (RFC 6761), so nothing could answer if this ever left the process.
		cfg.PublicURL, cfg.AdminURL = "http://standalone.invalid", "http://standalone.invalid"
		client = &http.Client{Transport: cfg.Standalone}
		s.engine = standalone.Label
	}
	s.public, s.admin = connect(cfg.PublicURL, client), connect(cfg.AdminURL, client)
	return s, nil
}

// asking is the client for a Kratos elsewhere. Its timeout is that of a request with all its attempts. It is long since Kratos
// spends a quarter of a second of a processor on each password: where many come at once, they wait for one another.
func asking(cfg Config) *http.Client {
	client := http.Client{Timeout: 25 * time.Second}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client.Transport = whole{&patient{next: next, clock: cfg.Clock}}
	return &client
}

func connect(url string, client *http.Client) *kratos.APIClient {
	c := kratos.NewConfiguration()
	c.Servers = kratos.ServerConfigurations{{URL: url}}
	c.HTTPClient = client
	return kratos.NewAPIClient(c)
}

// Engine names what answers: "kratos", or the label of the standalone identity.
func (s *SignIn) Engine() string { return s.engine }
