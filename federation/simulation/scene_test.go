package simulation

import (
	"database/sql"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// A scene is one study of molgenis at molgenis and denbi, in which everybody does their duty and says yes. What goes
// wrong in it is up to the test.

const (
	host  = "molgenis"
	other = "denbi"
)

func (w *world) at(site, principal string) *machine {
	return w.place(site).machine(principal)
}

// scene lets the researcher apply, the bodies grant, and the researcher open the study. It returns the study's id.
func (w *world) scene() string { w.t.Helper(); return w.sceneOf(compared, 24*time.Hour) }

// sceneOf is a scene of another question and another deadline.
func (w *world) sceneOf(asked []vocabulary.Analysis, within time.Duration) string {
	w.t.Helper()
	return w.sceneAt(asked, within, host, other)
}

// sceneAt is a scene of other sites, the first of which is the host.
func (w *world) sceneAt(asked []vocabulary.Analysis, within time.Duration, sites ...string) string {
	w.t.Helper()
	w.agreeable = true
	researcher := w.portalOf(sites[0]).with("researcher")[0]
	application := w.application(researcher)
	application.Datasets, application.Sites = asks(sites...), sites
	application.Partner, application.Sponsor = "", ""
	application.ExpiresAt = time.Now().UTC().AddDate(0, 1, 0).Truncate(time.Second)
	researcher.act(application)
	w.until("permits of all sites", func() bool { return len(facts[approval.PermitGranted](w.records())) == len(sites) })
	time.Sleep(time.Minute)
	return w.open(asked, within, sites...)
}

// open lets the researcher of the first permit open a study.
func (w *world) open(asked []vocabulary.Analysis, within time.Duration, sites ...string) string {
	w.t.Helper()
	p := facts[approval.PermitGranted](w.records())[0].is
	researcher, study := w.personOf(p.Persons[0]), newID()
	researcher.act(federation.StudyOpen{StudyID: study, ProjectID: p.ProjectID, Requester: researcher.id, Targets: asks(sites...),
		Analyses: asked, DeadlineSeconds: int64(within / time.Second)})
	return study
}

func asks(sites ...string) (out []vocabulary.DatasetRef) {
	for _, site := range sites {
		out = append(out, vocabulary.DatasetRef{Site: site, DatasetID: dataset})
	}
	return out
}

// until lets people do their duty, and keeps appointments, until something holds.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	const patience = 4 * time.Hour
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			w.t.Fatalf("%s: not within %v\n%s", what, patience, w.summary())
		}
		all := w.records()
		for _, d := range append(w.assessments(all), w.reviews(all)...) {
			w.do(d)
		}
		w.pass(10 * time.Second)
	}
}

// completed waits for the end of the study, and holds that all sites returned their results.
func (w *world) completed(study string) {
	w.t.Helper()
	w.until("the end of the study", func() bool { return len(facts[federation.StudyCompleted](w.records())) == 1 })
	c := facts[federation.StudyCompleted](w.records())[0].is
	for _, e := range c.Manifest {
		if e.Outcome != "returned" {
			w.t.Errorf("%s: %s %s", e.Site, e.Outcome, e.Reason)
		}
	}
	if c.StudyID != study || c.Outcome != "Completed" {
		w.t.Errorf("study %s ended as %s %s", c.StudyID, c.Outcome, c.Reason)
	}
}

// tamper changes a service's database behind its back.
func (m *machine) tamper(statements ...string) {
	m.t.Helper()
	db := m.open("")
	defer db.Close()
	for _, s := range statements {
		r, err := db.Exec(s)
		if err != nil {
			m.t.Fatalf("%s: %v", s, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			m.t.Fatalf("%s: changed nothing (%v)", s, err)
		}
	}
}

// pending counts what a service has committed and not sent.
func (m *machine) pending() (n int) {
	m.t.Helper()
	db := m.open("&mode=ro")
	defer db.Close()
	each(m.t, db, `select count(*) from outbox`, func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

// play runs a scene in a world of its own and returns what the laws say.
func play(t *testing.T, scene func(*world)) (found map[string][]string) {
	t.Helper()
	return playAt(t, three, scene)
}

// playAt runs a scene of some sites.
func playAt(t *testing.T, sites []string, scene func(*world)) (found map[string][]string) {
	t.Helper()
	inBubble(t, 1, func(t *testing.T) {
		w := begin(t, setting{seed: 1, sites: sites})
		scene(w)
		found = w.rest(true)
	})
	return found
}

// gatewayOf is the gateway of a site.
func (w *world) gatewayOf(site string) *machine { return w.at(site, topics.Gateway) }
