package door

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// restsOf reads the header Fairway-Rests-On: "<source> <subject> <sequence>", several joined by commas.
func restsOf(lines []string) ([]envelope.Rest, error) {
	var rests []envelope.Rest
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			rest, ok := restOf(one)
			if !ok {
				return nil, refuse(http.StatusBadRequest, "rests-on",
					`Fairway-Rests-On does not read "<source> <subject> <sequence>", several joined by commas`)
			}
			rests = append(rests, rest)
		}
	}
	// Two places are taken by the session and the person.
	if len(rests) > envelope.MaxRestsOn-2 {
		return nil, refuse(http.StatusBadRequest, "rests-on", "Fairway-Rests-On names more facts than an act can rest on")
	}
	return rests, nil
}

func restOf(text string) (envelope.Rest, bool) {
	fields := strings.Fields(text)
	if len(fields) != 3 || strings.Contains(text, ";") {
		return envelope.Rest{}, false
	}
	_, _, known := topics.ParseSource(fields[0])
	n, err := strconv.ParseUint(fields[2], 10, 63)
	return envelope.Rest{Source: fields[0], Subject: fields[1], Sequence: n}, known && err == nil && n > 0
}
