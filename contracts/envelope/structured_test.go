package envelope_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/topics"
)

const structuredType = "application/cloudevents+json"

// structuredOf writes a binary record in the structured mode, its data as the text given.
func structuredOf(r envelope.Record, data string) envelope.Record {
	var b strings.Builder
	b.WriteString("{")
	for _, h := range r.Headers {
		name := strings.TrimPrefix(h.Key, "ce_")
		if h.Key == "content-type" {
			name = "datacontenttype"
		}
		fmt.Fprintf(&b, "%q: %q, ", name, h.Value)
	}
	b.WriteString(data + "}")
	r.Value = []byte(b.String())
	r.Headers = []envelope.Header{{Key: "content-type", Value: []byte(structuredType + "; charset=UTF-8")}}
	return r
}

func TestStructuredModeIsReadAsTheSameEvent(t *testing.T) {
	trust := trustOf(t, "molgenis")
	for _, c := range topics.All() {
		if c.Border.Out || c.Topic == topics.Registry {
			continue
		}
		r := recordOf(t, c.Type)
		want, err := envelope.Open(r, trust, now)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string]string{
			"data":        `"data":` + string(r.Value),
			"data_base64": `"data_base64":"` + base64.StdEncoding.EncodeToString(r.Value) + `"`,
		} {
			got, err := envelope.Open(structuredOf(r, data), trust, now)
			if err != nil {
				t.Errorf("%s as %s: %v", c.Type, name, err)
				continue
			}
			if !got.Signed || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s as %s: other bytes than were signed", c.Type, name)
			}
			got.Record, want.Record = envelope.Record{}, envelope.Record{}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s as %s: %+v, want %+v", c.Type, name, got, want)
			}
		}
	}
}

func TestStructuredModeKeepsTheBytesOfData(t *testing.T) {
	r := recordOf(t, "fairway.airlock.release.review.v1")
	spaced := strings.Replace(string(r.Value), ":", " :  ", 1)
	e, err := envelope.Read(structuredOf(r, `"data": `+spaced+` `))
	if err != nil || string(e.Data) != spaced {
		t.Fatalf("%s, %v, want %s", e.Data, err, spaced)
	}
	_, err = envelope.Open(structuredOf(r, `"data": `+spaced), trustOf(t, "molgenis"), now)
	var refused *reason.Error
	if !errors.As(err, &refused) || refused.Code != reason.Signature {
		t.Errorf("data in other bytes than were signed: %v", err)
	}
}

