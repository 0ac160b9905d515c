package envelope_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

const (
	benchRounds     = 9
	benchEvents     = 2000 // of a round
	benchDecodings  = 300  // of every document, in a round
	benchVerifyGoal = 0.7
	benchStrictGoal = 0.8
)

// benchRow is one line of bench/results.json: a ratio is ours by the peer's.
type benchRow struct {
	ID     string  `json:"id"`
	Ours   float64 `json:"ours"`
	Peer   float64 `json:"peer"`
	Unit   string  `json:"unit"`
	Ratio  float64 `json:"ratio"`
	Better string  `json:"better"`
	Goal   float64 `json:"goal"`
	Met    bool    `json:"met"`
}

// TestBench measures, in turn with the peer, what a service does with a record before it believes it, all of Open:
// attributes, key, signature, place, time, strict JSON and schema, against the bare ed25519.Verify of the same bytes; and
// strict decoding of every contract's example into its struct against encoding/json.
func TestBench(t *testing.T) {
	if os.Getenv("FAIRWAY_BENCH") != "1" {
		t.Skip("benchmarks run with FAIRWAY_BENCH=1, by make bench")
	}
	verify := compare(t, "event-verification", "events/s", benchEvents, benchVerifyGoal, opens(t), verifies(t))
	documents, targets := benchDocuments(t)
	decode := compare(t, "strict-decoding", "documents/s", benchDecodings, benchStrictGoal,
		decodes(documents, targets, strict.Decode), decodes(documents, targets, json.Unmarshal))
	decode.Ours, decode.Peer = decode.Ours*float64(len(documents)), decode.Peer*float64(len(documents))
	writeRows(t, verify, decode)
}

func opens(t *testing.T) func() error {
	r, trust := recordOf(t, airlock.TypeReleaseReviewed), trustOf(t, "molgenis")
	return func() error {
		_, err := envelope.Open(r, trust, now)
		return err
	}
}

// verifies checks the signature of the record of opens over its bytes, which are made beforehand.
func verifies(t *testing.T) func() error {
	r, key := recordOf(t, airlock.TypeReleaseReviewed), keyOf("molgenis", topics.Airlock)
	signed := []signing.Attribute{{Name: "datacontenttype", Value: header(r, "content-type")}}
	for _, h := range r.Headers {
		if name, ours := strings.CutPrefix(h.Key, "ce_"); ours {
			signed = append(signed, signing.Attribute{Name: name, Value: string(h.Value)})
		}
	}
	message := signing.Message(signed, r.Topic, r.Key, r.Value)
	signature, err := signing.DecodeSignature(header(r, "ce_signature"))
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		if !ed25519.Verify(key.Public, message, signature) {
			return fmt.Errorf("the signature of %s does not hold", r.Topic)
		}
		return nil
	}
}

// benchDocuments are the first examples of all contracts and the types to decode them into.
func benchDocuments(t *testing.T) (documents [][]byte, targets []reflect.Type) {
	for _, c := range topics.All() {
		text := validExamples(t, c)["1.json"]
		documents, targets = append(documents, text), append(targets, reflect.TypeOf(payloadOf(t, c, text)))
	}
	return documents, targets
}

func decodes(documents [][]byte, targets []reflect.Type, decode func([]byte, any) error) func() error {
	return func() error {
		for i, d := range documents {
			if err := decode(d, reflect.New(targets[i]).Interface()); err != nil {
				return err
			}
		}
		return nil
	}
}

// compare runs both in turn and takes the medians of their rates.
func compare(t *testing.T, id, unit string, times int, goal float64, ours, peer func() error) benchRow {
	t.Helper()
	var rates [2][]float64
	for range benchRounds {
		for i, do := range []func() error{ours, peer} {
			began := time.Now()
			for range times {
				if err := do(); err != nil {
					t.Fatalf("%s: %v", id, err)
				}
			}
			rates[i] = append(rates[i], float64(times)/time.Since(began).Seconds())
		}
	}
	for _, r := range rates {
		slices.Sort(r)
	}
	row := benchRow{ID: id, Ours: rates[0][benchRounds/2], Peer: rates[1][benchRounds/2], Unit: unit, Better: "higher", Goal: goal}
	row.Ratio = row.Ours / row.Peer
	row.Met = row.Ratio >= goal
	return row
}

func writeRows(t *testing.T, rows ...benchRow) {
	t.Helper()
	var out []byte
	for _, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", line)
		out = append(append(out, line...), '\n')
	}
	name := os.Getenv("FAIRWAY_BENCH_OUT")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // the write tells
	if _, err := f.Write(out); err != nil {
		t.Fatal(err)
	}
}
