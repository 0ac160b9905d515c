package fields

import "strings"

// Nearest is the one of the choices that a text is most like, "" if none is like it: at most a third of its letters
// would have to be changed, or two of four and five.
func Nearest(text string, choices []string) (near string) {
	least := len(text)/3 + 1
	if len(text) == 4 || len(text) == 5 {
		least++ // two letters that changed places
	}
	for _, c := range choices {
		if d := distance(strings.ToLower(text), strings.ToLower(c)); d < least {
			near, least = c, d
		}
	}
	return near
}

// distance is the number of bytes to insert, delete or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
