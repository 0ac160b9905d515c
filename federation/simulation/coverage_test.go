package simulation

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the repository.
const root = "../.."

// eachFile reads all files of the repository with an ending.
func eachFile(t *testing.T, ending string, fn func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "out" || d.Name() == "bin") {
			return skipped(err)
		}
		if d.IsDir() || !strings.HasSuffix(path, ending) {
			return nil
		}
		text, err := os.ReadFile(path)
		fn(path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skipped(err error) error {
	if err == nil {
		return filepath.SkipDir
	}
	return err
}

// TestTheListOfFailpointsIsThatOfTheProgram looks for every place that asks whether it is armed.
func TestTheListOfFailpointsIsThatOfTheProgram(t *testing.T) {
	var asked []string
	constants := map[string]string{}
	var names []ast.Expr
	eachFile(t, ".go", func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/failpoint/") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, v := range n.Values {
					if l, ok := v.(*ast.BasicLit); ok && l.Kind == token.STRING {
						constants[n.Names[i].Name], _ = strconv.Unquote(l.Value)
					}
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Hit" && len(n.Args) == 2 {
					names = append(names, n.Args[1])
				}
			}
			return true
		})
	})
	for _, n := range names {
		switch n := n.(type) {
		case *ast.BasicLit:
			name, _ := strconv.Unquote(n.Value)
			asked = append(asked, name)
		case *ast.Ident:
			asked = append(asked, constants[n.Name])
		}
	}
	known := []string{erased}
	for _, p := range points {
		known = append(known, p.name)
	}
	slices.Sort(asked)
	slices.Sort(known)
	if !slices.Equal(slices.Compact(asked), known) {
		t.Errorf("the program asks at %q, the simulation knows of %q: put the others into points, in the order in which a study reaches them", asked, known)
	}
}

// kinds of faults, and where those are met that are not met here, or are met more truly elsewhere. Tests are named by
// function or by the id of a scenario.
var kinds = []struct{ of, what, elsewhere string }{
	{"F1", "death of a service, at any failpoint", "TestAPowerCutAtAnyNamedPlaceLosesNothing, TestAPowerCutBetweenCommitAndAcknowledgementLosesNothing; processes by SIGKILL: SC-REC-001"},
	{"F2", "a service that hangs and comes back", "processes by SIGSTOP: SC-REC-002; here it keeps its place in its groups, TestGroupTakesOverFromMemberCutOffAndItsLateAckCommitsNothing is of one that lost it"},
	{"F3", "restart and death of a broker", "a process by SIGKILL: TestKillLosesNothingAcknowledged"},
	{"F4", "lost acknowledgement", ""},
	{"F5", "a broker that refuses to write", "a broker here is one node, with no leader to move: three of Apache Kafka, `scripts/real.sh cluster`"},
	{"F6", "members thrown out of groups, coordinator moved", "TestWorkIsSharedAndNothingLostWhileMembersComeAndGo"},
	{"F7", "records again, also days old", "TestMarksArePrunedADayAfterTheyMayBeAndAnOldEventStillTakesNoEffect"},
	{"F8", "events in another order", "within a subject: TestActsThatOvertookEachOtherAreTakenInTheirOrder"},
	{"F9", "partitions, of a minute to days", "30 minutes in the middle of a study: TestThirtyMinutesOfPartitionOfOneSiteInTheMiddleOfAStudy, TestAPartitionInTheMiddleOfAStudyInRoundsNamesTheSiteAndLosesNothing; of a holder whose data another site hosts: TestAPermitWhoseHolderIsCutOffIsGoneByNoLongerThanItsBound"},
	{"F10", "flapping and slow connections", "not a byte a second, nor a frame cut in the middle"},
	{"F11", "clocks that differ", "by less than is allowed; by more: TestOpenRefuses"},
	{"F12", "full disk", "of a database, by the file system that SQLite is given: TestAStudyOutlivesDisksThatAreFullOrFail; not of a broker, whose own takes no other, nor of objects, files that the system writes: a whole site on a small file system is TestASiteOnAFullDiskSaysSoLosesNothingAndGoesOnByItselfOnceThereIsRoom"},
	{"F13", "errors of the disk", "writes that fail, and bytes that cannot be made to last, also with a power cut after them: TestAStudyOutlivesDisksThatAreFullOrFail. Of databases alone, as F12. The service does not end: SQLite writes anew what it could not make last, and the record is tried again"},
	{"F14", "altered files", "planted, see below; TestNothingIsSignedOverALogThatSomebodyChanged"},
	{"F15", "an old backup put back", "planted, see below"},
	{"F16", "poison", "every kind of it: TestNoRecordCanBlockItsPartition, TestOpenRefuses"},
	{"F17", "keys that change while they sign", "revoked ones: TestAKeyIsRotatedWithoutLossAndARevokedOneIsRefused"},
	{"F18", "the registry: a site suspended, out of reach (F9)", "rolled back or forked: TestAnEntryOfTheRegistryThatDoesNotFollowIsRefusedAndChangesNothing, TestTwoEntriesOfOneSerialAreAForkAndKeysDoNotGoBack. There is no greatest age after which a registry that stays silent is not believed"},
	{"F19", "flood", "what others wait meanwhile: TestOthersWaitLessThanTwiceAsLongWhileOneSiteFloods; TestOneSourceCannotFillTheWaitingRoom"},
	{"F20", "backlog", "of hundreds, not of 100,000"},
	{"F21", "two versions at once", "in the middle of a study: TestASiteIsUpgradedServiceByServiceWhileItsStudyGoesOn. The site is told first minors alone, its services are replaced one by one; the states of a job are said in two majors all the time, and read in either. Both releases are the same program: one process has one table of contracts, so what an older program says by itself is not played. TestAFactSaidInBothMajorsTakesEffectOnce, TestAnUnknownMajorIsParkedForReplayAndLeavesNoGap"},
	{"F22", "an insider who edits a row", "TestAnInsiderWhoEditsADecisionReleasesNothing"},
}

