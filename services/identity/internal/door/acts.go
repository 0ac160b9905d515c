package door

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// own are the acts that the door makes itself, of what it has seen: a person who could word them would vouch for
// their own second factor.
var own = []string{identity.TypePersonRegister, identity.TypeRoleClaim, identity.TypeSessionOpen, identity.TypeSessionClose}

// written is an act as a person wrote it, valid under its contract.
type written struct {
	contract topics.Contract
	data     jsontext.Value
	subject  string
}

// EventType implements envelope.Payload.
func (a written) EventType() string { return a.contract.Type }

// MarshalJSON gives the person's own words.
func (a written) MarshalJSON() ([]byte, error) { return a.data, nil }

// asker authenticates who asks for an act, and counts it among the acts of that person.
func (d *door) asker(r *http.Request) (visit, error) {
	v, err := d.authenticate(r)
	if err != nil {
		return v, err
	}
	return v, d.acts.take(v.PersonID)
}

// accepted answers with the act that was said. What becomes of it is for the service that decides to say.
func accepted(w http.ResponseWriter, said run.Fact) {
	answer(w, http.StatusAccepted, struct {
		ActID   string `json:"actId"`
		Subject string `json:"subject"`
	}{said.ID, said.Subject})
}

// act signs what a person asks for and sends it to the service that decides.
func (d *door) act(w http.ResponseWriter, r *http.Request) error {
	v, err := d.asker(r)
	if err != nil {
		return err
	}
	contract, ok := topics.Lookup(r.PathValue("type"))
	if !ok || contract.Kind != topics.KindAct || !contract.MayWrite(topics.Portal) || slices.Contains(own, contract.Type) {
		return refuse(http.StatusNotFound, envelope.CodeUnknownType, "people have no act of this type")
	}
	data, err := body(w, r)
	if err != nil {
		return err
	}
	a, err := wordsOf(contract, data)
	if err != nil {
		return err
	}
	named, err := restsOf(r.Header.Values("Fairway-Rests-On"))
	if err != nil {
		return err
	}
	var said run.Fact
	err = d.s.Update(r.Context(), func(tx *run.Tx) error {
		rests, err := standing(tx, v)
		if err != nil {
			return err
		}
		if said, err = d.say(tx, v, a.subject, a, append(rests, named...)); err != nil || contract.Type != workspace.TypeJobSubmit {
			return err
		}
		var job workspace.JobSubmit
		if err := json.Unmarshal(a.data, &job); err != nil {
			return err
		}
		return remember(tx, said.ID, job, "")
	})
	if err != nil {
		return err
	}
	accepted(w, said)
	return nil
}

// wordsOf holds a body against the newest schema of its contract. Errors carry a JSON pointer.
func wordsOf(c topics.Contract, data []byte) (written, error) {
	value, err := strict.Value(data)
	if err != nil {
		return written{}, err
	}
	judge, err := schemas.Of(c.Service, c.Name(), c.Versions[len(c.Versions)-1])
	if err != nil {
		return written{}, err
	}
	if err := judge.Check(value, schemas.Closed); err != nil {
		return written{}, err
	}
	return written{contract: c, data: data, subject: subjectOf(c, value)}, nil
}

// subjectOf fills the contract's template, such as person/{personId}, from a valid payload.
func subjectOf(c topics.Contract, value any) string {
	kind, member, _ := strings.Cut(strings.TrimSuffix(c.Subject, "}"), "{")
	members, _ := value.(map[string]any)
	id, _ := members[member].(string)
	return kind + id
}

// standing names the facts of identity that every act rests on: the session's attestation, which is the first fact
// about it and may be just on its way, and the newest about the person.
func standing(tx *run.Tx, v visit) ([]envelope.Rest, error) {
	source, about := topics.Source(tx.Site(), topics.Identity), "person/"+v.PersonID
	newest, err := tx.Last(topics.TopicOf(identity.TypePersonRegistered, tx.Site()), source, about)
	if err != nil {
		return nil, err
	}
	return []envelope.Rest{
		{Source: source, Subject: "session/" + v.SessionID, Sequence: 1},
		{Source: source, Subject: about, Sequence: max(1, newest)},
	}, nil
}

// say signs an act of a person as the site's portal. It is a root: nothing has caused it.
func (d *door) say(tx *run.Tx, v visit, subject string, act envelope.Payload, rests []envelope.Rest) (run.Fact, error) {
	said, err := tx.Emit(subject, act, run.Via(portal), run.For(tx.Site()), run.On(func(draft *envelope.Draft) {
		draft.Actor, draft.Session, draft.Assurance = v.PersonID, v.SessionID, v.Assurance
		draft.AuthTime, draft.RestsOn = v.AuthenticatedAt, rests
	}))
	if err != nil {
		return run.Fact{}, err
	}
	return said, acts.Put(tx.Tx, said.ID, submitted{Actor: v.PersonID})
}
