// Package reason names why something that came from outside was refused. The codes are part of the contract: they
// stand in refusals, dead letters and the reports of the judge, and are never renamed.
package reason

import "fmt"

// Codes of refusals.
const (
	Malformed          = "malformed"           // not JSON, truncated, trailing data, or no data at all
	DuplicateMember    = "duplicate-member"    // an object names a member twice
	UnknownMember      = "unknown-member"      // a member the schema does not know where none is allowed, or another spelling of one it knows
	Encoding           = "encoding"            // not UTF-8, a lone surrogate, a control character in an attribute
	TooLarge           = "too-large"           // data, attributes or their number over the cap
	TooDeep            = "too-deep"            // nested deeper than strict.MaxDepth
	Number             = "number"              // beyond 2^53-1, not finite, minus zero, or an integer written as a fraction
	DuplicateHeader    = "duplicate-header"    // a context attribute is there twice
	MissingAttribute   = "missing-attribute"   // a required context attribute is absent or empty
	EmptyAttribute     = "empty-attribute"     // an optional context attribute is there but empty
	UnsupportedVersion = "unsupported-version" // a known event in an unknown major, or another CloudEvents version
	UnknownType        = "unknown-type"        // no contract has this type
	Schema             = "schema"              // the payload breaks its schema
	Unsigned           = "unsigned"            // no signature
	Signature          = "signature"           // the signature does not cover these bytes at this place
	UnknownKey         = "unknown-key"         // the key is in no trust set
	KeySourceMismatch  = "key-source-mismatch" // the key belongs to another source
	KeyTypeMismatch    = "key-type-mismatch"   // the key, or its owner, may not say this type
	KeyStatus          = "key-status"          // the key was not yet valid, no longer valid, or is revoked
	Envelope           = "envelope"            // an attribute, the topic or the record key is not what the contract says
	EnvelopeEncoding   = "envelope-encoding"   // the signature is not strict base64 of 64 bytes
	Expired            = "expired"             // past its expiry
	Future             = "future"              // its time lies in the future
	Audience           = "audience"            // meant for another site
)

// Error is a refusal: a code, where in the input, and what is wrong there. It never quotes the refused value.
type Error struct {
	Code   string
	Where  string // a JSON pointer into the data, or the name of an attribute, header, topic or key
	Detail string
}

func (e *Error) Error() string {
	if e.Where == "" {
		return e.Code + ": " + e.Detail
	}
	return e.Code + " at " + e.Where + ": " + e.Detail
}

// New makes an Error with a formatted detail.
func New(code, where, format string, args ...any) *Error {
	return &Error{Code: code, Where: where, Detail: fmt.Sprintf(format, args...)}
}
