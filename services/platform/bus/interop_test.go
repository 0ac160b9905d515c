package bus_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// pythonWith is an interpreter with librdkafka's client, the CloudEvents library and Ed25519: the one that
// FAIRWAY_PYTHON names, or one with packages from PyPI in a temporary folder.
func pythonWith(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("FAIRWAY_PYTHON"); given != "" {
		return given
	}
	if testing.Short() {
		t.Skip("fetches packages from PyPI: run without -short, or name an interpreter that has them in FAIRWAY_PYTHON")
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on the path: no client in another language read or wrote our events")
	}
	venv := filepath.Join(t.TempDir(), "venv")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, system, "-m", "venv", venv).CombinedOutput(); err != nil {
		t.Skipf("python3 makes no virtual environment (Debian: python3-venv): %v: %s", err, out)
	}
	python := filepath.Join(venv, "bin", "python")
	if out, err := exec.CommandContext(ctx, python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
		"confluent-kafka==2.16.1", "cloudevents==2.2.0", "cryptography==50.0.2").CombinedOutput(); err != nil {
		t.Skipf("pip cannot fetch the packages: %v: %s", err, out)
	}
	return python
}

// line is what interop.py says of one record.
type line struct {
	Read, Type, Source, Subject, Sequence, Key string
	Wrote                                      string
	Data                                       map[string]any
	Partition                                  int
}

func TestAClientInPythonReadsWhatWeWriteAndWeReadWhatItWrites(t *testing.T) {
	python := pythonWith(t)
	const site, many = "molgenis", 24
	topic := topics.TopicOf(catalog.TypeQuestionAsked, site)
	rights := []broker.ACL{{Resource: broker.OnTopic, Name: topic, Operation: broker.Read}, {Resource: broker.OnTopic, Name: topic, Operation: broker.Write},
		{Resource: broker.OnGroup, Name: "python.", Prefixed: true, Operation: broker.Read}, {Resource: broker.OnGroup, Name: "go", Operation: broker.Read}}
	b := must(broker.Start(broker.Config{Dir: t.TempDir(), Superuser: "super", SuperPassword: "super-secret", Topics: []broker.Topic{{Name: topic, Partitions: 6}},
		Users: []broker.User{{Name: "python", Password: "python-secret", ACLs: rights}, {Name: "catalog", Password: "catalog-secret", ACLs: rights}}}))
	defer b.Close()
	cfg := bus.Config{Brokers: []string{b.Addr()}, Username: "catalog", Password: "catalog-secret"}

	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	signer := signing.NewSigner(topics.Source(site, topics.Catalog), key)
	trust := must(signing.NewTrust(signing.Federation))
	now := time.Now().UTC().Truncate(time.Millisecond)
	if err := trust.Add(signing.Key{ID: signing.KeyID(public), Source: signer.Source(), Types: []string{catalog.TypeQuestionAsked}, Public: public,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}

	// the same subjects from both sides, so that partitions can be held against each other
	ours := make([]envelope.Record, many)
	write := make([]map[string]any, many)
	for i := range many {
		id := fmt.Sprintf("01JD3Z5Q8V0N6W2T4K7M9SB%03d", i)
		asked := catalog.QuestionAsked{QuestionID: id}
		ours[i] = must(envelope.New(signer, envelope.Draft{ID: id, Source: signer.Source(), Time: now, Attributes: envelope.Attributes{Sequence: 1}}, fill(t, &asked)))
		attributes := map[string]string{}
		for _, h := range ours[i].Headers {
			name, attribute := strings.CutPrefix(h.Key, "ce_")
			if attribute && name != "signature" && name != "keyid" {
				attributes[name] = string(h.Value)
			}
		}
		attributes["id"], attributes["sequence"], attributes["datacontenttype"] = fmt.Sprintf("01JD3Z5Q8V0N6W2T4K7M9SC%03d", i), fmt.Sprintf("%020d", 2), "application/json"
		var data map[string]any
		if err := json.Unmarshal(ours[i].Value, &data); err != nil {
			t.Fatal(err)
		}
		write[i] = map[string]any{"attributes": attributes, "data": data, "key": string(ours[i].Key), "mode": []string{"binary", "structured"}[i%2]}
	}
	publish(t, newPublisher(t, cfg), ours...)

	said := speak(t, python, map[string]any{"broker": b.Addr(), "user": "python", "password": "python-secret", "topic": topic, "expect": many,
		"public": hex.EncodeToString(public), "seed": hex.EncodeToString(key.Seed()), "keyid": signing.KeyID(public), "write": write})
	placed, read := map[string]int{}, 0
	for _, l := range said {
		if l.Read == "" {
			continue
		}
		read++
		placed[l.Key] = l.Partition
		if l.Type != catalog.TypeQuestionAsked || l.Source != signer.Source() || l.Subject != l.Key || l.Sequence != fmt.Sprintf("%020d", 1) || "question/"+fmt.Sprint(l.Data["questionId"]) != l.Key {
			t.Errorf("read otherwise than written: %+v", l)
		}
	}
	used := map[int]bool{}
	for _, l := range said {
		if l.Wrote != "" && placed[l.Wrote] != l.Partition {
			t.Errorf("the key %s is in partition %d for us and %d for librdkafka", l.Wrote, placed[l.Wrote], l.Partition)
		}
		used[l.Partition] = true
	}
	if read != many || len(said) != 2*many || len(used) < 2 {
		t.Fatalf("%d read, %d lines, partitions %v", read, len(said), used)
	}

	messages := must(newSubscriber(t, cfg, bus.SubscriberConfig{Group: "go"}).Subscribe(t.Context(), topic))
	for seen := map[string]bool{}; len(seen) < 2*many; {
		m := <-messages
		r, ok := bus.RecordOf(m)
		if !ok {
			t.Fatal("no record")
		}
		e, err := envelope.Open(r, trust, now)
		if err != nil {
			t.Fatalf("%v in %s", err, r.Headers)
		}
		asked, err := envelope.Decode[catalog.QuestionAsked](e)
		if err != nil || "question/"+asked.QuestionID != e.Subject {
			t.Errorf("%+v %v", asked, err)
		}
		seen[e.ID] = true
		m.Ack()
	}
}

// fill gives a question the rest of its first example.
func fill(t *testing.T, asked *catalog.QuestionAsked) catalog.QuestionAsked {
	t.Helper()
	id := asked.QuestionID
	text := must(os.ReadFile("../../../contracts/schemas/catalog/question-asked/examples/valid/1.json"))
	if err := json.Unmarshal(text, asked); err != nil {
		t.Fatal(err)
	}
	asked.QuestionID = id
	return *asked
}

func speak(t *testing.T, python string, task map[string]any) (said []line) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "testdata/interop.py")
	cmd.Stdin = bytes.NewReader(must(json.Marshal(task)))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v: %s", err, complaint.String())
	}
	for _, text := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		said = append(said, l)
	}
	return said
}