func TestStructuredModeRefuses(t *testing.T) {
	r := recordOf(t, "fairway.airlock.release.review.v1")
	good := structuredOf(r, `"data":`+string(r.Value))
	edit := func(old, new string) envelope.Record {
		changed := good
		changed.Value = []byte(strings.Replace(string(good.Value), old, new, 1))
		if bytes.Equal(changed.Value, good.Value) {
			t.Fatalf("%s is not there", old)
		}
		return changed
	}
	headers := func(h ...envelope.Header) envelope.Record {
		changed := good
		changed.Headers = h
		return changed
	}
	ours := envelope.Header{Key: "content-type", Value: []byte(structuredType)}
	for name, c := range map[string]struct {
		record envelope.Record
		code   string
	}{
		"an attribute twice":               {edit(`"id":`, `"id":"`+anID+`","id":`), reason.DuplicateMember},
		"an attribute in another spelling": {edit(`"id":`, `"ID":"x","id":`), reason.Envelope},
		"an attribute nobody knows":        {edit(`"id":`, `"colour":"red","id":`), reason.Envelope},
		"an attribute that is a number":    {edit(`"specversion": "1.0"`, `"specversion": 1.0`), reason.Envelope},
		"an attribute that is null":        {edit(`"specversion": "1.0"`, `"specversion": null`), reason.Envelope},
		"an empty attribute":               {edit(`"site": "molgenis"`, `"site": ""`), reason.EmptyAttribute},
		"a missing attribute":              {edit(`"specversion": "1.0", `, ``), reason.MissingAttribute},
		"another version of CloudEvents":   {edit(`"specversion": "1.0"`, `"specversion": "2.0"`), reason.UnsupportedVersion},
		"another content type of the data": {edit(`"datacontenttype": "application/json"`, `"datacontenttype": "text/plain"`), reason.Envelope},
		"data twice":                       {edit(`"data":`, `"data":1,"data":`), reason.DuplicateMember},
		"data and data_base64":             {edit(`"data":`, `"data_base64":"AA==","data":`), reason.DuplicateMember},
		"data_base64 that is none":         {edit(`"data":`, `"data_base64":"*","x":`), reason.Malformed},
		"data_base64 that is no text":      {edit(`"data":`, `"data_base64":7,"x":`), reason.Malformed},
		"no data":                          {structuredOf(r, `"keyword":"x"`), reason.Envelope},
		"data alone missing":               {structuredOf(envelope.Record{Topic: r.Topic, Key: r.Key, Headers: r.Headers[:len(r.Headers)-1]}, `"signature":"x"`), reason.Malformed},
		"something behind the event":       {edit(`"data":`+string(r.Value)+`}`, `"data":`+string(r.Value)+`} {}`), reason.Malformed},
		"a list of events":                 {envelope.Record{Topic: r.Topic, Key: r.Key, Headers: good.Headers, Value: []byte(`[]`)}, reason.Malformed},
		"half an event":                    {envelope.Record{Topic: r.Topic, Key: r.Key, Headers: good.Headers, Value: good.Value[:len(good.Value)/2]}, reason.Malformed},
		"invalid UTF-8":                    {edit(`"id":`, "\"x\xff\":\"y\",\"id\":"), reason.Encoding},
		"a control character":              {edit(`"site": "molgenis"`, `"site": "mol\u0007genis"`), reason.Encoding},
		"no value":                         {envelope.Record{Topic: r.Topic, Key: r.Key, Headers: good.Headers}, reason.Malformed},
		"a batch":                          {headers(envelope.Header{Key: "content-type", Value: []byte("application/cloudevents-batch+json")}), reason.Envelope},
		"another format":                   {headers(envelope.Header{Key: "content-type", Value: []byte("application/cloudevents+avro")}), reason.Envelope},
		"another character set":            {headers(envelope.Header{Key: "content-type", Value: []byte(structuredType + "; charset=latin1")}), reason.Envelope},
		"a header in another spelling":     {headers(envelope.Header{Key: "Content-Type", Value: []byte(structuredType)}), reason.Envelope},
		"the content type twice":           {headers(ours, ours), reason.DuplicateHeader},
		"two content types":                {headers(ours, envelope.Header{Key: "content-type", Value: []byte("application/json")}), reason.Envelope},
		"an attribute in a header too":     {headers(ours, envelope.Header{Key: "ce_id", Value: []byte(anID)}), reason.Envelope},
		"data that is too large":           {structuredOf(r, `"data":"`+strings.Repeat("x", 64<<10)+`"`), reason.TooLarge},
		"a value that is too large":        {structuredOf(r, `"data":"`+strings.Repeat("x", 80<<10)+`"`), reason.TooLarge},
		"a type in a major nobody knows":   {edit(`release.review.v1`, `release.review.v9`), reason.UnsupportedVersion},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := envelope.Read(c.record)
			var refused *reason.Error
			if !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
	if _, err := envelope.Open(good, trustOf(t, "molgenis"), now); err != nil {
		t.Errorf("the record to start from: %v", err)
	}
}

// What the payload may be is judged as in binary mode, after the signature.
func TestStructuredDataIsJudgedByItsSchema(t *testing.T) {
	j, err := schemas.Of("airlock", "release-review", "1.0.0")
	if err != nil || j == nil {
		t.Fatal(err)
	}
	r := recordOf(t, "fairway.airlock.release.review.v1")
	r.Value = []byte(strings.Replace(string(r.Value), `"releaseId"`, `"releaseID"`, 1))
	if _, err := envelope.Open(structuredOf(r, `"data":`+string(r.Value)), trustOf(t, "molgenis"), now); err == nil {
		t.Error("changed data is accepted")
	}
}

func FuzzStructuredNeverPanicsAndAgreesWithBinary(f *testing.F) {
	r := recordOf(f, "fairway.airlock.release.review.v1")
	f.Add(structuredOf(r, `"data":`+string(r.Value)).Value)
	for _, c := range []string{"fairway.airlock.release.approved.v1", "fairway.identity.session.open.v1"} {
		other := recordOf(f, c)
		f.Add(structuredOf(other, `"data":`+string(other.Value)).Value)
	}
	f.Add(structuredOf(r, `"data_base64":"`+base64.StdEncoding.EncodeToString(r.Value)+`"`).Value)
	for _, text := range []string{`{"data":{}}`, `[]`, `null`, `{"specversion":1}`, `{"data_base64":"*"}`, `{"id":"a","ID":"b"}`, "{\"\xff\":1}"} {
		f.Add([]byte(text))
	}
	trust := trustOf(f, "molgenis")
	f.Fuzz(func(t *testing.T, value []byte) {
		s := envelope.Record{Topic: r.Topic, Key: r.Key, Value: value, Headers: []envelope.Header{{Key: "content-type", Value: []byte(structuredType)}}}
		e, err := envelope.Open(s, trust, now)
		if err == nil && (!e.Signed || !bytes.Equal(e.Data, r.Value)) {
			t.Errorf("bytes that nobody signed are accepted: %q", e.Data)
		}
		var refused *envelope.Error
		if err != nil && !errors.Is(err, envelope.ErrForeign) && !errors.As(err, &refused) {
			t.Errorf("%v carries no reason", err)
		}
	})
}
