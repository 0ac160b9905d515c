package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Tx is one transaction of a service: the state of store.Tx, and what the service says about it.
type Tx struct {
	*store.Tx
	s       *Service
	cause   cause
	effects []string
	facts   map[string]bool
}

// cause is the event or timer that a transaction answers.
type cause struct{ id, kind, correlation, actor, digest string }

func (s *Service) newTx(t *store.Tx, c cause) *Tx {
	return &Tx{Tx: t, s: s, cause: c, facts: map[string]bool{}}
}

// attempt runs fn so that nothing of it remains when it fails.
func (tx *Tx) attempt(fn func() error) (err error) {
	return tx.Tx.Attempt(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = Refuse("handler-panic", "the service could not process this; it is kept for replay (%T)", p)
				tx.s.env.Log.Error("handler panicked", "event_id", tx.cause.id, "event_type", tx.cause.kind, "error", fmt.Sprintf("panic with a %T", p)) // its text may hold data
			}
			if err != nil {
				tx.effects, tx.facts = nil, map[string]bool{}
			}
		}()
		return fn()
	})
}

// Fact is what a service said: other acts can rest on it.
type Fact struct {
	ID       string
	Source   string
	Subject  string
	Sequence uint64
}

// Option changes how an event is sent.
type Option func(*sending)

type sending struct {
	link  string
	draft envelope.Draft
}

// Via sends over a named link: as another user of the site, or to another broker.
func Via(link string) Option { return func(s *sending) { s.link = link } }

// To names the topic, where it is not the contract's own topic at this site.
func To(topic string) Option { return func(s *sending) { s.draft.Topic = topic } }

// For names the site that alone may take the event.
func For(site string) Option { return func(s *sending) { s.draft.Audience = site } }

// InProject names the project that the event belongs to.
func InProject(id string) Option { return func(s *sending) { s.draft.Project = id } }

// On sets any attribute of the envelope.
func On(change func(*envelope.Draft)) Option { return func(s *sending) { change(&s.draft) } }

// Emit says p about subject: the signed record leaves when, and only when, the transaction commits. Its causation is
// the event that the transaction answers. An event that supersedes another major of itself is said in both: the Fact is
// then the newer one, with the place of the last.
func (tx *Tx) Emit(subject string, p envelope.Payload, options ...Option) (Fact, error) {
	if older, twins := lift.Beside(p); twins {
		return tx.emitTwins(subject, p, older, options)
	}
	return tx.say(subject, p, options)
}

// EmitInOne is Emit of one major alone: to a reader of whom it is known which one that is.
func (tx *Tx) EmitInOne(subject string, p envelope.Payload, options ...Option) (Fact, error) {
	return tx.say(subject, p, options)
}

func (tx *Tx) say(subject string, p envelope.Payload, options []Option, more ...Option) (Fact, error) {
	contract, ok := topics.Lookup(p.EventType())
	if !ok {
		return Fact{}, fmt.Errorf("emit %s: no such contract", p.EventType())
	}
	out := sending{draft: envelope.Draft{
		ID: tx.s.ids.at(tx.Now()), Subject: subject, Time: tx.Now(),
		Attributes: envelope.Attributes{Site: tx.s.env.Site, CausationID: tx.cause.id, CorrelationID: tx.cause.correlation,
			DataClassification: contract.DataClass},
	}}
	if out.draft.CorrelationID == "" {
		out.draft.CorrelationID = out.draft.ID
	}
	for _, o := range slices.Concat(options, more) {
		o(&out)
	}
	if _, inbox := topics.InboxOwner(out.draft.Topic); inbox && out.draft.Twin.ID != "" {
		return Fact{}, fmt.Errorf("emit %s: at the border a fact is said in one major; lift there what came in an older one", p.EventType())
	}
	link, err := tx.s.link(out.link)
	if err != nil {
		return Fact{}, fmt.Errorf("emit %s: %w", p.EventType(), err)
	}
	out.draft.Source = link.Signer.Source()
	if out.draft.Topic == "" {
		out.draft.Topic = topics.TopicOf(p.EventType(), tx.s.env.Site)
	}
	if out.draft.Sequence, err = tx.Next(out.draft.Topic, out.draft.Source, subject); err != nil {
		return Fact{}, err
	}
	tx.saying(&out.draft, contract.Type)
	record, err := envelope.New(link.Signer, out.draft, p)
	if err != nil {
		return Fact{}, fmt.Errorf("emit %s about %s: %w", p.EventType(), subject, err)
	}
	if err := tx.Send(out.link, record); err != nil {
		return Fact{}, err
	}
	tx.countOut(out.draft.Topic, p)
	tx.effects = append(tx.effects, out.draft.ID)
	tx.facts[subject] = true
	tx.After(tx.s.kicks[out.link].Now)
	return Fact{ID: out.draft.ID, Source: out.draft.Source, Subject: subject, Sequence: out.draft.Sequence}, nil
}

// Wake lets whatever awaits this fact be tried again once the transaction is durable.
func (tx *Tx) Wake(fact string) { tx.facts[fact] = true }

// NewID allocates a ULID of the transaction's time.
func (tx *Tx) NewID() string { return tx.s.ids.at(tx.Now()) }

// CauseID is the id of the event that the transaction answers.
func (tx *Tx) CauseID() string { return tx.cause.id }

// Alarm sets a durable timer: the handler registered under name is called with data when due. Setting the same name
// and subject again moves it.
func (tx *Tx) Alarm(name, subject string, due time.Time, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode the data of timer %s: %w", name, err)
	}
	tx.After(tx.s.timer.Now)
	return tx.SetTimer(store.Timer{Name: name, Subject: subject, Due: due, Data: raw,
		Cause: tx.cause.id, Correlation: tx.cause.correlation})
}

// closeLeaf writes the transaction's audit leaf.
func (tx *Tx) closeLeaf(action, reason string) (int64, error) {
	tx.After(tx.s.audit.grown.Now) // a checkpoint follows the leaf
	return tx.Audit(store.Entry{Action: action, Cause: tx.cause.id, Type: tx.cause.kind, Digest: tx.cause.digest,
		Actor: tx.cause.actor, Reason: reason, Effects: tx.effects})
}

// AuditApart writes a leaf of its own for some effects of the transaction: the leaf with which it closes does not name them
// again, so that each event has one leaf.
func (tx *Tx) AuditApart(e store.Entry) error {
	tx.effects = slices.DeleteFunc(tx.effects, func(id string) bool { return slices.Contains(e.Effects, id) })
	tx.After(tx.s.audit.grown.Now) // a checkpoint follows the leaf
	_, err := tx.Audit(e)
	return err
}

// principalOf returns the last part of a source such as /sites/molgenis/airlock.
func principalOf(source string) string { return source[strings.LastIndexByte(source, '/')+1:] }

// Site is the site that the service works for.
func (tx *Tx) Site() string { return tx.s.env.Site }

// Profile is the site's policy.
func (tx *Tx) Profile() profile.Profile { return tx.s.env.Profile }
