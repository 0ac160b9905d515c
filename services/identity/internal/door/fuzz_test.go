package door

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// secret stands in seeds where a person's words could stand; no answer repeats it.
const secret = "k7Qz-secret-9Wx"

func FuzzABodyIsReadStrictlyOrRefusedWithAReason(f *testing.F) {
	for _, text := range []string{`{"releaseId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","decision":"Approved"}`, `{"releaseId":"a","releaseId":"b"}`,
		`{"releaseid":"a","releaseId":"b"}`, `{"decision":1}`, `{}x`, ``, `[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`, "{\"digest\":\"\xff\"}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var act airlock.ReleaseReview
		err := read(httptest.NewRecorder(), httptest.NewRequest("POST", "/acts", bytes.NewReader(data)), &act)
		if err == nil {
			if strict.Check(data) != nil || len(data) > strict.MaxSize {
				t.Fatal("taken, but not strict")
			}
			return
		}
		var refused *reason.Error
		if len(data) <= strict.MaxSize && !errors.As(err, &refused) {
			t.Fatalf("%v carries no reason", err)
		}
	})
}

// FuzzAnActIsTakenInItsOwnWordsOrRefusedWithAReason gives the body of any act: what is taken goes on byte for byte under a
// subject of its contract; what is refused is a problem with a reason, a status of the client's, and none of its values.
func FuzzAnActIsTakenInItsOwnWordsOrRefusedWithAReason(f *testing.F) {
	var acts []topics.Contract
	for _, c := range topics.All() {
		if c.Kind == topics.KindAct && c.MayWrite(topics.Portal) {
			acts = append(acts, c)
		}
	}
	for i, c := range acts {
		f.Add(uint8(i), []byte(`{"`+secret+`":"`+secret+`"}`))
		for _, member := range []string{"releaseId", "applicationId", "personId"} {
			f.Add(uint8(i), []byte(`{"`+member+`":"`+secret+`"}`))
		}
		text, err := fs.ReadFile(schemas.Files, c.Service+"/"+c.Name()+"/"+c.Versions[len(c.Versions)-1]+".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), text)
	}
	f.Add(uint8(0), []byte(`{"releaseId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","decision":"Approved"}`))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		c := acts[int(which)%len(acts)]
		a, err := wordsOf(c, data)
		if err == nil {
			if !bytes.Equal(a.data, data) || !strings.HasPrefix(a.subject, c.Subject[:strings.Index(c.Subject, "{")]) {
				t.Fatalf("%s about %q", a.data, a.subject)
			}
			return
		}
		p := problemOf(err)
		if p.Reason == "" || p.Reason == "internal" || p.status < 400 || p.status >= 500 {
			t.Fatalf("%v becomes %+v", err, p)
		}
		if strings.Contains(p.Detail, secret) {
			t.Fatalf("a value is told: %s", p.Detail)
		}
	})
}

// FuzzRestsOn reads the header Fairway-Rests-On: what is taken can stand in the act's own attribute.
func FuzzRestsOn(f *testing.F) {
	for _, line := range []string{"/sites/molgenis/identity session/1 1", "/sites/molgenis/identity session/1 1, /sites/denbi/airlock release/2 2", "", ",", "a b c", "/sites/molgenis/identity s 0",
		"/sites/molgenis/identity s 9223372036854775808", "/sites/molgenis/identity s;t 1", "/sites/molgenis/identity " + secret, strings.Repeat("/sites/molgenis/identity s 1,", 99)} {
		f.Add(line, line)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		rests, err := restsOf([]string{first, second})
		if err != nil {
			p := problemOf(err)
			if p.Reason != "rests-on" || p.status != 400 || strings.Contains(p.Detail, secret) {
				t.Fatalf("%v becomes %+v", err, p)
			}
			return
		}
		if len(rests) == 0 || len(rests) > envelope.MaxRestsOn-2 {
			t.Fatalf("%d facts", len(rests))
		}
		for _, r := range rests {
			if _, _, known := topics.ParseSource(r.Source); !known || r.Subject == "" || strings.ContainsAny(r.Subject, " ;,") || r.Sequence == 0 {
				t.Fatalf("taken: %+v", r)
			}
		}
	})
}
