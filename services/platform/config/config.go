// Package config reads the settings of a process from the environment and an optional YAML file into a struct whose
// tags are the only description of them: loading, errors and the table in the documentation come from the same tags.
//
//	Addr string `env:"FAIRWAY_HTTP, default=127.0.0.1:0" yaml:"http" expected:"host:port" help:"Where people and probes reach the service."`
//
// The environment wins over the file, the file over the default.
package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"
	"go.yaml.in/yaml/v3"
)

// Prefix of every variable. One that begins with it and is not known is refused, because it is a typing mistake.
const Prefix = "FAIRWAY_"

// ErrConfig is what every error of Load wraps.
var ErrConfig = errors.New("configuration")

// Load fills target, a pointer to a struct of strings, numbers, durations and booleans. file may be empty. environ is
// as from os.Environ; foreign names variables with the prefix that belong to other programs.
func Load(target any, file string, environ []string, foreign ...string) error {
	value := reflect.ValueOf(target).Elem()
	settings := describe(value.Type())
	fromFile, err := readFile(settings, file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	env, problems := readEnviron(settings, environ, foreign)
	for i, s := range settings {
		if problem := s.set(value.Field(i), env, fromFile); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s", ErrConfig, strings.Join(problems, "; "))
	}
	return nil
}

// setting is one row of the table.
type setting struct {
	field                                    reflect.StructField
	variable, yaml, fallback, expected, help string
	required                                 bool
}

func describe(t reflect.Type) []setting {
	var all []setting
	for i := range t.NumField() {
		f := t.Field(i)
		s := setting{field: f, yaml: f.Tag.Get("yaml"), expected: f.Tag.Get("expected"), help: f.Tag.Get("help")}
		parts := strings.Split(f.Tag.Get("env"), ",")
		s.variable = parts[0]
		for _, option := range parts[1:] {
			option = strings.TrimSpace(option)
			s.required = s.required || option == "required"
			if v, ok := strings.CutPrefix(option, "default="); ok {
				s.fallback = v
			}
		}
		if !strings.HasPrefix(s.variable, Prefix) || s.yaml == "" || s.expected == "" || s.help == "" {
			panic(fmt.Sprintf("config: %s.%s needs the tags env (%s…), yaml, expected and help", t, f.Name, Prefix))
		}
		all = append(all, s)
	}
	return all
}

// set lets envconfig convert one value, so that a mistake is told with the variable it is in.
func (s setting) set(v reflect.Value, env, file map[string]string) (problem string) {
	text, where := env[s.variable], "variable "+s.variable
	if text == "" {
		text, where = file[s.yaml], "field "+s.yaml+" of the configuration file"
	}
	if text == "" && s.required {
		return fmt.Sprintf("variable %s is missing (field %s in a file): expected %s: %s", s.variable, s.yaml, s.expected, s.help)
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{s.field}))
	lookup := envconfig.MapLookuper(map[string]string{})
	if text != "" {
		lookup = envconfig.MapLookuper(map[string]string{s.variable: text})
	}
	if err := envconfig.ProcessWith(context.Background(), &envconfig.Config{Target: one.Interface(), Lookuper: lookup}); err != nil {
		return fmt.Sprintf("%s: %.80q: expected %s", where, text, s.expected)
	}
	v.Set(one.Elem().Field(0))
	return ""
}

func readEnviron(settings []setting, environ, foreign []string) (env map[string]string, problems []string) {
	env = map[string]string{}
	var known []string
	for _, s := range settings {
		known = append(known, s.variable)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case slices.Contains(known, name):
			env[name] = value
		case strings.HasPrefix(name, Prefix) && !slices.Contains(foreign, name):
			problems = append(problems, fmt.Sprintf("variable %s is unknown: known are %s", name, strings.Join(known, ", ")))
		}
	}
	return env, problems
}

func readFile(settings []setting, file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("file %s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("file %s: line %d: expected lines of the form field: value", file, doc.Content[0].Line)
	}
	return readFields(settings, file, doc.Content[0].Content)
}

func readFields(settings []setting, file string, nodes []*yaml.Node) (map[string]string, error) {
	var known []string
	for _, s := range settings {
		known = append(known, s.yaml)
	}
	values := map[string]string{}
	for i := 0; i+1 < len(nodes); i += 2 {
		key, value := nodes[i], nodes[i+1]
		_, twice := values[key.Value]
		switch {
		case !slices.Contains(known, key.Value):
			return nil, fmt.Errorf("file %s: line %d: field %q is unknown: known are %s", file, key.Line, key.Value, strings.Join(known, ", "))
		case twice:
			return nil, fmt.Errorf("file %s: line %d: field %q is given twice", file, key.Line, key.Value)
		case value.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("file %s: line %d: field %q: expected one value", file, value.Line, key.Value)
		}
		values[key.Value] = value.Value
	}
	return values, nil
}

// Table renders the settings of a struct as a Markdown table for the documentation.
func Table(target any) string {
	var b strings.Builder
	b.WriteString("| variable | in a file | expected | default | what it does |\n|---|---|---|---|---|\n")
	for _, s := range describe(reflect.TypeOf(target).Elem()) {
		fallback := "required"
		if !s.required {
			fallback = "`" + s.fallback + "`"
		}
		if fallback == "``" {
			fallback = "none"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", s.variable, s.yaml, s.expected, fallback, s.help)
	}
	return b.String()
}
