package envelope

import (
	"strings"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// place checks that the source may say the event on this topic, under this key, to this audience.
func place(c topics.Contract, e *Event, topic, key string) error {
	site, principal, _ := topics.ParseSource(e.Source)
	if e.Site != "" && e.Site != site {
		return reason.New(reason.Envelope, "site", "not the site of the source")
	}
	if receiver, ok := topics.InboxOwner(topic); ok {
		return inbox(c, e, receiver, site, principal, key)
	}
	if (c.Topic == topics.Registry) != (site == "") {
		return reason.New(reason.KeyTypeMismatch, "source", "the registry is written by the operator, and by the operator nothing else")
	}
	if topic != c.At(site) {
		return reason.New(reason.Envelope, "topic", "the contract's topic is %s", c.At(site))
	}
	if !c.MayWrite(principal) {
		return reason.New(reason.KeyTypeMismatch, "source", "the contract does not let %s say this here", principal)
	}
	if key != e.Subject {
		return reason.New(reason.Envelope, "key", "the record key is not the subject")
	}
	if e.Audience != "" && e.Audience != site {
		return reason.New(reason.Audience, "audience", "the event is meant for another site")
	}
	// Also of an act: by its number it is known when it comes a second time, after the receiver's memory of its id
	// has been pruned.
	if e.Sequence == 0 {
		return reason.New(reason.MissingAttribute, "sequence", "facts and acts count their place in their subject")
	}
	return nil
}

// inbox is place for a topic of the federation's broker: a gateway speaks, the key is the site it speaks for.
func inbox(c topics.Contract, e *Event, receiver, origin, principal, key string) error {
	switch {
	case !c.Border.Out || !c.Border.In:
		return reason.New(reason.Envelope, "topic", "the contract lets this type cross no border")
	case principal != topics.Gateway:
		return reason.New(reason.KeyTypeMismatch, "source", "only a gateway speaks to other sites")
	case receiver == origin:
		return reason.New(reason.Envelope, "topic", "a gateway does not write its own inbox")
	case key != origin:
		return reason.New(reason.Envelope, "key", "the record key is not the origin")
	case e.Audience != receiver:
		return reason.New(reason.Audience, "audience", "the audience is not the owner of the inbox")
	case e.BorderSequence == 0:
		return reason.New(reason.MissingAttribute, "bordersequence", "a border event counts its place between two sites")
	}
	return nil
}

// subjectOf fills the contract's subject template from a payload.
func subjectOf(c topics.Contract, payload any) (string, error) {
	kind, rest, _ := strings.Cut(c.Subject, "{")
	member := strings.TrimSuffix(rest, "}")
	object, _ := payload.(map[string]any)
	value, ok := object[member].(string)
	if !ok {
		return "", reason.New(reason.Schema, "/"+member, "the subject needs this member")
	}
	return kind + value, nil
}

// receives reports whether a payload names a site as receiver.
func receives(c topics.Contract, payload any, site string) bool {
	object, _ := payload.(map[string]any)
	switch named := object[strings.TrimPrefix(c.Border.Receivers, "data.")].(type) {
	case string:
		return named == site
	case []any:
		for _, n := range named {
			if n == site {
				return true
			}
		}
	}
	return false
}

// fits checks what attributes and payload say together.
func fits(c topics.Contract, e *Event, payload any) error {
	subject, err := subjectOf(c, payload)
	if err != nil {
		return err
	}
	if e.Subject != subject {
		return reason.New(reason.Envelope, "subject", "the contract's subject is %s of the payload", c.Subject)
	}
	if receiver, ok := topics.InboxOwner(e.Record.Topic); ok && !receives(c, payload, receiver) {
		return reason.New(reason.Audience, "audience", "the payload does not name the receiver in %s", c.Border.Receivers)
	}
	return nil
}
