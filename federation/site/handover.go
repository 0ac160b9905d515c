package site

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// ErrHandOver says that a service cannot be left to another program.
var ErrHandOver = errors.New("cannot be handed over")

// Card is service.json of a hand-over: what a program that runs a service in our place must know besides the files
// beside it. contracts/FOREIGN.md describes the folder.
type Card struct {
	Layout        int    `json:"layout"` // of the folder; 1
	Site          string `json:"site"`
	Principal     string `json:"principal"`     // name on the broker, and prefix of its consumer groups
	Source        string `json:"source"`        // of all that it says
	Broker        string `json:"broker"`        // host:port; TLS 1.3, SCRAM-SHA-512
	Root          string `json:"root"`          // base64 of the public key that signed trust.json
	ProfileDigest string `json:"profileDigest"` // as in the site's policy and in decisions
	Objects       string `json:"objects"`       // the store's folder
}

// cardFile and cardLayout change together.
const (
	cardFile   = "service.json"
	cardLayout = 1
)

// handable refuses services that no other program can run: the door of identity is an HTTP interface of our own, and the
// gateway has a second broker.
func handable(services ...string) error {
	given := []string{topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock}
	for _, s := range services {
		if !slices.Contains(given, s) {
			return fmt.Errorf("%.40q: %w: give one of %v", s, ErrHandOver, given)
		}
	}
	return nil
}

// HandOver writes the folder that the program which runs a service in our place is given: its own key and password, the
// public files of the site, and where the broker and the store are. Nothing of another principal is in it. The service's
// state/ in it is kept. Errors: ErrHandOver, those of setup.
func HandOver(dir, principal, to string) error {
	if err := handable(principal); err != nil {
		return err
	}
	card, err := cardOf(dir, principal)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(to, setup.StateDir), 0o700); err != nil {
		return fmt.Errorf("hand over %s: %w", principal, err)
	}
	for _, f := range []struct {
		name, from string
		mode       os.FileMode
	}{
		{setup.CAFile, setup.CAFile, 0o644},
		{setup.TrustFile, setup.TrustFile, 0o644},
		{setup.ProfileFile, setup.ProfileFile, 0o644},
		{setup.SigningKeyFile, filepath.Join(principal, setup.SigningKeyFile), 0o600},
		{setup.PasswordFile, filepath.Join(principal, setup.PasswordFile), 0o600},
	} {
		text, err := os.ReadFile(filepath.Join(dir, f.from))
		if err == nil {
			err = setup.WriteAtomic(filepath.Join(to, f.name), text, f.mode)
		}
		if err != nil {
			return fmt.Errorf("hand over %s: %w", principal, err)
		}
	}
	if err := profileAsJSON(dir, to); err != nil {
		return fmt.Errorf("hand over %s: %w", principal, err)
	}
	text, err := json.Marshal(card, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return setup.WriteAtomic(filepath.Join(to, cardFile), append(text, '\n'), 0o644)
}

// profileAsJSON says the same as the profile for programs that read no YAML.
func profileAsJSON(dir, to string) error {
	text, err := os.ReadFile(filepath.Join(dir, setup.ProfileFile))
	if err != nil {
		return err
	}
	var rules map[string]any
	if err := yaml.Unmarshal(text, &rules); err != nil {
		return fmt.Errorf("%s: %w", setup.ProfileFile, err)
	}
	if text, err = json.Marshal(rules, jsontext.WithIndent("  "), json.Deterministic(true)); err != nil {
		return fmt.Errorf("%s: %w", setup.ProfileFile, err)
	}
	return setup.WriteAtomic(filepath.Join(to, "profile.json"), append(text, '\n'), 0o644)
}

func cardOf(dir, principal string) (Card, error) {
	file, err := setup.ReadFile(dir)
	if err != nil {
		return Card{}, err
	}
	broker, err := setup.BrokerAddress(dir, file)
	if err != nil {
		return Card{}, err
	}
	if _, _, err := net.SplitHostPort(broker); err != nil {
		return Card{}, fmt.Errorf("hand over %s: %w: the broker's address %q is no host:port", principal, ErrHandOver, broker)
	}
	objects, err := filepath.Abs(filepath.Join(dir, setup.ObjectsDir))
	return Card{Layout: cardLayout, Site: file.Site, Principal: principal, Source: topics.Source(file.Site, principal), Broker: broker,
		Root: file.Root, ProfileDigest: file.ProfileDigest, Objects: objects}, err
}
