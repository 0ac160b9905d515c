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
	for _, o := range sites {
		s, err := initAndAdmit(dir, federation, o)
		if err != nil {
			return nil, err
		}
		made = append(made, s)
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

func initAndAdmit(dir, federation string, o SiteOptions) (Site, error) {
	p, err := profile.Parse(o.Profile)
	if err != nil {
		return Site{}, fmt.Errorf("site init: %w", err)
	}
	s, err := InitSite(filepath.Join(dir, p.Name), o)
	if err != nil {
		return Site{}, err
	}
	join, err := os.ReadFile(filepath.Join(dir, p.Name, setup.JoinFile))
	if err != nil {
		return Site{}, err
	}
	_, err = Admit(federation, join, "")
	return s, err
}
