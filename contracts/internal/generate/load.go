package generate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

// contract is contract.yaml as written.
type contract struct {
	Type     string   `yaml:"type"`
	Kind     string   `yaml:"kind"`
	Owner    string   `yaml:"owner"`
	Writers  []string `yaml:"writers"`
	Readers  []string `yaml:"readers"`
	Topic    string   `yaml:"topic"`
	Subject  string   `yaml:"subject"`
	Key      string   `yaml:"key"`
	Ordering string   `yaml:"ordering"`
	Deadline string   `yaml:"deadline"` // ISO 8601 duration within which the next fact is due, or none
	Border   struct {
		Directions []string `yaml:"directions"`
		Receivers  string   `yaml:"receivers"`
	} `yaml:"border"`
	DataClass    string   `yaml:"dataClass"`
	Supersedes   string   `yaml:"supersedes"`
	Sunset       string   `yaml:"sunset"`
	Requirements []string `yaml:"requirements"`
}

// event is a contract folder: its contract, its versions and its newest schema.
type event struct {
	contract
	folder     string // <service>/<noun>-<verb>, with .v<major> from the second major on
	noun, verb string
	major      int
	versions   []string
	schema     *schemas.Schema
}

func (e event) service() string { return path.Dir(e.folder) }
func (e event) name() string    { return path.Base(e.folder) }
func (e event) goName() string  { return goName(e.noun + "-" + e.verb) }

// goPackage is the package of the Go type, below the root of the module.
func (e event) goPackage() string { return fmt.Sprintf("%s/v%d", e.service(), e.major) }

// alias is how a package of several services and majors names it.
func (e event) alias() string {
	if e.major == 1 {
		return e.service()
	}
	return fmt.Sprintf("%sv%d", e.service(), e.major)
}

// load reads every contract folder, in order of service and name.
func load(fsys fs.FS) ([]event, error) {
	paths, err := fs.Glob(fsys, "*/*/contract.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the contracts: %w", err)
	}
	var events []event
	for _, p := range paths {
		e, err := loadOne(fsys, path.Dir(p))
		if err != nil {
			return nil, fmt.Errorf("schemas/%s: %w", path.Dir(p), err)
		}
		events = append(events, e)
	}
	return events, nil
}

func loadOne(fsys fs.FS, folder string) (event, error) {
	e := event{folder: folder}
	text, err := fs.ReadFile(fsys, folder+"/contract.yaml")
	if err != nil {
		return e, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&e.contract); err != nil {
		return e, fmt.Errorf("read contract.yaml: %w", err)
	}
	if err := e.names(); err != nil {
		return e, err
	}
	if e.versions, err = schemas.Versions(fsys, folder); err != nil {
		return e, err
	}
	if len(e.versions) == 0 {
		return e, errors.New("no schema such as 1.0.0.json")
	}
	for _, v := range e.versions {
		if !strings.HasPrefix(v, fmt.Sprintf("%d.", e.major)) {
			return e, fmt.Errorf("%s.json is not of major %d: each major has its own folder", v, e.major)
		}
	}
	newest := e.versions[len(e.versions)-1]
	if text, err = fs.ReadFile(fsys, folder+"/"+newest+".json"); err != nil {
		return e, err
	}
	if e.schema, err = schemas.Parse(text); err != nil {
		return e, fmt.Errorf("%s.json: %w", newest, err)
	}
	return e, nil
}

// names takes noun, verb and major from the type and holds them against the folder: <noun>-<verb> for the first major,
// <noun>-<verb>.v<major> for each later one.
func (e *event) names() error {
	parts := strings.Split(e.Type, ".")
	if len(parts) == 5 {
		e.noun, e.verb = parts[2], parts[3]
		e.major, _ = strconv.Atoi(strings.TrimPrefix(parts[4], "v"))
	}
	name := e.noun + "-" + e.verb
	if e.major > 1 {
		name += fmt.Sprintf(".v%d", e.major)
	}
	if e.major < 1 || name != e.name() || e.Type != fmt.Sprintf("fairway.%s.%s.%s.v%d", e.service(), e.noun, e.verb, e.major) {
		return fmt.Errorf("type %q is not fairway.%s.<noun>.<verb>.v<major> of its folder", e.Type, e.service())
	}
	return nil
}