// faultTable is the table of TRACK-RECORD.md.
func faultTable() string {
	text := "| fault | what | here | elsewhere |\n|---|---|---|---|\n"
	for _, k := range kinds {
		var here []string
		for _, f := range faults {
			if f.of == k.of && !slices.Contains(here, f.name) {
				here = append(here, f.name)
			}
		}
		text += fmt.Sprintf("| %s | %s | %s | %s |\n", k.of, k.what, strings.Join(here, "; "), k.elsewhere)
	}
	return text
}

// lawTable is the other one.
func lawTable() string {
	text := "| law | planted, and found by it |\n|---|---|\n"
	for _, i := range invariants {
		var by []string
		for _, p := range planted {
			if p.law == i.name {
				by = append(by, p.name)
			}
		}
		text += fmt.Sprintf("| %s: %s | %s |\n", i.name, i.law, strings.Join(by, "; "))
	}
	return text
}

func TestEveryFaultAndLawHasItsPlaceInTheTrackRecord(t *testing.T) {
	page, err := os.ReadFile("TRACK-RECORD.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]string{"faults": faultTable(), "laws": lawTable()} {
		if !strings.Contains(string(page), table) {
			t.Errorf("TRACK-RECORD.md lacks the table of %s as the code has it:\n%s", name, table)
		}
	}
	for n := range 14 {
		of := fmt.Sprintf("I%d", n+1)
		if !slices.ContainsFunc(invariants, func(i invariant) bool { return i.name == of }) || !slices.ContainsFunc(planted, func(p plantedBug) bool { return p.law == of }) {
			t.Errorf("%s has no judge, or no bug that it finds", of)
		}
	}
	for i, k := range kinds {
		here := slices.ContainsFunc(faults, func(f fault) bool { return f.of == k.of })
		if k.of != fmt.Sprintf("F%d", i+1) || !here && k.elsewhere == "" {
			t.Errorf("%s is neither here nor elsewhere", k.of)
		}
	}
	if t.Failed() {
		return
	}
	testsExist(t, string(page))
}

// testsExist holds that what the page names is there.
func testsExist(t *testing.T, page string) {
	t.Helper()
	named := regexp.MustCompile(`\b(Test[A-Z]\w+|SC-[A-Z]+-\d+)\b`)
	there := map[string]bool{}
	for ending, pattern := range map[string]string{"_test.go": `(?m)^func (Test\w+)\(`, ".feature": `@(SC-[A-Z]+-\d+)`} {
		find := regexp.MustCompile(pattern)
		eachFile(t, ending, func(_ string, text []byte) {
			for _, m := range find.FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
		})
	}
	for _, name := range named.FindAllString(page, -1) {
		if !there[name] {
			t.Errorf("TRACK-RECORD.md names %s, which is nowhere", name)
		}
	}
}
