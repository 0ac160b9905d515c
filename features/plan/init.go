package plan

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

//go:embed start/plan.yaml
var start []byte

// Init writes a plan that can be played as it is, and the data that it names, into a folder, which it makes. What is
// there already is left alone and is an error.
func Init(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the plan: %w", err)
	}
	files := []struct {
		name string
		text []byte
	}{{"patients.csv", []byte(patients())}, {"plan.yaml", start}}
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, f.name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, and is left as it is: give another folder", filepath.Join(dir, f.name))
		}
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.text, 0o644); err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
	}
	return nil
}

// patients makes up the same people each time: two hospitals, exponential times to relapse, at half the rate where treated,
// followed for at most 1,500 days.
func patients() string {
	random := rand.New(rand.NewPCG(20, 26))
	var text strings.Builder
	text.WriteString("patient,hospital,sex,age,arm,days,relapsed\n")
	for i := range 600 {
		hospital, rate := "north", 1.0/700
		if i >= 340 {
			hospital, rate = "south", 1.0/900
		}
		arm := random.IntN(2)
		if arm == 1 {
			rate /= 2
		}
		relapse, followed := random.ExpFloat64()/rate, 300+1200*random.Float64()
		relapsed := 0
		if relapse < followed {
			relapsed = 1
		}
		days := max(1, math.Round(min(relapse, followed)))
		fmt.Fprintf(&text, "P%04d,%s,%s,%d,%d,%.0f,%d\n", i+1, hospital, []string{"f", "m"}[random.IntN(2)], 35+random.IntN(50), arm, days, relapsed)
	}
	return text.String()
}
