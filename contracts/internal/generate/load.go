package generate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
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
	Border   struct {
		Directions []string `yaml:"directions"`
		Receivers  string   `yaml:"receivers"`
	} `yaml:"border"`
	DataClass    string   `yaml:"dataClass"`
	Requirements []string `yaml:"requirements"`
}

// event is a contract folder: its contract, its versions and its newest schema.
type event struct {
	contract
	folder     string // <service>/<noun>-<verb>
	noun, verb string
	versions   []string
	schema     *schemas.Schema
}

func (e event) service() string { return path.Dir(e.folder) }
func (e event) name() string    { return path.Base(e.folder) }
func (e event) goName() string  { return goName(e.name()) }

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
	newest := e.versions[len(e.versions)-1]
	if text, err = fs.ReadFile(fsys, folder+"/"+newest+".json"); err != nil {
		return e, err
	}
	if e.schema, err = schemas.Parse(text); err != nil {
		return e, fmt.Errorf("%s.json: %w", newest, err)
	}
	return e, nil
}

// names takes noun and verb from the type and holds them against the folder.
func (e *event) names() error {
	parts := strings.Split(e.Type, ".")
	if len(parts) != 5 || parts[0] != "fairway" || parts[1] != e.service() || parts[2]+"-"+parts[3] != e.name() || parts[4] != "v1" {
		return fmt.Errorf("type %q is not fairway.%s.<noun>.<verb>.v1 of its folder", e.Type, e.service())
	}
	e.noun, e.verb = parts[2], parts[3]
	return nil
}
