package envelope_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

const (
	benchRounds     = 101
	benchEvents     = 200 // of a round
	benchDecodings  = 25  // of every document, in a round
	benchVerifyGoal = 0.7
	benchStrictGoal = 0.8
)

// TestBench measures, in turn with the peer, what a service does with a record before it believes it, all of Open:
// attributes, key, signature, place, time, strict JSON and schema, against the bare ed25519.Verify of the same bytes; and
// strict decoding of every contract's example into its struct against encoding/json.
func TestBench(t *testing.T) {
	bench.Only(t)
	ours, peer := bench.Turns(benchRounds, rate(t, benchEvents, 1, opens(t)), rate(t, benchEvents, 1, verifies(t)))
	verify := bench.Compare("event-verification", "events/s", bench.Higher, benchVerifyGoal, ours, peer)
	documents, targets := benchDocuments(t)
	ours, peer = bench.Turns(benchRounds, rate(t, benchDecodings, len(documents), decodes(documents, targets, strict.Decode)),
		rate(t, benchDecodings, len(documents), decodes(documents, targets, json.Unmarshal)))
	bench.Write(t, verify, bench.Compare("strict-decoding", "documents/s", bench.Higher, benchStrictGoal, ours, peer))
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
	signed := []signing.Attribute{{Name: "datacontenttype", Value: envelopetest.Header(r, "content-type")}}
	for _, h := range r.Headers {
		if name, ours := strings.CutPrefix(h.Key, "ce_"); ours {
			signed = append(signed, signing.Attribute{Name: name, Value: string(h.Value)})
		}
	}
	message := signing.Message(signed, r.Topic, r.Key, r.Value)
	signature, err := signing.DecodeSignature(envelopetest.Header(r, "ce_signature"))
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

// rate does something a number of times and tells how often in a second, each counting as many.
func rate(t *testing.T, times, each int, do func() error) func() float64 {
	return func() float64 {
		began := time.Now()
		for range times {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
		return float64(times*each) / time.Since(began).Seconds()
	}
}
