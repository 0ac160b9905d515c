package provision

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/document"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// EntriesDir has each entry of the registry as it is published, by its serial. What is written here is kept: the next
// entry of a site names the digest of the one before, and a broker that lost its records is given them again.
const EntriesDir = "entries"

// entryFile is a signed record.
type entryFile struct {
	Topic   string        `json:"topic"`
	Key     string        `json:"key"`
	Headers []entryHeader `json:"headers"`
	Value   []byte        `json:"value"`
}

type entryHeader struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (f federation) entry(serial int64) string {
	return filepath.Join(f.dir, EntriesDir, fmt.Sprintf("%08d.json", serial))
}

// list gives a participant the next place in the registry and writes its entry, of whose data it returns the digest. The
// registry is not changed yet: an entry beyond its serial is none, and is written over by the next.
func (f federation) list(p registry.Participant, operator ed25519.PrivateKey) (registry.Participant, string, error) {
	known, _ := f.registry.Lookup(p.Site)
	p.Previous, _ = f.registry.EntryOf(known)
	p.Entry = known.Entry + 1
	p.Serial = f.registry.Serial + 1
	payload, err := p.Listed()
	if err != nil {
		return p, "", err
	}
	r, err := envelope.New(signing.NewSigner(topics.OperatorSource, operator), envelope.Draft{ID: ulid.Make().String(),
		Source: topics.OperatorSource, Time: time.Now().UTC(), Attributes: envelope.Attributes{Sequence: p.Entry}}, payload)
	if err != nil {
		return p, "", fmt.Errorf("write the entry of %s: %w", p.Site, err)
	}
	file := entryFile{Topic: r.Topic, Key: string(r.Key), Value: r.Value}
	for _, h := range r.Headers {
		file.Headers = append(file.Headers, entryHeader{h.Key, string(h.Value)})
	}
	text, err := json.Marshal(file)
	if err == nil {
		err = os.MkdirAll(filepath.Join(f.dir, EntriesDir), 0o755)
	}
	if err == nil {
		err = setup.WriteAtomic(f.entry(p.Serial), text, 0o644)
	}
	return p, objects.Digest(r.Value), err
}

func (f federation) readEntry(serial int64) (envelope.Record, error) {
	text, err := os.ReadFile(f.entry(serial))
	if err != nil {
		return envelope.Record{}, fmt.Errorf("read entry %d of the registry: %w: restore it from a backup", serial, err)
	}
	var file entryFile
	if err := document.JSON(text, &file); err != nil {
		return envelope.Record{}, fmt.Errorf("%s: %w: restore it from a backup", f.entry(serial), err)
	}
	r := envelope.Record{Topic: file.Topic, Key: []byte(file.Key), Value: file.Value}
	for _, h := range file.Headers {
		r.Headers = append(r.Headers, envelope.Header{Key: h.Key, Value: []byte(h.Value)})
	}
	return r, nil
}

// change makes fn's change to a participant the next entry of the registry. Errors: ErrRefused.
func (f federation) change(site string, fn func(*registry.Participant) error) (registry.Participant, error) {
	operator, err := setup.ReadPrivateKey(f.dir, setup.RootDir, operatorKey)
	if err != nil {
		return registry.Participant{}, err
	}
	p, err := f.enter(site, operator, fn)
	if err != nil {
		return p, err
	}
	return p, f.save(operator)
}

// enter is change without saving: several changes may be saved at once.
func (f *federation) enter(site string, operator ed25519.PrivateKey, fn func(*registry.Participant) error) (registry.Participant, error) {
	p, _ := f.registry.Lookup(site)
	p.Site = site
	if err := fn(&p); err != nil {
		return p, err
	}
	p, digest, err := f.list(p, operator)
	if err != nil {
		return p, err
	}
	f.registry.Participants = append(slices.DeleteFunc(f.registry.Participants, func(q registry.Participant) bool { return q.Site == site }), p)
	f.registry.Serial = p.Serial
	f.registry.Entries = append(f.registry.Entries, digest)
	return p, nil
}

// digests adds to a list that was written before there were any the digests of its entries.
func (f *federation) digests() error {
	for n := int64(len(f.registry.Entries)) + 1; n <= f.registry.Serial; n++ {
		r, err := f.readEntry(n)
		if err != nil {
			return err
		}
		f.registry.Entries = append(f.registry.Entries, objects.Digest(r.Value))
	}
	return nil
}

// Entries are the records of the registry, in the order in which they are published.
func Entries(federationDir string) (records []envelope.Record, err error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return nil, err
	}
	for n := int64(1); n <= f.registry.Serial; n++ {
		r, err := f.readEntry(n)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}
