package door

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// What a crate tells of a release, kept only where the profile gives crates.
const (
	requests    store.Kind[request]                       = "crate-request"  // by id of the act
	sealed      store.Kind[told[workspace.OutputSealed]]  = "crate-output"   // by id of the output
	decisions   store.Kind[told[airlock.ReleaseApproved]] = "crate-decision" // by id of the release
	grantedAt   store.Kind[time.Time]                     = "crate-permit"   // by id of the permit
	publishedAt store.Kind[time.Time]                     = "crate-release"  // by id of the release
)

// Why no crate is taken or given.
const (
	reasonNotTaken   = "crates-not-taken"
	reasonNotGiven   = "crates-not-given"
	reasonIncomplete = "crate-incomplete"
)

// told is a fact, when it was said, and the act with which it all began.
type told[P any] struct {
	Said P         `json:"said"`
	At   time.Time `json:"at"`
	Act  string    `json:"act"`
}

func tell[P any](e envelope.Event, p P) told[P] { return told[P]{p, e.Time, e.CorrelationID} }

// request is a job as it was asked for at this door.
type request struct {
	Job   workspace.JobSubmit `json:"job"`
	At    time.Time           `json:"at"`
	Crate string              `json:"crate,omitzero"` // digest of the crate that asked, if one did
}

// ask takes a request in the form of a Five Safes RO-Crate and says the act that it describes, which is decided as any
// other: by the standing of the person, the permit of the project and the registry of tools.
func (d *door) ask(w http.ResponseWriter, r *http.Request) error {
	v, err := d.asker(r)
	if err != nil {
		return err
	}
	asked, digest, err := d.requested(w, r)
	if err != nil {
		return err
	}
	named, err := restsOf(r.Header.Values("Fairway-Rests-On"))
	if err != nil {
		return err
	}
	var said run.Fact
	err = d.s.Update(r.Context(), func(tx *run.Tx) error {
		job := workspace.JobSubmit{JobID: tx.NewID(), ProjectID: asked.ProjectID, HostSite: tx.Site(), Requester: asked.Requester,
			DatasetID: asked.DatasetID, Analyses: []vocabulary.Analysis{asked.Analysis}}
		words, err := worded(job)
		if err != nil {
			return unfit(err)
		}
		rests, err := standing(tx, v)
		if err != nil {
			return err
		}
		if said, err = d.say(tx, v, words.subject, words, append(rests, named...)); err != nil {
			return err
		}
		return remember(tx, said.ID, job, digest)
	})
	if err != nil {
		return err
	}
	accepted(w, said)
	return nil
}

// requested reads the crate in a body, and gives its digest.
func (d *door) requested(w http.ResponseWriter, r *http.Request) (asked crates.Request, digest string, err error) {
	if !d.s.Env().Profile.Crates.In {
		return asked, "", refuse(http.StatusForbidden, reasonNotTaken, "by the policy of this site no request comes as a crate; ask by the act itself")
	}
	text, err := body(w, r)
	if err != nil {
		return asked, "", err
	}
	asked, err = crates.Read(text)
	if errors.Is(err, crates.ErrTool) {
		err = refuse(http.StatusUnprocessableEntity, "tool-unknown", err.Error()+"; fairway contracts tools prints them")
	}
	return asked, objects.Digest(text), err
}

// unfit says of a crate that its job breaks the contract of jobs; the place is one in the job, not in the crate.
func unfit(err error) error {
	var wire *envelope.Error
	if !errors.As(err, &wire) {
		return err
	}
	return refuse(statusOf(wire.Code), wire.Code, "in the job that the crate asks for, "+wire.Where+": "+wire.Detail)
}

// remember keeps what an act asks for, for the crate of its output. It is kept by the act, since another act can name the
// same job.
func remember(tx *run.Tx, actID string, job workspace.JobSubmit, crate string) error {
	if !tx.Profile().Crates.Out {
		return nil
	}
	return requests.Put(tx.Tx, actID, request{Job: job, At: tx.Now(), Crate: crate})
}

