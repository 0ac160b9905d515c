package analyses

import (
	"slices"
	"strings"
)

// identifying are the last words of names of columns and concepts that tell who somebody is.
var identifying = []string{Person, "id", "ids", "identifier", "pid", "eid", "iid", "mrn", "nhs", "ssn", "bsn", "name", "surname", "email", "phone", "address", "postcode"}

// Identifies tells whether a column or concept is one by which persons are known, by the last word of its name, such as
// participant_id, participantId or PATIENT.NAME.
func Identifies(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("_-.:/", r) })
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	return slices.Contains(identifying, strings.ToLower(last)) || strings.HasSuffix(last, "Id") || strings.HasSuffix(last, "Name")
}
