package simulation

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// journal is what a service's database says of what the service did.
type journal struct {
	source  string
	leaves  []audit.Entry
	log     []audit.Leaf     // the same, as stored
	inbox   map[string]bool  // source and id of what was taken in
	kept    map[string]bool  // place of what was put away
	listed  map[string]int64 // of each site, the serial of the entry of the registry that counts here
	outbox  []string         // ids of what waits to be sent
	waiting []string         // ids of what waits for a fact
}

func placeOf(topic string, partition int, offset int64) string {
	return fmt.Sprintf("%s/%d@%d", topic, partition, offset)
}

// open opens the database of a machine beside the running service.
func (m *machine) open(options string) *sql.DB {
	m.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(m.disk, setup.StateDir, "state.db")+"?_pragma=busy_timeout(5000)"+options)
	if err != nil {
		m.t.Fatal(err)
	}
	return db
}

func (m *machine) journal() journal {
	m.t.Helper()
	db := m.open("&mode=ro")
	defer db.Close()
	j := journal{source: topics.Source(filepath.Base(m.siteDir), m.part.Principal), inbox: map[string]bool{}, kept: map[string]bool{}, listed: map[string]int64{}}
	each(m.t, db, `select idx, leaf, nodes from audit order by idx`, func(r *sql.Rows) error {
		var l audit.Leaf
		if err := r.Scan(&l.Index, &l.Data, &l.Nodes); err != nil {
			return err
		}
		var e audit.Entry
		if err := json.Unmarshal(l.Data, &e); err != nil {
			return err
		}
		j.leaves, j.log = append(j.leaves, e), append(j.log, l)
		return nil
	})
	each(m.t, db, `select source || ' ' || id from inbox`, into(func(s string) { j.inbox[s] = true }))
	each(m.t, db, `select topic || '/' || part || '@' || pos from quarantine`, into(func(s string) { j.kept[s] = true }))
	each(m.t, db, `select id, doc->'Participant'->>'serial' from aggregate where kind = 'listed'`, func(r *sql.Rows) error {
		var site string
		var serial int64
		err := r.Scan(&site, &serial)
		j.listed[site] = serial
		return err
	})
	each(m.t, db, `select event_id || ' for ' || awaits from waiting`, into(func(s string) { j.waiting = append(j.waiting, s) }))
	each(m.t, db, `select id from outbox`, into(func(s string) { j.outbox = append(j.outbox, s) }))
	return j
}

func into(take func(string)) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var s string
		err := r.Scan(&s)
		take(s)
		return err
	}
}

func each(t *testing.T, db *sql.DB, query string, fn func(*sql.Rows) error) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// history is all that can be known of a run at rest.
type history struct {
	at       time.Time
	records  []seen
	journals []journal
	before   map[string][]audit.Checkpoint // of each audit log whenever it was looked at
	poison   map[string]bool               // places of what nobody honest said; it is not among the records
	rules    map[string]profile.Profile    // of the sites
	told     []string                      // lines of logs that tell of a row
	routines [2]int                        // how many goroutines there were when the federation had settled, and now
	troubles []trouble                     // times in which something was broken
	people   map[string][]row              // the data of each site
	answers  map[string]output             // what workspaces sealed, by digest
	judged   map[string]int                // results that were computed anew, by what they are
	final    bool                          // everything has had the time to come to its end
}

// checkpoint is the log as it is now.
func (j journal) checkpoint(t *testing.T) audit.Checkpoint {
	t.Helper()
	var nodes []audit.Hash
	for _, l := range j.log {
		for part := range slices.Chunk(l.Nodes, tlog.HashSize) {
			nodes = append(nodes, audit.Hash(part))
		}
	}
	root, err := audit.Root(int64(len(j.log)), tlog.HashReaderFunc(func(at []int64) (found []audit.Hash, err error) {
		for _, i := range at {
			found = append(found, nodes[i])
		}
		return found, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return audit.Checkpoint{Origin: j.source, Size: int64(len(j.log)), Root: root}
}

func (w *world) history(final bool) history {
	w.t.Helper()
	h := history{at: time.Now(), before: maps.Clone(w.checkpoints), poison: map[string]bool{}, rules: map[string]profile.Profile{}, told: w.logs.tellers(),
		routines: [2]int{w.routines, runtime.NumGoroutine()}, people: w.people, answers: w.answers, judged: w.judged, troubles: w.troubles, final: final}
	for _, s := range w.tap.records() {
		if w.poisoned[digestOf(s)] {
			h.poison[placeOf(s.Topic, s.partition, s.offset)] = true
			continue
		}
		h.records = append(h.records, s)
	}
	w.readAnswers(h.records)
	for _, p := range w.places {
		h.rules[p.name] = p.portal.rules
		for _, m := range p.machines {
			j := m.journal()
			h.journals = append(h.journals, j)
			w.checkpoints[j.source] = append(slices.Clip(w.checkpoints[j.source]), j.checkpoint(w.t))
		}
	}
	return h
}

func digestOf(s seen) string { return objects.Digest(s.Value) }
