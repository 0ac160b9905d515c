// Package identity knows who acts: it registers people under a pseudonym, vouches for their sessions, keeps their
// roles, trainings and agreements, and has the door through which they sign in and act.
package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/services/identity/internal/app"
	"github.com/fairway-tre/fairway/services/identity/internal/door"
	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// The settings that name a real Kratos and a real Keto; unset, the engines in the process answer.
const (
	settingKratosPublic = "kratos-public" // URL
	settingKratosAdmin  = "kratos-admin"  // URL
	settingKetoRead     = "keto-read"     // host:port
	settingKetoWrite    = "keto-write"    // host:port
)

// Start runs the service until ctx ends.
func Start(ctx context.Context, env run.Env) error {
	s, err := run.New(ctx, env, "identity")
	if err != nil {
		return err
	}
	stop, err := assemble(s, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("start identity at %s: %w", env.Site, err), s.Close())
	}
	return errors.Join(s.Run(ctx), stop())
}

// assemble puts the engines, the acts and the door on a service. Memory, in KiB, is what deriving a key from a password
// takes, 0 for the usual one. The function that it returns ends the connections of the engines.
func assemble(s *run.Service, memory uint32) (stop func() error, err error) {
	signIn, err := openSignIn(s, memory)
	if err != nil {
		return nil, err
	}
	rel, err := openRelations(s)
	if err != nil {
		return nil, err
	}
	app.Register(s, rel)
	door.Register(s, signIn)
	return rel.Close, nil
}

func openSignIn(s *run.Service, memory uint32) (*signin.SignIn, error) {
	env := s.Env()
	cfg := signin.Config{PublicURL: env.Settings[settingKratosPublic], AdminURL: env.Settings[settingKratosAdmin], Clock: env.Clock}
	if cfg.PublicURL == "" && cfg.AdminURL == "" {
		server, err := standalone.New(standalone.Config{Persistence: secrets{s}, Clock: env.Clock, Memory: memory})
		if err != nil {
			return nil, err
		}
		cfg.Standalone = server
	}
	signIn, err := signin.New(cfg)
	if err != nil {
		return nil, err
	}
	s.Engine("sign-in", signIn.Engine())
	s.Check(health.Check{Name: "sign-in", Advice: "start Kratos, or look at its addresses in the settings", Ready: signIn.Ready})
	return signIn, nil
}

func openRelations(s *run.Service) (*relations.Relations, error) {
	env := s.Env()
	cfg := relations.Config{ReadAddr: env.Settings[settingKetoRead], WriteAddr: env.Settings[settingKetoWrite]}
	if cfg.ReadAddr == "" && cfg.WriteAddr == "" {
		cfg.Store = roleFacts{s}
	}
	rel, err := relations.New(cfg)
	if err != nil {
		return nil, err
	}
	s.Engine("relations", rel.Engine())
	s.Check(health.Check{Name: "relations", Advice: "start Keto, or look at its addresses in the settings",
		Ready: func(ctx context.Context) error {
			_, err := rel.Check(ctx, app.MayEnrol(env.Site, env.Site+":nobody"))
			return err
		}})
	return rel, nil
}
