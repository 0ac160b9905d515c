// Package plan reads the plan of a study that somebody wrote in one file, finds what is wrong with it by line, and turns
// it into the scenario that plays it. It knows contracts; what it must know of the profiles of sites and of data files it
// is told.
package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/features/fields"
	"github.com/fairway-tre/fairway/features/harness"
)

// Plan is a study as its file describes it. The tags say all of the file: reading, messages and PLAN.md come from them.
type Plan struct {
	Title      string        `yaml:"title" form:"line" needed:"yes" help:"Name of the study, as results and report bear it."`
	Question   string        `yaml:"question" form:"line" needed:"yes" help:"What is asked, in words, for the report."`
	Host       string        `yaml:"host" form:"site" needed:"yes" expected:"one of the sites" help:"The site whose researcher asks, and where the answers are combined."`
	Sites      []Site        `yaml:"sites" needed:"yes" expected:"a group, by the names of the sites" help:"The environments, each with its rules and its data. A name has 2 to 32 small letters or hyphens."`
	Dictionary []Variable    `yaml:"dictionary" expected:"a group, by the names of the variables" help:"What the columns mean, for all datasets that have no dictionary of their own."`
	Persons    []Person      `yaml:"persons" expected:"a list of people" help:"Who works at the sites. A site of which nobody is named here gets the people that its profile asks for; the host's researcher is added where nobody has that role."`
	Permit     Permit        `yaml:"permit" expected:"a group of fields" help:"The terms that the data holders are asked for."`
	Prepare    []Step        `yaml:"prepare" expected:"a list of steps" help:"How the table of the analyses is made, in order; without any step it is the rows of the dataset."`
	Analyses   []Analysis    `yaml:"analyses" needed:"yes" expected:"a list of analyses" help:"What is computed. All of them are one study, one release of each site."`
	Deadline   time.Duration `yaml:"deadline" expected:"a time from 1s to 24h" help:"When silence of a site counts as its answer. Default 300s."`
	Expected   []Answer      `yaml:"expected" expected:"a list of known answers" help:"Numbers known beforehand, which the result is held against; the report shows both."`

	File  string       // of the plan
	lines fields.Lines // of its fields
}

// Site is one environment of a plan.
type Site struct {
	Name     string    `yaml:"site,key" form:"site"`
	Profile  string    `yaml:"profile" form:"line" expected:"a name or a path" help:"The rules of the site: a profile that comes with the program, or the path of a .yaml. Default: the one named as the site."`
	Title    string    `yaml:"title" form:"line" help:"Name of the site in the report."`
	Country  string    `yaml:"country" form:"code" expected:"two letters" help:"For the report. Default: as the profile says."`
	Address  string    `yaml:"address" form:"code" expected:"an address of this machine, such as 127.0.8.7" help:"From where its people sign in, for a profile that limits it. Default: the first that it allows."`
	Datasets []Dataset `yaml:"datasets" expected:"a group, by the ids of the datasets" help:"The data that lie at the site."`
}

// Dataset is what lies at a site.
type Dataset struct {
	ID         string     `yaml:"dataset,key" form:"code"`
	Title      string     `yaml:"title" form:"line" help:"Title of its record in the catalogue. Default: its id."`
	Holder     string     `yaml:"holder" form:"code" help:"Who holds the data. One of the sites, if it has no workspace of its own and its data lie here: then it decides on them. Default: the site."`
	File       string     `yaml:"file" form:"line" expected:"a path of a .csv or .csv.gz" help:"The table, with a header, separated by commas. A path counts from the plan's folder; demo:NAME is a file that comes with the program."`
	Rows       Rows       `yaml:"rows" expected:"a group of fields" help:"Which rows of the table are of this dataset. Default: all."`
	Genotypes  []string   `yaml:"genotypes" form:"line" expected:"a .vcf, or a .bed, a .bim and a .fam; each may end in .gz" help:"The genotypes."`
	Samples    Range      `yaml:"samples" expected:"a group of fields" help:"Which samples of a .vcf are of this dataset. Default: all."`
	Sample     string     `yaml:"sample" form:"cell" expected:"a column" help:"The column of the file beside genotypes that has the id of the sample."`
	Conditions []string   `yaml:"conditions" form:"code" expected:"a list of terms" help:"On its use, in terms of the Data Use Ontology such as GRU, NPU (no companies) or TS:12 (months). A permit that they forbid is refused, the study is asked without it, and the manifest names it. Default: none, and the holder's people decide alone."`
	Dictionary []Variable `yaml:"dictionary" expected:"a group, by the names of the variables" help:"What the columns of this dataset mean. Default: the dictionary of the plan."`

	forbidden string // the condition that forbids what the permit asks for
}

