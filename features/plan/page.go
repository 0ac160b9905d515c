package plan

import (
	"fmt"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/features/fields"
)

// Page is the documentation of a plan's fields as Markdown.
func Page() string {
	var text strings.Builder
	text.WriteString(`# The plan of a study

<!-- Written by fairway study fields from the types of the plan; a test keeps it so. -->

` + "`fairway study init DIR`" + ` writes a plan with comments, and a little data beside it; ` + "`fairway study run --plan DIR/plan.yaml`" + `
plays it. A plan is one YAML file: the sites with their rules and data, what the columns mean, who works there, what is
asked of the data holders, and what is computed. Each mistake is told with its line before any site is made; so is one in
a data file, with the line of that file. In the table, names in capitals stand for names that the plan chooses, [] for each
element of a list.

## Fields

`)
	text.WriteString(fields.Page(Plan{}))
	text.WriteString(`
## Kinds of analyses

Where several sites answer, the host combines: the first way is taken if the plan says none. Kaplan-Meier curves come with
the log-rank test beside them. What a site may run is in its profile. All analyses of a plan are of the same people: those
who have a value of every variable that any of them names. A table of more people is a plan of its own.
Cox takes ties as Breslow does (in R: ties = "breslow"), and is stratified by site. Numbers have a decimal point, cells without
a value are empty or NA, files are UTF-8 with commas; a carriage return before the line's end and a byte order mark do no harm.
Genotypes are of autosomes: who has one copy of a chromosome, as of X, Y and MT, would be counted wrongly, and such files are
refused by line (` + "`plink2 --autosome`" + ` leaves them out).

| kind | needs | takes | combined |
|---|---|---|---|
`)
	for _, kind := range analyses.Kinds() {
		needs, takes, ways := analyses.Members(kind)
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", kind, strings.Join(needs, ", "), strings.Join(takes, ", "), strings.Join(ways, ", "))
	}
	text.WriteString(`
## What comes out

In the folder of ` + "`--out`" + `: ` + "`result.json`" + `, the bytes that the reviewers of the host released; ` + "`manifest.json`" + `, what became
of the question at each site (returned, refused, timed-out, suppressed; with reason and digest); ` + "`study.feature`" + `, the scenario that
was played, in the words of [STEPS.md](STEPS.md), a start for scenarios of your own (` + "`files`" + ` beside it has links to the data files and
the profiles, as it names them); ` + "`report/index.html`" + `, the page; ` + "`report/results.json`" + `, known answers beside ours.
`)
	return text.String()
}
