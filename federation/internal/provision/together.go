package provision

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// FederationDir is the operator's folder below the directory of Together.
const FederationDir = "federation"

// Together makes a federation and its sites in one directory, for one machine: <dir>/federation and <dir>/<site>, all
// admitted and joined. It takes the very steps that operator and sites take apart.
func Together(dir string, f FederationOptions, sites []SiteOptions) ([]Site, error) {
	federation := filepath.Join(dir, FederationDir)
	if _, err := InitFederation(federation, f); err != nil {
		return nil, err
	}
	var made []Site
	var joins [][]byte
	for _, o := range sites {
		s, join, err := initOne(dir, o)
		if err != nil {
			return nil, err
		}
		made, joins = append(made, s), append(joins, join)
	}
	if err := admitTogether(federation, joins); err != nil {
		return nil, err
	}
	for _, s := range made {
		text, err := os.ReadFile(AdmissionFile(federation, s.Name))
		if err != nil {
			return nil, fmt.Errorf("join %s: %w", s.Name, err)
		}
		if _, err := Join(filepath.Join(dir, s.Name), text); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func initOne(dir string, o SiteOptions) (s Site, join []byte, err error) {
	p, err := profile.Parse(o.Profile)
	if err != nil {
		return s, nil, fmt.Errorf("site init: %w", err)
	}
	if s, err = InitSite(filepath.Join(dir, p.Name), o); err != nil {
		return s, nil, err
	}
	join, err = os.ReadFile(filepath.Join(dir, p.Name, setup.JoinFile))
	return s, join, err
}
