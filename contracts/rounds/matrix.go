package rounds

import "math"

// Upper is the place of row i and column j of a symmetric matrix of k rows in its
// upper triangle, which is written row by row.
func Upper(k, i, j int) int {
	if i > j {
		i, j = j, i
	}
	return i*k - i*(i-1)/2 + j - i
}

// singular is the share of a variable's own variance that the others must leave
// unexplained; under it, what is left is rounding.
const singular = 1e-11

// solve returns the solution of information × step = gradient, and the inverse of
// the information as an upper triangle.
func solve(gradient, information []float64) (step, inverse []float64, err error) {
	k := len(gradient)
	root, err := cholesky(k, information)
	if err != nil {
		return nil, nil, err
	}
	step = root.solve(gradient)
	inverse = make([]float64, len(information))
	for i := range k {
		unit := make([]float64, k)
		unit[i] = 1
		for j, v := range root.solve(unit)[i:] {
			inverse[Upper(k, i, i+j)] = v
		}
	}
	return step, inverse, nil
}

// lower is the Cholesky root of a matrix that was scaled to a diagonal of ones, so
// that units do not decide what is singular.
type lower struct {
	k     int
	scale []float64
	rows  [][]float64
}

func cholesky(k int, matrix []float64) (lower, error) {
	l := lower{k: k, scale: make([]float64, k), rows: make([][]float64, k)}
	for i := range k {
		diagonal := matrix[Upper(k, i, i)]
		if !(diagonal > 0) || math.IsInf(diagonal, 1) {
			return l, ErrSingular
		}
		l.scale[i] = 1 / math.Sqrt(diagonal)
		l.rows[i] = make([]float64, i+1)
	}
	for i := range k {
		for j := range i + 1 {
			sum := matrix[Upper(k, i, j)] * l.scale[i] * l.scale[j]
			for m := range j {
				sum -= l.rows[i][m] * l.rows[j][m]
			}
			if i != j {
				l.rows[i][j] = sum / l.rows[j][j]
				continue
			}
			if !(sum > singular) {
				return l, ErrSingular
			}
			l.rows[i][i] = math.Sqrt(sum)
		}
	}
	return l, nil
}

func (l lower) solve(right []float64) []float64 {
	x := make([]float64, l.k)
	for i := range l.k {
		x[i] = right[i] * l.scale[i]
		for m := range i {
			x[i] -= l.rows[i][m] * x[m]
		}
		x[i] /= l.rows[i][i]
	}
	for i := l.k - 1; i >= 0; i-- {
		for m := i + 1; m < l.k; m++ {
			x[i] -= l.rows[m][i] * x[m]
		}
		x[i] /= l.rows[i][i]
	}
	for i := range x {
		x[i] *= l.scale[i]
	}
	return x
}
