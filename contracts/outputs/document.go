// Package outputs defines the typed results that may leave a site, and their
// one canonical text.
//
// A document is approved, signed and sent by the digest of its bytes. Because
// [Encode] gives every document exactly one text, a border can decode what it
// was handed, encode it again and compare: bytes that say anything beside the
// typed values (spaces, member order, spelling of numbers, escapes) come back
// different and do not pass.
package outputs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Schema names this version of the document.
const Schema = "fairway.output.v1"

// MediaType is what a claim check or a part event says about these bytes.
const MediaType = "application/vnd.fairway.output.v1+json"

// Limits of a document; a larger one is refused, never cut. An association of
// 28,501 variants at one site takes about 2 MiB, of two sites beside each other
// with what each said 5 MiB.
const (
	MaxBytes   = 8 << 20
	MaxDepth   = 16
	MaxResults = 64
)

// One sentinel per way in which bytes are refused.
var (
	ErrTooLarge  = errors.New("output document is larger than 8 MiB")
	ErrMalformed = errors.New("output document is malformed")
	ErrInvalid   = errors.New("output document holds a value that is not allowed")
)

// Document is everything one job (or one combination) lets out.
type Document struct {
	Schema  string
	Dataset string // dataset of the site, or the study's name for a combination
	Results []Result
}

// Result is one of the results of the table of kinds; on the wire the member
// "kind" tells which.
type Result interface {
	Kind() string
	validate() error
	labels() []Level
}

// Source is one released output of a site that a combination is made of, with the
// people it tells of.
type Source struct {
	Site         string `json:"site"`
	Dataset      string `json:"dataset,omitzero"` // a site may answer for several of its datasets
	OutputDigest string `json:"outputDigest"`
	N            int    `json:"n"`
}

// Combined is a result that a host made of released outputs. A kind that sites
// and hosts share (a count and the sum of counts) is combined if it names any.
type Combined interface {
	Result
	Sources() []Source
}

// Sources lists what a result was made of; nothing if a site made it of its rows.
func Sources(result Result) []Source {
	if c, ok := result.(Combined); ok {
		return c.Sources()
	}
	return nil
}

type wireDocument struct {
	Schema  string           `json:"schema"`
	Dataset string           `json:"dataset"`
	Results []jsontext.Value `json:"results"`
}

// Encode gives the canonical text of a document: members in the order of the
// Go fields, numbers in their shortest form that reads back equal (RFC 8785),
// no white space. It refuses with [ErrInvalid] whatever [Decode] would refuse.
func Encode(document Document) ([]byte, error) {
	if err := document.validate(); err != nil {
		return nil, err
	}
	wire := wireDocument{Schema: document.Schema, Dataset: document.Dataset, Results: []jsontext.Value{}}
	for i, result := range document.Results {
		raw, err := encodeResult(result)
		if err != nil {
			return nil, fmt.Errorf("%w: encode result %d (%s): %w", ErrInvalid, i, result.Kind(), err)
		}
		wire.Results = append(wire.Results, raw)
	}
	text, err := json.Marshal(wire)
	if err != nil {
		return nil, fmt.Errorf("%w: encode document: %w", ErrInvalid, err)
	}
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("encode document of %d bytes: %w", len(text), ErrTooLarge)
	}
	return text, nil
}

func encodeResult(result Result) ([]byte, error) {
	codec, known := kinds[result.Kind()]
	if !known {
		return nil, fmt.Errorf("unknown result type %T", result)
	}
	return codec.encode(result)
}

// Decode reads a document and refuses unknown, missing, repeated or
// differently spelled members, null, trailing data, depth over [MaxDepth],
// size over [MaxBytes], kinds and labels outside the vocabulary, and numbers
// that cannot be. It accepts other spellings of the same values; only
// [Canonical] tells whether the bytes are the one text.
func Decode(text []byte) (Document, error) {
	document, _, err := decode(text)
	return document, err
}

// decode also gives the one text of the document.
func decode(text []byte) (Document, []byte, error) {
	if len(text) > MaxBytes {
		return Document{}, nil, fmt.Errorf("decode document of %d bytes: %w", len(text), ErrTooLarge)
	}
	if err := scan(text); err != nil {
		return Document{}, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var wire wireDocument
	if err := decodeStrict(text, &wire); err != nil {
		return Document{}, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	document := Document{Schema: wire.Schema, Dataset: wire.Dataset}
	for i, raw := range wire.Results {
		result, err := decodeResult(raw)
		if err != nil {
			return Document{}, nil, fmt.Errorf("%w: result %d: %w", ErrMalformed, i, err)
		}
		document.Results = append(document.Results, result)
	}
	again, err := Encode(document)
	if err != nil {
		return Document{}, nil, err
	}
	if bytes.Equal(text, again) {
		return document, again, nil
	}
	if err := saysTheSame(text, again); err != nil {
		return Document{}, nil, err
	}
	return document, again, nil
}

func decodeResult(raw jsontext.Value) (Result, error) {
	var told struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return nil, err
	}
	codec, known := kinds[told.Kind]
	if !known {
		return nil, fmt.Errorf("unknown kind; allowed are %s", strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	return codec.decode(raw)
}

func decodeStrict(raw jsontext.Value, into any) error {
	return json.Unmarshal(raw, into, json.RejectUnknownMembers(true))
}

// scan bounds depth and finds repeated names, bad UTF-8 and trailing data
// before anything is built from the text.
func scan(text []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		_, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if decoder.StackDepth() > MaxDepth {
			return fmt.Errorf("nested deeper than %d", MaxDepth)
		}
		if decoder.StackDepth() == 0 && len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
			return errors.New("data after the document")
		}
	}
}

// saysTheSame compares structure and values, not spelling: a member that was
// left out or null would otherwise read as a zero that nobody wrote.
func saysTheSame(text, again []byte) error {
	given, expected := jsontext.Value(bytes.Clone(text)), jsontext.Value(bytes.Clone(again))
	if err := errors.Join(given.Canonicalize(), expected.Canonicalize()); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(given, expected) {
		return fmt.Errorf("%w: a required member is missing or null, or an empty one is written out", ErrMalformed)
	}
	return nil
}

// Canonical decodes text and reports whether it is exactly the text that
// [Encode] gives for the document. A false answer without an error means bytes
// that carry more than the values.
func Canonical(text []byte) (Document, bool, error) {
	document, again, err := decode(text)
	if err != nil {
		return Document{}, false, err
	}
	return document, bytes.Equal(text, again), nil
}

// Digest is "sha256:" and the hexadecimal SHA-256 of the bytes.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
