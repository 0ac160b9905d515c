package identity

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

var exchangesCrates = runtest.Profile(runtest.DefaultProfile + "crates: {in: true, out: true}\n")

// requestOf is a crate in which somebody asks for a count.
func (s *site) requestOf(u user) (crates.Request, string) {
	s.t.Helper()
	r := crates.Request{Requester: u.id, ProjectID: s.NewID(), DatasetID: "trial", Analysis: vocabulary.Analysis{Kind: analyses.Count, By: []string{"menopause"}}}
	text, err := r.Encode(s.Clock.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return r, string(text)
}

func TestACrateAsksWhatItsActWouldAskAndIsSignedForWhoIsThere(t *testing.T) {
	s := newSite(t, exchangesCrates)
	ada, eve := s.enrolled("ada@uni.example", ""), s.enrolled("eve@uni.example", "")
	r, text := s.requestOf(ada)
	for _, by := range []user{ada, eve} { // whose it is not is for the workspace to say, as of any job
		got := s.want(http.StatusAccepted, s.call("POST", "/crates", by.token, text, "Fairway-Rests-On", "/sites/molgenis/approval project/"+r.ProjectID+" 1"))
		job := runtest.Last[workspace.JobSubmit](s.Bench)
		if got.Subject != "job/"+job.JobID || job.ProjectID != r.ProjectID || job.Requester != ada.id || job.HostSite != "molgenis" || job.DatasetID != "trial" ||
			job.StudyID != "" || len(job.Analyses) != 1 || job.Analyses[0].Kind != analyses.Count || job.Analyses[0].By[0] != "menopause" {
			t.Errorf("the door answers %s and asks %+v", got.Raw, job)
		}
		sent := s.Outbox()
		if e := sent[len(sent)-1]; e.ID != got.ActID || e.Actor != by.id || len(e.RestsOn) != 3 {
			t.Errorf("signed for %s, resting on %v", e.Actor, e.RestsOn)
		}
	}
}

func TestTheDoorTakesNoCrateThatIsNoRequestOrThatThePolicyDoesNotWant(t *testing.T) {
	s := newSite(t, exchangesCrates)
	ada := s.enrolled("ada@uni.example", "")
	_, text := s.requestOf(ada)
	for name, c := range map[string]struct {
		token, body     string
		status          int
		reason, pointer string
	}{
		"no session":           {"", text, http.StatusUnauthorized, "no-session", ""},
		"no JSON":              {ada.token, "{", http.StatusBadRequest, envelope.CodeMalformed, ""},
		"too large":            {ada.token, strings.Repeat("x", 65<<10), http.StatusRequestEntityTooLarge, envelope.CodeTooLarge, ""},
		"no crate":             {ada.token, "{}", http.StatusUnprocessableEntity, "schema", "/@context"},
		"another tool":         {ada.token, strings.ReplaceAll(text, analyses.Tool(analyses.Count), "sha256:0"), http.StatusUnprocessableEntity, "tool-unknown", ""},
		"a job of no contract": {ada.token, strings.ReplaceAll(text, `"menopause"`, `"two words"`), http.StatusUnprocessableEntity, "schema", ""},
		"a person of no site":  {ada.token, strings.ReplaceAll(text, ada.id, "ada"), http.StatusUnprocessableEntity, "schema", ""},
	} {
		if got := s.call("POST", "/crates", c.token, c.body); got.Status != c.status || got.Reason != c.reason || got.Pointer != c.pointer {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
	if got := s.call("POST", "/crates", ada.token, text, "Fairway-Rests-On", "job/x"); got.Status != http.StatusBadRequest || got.Reason != "rests-on" {
		t.Errorf("resting on nonsense: %s", got.Raw)
	}
	none := newSite(t)
	bob := none.enrolled("bob@uni.example", "")
	_, text = none.requestOf(bob)
	if got := none.call("POST", "/crates", bob.token, text); got.Status != http.StatusForbidden || got.Reason != "crates-not-taken" {
		t.Errorf("where no crate is taken: %s", got.Raw)
	}
	for _, quiet := range []*site{s, none} {
		if n := len(runtest.Sent[workspace.JobSubmit](quiet.Bench)); n != 0 {
			t.Errorf("%d jobs asked for", n)
		}
	}
}

// story is what the services tell of an output from its permit to its publication.
type story struct {
	permit   approval.PermitGranted
	sealed   workspace.OutputSealed
	approved airlock.ReleaseApproved
	release  airlock.ReleasePublished
}

func (s *site) story(u user, job workspace.JobSubmit) story {
	s.t.Helper()
	digest, err := s.Objects("workspace").Put(s.t.Context(), []byte(`{"n":42}`))
	if err != nil {
		s.t.Fatal(err)
	}
	claim := vocabulary.Claim{Digest: digest, Size: 8, MediaType: outputs.MediaType, Class: "aggregate"}
	permit, output, release, here := s.NewID(), s.NewID(), s.NewID(), vocabulary.Destination{Kind: "researcher", Site: "molgenis"}
	return story{
		approval.PermitGranted{PermitID: permit, ApplicationID: s.NewID(), ProjectID: job.ProjectID, HostSite: "molgenis", Persons: []string{u.id},
			Datasets: []string{"trial"}, Concepts: []string{"menopause"}, Analyses: []string{analyses.Count}, ExpiresAt: s.Clock.Now().AddDate(1, 0, 0)},
		workspace.OutputSealed{OutputID: output, JobID: job.JobID, ProjectID: job.ProjectID, PermitID: permit, Author: u.id, Claim: claim, Kinds: []string{outputs.KindCount}, Destination: here},
		airlock.ReleaseApproved{ReleaseID: release, OutputID: output, JobID: job.JobID, ProjectID: job.ProjectID, PermitID: permit, Claim: claim, Requester: u.id, Reviewers: []string{},
			Rules: vocabulary.Rules{Threshold: 5, ProfileDigest: digest}, Destination: here, ExpiresAt: s.Clock.Now().AddDate(0, 0, 30)},
		airlock.ReleasePublished{ReleaseID: release, OutputID: output, ProjectID: job.ProjectID, Claim: claim, Recipients: []string{u.id}},
	}
}

// began says with which act it all began, as services do of whatever follows from an act.
func began(actID string) func(*envelope.Draft) {
	return func(d *envelope.Draft) { d.CorrelationID = actID }
}

func TestAReleaseIsGivenAsACrateOnceAllIsKnownThatItTells(t *testing.T) {
	s := newSite(t, exchangesCrates)
	ada, eve := s.enrolled("ada@uni.example", ""), s.enrolled("eve@uni.example", "")
	_, text := s.requestOf(ada)
	asked := s.want(http.StatusAccepted, s.call("POST", "/crates", ada.token, text))
	job := runtest.Last[workspace.JobSubmit](s.Bench)
	// somebody's act about the same job, in other words, is another act
	forged := job
	forged.Analyses = []vocabulary.Analysis{{Kind: analyses.Summary, Measure: "age"}}
	s.act(eve, forged)

	told := s.story(ada, job)
	crate := func(u user) reply { return s.call("GET", "/releases/"+told.release.ReleaseID+"/crate", u.token, "") }
	s.Deliver("airlock", told.release)
	s.Deliver("airlock", told.approved)
	s.Deliver("approval", told.permit)
	if got := s.want(http.StatusConflict, crate(ada)); got.Reason != "crate-incomplete" {
		t.Errorf("before the output is known: %s", got.Raw)
	}
	s.Deliver("workspace", told.sealed, began(asked.ActID))
	got := s.want(http.StatusOK, crate(ada))
	z, err := zip.NewReader(bytes.NewReader([]byte(got.Raw)), int64(len(got.Raw)))
	if err != nil || got.Header.Get("Content-Type") != "application/zip" {
		t.Fatalf("%v, as %s", err, got.Header.Get("Content-Type"))
	}
	metadata, err := z.Open(told.release.ReleaseID + "/data/" + crates.MetadataFile)
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if _, err := content.ReadFrom(metadata); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{objects.Digest([]byte(text)), analyses.Tool(analyses.Count), "urn:fairway:permit:" + told.permit.PermitID, ada.id} {
		if !strings.Contains(content.String(), want) {
			t.Errorf("the crate does not tell %s", want)
		}
	}
	s.want(http.StatusNotFound, crate(eve))
	s.Deliver("airlock", airlock.ReleaseRevoked{ReleaseID: told.release.ReleaseID, OutputID: told.release.OutputID, ProjectID: job.ProjectID, Digest: told.release.Claim.Digest, Reason: "consent-withdrawn", AuditLeaf: 1})
	s.want(http.StatusNotFound, crate(ada))
}

func TestAJobThatWasAskedForByItsActIsTooButOneAnalysisACrate(t *testing.T) {
	for name, c := range map[string]struct {
		kinds   []vocabulary.Analysis
		refused bool
		status  int
		reason  string
	}{
		"one":     {[]vocabulary.Analysis{{Kind: analyses.Count}}, false, http.StatusOK, ""},
		"two":     {[]vocabulary.Analysis{{Kind: analyses.Count}, {Kind: analyses.Summary, Measure: "age"}}, false, http.StatusConflict, "crates-not-given"},
		"refused": {[]vocabulary.Analysis{{Kind: analyses.Count}}, true, http.StatusConflict, "crate-incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, exchangesCrates)
			ada := s.enrolled("ada@uni.example", "")
			job := workspace.JobSubmit{JobID: s.NewID(), ProjectID: s.NewID(), HostSite: "molgenis", Requester: ada.id, DatasetID: "trial", Analyses: c.kinds}
			act := s.act(ada, job)
			if c.refused {
				s.Deliver("workspace", workspace.ActRefused{ActID: act, ActType: job.EventType(), ActSubject: "job/" + job.JobID, Reason: "permit-missing", Detail: "no permit"},
					func(d *envelope.Draft) { d.Subject = "act/" + act })
			}
			told := s.story(ada, job)
			s.Deliver("approval", told.permit)
			s.Deliver("workspace", told.sealed, began(act))
			s.Deliver("airlock", told.approved)
			s.Deliver("airlock", told.release)
			if got := s.call("GET", "/releases/"+told.release.ReleaseID+"/crate", ada.token, ""); got.Status != c.status || got.Reason != c.reason {
				t.Errorf("%d %s", got.Status, got.Reason)
			}
		})
	}
}

func TestWhereThePolicyDoesNotSayItNoCrateIsGiven(t *testing.T) {
	s := newSite(t)
	ada := s.enrolled("ada@uni.example", "")
	told := s.story(ada, workspace.JobSubmit{JobID: s.NewID(), ProjectID: s.NewID()})
	s.Deliver("airlock", told.approved)
	s.Deliver("airlock", told.release)
	if got := s.call("GET", "/releases/"+told.release.ReleaseID+"/crate", ada.token, ""); got.Status != http.StatusForbidden || got.Reason != "crates-not-given" {
		t.Errorf("%d %s", got.Status, got.Raw)
	}
	s.want(http.StatusOK, s.call("GET", "/releases/"+told.release.ReleaseID, ada.token, ""))
}
