package app

import (
	"fmt"
	"reflect"
	"testing"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
)

func TestAMemoryGivesWhatWasDecodedAndForgetsTheOldest(t *testing.T) {
	var m memory
	raw, err := documents.Encode(documents.Document{Schema: documents.Schema, Dataset: "d", Results: []documents.Result{documents.Count{Cells: []documents.Cell{{N: 12}}, Dropped: "0"}}})
	if err != nil {
		t.Fatal(err)
	}
	first, err := m.decode("a", raw)
	if err != nil {
		t.Fatal(err)
	}
	// by its digest: the bytes are not read again
	if again, err := m.decode("a", nil); err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("the second time it is %v, %v", again, err)
	}
	if _, err := m.decode("b", []byte("{")); err == nil {
		t.Error("what is no document was decoded")
	}
	if _, err := m.decode("b", []byte("{")); err == nil {
		t.Error("what is no document was remembered")
	}
	for i := range 2 * mostDecoded / len(raw) {
		if _, err := m.decode(fmt.Sprint(i), raw); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.decode("a", nil); err == nil || m.bytes > mostDecoded || len(m.order) != len(m.kept) {
		t.Errorf("it keeps %d bytes, %d and %d documents, and the first still: %v", m.bytes, len(m.order), len(m.kept), err == nil)
	}
}
