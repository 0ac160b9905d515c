package door

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// followReleases remembers what the airlock has published, and to whom. A revoked release is nobody's any more.
func followReleases(s *run.Service) {
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseRevoked) error {
		return releases.Delete(tx.Tx, p.ReleaseID)
	})
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleasePublished) error {
		return releases.Put(tx.Tx, p.ReleaseID, p)
	})
}

var errRelease = refuse(http.StatusNotFound, "release-unknown", "no release of this id is published to you")

// published is the release that a request names, with its bytes, for a recipient. Everyone else learns nothing, not even
// that it is there.
func (d *door) published(r *http.Request) (p airlock.ReleasePublished, data []byte, err error) {
	v, err := d.authenticate(r)
	if err != nil {
		return p, nil, err
	}
	err = d.s.View(r.Context(), func(tx *run.Tx) error {
		var found bool
		if p, found, err = releases.Get(tx.Tx, r.PathValue("releaseId")); err != nil {
			return err
		}
		if !found || !slices.Contains(p.Recipients, v.PersonID) {
			return errRelease
		}
		return attested(tx, v)
	})
	if err != nil {
		return p, nil, err
	}
	data, err = d.s.Env().Objects.Get(r.Context(), p.Claim.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		d.s.Env().Log.Error("a published object cannot be read", "digest", p.Claim.Digest, "error", err.Error())
		err = refuse(http.StatusServiceUnavailable, "object-unreadable", "the bytes of this release cannot be read; the operator was told")
	}
	return p, data, err
}

// release hands the bytes of a published release to a recipient.
func (d *door) release(w http.ResponseWriter, r *http.Request) error {
	p, data, err := d.published(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", p.Claim.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	name := p.Name
	if name == "" {
		name = p.ReleaseID
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(data) // the client went away
	return nil
}
