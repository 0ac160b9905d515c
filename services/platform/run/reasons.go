package run

import "errors"

// Reasons says by which reason code each error of a service's domain is refused. The first that fits counts.
type Reasons []struct {
	Err    error
	Reason string
}

// Of finds the reason code of an error; it reports false for one that has none.
func (r Reasons) Of(err error) (reason string, known bool) {
	for _, one := range r {
		if errors.Is(err, one.Err) {
			return one.Reason, true
		}
	}
	return "", false
}

// Refusal makes a Refusal of an error that has a reason code; any other is technical and comes back as it is.
func (r Reasons) Refusal(err error) error {
	if reason, known := r.Of(err); known {
		return Refuse(reason, "%s", err)
	}
	return err
}
