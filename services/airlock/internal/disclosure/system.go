package disclosure

// system is linear equations in echelon form, modulo a prime: every coefficient is
// 0 or 1, and numbers of people that follow from them are whole and far smaller
// than the prime, so that what is solved for modulo it is the number itself.
type system struct {
	rows   [][]uint64 // the first coefficient that is not zero is 1
	pivots []int      // its place
	sums   []uint64
}

// prime is a Mersenne prime whose square fits into 64 bits.
const prime = 1<<31 - 1

// add takes an equation. One that follows from those before tells nothing new, also
// where it contradicts them, as numbers of people some of whom lack a value do.
func (s *system) add(row []uint64, n int) {
	row, sum := s.reduce(row, uint64(n)%prime)
	for at, v := range row {
		if v == 0 {
			continue
		}
		inverse := power(v, prime-2)
		for i := range row {
			row[i] = row[i] * inverse % prime
		}
		s.rows, s.pivots, s.sums = append(s.rows, row), append(s.pivots, at), append(s.sums, sum*inverse%prime)
		return
	}
}

// solve gives the sum of a combination of unknowns, if it follows.
func (s *system) solve(row []uint64) (n int, follows bool) {
	row, left := s.reduce(row, 0)
	for _, v := range row {
		if v != 0 {
			return 0, false
		}
	}
	return int((prime - left) % prime), true
}

// reduce takes from an equation what the system says of its unknowns.
func (s *system) reduce(row []uint64, sum uint64) ([]uint64, uint64) {
	for k, known := range s.rows {
		factor := row[s.pivots[k]]
		if factor == 0 {
			continue
		}
		for i, v := range known {
			row[i] = (row[i] + (prime-factor)*v) % prime
		}
		sum = (sum + (prime-factor)*s.sums[k]) % prime
	}
	return row, sum
}

// power is v to the n, modulo the prime.
func power(v, n uint64) uint64 {
	out := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out = out * v % prime
		}
		v = v * v % prime
	}
	return out
}
