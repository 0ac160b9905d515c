package registry

import "github.com/fairway-tre/fairway/contracts/signing"

// KeyChange is what became of a participant's keys from one entry to the next.
type KeyChange struct {
	Added   []signing.Key
	Retired []string // ids of those whose time was ended earlier, or that are listed no more
	Revoked []string // ids of those that are believed no more
}

// Any reports whether anything changed.
func (c KeyChange) Any() bool { return len(c.Added)+len(c.Retired)+len(c.Revoked) > 0 }

// Changed compares the keys of two entries.
func Changed(was, is Participant) (KeyChange, error) {
	c := KeyChange{Retired: []string{}, Revoked: []string{}}
	before, err := was.Trust()
	if err != nil {
		return c, err
	}
	now, err := is.Trust()
	if err != nil {
		return c, err
	}
	for _, k := range now.Keys() {
		if _, known := before.Lookup(k.ID); !known {
			c.Added = append(c.Added, k)
		}
	}
	for _, k := range before.Keys() {
		kept, known := now.Lookup(k.ID)
		switch {
		case known && !kept.RevokedAt.IsZero() && k.RevokedAt.IsZero():
			c.Revoked = append(c.Revoked, k.ID)
		case !known || kept.NotAfter.Before(k.NotAfter):
			c.Retired = append(c.Retired, k.ID)
		}
	}
	return c, nil
}
