package harness

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// FuzzLoadTranscript puts other bytes into a transcript: it is refused, or the lines that are left are those that were
// taken down.
func FuzzLoadTranscript(f *testing.F) {
	name := filepath.Join(f.TempDir(), "transcript.jsonl")
	written, err := newTranscript(name)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 3 {
		if err := written.add(Seen{Broker: "b", Offset: int64(i), Time: time.Unix(0, 0), Record: envelope.Record{Topic: "t", Key: []byte("k"), Value: []byte{byte(i)},
			Headers: []envelope.Header{{Key: "ce_id", Value: []byte("1")}}}}); err != nil {
			f.Fatal(err)
		}
	}
	if err := written.close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(0), uint16(0), []byte{})
	f.Add(uint16(7), uint16(1), []byte("9"))
	f.Add(uint16(0), uint16(len(whole)/3), []byte{})
	f.Add(uint16(0), uint16(len(whole)), []byte("{}\n"))
	f.Fuzz(func(t *testing.T, at, drop uint16, patch []byte) {
		from := min(int(at), len(whole))
		text := slices.Concat(whole[:from], patch, whole[min(from+int(drop), len(whole)):])
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		seen, err := LoadTranscript(name)
		if err != nil {
			return
		}
		all := written.All()
		for i, s := range seen {
			if i >= len(all) || s.Offset != all[i].Offset || s.Digest != all[i].Digest || !s.Time.Equal(all[i].Time) {
				t.Fatalf("line %d is believed: %+v", i+1, s)
			}
		}
	})
}