// Rows are those that have a text in a column.
type Rows struct {
	Column string `yaml:"column" form:"cell" needed:"yes" expected:"a column" help:"The column that says whose row it is."`
	Equals string `yaml:"equals" form:"cell" needed:"yes" expected:"text" help:"What stands in it in the rows of this dataset."`
}

// Range counts from 1.
type Range struct {
	First int `yaml:"first" needed:"yes" expected:"a whole number" help:"The first one, counted from 1."`
	Last  int `yaml:"last" needed:"yes" expected:"a whole number" help:"The last one."`
}

// Variable is a line of a dictionary.
type Variable struct {
	Concept string       `yaml:"variable,key" form:"code"`
	Column  string       `yaml:"column" form:"cell" help:"The column that has it, as the header has its name. Default: the one with the variable's name. Of the people of genotypes themselves: fid, iid, father, mother, sex, phenotype."`
	Type    string       `yaml:"type" needed:"yes" form:"number|integer|category|event|identifier|genotype" help:"identifier is the type of the variable person alone, genotype that of genotype."`
	Unit    string       `yaml:"unit" form:"code" help:"Unit of a number, such as day."`
	Event   string       `yaml:"event" form:"cell" expected:"a value of the column" help:"The value that means that the event happened; an event needs it."`
	Levels  fields.Pairs `yaml:"levels" form:"cell=code" expected:"a group, value: name" help:"The values of a category, as they stand in the file, and the names that results have for them: letters, digits, no spaces. Others are compared with the first, by the order of the values."`

	at string // its name in the file
}

// Person is somebody who works at a site.
type Person struct {
	Name  string   `yaml:"name" needed:"yes" form:"person" help:"What they are at the site, such as first committee member."`
	Site  string   `yaml:"site" needed:"yes" form:"site" expected:"one of the sites" help:"Where."`
	Roles []string `yaml:"roles" needed:"yes" form:"code" expected:"a list of roles" help:"researcher, data-manager, output-checker, release-committee, export-group, and the bodies that decide in the site's profile."`
}

// Permit is what is asked of the data holders.
type Permit struct {
	Project string   `yaml:"project" form:"line" help:"Name of the project. Default: the title."`
	Days    int      `yaml:"days" expected:"a whole number" help:"For how long. Default 30; each profile has its limit."`
	Purpose string   `yaml:"purpose" form:"a|b|c|d|e|f" help:"Letter of the purpose in Article 53(1) of Regulation (EU) 2025/327. Default e, scientific research."`
	Partner string   `yaml:"partner" form:"academic|public|non-profit|industry" help:"Who asks. Default academic; a profile may refuse some, or have more bodies decide."`
	Sponsor string   `yaml:"sponsor" form:"code" help:"Who pays; an industry partner must say it."`
	Uses    []string `yaml:"uses" form:"code" expected:"a list of terms" help:"What for, in terms of the Data Use Ontology: NRES, GRU, HMB, POA, NMDS or DS:disease."`
}

