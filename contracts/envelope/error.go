package envelope

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/reason"
)

// Error is why a record was refused; errors.As finds it in whatever this package returns for bad input.
type Error = reason.Error

// Reason codes of Error.
const (
	CodeMalformed          = reason.Malformed
	CodeDuplicateMember    = reason.DuplicateMember
	CodeUnknownMember      = reason.UnknownMember
	CodeEncoding           = reason.Encoding
	CodeTooLarge           = reason.TooLarge
	CodeTooDeep            = reason.TooDeep
	CodeNumber             = reason.Number
	CodeDuplicateHeader    = reason.DuplicateHeader
	CodeMissingAttribute   = reason.MissingAttribute
	CodeEmptyAttribute     = reason.EmptyAttribute
	CodeUnsupportedVersion = reason.UnsupportedVersion
	CodeUnknownType        = reason.UnknownType
	CodeSchema             = reason.Schema
	CodeUnsigned           = reason.Unsigned
	CodeSignature          = reason.Signature
	CodeUnknownKey         = reason.UnknownKey
	CodeKeySourceMismatch  = reason.KeySourceMismatch
	CodeKeyTypeMismatch    = reason.KeyTypeMismatch
	CodeKeyStatus          = reason.KeyStatus
	CodeEnvelope           = reason.Envelope
	CodeEnvelopeEncoding   = reason.EnvelopeEncoding
	CodeExpired            = reason.Expired
	CodeFuture             = reason.Future
	CodeAudience           = reason.Audience
)

// ErrForeign says that an event is of a type x.<organisation>.…, another TRE's own: it is to be ignored, not refused.
var ErrForeign = errors.New("a foreign event type, to be ignored")

// CodeOf is the reason code in an error, empty if it carries none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
