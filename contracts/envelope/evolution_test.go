package envelope_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
)

func completed() federation.StudyCompleted {
	return federation.StudyCompleted{StudyID: anID, ProjectID: anID, Outcome: "Failed", Manifest: []vocabulary.ManifestEntry{}}
}

func TestAnEventIsOfTheNewestMinorUnlessItsDraftNamesAnother(t *testing.T) {
	s := signerOf("molgenis", topics.Gateway)
	with := completed()
	with.Deadline = now
	for _, c := range []struct {
		version, schema, code string
		payload               federation.StudyCompleted
	}{
		{"", "1.1.0", "", with},
		{"1.1.0", "1.1.0", "", with},
		{"1.0.0", "1.0.0", "", completed()},
		{"1.0.0", "", envelope.CodeUnknownMember, with}, // a member that 1.0.0 does not have is not said under its name
		{"1.9.0", "", envelope.CodeUnsupportedVersion, with},
		{"2.0.0", "", envelope.CodeUnsupportedVersion, with},
	} {
		d := draftOf(s)
		d.Version = c.version
		r, err := envelope.New(s, d, c.payload)
		if envelope.CodeOf(err) != c.code {
			t.Errorf("version %q: %v, want code %q", c.version, err, c.code)
			continue
		}
		if want := "urn:fairway:contracts:federation:study-completed:" + c.schema; c.code == "" && envelopetest.Header(r, "ce_dataschema") != want {
			t.Errorf("version %q: schema %s, want %s", c.version, envelopetest.Header(r, "ce_dataschema"), want)
		}
	}
}

func TestAnEventOfAnOlderMinorIsReadByANewerReader(t *testing.T) {
	s := signerOf("molgenis", topics.Gateway)
	d := draftOf(s)
	d.Version = "1.0.0"
	r, err := envelope.New(s, d, completed())
	if err != nil {
		t.Fatal(err)
	}
	e, err := envelope.OpenBorder(r, trustOf(t, "molgenis"), now)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := envelope.Decode[federation.StudyCompleted](e); err != nil || !p.Deadline.IsZero() || p.StudyID != anID {
		t.Errorf("read %+v, %v", p, err)
	}
}

// older is the struct that a reader has which was built when 1.0.0 was the newest.
type older struct {
	ReleaseID string    `json:"releaseId"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func TestAnEventOfANewerMinorIsReadByEveryOlderReader(t *testing.T) {
	several := 0
	for _, c := range topics.All() {
		if len(c.Versions) == 1 {
			continue
		}
		several++
		for name, text := range validExamples(t, c) {
			for _, version := range c.Versions {
				j, err := schemas.Of(c.Service, c.Name(), version)
				if err != nil {
					t.Fatal(err)
				}
				if err := j.Check(value(t, text), schemas.Open); err != nil {
					t.Errorf("a reader of %s %s, with %s: %v", c.Name(), version, name, err)
				}
			}
		}
	}
	if several < 2 {
		t.Errorf("%d events have several minors", several)
	}
	c, _ := topics.Lookup(airlock.TypeReleaseApproved)
	newer := validExamples(t, c)["1.1.0.json"]
	j, err := schemas.Of(c.Service, c.Name(), "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Check(value(t, newer), schemas.Closed); envelope.CodeOf(err) != envelope.CodeUnknownMember {
		t.Errorf("the example of 1.1.0 says nothing that 1.0.0 does not know: %v", err)
	}
	var p older
	if err := strict.DecodeOpen(newer, &p); err != nil || p.ReleaseID == "" {
		t.Errorf("an older struct reads %+v, %v", p, err)
	}
}

func TestAtTheBorderALaterMinorIsReadAndWhatItAddsGoesNoFurther(t *testing.T) {
	s := signerOf("molgenis", topics.Gateway)
	d := draftOf(s)
	d.Topic, d.BorderSequence = topics.Inbox("denbi"), 1
	r, err := envelope.New(s, d, federation.JobAccepted{JobID: anID, StudyID: anID, Site: "molgenis", HostSite: "denbi"})
	if err != nil {
		t.Fatal(err)
	}
	r.Value = append(r.Value[:len(r.Value)-1], []byte(`,"queuePosition":3}`)...)
	for version, code := range map[string]string{"1.0.0": envelope.CodeUnknownMember, "1.9.0": "", "2.0.0": envelope.CodeEnvelope} {
		later := envelopetest.Resign(envelopetest.With(r, "ce_dataschema", "urn:fairway:contracts:federation:job-accepted:"+version), s)
		e, err := envelope.OpenBorder(later, trustOf(t, "molgenis"), now)
		if envelope.CodeOf(err) != code {
			t.Errorf("%s: %v, want code %q", version, err, code)
			continue
		}
		if p, err := envelope.Decode[federation.JobAccepted](e); code == "" && (err != nil || p.JobID != anID) {
			t.Errorf("%s: read %+v, %v", version, p, err)
		}
	}
}

func TestATwinIsNamedByMajorAndID(t *testing.T) {
	s := signerOf("molgenis", topics.Workspace)
	d := draftOf(s)
	d.Twin = envelope.Twin{Major: 1, ID: anotherID}
	r, err := envelope.New(s, d, workspacev2.JobStateChanged{JobID: anID, ProjectID: anID, State: "RUNNING"})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := envelope.Open(r, trustOf(t, "molgenis"), now); err != nil || e.Twin != d.Twin {
		t.Errorf("read %+v, %v", e.Twin, err)
	}
	if _, err := envelope.Open(envelopetest.With(r, "ce_twin", "1:"+anID), trustOf(t, "molgenis"), now); envelope.CodeOf(err) != envelope.CodeSignature {
		t.Errorf("another twin: %v", err)
	}
	for _, text := range []string{anID, ":" + anID, "0:" + anID, "01:" + anID, "1000:" + anID, "-1:" + anID, "1:", "1:1", "1:" + anID + ":1"} {
		if _, err := envelope.Open(envelopetest.Resign(envelopetest.With(r, "ce_twin", text), s), trustOf(t, "molgenis"), now); envelope.CodeOf(err) != envelope.CodeEnvelope {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestARecordInAnUnknownMajorIsBelievedToHaveBeenSaidOnlyByItsWriter(t *testing.T) {
	s := signerOf("molgenis", topics.Workspace)
	r, err := envelope.New(s, draftOf(s), workspacev2.JobStateChanged{JobID: anID, ProjectID: anID, State: "RUNNING"})
	if err != nil {
		t.Fatal(err)
	}
	r = envelopetest.With(r, "ce_type", "fairway.workspace.job.state-changed.v3")
	moved := envelopetest.Resign(r, s)
	moved.Topic = "molgenis.airlock.events.v1"
	other := signerOf("molgenis", topics.Airlock)
	for name, c := range map[string]struct {
		record envelope.Record
		signed bool
	}{
		"its writer":            {envelopetest.Resign(r, s), true},
		"nobody":                {r, false},
		"another principal":     {envelopetest.Resign(envelopetest.With(r, "ce_source", other.Source()), other), false},
		"on another topic":      {moved, false},
		"another's source":      {envelopetest.Resign(envelopetest.With(r, "ce_source", other.Source()), s), false},
		"a key of no trust set": {envelopetest.Resign(r, signerOf("denbi", topics.Workspace)), false},
	} {
		e, err := envelope.Open(c.record, trustOf(t, "molgenis"), now)
		if envelope.CodeOf(err) != envelope.CodeUnsupportedVersion || e.Signed != c.signed {
			t.Errorf("signed by %s: %v, signed %t", name, err, e.Signed)
		}
	}
}