// followCrates keeps the facts by which an output came about and left.
func (d *door) followCrates() {
	follow(d.s, func(tx *run.Tx, _ envelope.Event, p workspace.ActRefused) error {
		return requests.Delete(tx.Tx, p.ActID)
	})
	follow(d.s, func(tx *run.Tx, e envelope.Event, p approval.PermitGranted) error {
		return grantedAt.Put(tx.Tx, p.PermitID, e.Time)
	})
	follow(d.s, func(tx *run.Tx, e envelope.Event, p workspace.OutputSealed) error {
		return sealed.Put(tx.Tx, p.OutputID, tell(e, p))
	})
	follow(d.s, func(tx *run.Tx, e envelope.Event, p airlock.ReleaseApproved) error {
		return decisions.Put(tx.Tx, p.ReleaseID, tell(e, p))
	})
	follow(d.s, func(tx *run.Tx, e envelope.Event, p airlock.ReleasePublished) error {
		return publishedAt.Put(tx.Tx, p.ReleaseID, e.Time)
	})
	follow(d.s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseRevoked) error {
		return errors.Join(decisions.Delete(tx.Tx, p.ReleaseID), publishedAt.Delete(tx.Tx, p.ReleaseID))
	})
}

// follow is run.Handle for a site that gives crates.
func follow[P envelope.Payload](s *run.Service, fn func(*run.Tx, envelope.Event, P) error) {
	run.Handle(s, func(tx *run.Tx, e envelope.Event, p P) error {
		if !tx.Profile().Crates.Out {
			return nil
		}
		return fn(tx, e, p)
	})
}

// crate gives a recipient a published release as a Five Safes RO-Crate.
func (d *door) crate(w http.ResponseWriter, r *http.Request) error {
	p, data, err := d.published(r)
	if err != nil {
		return err
	}
	if !d.s.Env().Profile.Crates.Out {
		return refuse(http.StatusForbidden, reasonNotGiven, "by the policy of this site no result is given as a crate; fetch the release itself")
	}
	result := crates.Result{Site: d.s.Env().Site, Title: d.s.Env().Profile.Title, Document: data}
	if err := d.s.View(r.Context(), func(tx *run.Tx) error { return gather(tx, p, &result) }); err != nil {
		return err
	}
	text, err := result.Bag()
	if errors.Is(err, crates.ErrOneAnalysis) {
		return refuse(http.StatusConflict, reasonNotGiven, err.Error()+"; fetch the release itself")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Content-Disposition", `attachment; filename="`+p.ReleaseID+`.zip"`)
	_, _ = w.Write(text) // the client went away
	return nil
}

// errEarly is told while a fact that the crate tells of is on its way, and always of an output that came about otherwise:
// before the site gave crates, or by a study.
var errEarly = refuse(http.StatusConflict, reasonIncomplete,
	"the door has not heard of all that a crate tells: try again shortly; of a study, and of what was asked before the site gave crates, there is none")

// gather finds what a crate tells of a release.
func gather(tx *run.Tx, p airlock.ReleasePublished, r *crates.Result) error {
	decision, decided, err := decisions.Get(tx.Tx, p.ReleaseID)
	if err != nil {
		return err
	}
	output, known, err := sealed.Get(tx.Tx, p.OutputID)
	if err != nil {
		return err
	}
	asked, here, err := requests.Get(tx.Tx, output.Act)
	if err != nil {
		return err
	}
	at, permitted, err := grantedAt.Get(tx.Tx, decision.Said.PermitID)
	if err != nil {
		return err
	}
	published, out, err := publishedAt.Get(tx.Tx, p.ReleaseID)
	if err != nil {
		return err
	}
	if !decided || !known || !here || !permitted || !out {
		return errEarly
	}
	r.Decision, r.DecidedAt, r.Sealed, r.SealedAt = decision.Said, decision.At, output.Said, output.At
	r.Asked, r.AskedAt, r.Request = asked.Job, asked.At, asked.Crate
	r.GrantedAt, r.PublishedAt, r.Made = at, published, tx.Now()
	return nil
}