// Step is one step that makes the table.
type Step struct {
	Op      string       `yaml:"step" needed:"yes" form:"filter|derive|recode|aggregate|link|dosage" help:"filter keeps rows; derive makes a category of a number, or an event of conditions; recode renames levels; aggregate makes one value of a person's rows; link joins another dataset of the site by person; dosage counts an allele."`
	Dataset string       `yaml:"dataset" form:"code" help:"The dataset that is worked on or linked. Default: the one that is asked."`
	Concept string       `yaml:"variable" form:"code" help:"The variable that is read."`
	Where   []string     `yaml:"where" form:"line" expected:"a list of conditions, such as \"age at least 40\" or \"test is hdl or ldl\"" help:"A condition is a variable, one of is, is not, under, at most, over, at least, and a value, or levels joined by or. Rows must meet all."`
	How     string       `yaml:"how" form:"any|count|mean|min|max|last" help:"What aggregate tells of a person's rows."`
	Order   string       `yaml:"order" form:"code" help:"The variable whose highest value is the last row."`
	Cuts    []string     `yaml:"cuts" form:"number" expected:"a list of rising numbers" help:"Where groups begin."`
	Levels  []string     `yaml:"levels" form:"code" expected:"a list of names" help:"Names of the groups, one more than cuts."`
	Recodes fields.Pairs `yaml:"recodes" form:"code" expected:"a group, old: new" help:"New names of levels."`
	Variant string       `yaml:"variant" form:"code" help:"Id of the variant, or its place, such as 2:10205:T:G."`
	Allele  string       `yaml:"allele" form:"allele" help:"The allele that is counted."`
	As      string       `yaml:"as" form:"code" help:"Name of the variable that the step makes."`
}

// Analysis is what is computed, see contracts/analyses.
type Analysis struct {
	Kind        string       `yaml:"kind" needed:"yes" form:"code" expected:"one of the kinds below" help:"What is computed."`
	Time        string       `yaml:"time" form:"code" expected:"a number" help:"The time to the event."`
	Event       string       `yaml:"event" form:"code" expected:"an event" help:"The event."`
	Arm         string       `yaml:"arm" form:"code" expected:"a category" help:"The groups that are compared."`
	Stratum     string       `yaml:"stratum" form:"code" expected:"a category" help:"The strata."`
	By          []string     `yaml:"by" form:"code" expected:"one or two categories or events" help:"What a table or a summary is split by."`
	Outcome     string       `yaml:"outcome" form:"code" expected:"a number of a linear, an event of a logistic regression or of an association" help:"What is explained."`
	Covariates  []string     `yaml:"covariates" form:"code" expected:"a list of variables" help:"What explains it, in the order of the terms."`
	References  fields.Pairs `yaml:"references" form:"code" expected:"a group, variable: level" help:"The level that the others of a category are compared with. Default: the first."`
	Measure     string       `yaml:"measure" form:"code" expected:"a number" help:"What is summarised."`
	Percentiles []string     `yaml:"percentiles" form:"number" expected:"a list of whole numbers from 1 to 99" help:"The quantiles that are told. They do not add up: where several datasets are asked, combine: per-site tells each one's own, and no quantile of all."`
	Variants    []string     `yaml:"variants" form:"code" expected:"a list of ids" help:"The variants that are asked about. Default: all."`
	Weights     []Weight     `yaml:"weights" expected:"a list of weights" help:"What each allele adds to a score; all scores of a plan have the same."`
	SmallCells  string       `yaml:"smallCells" form:"refuse|suppress" help:"What becomes of a table with a small cell. Default refuse."`
	Combine     string       `yaml:"combine" form:"code" expected:"one of the ways below" help:"How the host makes one answer. Default: the first way of the kind."`
}

// Weight of an allele in a score.
type Weight struct {
	Variant string `yaml:"variant" needed:"yes" form:"code" help:"Id of the variant."`
	Allele  string `yaml:"allele" needed:"yes" form:"allele" help:"The allele that is weighed."`
	Weight  string `yaml:"weight" needed:"yes" form:"number" help:"What a copy of it adds."`
}

// Answer is a number that is known beforehand.
type Answer struct {
	Quantity string `yaml:"quantity" needed:"yes" form:"line" expected:"such as people, mean of hdl, chi-square, estimate, beta of C" help:"Which number of the result; see the step about numbers in STEPS.md."`
	Of       string `yaml:"of" form:"line" expected:"a variant, a term, or levels such as sex = female, diabetes = yes" help:"Of what."`
	At       string `yaml:"at" form:"site" expected:"a site" help:"At which site, where the result has each site's numbers."`
	Result   int    `yaml:"result" expected:"a whole number" help:"In which result, counted from 1, where several tell of the same; curves are in the result of their log-rank test."`
	Answer   string `yaml:"answer" needed:"yes" form:"number" help:"The known number."`
	Within   string `yaml:"within" form:"1e-3|1e-4|1e-5|1e-6|1e-7|1e-8|1e-9|1e-10" help:"How near ours must be, relative. Default 1e-6."`
}

