package events

import (
	"context"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Letter is a record that a service could not take.
type Letter struct {
	Service   string    `json:"service"`
	Time      time.Time `json:"time"`
	Verified  bool      `json:"verified"` // the service itself says so
	RecordID  string    `json:"recordId"`
	Topic     string    `json:"topic"` // with Partition and Offset: where the record lay
	Partition int64     `json:"partition"`
	Offset    int64     `json:"offset"`
	Digest    string    `json:"digest"`
	Size      int64     `json:"size"`
	Reason    string    `json:"reason"`
	Detail    string    `json:"detail"`
	AuditLeaf int64     `json:"auditLeaf"`
}

// dead is what the events record dead-lettered of all services have alike.
type dead struct {
	RecordID  string `json:"recordId"`
	Topic     string `json:"topic"`
	Partition int64  `json:"partition"`
	Offset    int64  `json:"offset"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	AuditLeaf int64  `json:"auditLeaf"`
}

// Dead calls show with each dead letter of a service, or of all, sorted by time.
func (s *Site) Dead(ctx context.Context, service string, show func(Letter) error) error {
	names, err := s.topics(service, func(c topics.Contract) bool { return c.Kind == topics.KindDead })
	if err != nil {
		return err
	}
	return s.read(ctx, names, Filter{}, func(one Seen) error {
		c, _ := topics.Lookup(one.Type)
		letter := Letter{Service: c.Service, Time: one.Time, Verified: one.Verified, Reason: one.Problem}
		if one.Data == nil { // a dead topic has one writer: this is worth a look
			letter.Topic, letter.Partition, letter.Offset = one.Topic, int64(one.Partition), one.Offset
			letter.Detail = "what lies here is no dead letter of its service"
			return show(letter)
		}
		var d dead
		if err := strict.DecodeOpen(one.Data, &d); err != nil {
			return fmt.Errorf("dead letter at %s/%d/%d: %w", one.Topic, one.Partition, one.Offset, err)
		}
		letter.RecordID, letter.Topic, letter.Partition, letter.Offset = d.RecordID, d.Topic, d.Partition, d.Offset
		letter.Digest, letter.Size, letter.Reason, letter.Detail, letter.AuditLeaf = d.Digest, d.Size, d.Reason, d.Detail, d.AuditLeaf
		return show(letter)
	})
}
