package record

import (
	"errors"
	"fmt"
)

// ErrIdentifier says that something that names a person could be asked for.
var ErrIdentifier = errors.New("an identifier of persons is bound to a concept that can be asked for")

// CheckIdentifiers finds what names a person by its column or concept, as identifies tells of a name, and is not declared
// as the identifier, which nobody can ask for.
//
// Genomics England, airlock rules: no identifiers of participants leave.
func CheckIdentifiers(dictionary []Variable, identifies func(name string) bool) error {
	for i, v := range dictionary {
		if v.Type != "identifier" && (identifies(v.Column) || identifies(v.Concept)) {
			return fmt.Errorf("%w: %s (entry %d); leave it out, or declare it as the identifier", ErrIdentifier, v.Concept, i)
		}
	}
	return nil
}
