package harness

import (
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
)

// Refusal is what any refusing event says.
type Refusal struct {
	Kind   string // act, border, release, import, record or job: what was refused
	Cause  string // id of the refused act or event, empty for a dead letter
	About  string // subject of the refused act
	Reason string
	Detail string
	Leaf   string // of the audit log, empty where the event carries none
}

// refusing are the members of the events that every service has.
type refusing struct {
	ActID     string `json:"actId"`
	Subject   string `json:"actSubject"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	AuditLeaf *int64 `json:"auditLeaf"`
}

func (r refusing) leaf() string {
	if r.AuditLeaf == nil {
		return ""
	}
	return strconv.FormatInt(*r.AuditLeaf, 10)
}

// RefusalOf reads a refusal: an act refused, a border refused, a release or an import rejected, a job refused, a record dead-lettered.
func RefusalOf(s Seen) (Refusal, bool) {
	if s.Err != nil {
		return Refusal{}, false
	}
	if p, ok := Payload[federation.BorderRefused](s); ok {
		return Refusal{Kind: "border", Cause: p.CauseID, Reason: p.Reason, Detail: p.Detail, Leaf: strconv.FormatInt(p.AuditLeaf, 10)}, true
	}
	if p, ok := Payload[airlock.ReleaseRejected](s); ok {
		r := Refusal{Kind: "release", Cause: s.Event.CausationID, Reason: p.Reason, Leaf: strconv.FormatInt(p.AuditLeaf, 10)}
		for _, f := range p.Findings {
			r.Detail += f.Rule + " in " + f.Where + "; "
		}
		return r, true
	}
	if p, ok := Payload[airlock.ImportRejected](s); ok {
		return Refusal{Kind: "import", Cause: s.Event.CausationID, Reason: p.Reason, Leaf: strconv.FormatInt(p.AuditLeaf, 10)}, true
	}
	if p, ok := Payload[federation.JobRefused](s); ok {
		return Refusal{Kind: "job", Cause: s.Event.CausationID, Reason: p.Reason, Detail: p.Detail}, true
	}
	kind := ""
	switch verbOf(s.Event.Type) {
	case "act.refused":
		kind = "act"
	case "record.dead-lettered":
		kind = "record"
	default:
		return Refusal{}, false
	}
	var r refusing
	if err := json.Unmarshal(s.Record.Value, &r); err != nil {
		return Refusal{Kind: kind}, true
	}
	return Refusal{kind, r.ActID, r.Subject, r.Reason, r.Detail, r.leaf()}, true
}
