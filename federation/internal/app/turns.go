package app

import (
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/quota"
)

// parts is how many parts of a result weigh as much as any other record. What else another site says may ask this one for
// work; a part is only put to the others, and a result of many is nothing unusual.
const parts = 8

// burst is how many seconds of its quota a participant may use at once.
const burst = 4

// quotaOf is what one participant may say, in parts of results.
func quotaOf(b profile.Border) quota.Rate {
	each := parts * b.PerSecond()
	return quota.Rate{Burst: burst * each, Interval: time.Second / time.Duration(each)}
}

// weight is what a record takes of its source's quota.
func weight(kind string) int {
	if kind == federation.TypeResultPart {
		return 1
	}
	return parts
}
