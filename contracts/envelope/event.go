package envelope

import "time"

// Limits of a record. Data has its own: strict.MaxSize.
const (
	MaxHeaders     = 64        // headers of any kind
	MaxHeaderBytes = 16 << 10  // keys and values of all headers together
	MaxValue       = 4096      // bytes of one attribute
	MaxRestsOn     = 16        // facts that an event names
	MaxSequence    = 1<<53 - 1 // a number that every JSON reader and every database holds
	Skew           = 2 * time.Minute
)

// Payload is a generated struct.
type Payload interface{ EventType() string }

// Rest is a fact that an act or event rests on; the reader waits until it has seen it.
type Rest struct {
	Source, Subject string
	Sequence        uint64
}

// Twin is the same fact said in another major of its type, by the same source. Whoever has acted on the one passes over
// the other. The zero value is no twin.
type Twin struct {
	Major int
	ID    string
}

// Attributes are the extension attributes. A zero value is an absent attribute.
type Attributes struct {
	CorrelationID, CausationID string // ids of the root act, and of the event that caused this one; empty for an act
	Sequence                   uint64 // counts from 1 per source and subject
	BorderSequence             uint64 // counts from 1 per origin and receiver
	Site, Project, Audience    string // Audience is the one site that the event is meant for
	Expiry                     time.Time
	DataClassification         string
	Actor, Session, Assurance  string // of the person who acts
	AuthTime                   time.Time
	RestsOn                    []Rest
	TraceParent                string // of the starting trace
	Twin                       Twin
}

// Event is a record that was read. Times are UTC.
type Event struct {
	ID, Source, Type, Subject, DataSchema string
	Time                                  time.Time
	Attributes
	KeyID  string
	Signed bool   // signature, key and place hold; set by Open and OpenBorder, also where a later check fails
	Data   []byte // as on the wire
	Record Record
}

// Draft is what New needs beside the payload. Left empty, Topic is the contract's own at the source's site, Subject
// follows from the payload, Site from the source, CorrelationID is the event's own ID, Audience of a border event is
// the owner of the inbox, DataClassification is the contract's, Version is the newest minor of the payload's major. An
// older minor may be named for readers who take no newer one; a member that it does not know is then refused.
type Draft struct {
	ID, Source, Subject, Topic, Version string
	Time                                time.Time
	Attributes
}
