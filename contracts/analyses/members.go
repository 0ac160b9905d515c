package analyses

import "slices"

// Members lists which members of a request a kind of analysis needs and takes beside its kind, as a person gives them,
// and the ways in which its answers are combined, the usual one first.
func Members(kind string) (needs, takes, ways []string) {
	k := table[kind]
	ours := slices.DeleteFunc(slices.Clone(k.may), func(m string) bool { return m == "round" || m == "at" }) // the host's to say
	return slices.Clone(k.must), ours, slices.Clone(k.combine)
}
