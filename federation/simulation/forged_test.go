package simulation

import (
	"context"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// rewrite puts other words, and their hash, in place of an audit leaf.
func (m *machine) rewrite(index int64) {
	m.t.Helper()
	l := m.journal().log[index]
	text, err := audit.Encode(audit.Entry{Index: index, Action: "applied"})
	if err != nil {
		m.t.Fatal(err)
	}
	hash := audit.LeafHash(text)
	m.tamper(fmt.Sprintf(`update audit set leaf = x'%x', nodes = x'%x' where idx = %d`, text, append(hash[:], l.Nodes[len(hash):]...), index))
}

// sayAgain lets a service say something that its database knows nothing of.
func (m *machine) sayAgain(p envelope.Payload) { m.sayBecause("", p) }

// sayBecause is sayAgain with a cause.
func (m *machine) sayBecause(cause string, p envelope.Payload) {
	m.t.Helper()
	env, err := setup.Load(context.Background(), m.siteDir, m.part.Principal, setup.Options{Broker: m.own.addr(), Federation: m.between.addr()})
	if err != nil {
		m.t.Fatal(err)
	}
	defer env.Objects.Close()
	out, err := bus.NewPublisher(plain(env.Bus, m.net.line()))
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	d := m.draft(env, p)
	d.CausationID = cause
	r, err := envelope.New(env.Signer, d, p)
	if err == nil {
		err = out.PublishRecords(context.Background(), r)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) draft(env run.Env, p envelope.Payload) envelope.Draft {
	return envelope.Draft{ID: newID(), Source: env.Signer.Source(), Subject: subjectOf(m.t, p), Time: time.Now().UTC(), Attributes: envelope.Attributes{Sequence: 1000}}
}

// sayAcross lets a gateway say something to another site that its database knows nothing of.
func (m *machine) sayAcross(to string, p envelope.Payload) {
	m.t.Helper()
	env, err := setup.Load(context.Background(), m.siteDir, m.part.Principal, setup.Options{Broker: m.own.addr(), Federation: m.between.addr()})
	if err != nil {
		m.t.Fatal(err)
	}
	defer env.Objects.Close()
	out, err := bus.NewPublisher(plain(env.Links[setup.LinkFederation].Bus, m.net.line()))
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	if err := out.PublishRecords(context.Background(), m.across(env, to, 1000, p)); err != nil {
		m.t.Fatal(err)
	}
}

// across signs what a gateway says to another site, with a number in its subject.
func (m *machine) across(env run.Env, to string, number uint64, p envelope.Payload) envelope.Record {
	m.t.Helper()
	d := m.draft(env, p)
	d.Topic, d.Audience, d.Sequence, d.BorderSequence = topics.Inbox(to), to, number, number
	r, err := envelope.New(env.Signer, d, p)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}
