package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// keyOf names an application. An id is its host's word: another site may have used the same, by malice even, since
// whoever is asked for data knows the ids of those who ask.
func keyOf(host, id string) string { return host + " " + id }

// enter keeps an application that was taken in.
func enter(tx *run.Tx, a application) error {
	r := a.Request
	of, _, err := hosts.Get(tx.Tx, r.ApplicationID)
	if err != nil {
		return err
	}
	if err := hosts.Put(tx.Tx, r.ApplicationID, append(of, r.HostSite)); err != nil {
		return err
	}
	return applications.Put(tx.Tx, keyOf(r.HostSite, r.ApplicationID), a)
}

// ofHost finds the application of a host that an act of the gateway names. The gateway has brought it before, about the
// same subject, so that there is nothing to wait for.
func ofHost(tx *run.Tx, host, id string) (application, error) {
	a, found, err := applications.Get(tx.Tx, keyOf(host, id))
	if err == nil && !found {
		err = run.Refuse(ReasonApplicationUnknown, "%.64s has submitted no such application here", host)
	}
	return a, err
}

// meant finds the application that an act is about. Of several with its id it is the one whose announcement the act
// rests on, so that nobody's decision goes to another application than they read.
func meant(tx *run.Tx, e envelope.Event, id string) (application, error) {
	of, found, err := hosts.Get(tx.Tx, id)
	if err != nil {
		return application{}, err
	}
	if !found {
		return application{}, run.AwaitFact(e.Subject, ReasonApplicationUnknown)
	}
	var all []application
	for _, host := range of {
		a, _, err := applications.Get(tx.Tx, keyOf(host, id))
		if err != nil {
			return application{}, err
		}
		all = append(all, a)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	i := slices.IndexFunc(all, func(a application) bool {
		return slices.Contains(e.RestsOn, envelope.Rest{Source: topics.Source(tx.Site(), topics.Approval), Subject: e.Subject, Sequence: a.Number})
	})
	if i < 0 {
		return application{}, run.Refuse(ReasonApplicationUnclear,
			"applications of %d sites have this id; say which by resting the act on its application.submitted", len(all))
	}
	return all[i], nil
}