// DefaultDeadline of a study.
const DefaultDeadline = 300 * time.Second

// Load reads a plan. An error that is about the content is *fields.Problems. Check finds what only data and profiles show.
func Load(name string) (Plan, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Plan{}, fmt.Errorf("read the plan of the study: %w: fairway study init DIR writes one that runs as it is", err)
	}
	return Parse(text, name)
}

// Parse is Load of a text.
func Parse(text []byte, name string) (Plan, error) {
	base, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return Plan{}, err
	}
	r := fields.Reader{Base: base}
	p := Plan{File: name}
	if doc := r.Document(text, "fairway study init DIR writes a plan that runs as it is"); doc != nil {
		p.lines = r.Decode(doc, &p)
	}
	if err := r.Err(name); err != nil {
		return Plan{}, err
	}
	p.defaults(r.Within)
	c := checking{Plan: &p}
	c.alone()
	if err := c.err(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// defaults fills what may be left out, and makes paths absolute.
func (p *Plan) defaults(within func(string) string) {
	or(&p.Permit.Project, p.Title)
	or(&p.Permit.Purpose, "e")
	or(&p.Permit.Partner, "academic")
	or(&p.Permit.Days, 30)
	or(&p.Deadline, DefaultDeadline)
	for i := range p.Sites {
		s := &p.Sites[i]
		or(&s.Profile, s.Name)
		if strings.Contains(s.Profile, "/") || strings.HasSuffix(s.Profile, ".yaml") {
			s.Profile = within(s.Profile)
		}
		for j := range s.Datasets {
			d := &s.Datasets[j]
			or(&d.Title, d.ID)
			or(&d.Holder, s.Name)
			at := s.at(d) + ".dictionary"
			if len(d.Dictionary) == 0 {
				d.Dictionary, at = slices.Clone(p.Dictionary), "dictionary"
			}
			for k := range d.Dictionary {
				v := &d.Dictionary[k]
				v.at = at + "." + v.Concept
				or(&v.Column, v.Concept)
			}
			for _, file := range d.files() {
				if !strings.HasPrefix(*file, Demo) {
					*file = within(*file)
				}
			}
		}
	}
	for i := range p.Expected {
		or(&p.Expected[i].Within, "1e-6")
	}
}

func or[T comparable](to *T, otherwise T) {
	if *to == *new(T) {
		*to = otherwise
	}
}

// Demo begins the name of a file that comes with the program.
const Demo = "demo:"

// at is the name of a dataset in the file.
func (s *Site) at(d *Dataset) string { return "sites." + s.Name + ".datasets." + d.ID }

// files lists the paths of a dataset.
func (d *Dataset) files() (all []*string) {
	if d.File != "" {
		all = append(all, &d.File)
	}
	for i := range d.Genotypes {
		all = append(all, &d.Genotypes[i])
	}
	return all
}

// harness is the dataset as the harness takes it.
func (d *Dataset) harness() harness.Dataset {
	return harness.Dataset{File: d.File, Genotypes: d.Genotypes, Sample: d.Sample, Column: d.Rows.Column, Equals: d.Rows.Equals,
		First: d.Samples.First, Last: d.Samples.Last}
}

// site finds a site of the plan; nil if there is none.
func (p *Plan) site(name string) *Site {
	for i := range p.Sites {
		if p.Sites[i].Name == name {
			return &p.Sites[i]
		}
	}
	return nil
}

// linked says whether a dataset is read beside those that are asked.
func (p *Plan) linked(id string) bool {
	return slices.ContainsFunc(p.Prepare, func(s Step) bool { return s.Dataset == id })
}

// datasets visits all.
func (p *Plan) datasets(visit func(*Site, *Dataset)) {
	for i := range p.Sites {
		for j := range p.Sites[i].Datasets {
			visit(&p.Sites[i], &p.Sites[i].Datasets[j])
		}
	}
}
