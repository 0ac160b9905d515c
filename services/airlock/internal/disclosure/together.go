package disclosure

import (
	"reflect"
	"slices"

	"github.com/fairway-tre/fairway/contracts/suppression"
)

// number is how many people of a population there are, in a version of the data.
type number struct {
	version    string
	population population
	n          int
}

// subtract fills in what follows from the numbers of several places of a table
// together: such a number, less the places that are told, is the one that is not.
// It goes on until nothing follows, and returns the places that it filled in.
func subtract(table *suppression.Table, version string, frame frame, levels suppression.Levels, beside []telling) map[[2]int]bool {
	follow := map[[2]int]bool{}
	for again := true; again; {
		again = false
		for _, told := range beside {
			for _, number := range told.numbers {
				if number.version != version {
					continue
				}
				for _, places := range together(frame, levels, number.population) {
					if place, found := rest(table, places, number.n); found {
						follow[place], again = true, true
					}
				}
			}
		}
	}
	return follow
}

// rest fills in the one place of several that is not told, if there is one.
func rest(table *suppression.Table, places [][2]int, sum int) (left [2]int, found bool) {
	for _, p := range places {
		at := table.At(p[0], p[1])
		switch {
		case at.Told:
			sum -= at.N
		case found:
			return left, false
		default:
			left, found = p, true
		}
	}
	if !found || sum < 0 {
		return left, false
	}
	*table.At(left[0], left[1]) = suppression.Number{N: sum, Told: true}
	return left, true
}

// together lists the places of a table that are a population together, in each
// way in which they are: as cells and, where the population has all levels of a
// concept, as margins. There are none if it is not made of whole places.
func together(frame frame, levels suppression.Levels, p population) (ways [][][2]int) {
	concepts := levels.Concepts()
	rows, all, ok := among(frame, levels, concepts[0], p)
	if !ok || !elsewhere(frame, concepts, p) {
		return nil
	}
	if len(concepts) == 1 {
		return [][][2]int{product(rows, []int{0})}
	}
	columns, every, ok := among(frame, levels, concepts[1], p)
	if !ok {
		return nil
	}
	ways = append(ways, product(rows, columns))
	if every {
		ways = append(ways, product(rows, []int{suppression.Margin}))
	}
	if all {
		ways = append(ways, product([]int{suppression.Margin}, columns))
	}
	return ways
}

func product(rows, columns []int) (places [][2]int) {
	for _, row := range rows {
		for _, column := range columns {
			places = append(places, [2]int{row, column})
		}
	}
	return places
}

// among lists which levels of a concept a population has; ok is false if it has
// people of others, or is not told by levels.
func among(frame frame, levels suppression.Levels, concept string, p population) (found []int, all, ok bool) {
	key, names := frame.key(concept), []string{}
	for _, by := range levels.Places() {
		if len(by) == 1 && by[0].Concept == concept {
			names = append(names, by[0].Level)
		}
	}
	_, made := frame.means[concept]
	_, based := frame.base[key]
	if made || based {
		return nil, false, false
	}
	c, chosen := p[key]
	for i, name := range names {
		if !chosen || of(name).within(c) {
			found = append(found, i)
		}
	}
	whole := !chosen || !c.numeric && (c.except || len(found) == len(c.levels))
	return found, len(found) == len(names), whole && len(found) > 0
}

// elsewhere tells whether a population and a table have the same people but for
// the table's own concepts.
func elsewhere(frame frame, concepts []string, p population) bool {
	others := population{}
	for key, c := range p {
		if !slices.ContainsFunc(concepts, func(concept string) bool { return frame.key(concept) == key }) {
			others[key] = c
		}
	}
	return reflect.DeepEqual(others, frame.base) || len(others) == 0 && len(frame.base) == 0
}
