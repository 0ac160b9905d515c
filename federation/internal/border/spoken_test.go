package border

import (
	"errors"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	workspacev1 "github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

func reading(pairs ...string) registry.Participant {
	p := registry.Participant{Site: "denbi"}
	for i := 0; i < len(pairs); i += 2 {
		p.Reads = append(p.Reads, registry.Reading{Type: pairs[i], Version: pairs[i+1]})
	}
	return p
}

func TestTheNewestMinorThatBothKnowIsSpokenWithoutWhatItDoesNotKnow(t *testing.T) {
	full := federation.CheckpointPublished{CheckpointID: "01JD3Z5Q8V0N6W2T4K7M9V002N", Site: "molgenis", Service: "airlock", Size: 1<<53 - 1,
		Root: []byte("\x00root\xff"), Note: "a\n\nb", Witnesses: []string{"denbi"}, OldSize: 40, Proof: [][]byte{{1, 2}}}
	for name, c := range map[string]struct {
		receiver registry.Participant
		version  string
		whole    bool
	}{
		"reads this minor":       {reading(full.EventType(), "1.1.0"), "1.1.0", true},
		"reads a later minor":    {reading(full.EventType(), "1.7.0"), "1.1.0", true},
		"reads an older minor":   {reading(full.EventType(), "1.0.0"), "1.0.0", false},
		"a patch beyond":         {reading(full.EventType(), "1.0.9"), "1.0.0", false},
		"does not say":           {reading(), "1.0.0", false},
		"beside another release": {reading("fairway.federation.checkpoint.published.v2", "2.0.0", full.EventType(), "1.1.0"), "1.1.0", true},
	} {
		said, version, err := Spoken(full, c.receiver)
		if err != nil || version != c.version {
			t.Errorf("%s: version %s, %v", name, version, err)
			continue
		}
		p := said.(federation.CheckpointPublished)
		if (p.OldSize == 40 && len(p.Proof) == 1) != c.whole {
			t.Errorf("%s: %+v", name, p)
		}
		if p.Size != full.Size || string(p.Root) != string(full.Root) || p.Note != full.Note || !slices.Equal(p.Witnesses, full.Witnesses) {
			t.Errorf("%s: what both know was changed: %+v", name, p)
		}
	}
}

func TestTheMajorThatTheReceiverReadsIsSpoken(t *testing.T) {
	newest := workspacev2.JobStateChanged{JobID: "01JD3Z5Q8V0N6W2T4K7M9R4D0H", ProjectID: "01JD3Z5Q8V0N6W2T4K7M9R4D0H", State: "RUNNING"}
	said, _, err := Spoken(newest, reading(newest.EventType(), "2.0.0"))
	if _, ok := said.(workspacev2.JobStateChanged); !ok || err != nil {
		t.Errorf("said %T, %v", said, err)
	}
	said, version, err := Spoken(newest, reading(workspacev1.TypeJobStateChanged, "1.0.0"))
	if p, ok := said.(workspacev1.JobStateChanged); !ok || err != nil || version != "1.0.0" || p.State != "RUNNING" {
		t.Errorf("said %T in %s, %v", said, version, err)
	}
	_, _, err = Spoken(newest, reading("fairway.workspace.job.state-changed.v3", "3.0.0"))
	var refused *Refused
	if !errors.As(err, &refused) || refused.Reason != ContractNotRead {
		t.Errorf("a receiver that reads none: %v", err)
	}
}

func TestWhatIsReadMayComeIn(t *testing.T) {
	for _, kind := range Read() {
		if !slices.Contains(topics.BorderIn(), kind) {
			t.Errorf("%s is read and no contract lets it in", kind)
		}
	}
}

func TestAQuestionIsNotSaidWithoutOneOfItsConditions(t *testing.T) {
	for _, kind := range Conditions() {
		if !slices.Contains(topics.BorderOut(), kind) {
			t.Errorf("%s asks for nothing at the border", kind)
		}
	}
	full := federation.CheckpointPublished{OldSize: 40, Witnesses: []string{"denbi"}}
	for version, want := range map[string]bool{"1.1.0": true, "1.0.0": false} {
		if _, whole, err := inVersion(full, version); err != nil || whole != want {
			t.Errorf("version %s says all: %v, %v", version, whole, err)
		}
	}
	full.OldSize = 0
	if _, whole, err := inVersion(full, "1.0.0"); err != nil || !whole {
		t.Errorf("what has no later member is said whole in the first minor: %v, %v", whole, err)
	}
}
