package workspace

// Publishable is what a catalogue may tell of a number of people: nothing below the threshold, also not that there is
// nobody; else the number rounded down to a multiple of the threshold.
//
// A catalogue that said 228 beside a released result about 227 would tell of one person. The threshold is the base of the
// rounding since a difference below it is what a site may not tell; it is never under the federation's floor of 5. The
// answer depends on the number alone, so asking again tells nothing new. What rounding cannot hide is that one person
// more made a number reach the next multiple: who knows all the others learns of that one.
func Publishable(people, threshold int) (count int, ok bool) {
	if threshold < 1 || people < threshold {
		return 0, false
	}
	return people - people%threshold, true
}
