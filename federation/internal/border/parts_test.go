package border

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestWhatIsKeptOfAnAssemblyDoesNotGrowWithItsParts(t *testing.T) {
	whole := bytes.Repeat([]byte("0123456789abcdef"), (5<<20)/16)
	split := Split(whole)
	told := federation.ResultPart{StudyID: "s", JobID: "j", Site: "denbi", ReleaseID: "r", Digest: outputs.Digest(whole), Size: int64(len(whole)),
		Parts: int64(len(split)), Decision: vocabulary.SignedRecord{Topic: "t", Value: []byte("signed"), Headers: []vocabulary.RecordHeader{}}}
	a, err := Begin(told)
	if err != nil {
		t.Fatal(err)
	}
	var kept []Chunk
	first := 0
	for i, b := range split {
		p := told
		p.Part, p.Bytes = int64(i+1), b
		c, err := a.Add(p, Chunk{}, false)
		if err != nil || len(c.Bytes) != len(b) || (c.Decision.Topic != "") != (i == 0) {
			t.Fatalf("part %d: %d bytes, decision of %q, %v", i+1, len(c.Bytes), c.Decision.Topic, err)
		}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = len(raw)
		}
		if len(raw) > first+2 { // digits of the number of parts
			t.Fatalf("%d bytes with part %d, %d with the first", len(raw), i+1, first)
		}
		if again, err := a.Add(p, c, true); err != nil || !bytes.Equal(again.Bytes, b) || a.Taken != int64(i+1) {
			t.Fatalf("part %d again: %d taken, %v", i+1, a.Taken, err)
		}
		if _, err := a.Add(p, Chunk{Bytes: []byte("other")}, true); err == nil {
			t.Fatalf("part %d came with other bytes than before and was taken", i+1)
		}
		kept = append(kept, c)
	}
	if w := a.Join(kept); !a.Complete() || !bytes.Equal(w.Bytes, whole) || w.Decision.Topic != "t" {
		t.Errorf("complete %v, %d bytes of %d, decision of %q", a.Complete(), len(w.Bytes), len(whole), w.Decision.Topic)
	}
}
