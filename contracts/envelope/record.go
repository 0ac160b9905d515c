// Package envelope turns events into Kafka records and back: CloudEvents 1.0.2 in Kafka binary mode, with the
// signature of the federation over every attribute, the record's place and its bytes.
package envelope

// Header is one Kafka record header. A record may carry the same key more than once; a map would hide that.
type Header struct {
	Key   string
	Value []byte
}

// Record is a Kafka record without its position, independent of any client library.
type Record struct {
	Topic   string
	Key     []byte
	Headers []Header
	Value   []byte
}
