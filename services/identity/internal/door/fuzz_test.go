package door

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/strict"
)

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
