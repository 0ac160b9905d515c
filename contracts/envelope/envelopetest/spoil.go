// Package envelopetest spoils records for tests, as no honest sender would.
package envelopetest

import (
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
)

// With is a record with a header in place of those of its name, or with one more.
func With(r envelope.Record, key, value string) envelope.Record {
	r = Without(r, key)
	r.Headers = append(r.Headers, envelope.Header{Key: key, Value: []byte(value)})
	return r
}

// Without is a record without the headers of a name. It shares no list of headers with the original.
func Without(r envelope.Record, key string) envelope.Record {
	r.Headers = slices.DeleteFunc(slices.Clone(r.Headers), func(h envelope.Header) bool { return h.Key == key })
	return r
}

// Header is the first value of a name, "" if there is none.
func Header(r envelope.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// Resign signs a record again after it was changed, as one who has the key could.
func Resign(r envelope.Record, s signing.Signer) envelope.Record {
	r = With(Without(r, "ce_signature"), "ce_keyid", s.KeyID())
	signed := []signing.Attribute{{Name: "datacontenttype", Value: Header(r, "content-type")}}
	for _, h := range r.Headers {
		if name, ours := strings.CutPrefix(h.Key, "ce_"); ours {
			signed = append(signed, signing.Attribute{Name: name, Value: string(h.Value)})
		}
	}
	return With(r, "ce_signature", signing.EncodeSignature(s.Sign(signing.Message(signed, r.Topic, r.Key, r.Value))))
}
