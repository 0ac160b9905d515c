package run

import (
	"context"
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
)

// Attack 39: a site cannot ask as often as it has services with a key, nor let others pay for what it signs.
func TestATurnIsOneOfTheSiteThatSigned(t *testing.T) {
	spoiled := errors.New("another place, too late, or against its schema")
	for name, c := range map[string]struct {
		source       string
		signed       bool
		why          error
		turnOf, kind string
	}{
		"a gateway's word":               {"/sites/harbour/gateway", true, nil, "harbour", federation.TypeResultPart},
		"another service of the site":    {"/sites/harbour/airlock", true, nil, "harbour", federation.TypeResultPart},
		"what it signed and is no event": {"/sites/harbour/gateway", true, spoiled, "harbour", ""},
		"what somebody says it signed":   {"/sites/harbour/gateway", false, spoiled, nobody, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var e envelope.Event
			e.Source, e.Type, e.Signed = c.source, federation.TypeResultPart, c.signed
			asked := 0
			in := incoming{turn: func(_ context.Context, _ incoming, source, kind string) (bool, error) {
				asked++
				if source != c.turnOf || kind != c.kind {
					t.Errorf("it is the turn of %q for %q", source, kind)
				}
				return true, nil
			}}
			if now, err := new(Service).isTurn(t.Context(), in, e, c.why); err != nil || !now || asked != 1 {
				t.Errorf("%v %v, asked %d times", now, err, asked)
			}
		})
	}
}
