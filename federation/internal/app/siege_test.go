package app

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const (
	dataGateway = "/sites/" + data + "/gateway"
	dataAirlock = "/sites/" + data + "/airlock"
)

// siege is a federation whose host waits for the data site's result, which lies approved and has not left: the attacker
// writes first. True is the record that carries it.
type siege struct {
	*two
	keys     *changing
	released released
	decision airlock.ReleaseApproved
	part     federation.ResultPart
	True     envelope.Record
	accepted string // id of what it said before, if it did
}

// changing lets a test change what is known of a key.
type changing struct {
	signing.Keys
	of map[string]func(*signing.Key)
}

func (c *changing) Lookup(id string) (signing.Key, bool) {
	k, known := c.Keys.Lookup(id)
	if change := c.of[id]; known && change != nil {
		change(&k)
	}
	return k, known
}

func besieged(t *testing.T) *siege {
	t.Helper()
	keys := &changing{of: map[string]func(*signing.Key){}}
	trust := runtest.Trust(func(own signing.Keys) signing.Keys { keys.Keys = own; return keys })
	f := &siege{keys: keys, two: &two{T: t, host: gatewayAt(t, host, trust), data: gatewayAt(t, data), carried: map[string]bool{}}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.host.Act(f.researcher, f.study)
	f.carry()
	f.released = f.seal(f.data, result(t, 2))
	f.decision = decision(f.data, f.released)
	f.part = f.parts(f.decision, dataAirlock, f.released.bytes)[0]
	f.True = f.next(f.part)
	return f
}

// next signs what the data site's gateway says with the number that the host expects: an attack may have taken one.
func (f *siege) next(p envelope.Payload, change ...func(*envelope.Draft)) envelope.Record {
	f.Helper()
	var seen uint64
	f.host.View(func(tx *run.Tx) (err error) {
		seen, err = tx.Seen(topics.Inbox(host), dataGateway, "job/"+f.job(f.data).JobID)
		return err
	})
	return f.host.Sign(dataGateway, p, append([]func(*envelope.Draft){func(d *envelope.Draft) { d.Sequence = seen + 1 }}, change...)...)
}

// state is a digest of all that a gateway keeps, its documents and timers, but for the mark that something was refused.
func state(t *testing.T, b *runtest.Bench) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.Env.Dir, "state", "state.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`select kind, id, version, doc from aggregate where kind != 'platform/refusal' union all select name, subject, 0, data from timer order by 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	sum := sha256.New()
	for rows.Next() {
		var kind, id string
		var version int64
		var doc []byte
		if err := rows.Scan(&kind, &id, &version, &doc); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %s %d %s\n", kind, id, version, doc)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// leaves are how an audit log tells of what was not accepted: one word for each leaf.
func leaves(b *runtest.Bench) (told []string) {
	b.View(func(tx *run.Tx) error {
		return tx.Leaves(0, func(l audit.Leaf) error {
			var e audit.Entry
			err := json.Unmarshal(l.Data, &e)
			if e.Reason != "" {
				told = append(told, e.Action+" "+e.Reason)
			}
			return err
		})
	})
	return told
}

// said are the types of all that a service has said, apart from refusals.
func said(b *runtest.Bench) (types []string) {
	for _, e := range b.Outbox() {
		if !strings.HasSuffix(e.Type, "record.dead-lettered.v1") && e.Type != federation.TypeBorderRefused {
			types = append(types, e.Type)
		}
	}
	return types
}

// at gives a time as an attribute has it.
func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }
