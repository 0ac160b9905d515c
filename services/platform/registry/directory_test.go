package registry_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

// keyOf is the id of a participant's border key.
func keyOf(t *testing.T, p registry.Participant) string {
	t.Helper()
	ids, err := signing.Listed(p.Keys)
	if err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	return ids[0]
}

func TestKeysOfAListAreBelievedUnderTheirOwnRootsSealAlone(t *testing.T) {
	honest, unsealed := good(t, "molgenis"), good(t, "denbi")
	unsealed.Root, _ = pair(t)
	nobody, err := signing.NewTrust("harbour")
	if err != nil {
		t.Fatal(err)
	}
	d, err := registry.NewDirectory("harbour", nobody, nil, registry.Registry{Participants: []registry.Participant{honest, unsealed}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, ok := d.Lookup(keyOf(t, unsealed)); ok {
			t.Error("a key is believed that its site's root has not sealed")
		}
		if k, ok := d.Lookup(keyOf(t, honest)); !ok || k.Source != "/sites/molgenis/gateway" {
			t.Errorf("key of molgenis: %+v, %v", k, ok)
		}
	}
	// a newer entry takes the place of keys that nobody has asked for yet, also of those under no good seal
	renewed := good(t, "denbi")
	renewed.Serial = 1
	if err := d.Take(renewed); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Lookup(keyOf(t, renewed)); !ok {
		t.Error("the keys of a newer entry are not believed")
	}
}

func TestAKeyThatTwoSitesListIsRefusedBeforeAnybodyAsksForIt(t *testing.T) {
	one := good(t, "molgenis")
	thief := good(t, "denbi")
	thief.Keys = bytes.Replace(bytes.Clone(thief.Keys), []byte(keyOf(t, thief)), []byte(keyOf(t, one)), 1)
	_, err := registry.NewDirectory("harbour", nil, nil, registry.Registry{Participants: []registry.Participant{one, thief}})
	if !errors.Is(err, registry.ErrParticipant) {
		t.Errorf("two sites with one key: %v", err)
	}
	operator, _ := pair(t)
	thief.Keys = bytes.Replace(bytes.Clone(thief.Keys), []byte(keyOf(t, thief)), []byte(signing.KeyID(operator)), 1)
	if _, err = registry.NewDirectory("harbour", nil, operator, registry.Registry{Participants: []registry.Participant{thief}}); !errors.Is(err, registry.ErrParticipant) {
		t.Errorf("the operator's key: %v", err)
	}
	d, err := registry.NewDirectory("harbour", nil, nil, registry.Registry{Participants: []registry.Participant{one}})
	if err != nil {
		t.Fatal(err)
	}
	again := one
	again.Site = "denbi"
	if err := d.Acceptable(again); !errors.Is(err, registry.ErrParticipant) {
		t.Errorf("an entry with a key of the list: %v", err)
	}
}
