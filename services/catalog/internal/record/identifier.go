package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrIdentifier says that something that names a person could be asked for.
var ErrIdentifier = errors.New("an identifier of persons is bound to a concept that can be asked for")

// identifying are the last words of names of columns and concepts that tell who somebody is.
var identifying = []string{"id", "ids", "identifier", "pid", "eid", "iid", "mrn", "nhs", "ssn", "bsn", "name", "surname", "email", "phone", "address", "postcode"}

// CheckIdentifiers finds what names a person by its column or concept and is not declared as the identifier, which
// nobody can ask for.
//
// Genomics England, airlock rules: no identifiers of participants leave.
func CheckIdentifiers(dictionary []Variable) error {
	for i, v := range dictionary {
		if v.Type != "identifier" && (identifies(v.Column) || identifies(v.Concept)) {
			return fmt.Errorf("%w: %s (entry %d); leave it out, or declare it as the identifier", ErrIdentifier, v.Concept, i)
		}
	}
	return nil
}

// identifies looks at the last word of a name such as participant_id, participantId or PATIENT.NAME.
func identifies(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("_-.:/", r) })
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	return slices.Contains(identifying, strings.ToLower(last)) || strings.HasSuffix(last, "Id") || strings.HasSuffix(last, "Name")
}
