package lift_test

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/lift"
	workspacev1 "github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
)

// FuzzTo: data of an older major is refused, or lifted to what says the same.
func FuzzTo(f *testing.F) {
	for _, text := range []string{`{"jobId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","studyId":"s","projectId":"p","state":"failed","reason":"too-large"}`, `{}`, `null`, `[]`,
		`{"reason":{"code":"a"}}`, `{"reason":"a","reason":"b"}`, `{"more":1}`, "{\"reason\":\"\xff\"}", `{"reason":""}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		older := envelope.Event{Attributes: envelope.Attributes{}, Type: workspacev1.TypeJobStateChanged, Data: data}
		newer, err := lift.To(workspacev2.TypeJobStateChanged, older)
		if err != nil {
			return
		}
		if newer.Type != workspacev2.TypeJobStateChanged || newer.DataSchema == older.DataSchema {
			t.Fatalf("lifted to %s with schema %s", newer.Type, newer.DataSchema)
		}
		if same, err := lift.Same(newer, older); err != nil || !same {
			t.Fatalf("%s\n%s\nsay the same: %v, %v", older.Data, newer.Data, same, err)
		}
	})
}
