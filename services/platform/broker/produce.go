package broker

import (
	"errors"
	"weak"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/fairway-tre/fairway/services/platform/recordbatch"
)

// maxRequestUnpacked bounds what the batches of one request are outside of their compression, all of them together: it is
// what looking at one request may cost everybody else.
const maxRequestUnpacked = 4 * recordbatch.MaxUnpacked

// errMalformed is Kafka's code for a batch whose records are not what they say. No client sends the same again.
var errMalformed = &kerr.Error{
	Code:    kerr.InvalidRecord.Code,
	Message: "INVALID_RECORD: the records of a batch in this request are not what they say: their number, a length, the count of their headers or their compression",
}

// refuseMalformed lets nobody write a batch that its readers cannot trust. Apache Kafka reads each record before it keeps a
// batch; kfake looks at the batch's head alone: length, version, checksum. Who has no right to write is told that first. A
// request is taken or refused as a whole, since what is malformed in it no client has written by mistake.
func refuseMalformed(c *kfake.Cluster) {
	var last weak.Pointer[kmsg.ProduceRequest] // kfake asks for each topic and partition of a request
	var malformed bool
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: errMalformed, Count: -1, When: func(r kmsg.Request) bool {
		req, ok := r.(*kmsg.ProduceRequest)
		if this := weak.Make(req); ok && this != last {
			last, malformed = this, isMalformed(req)
		}
		return malformed
	}})
}

func isMalformed(req *kmsg.ProduceRequest) bool {
	unpacked := 0
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			n, err := recordbatch.Check(p.Records)
			unpacked += n
			// what is corrupt kfake itself refuses, so that it is sent again
			if errors.Is(err, recordbatch.ErrInvalid) || unpacked > maxRequestUnpacked {
				return true
			}
		}
	}
	return false
}
