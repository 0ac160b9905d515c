package site

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// InitFederation makes the folder of a federation's operator. addr is its broker's host:port; empty picks a free port.
// It returns the fingerprint of the federation's root key.
func InitFederation(dir, addr string) (string, error) {
	return provision.InitFederation(dir, provision.FederationOptions{Broker: addr})
}

// InitOptions are what a new site is made from.
type InitOptions struct {
	Profile    string        // the name of a profile that comes with the program, or a file
	Holdings   string        // a holdings file; empty for a site without data
	Federation string        // the folder of a federation on this machine, to be admitted and join at once; may be empty
	Broker     string        // host:port of the site's broker; empty picks a free port
	Database   string        // URL of who may create schemas and roles in PostgreSQL; empty: a SQLite file for each service
	Engines    setup.Engines // where Kratos and Keto are; empty: the engines in identity's own process
	Tester     bool          // adds a user for hostile records
}

// Init makes the folder of a site.
func Init(dir string, o InitOptions) (provision.Site, error) {
	text, err := readProfile(o.Profile)
	if err != nil {
		return provision.Site{}, err
	}
	if err := o.Engines.Check(); err != nil {
		return provision.Site{}, err
	}
	options := provision.SiteOptions{Profile: text, Broker: o.Broker, Tester: o.Tester}
	if o.Holdings != "" {
		if options.Holdings, err = readHoldings(o.Holdings); err != nil {
			return provision.Site{}, err
		}
	}
	if o.Federation != "" { // before anything is made
		if err := provision.Admissible(o.Federation, text); err != nil {
			return provision.Site{}, err
		}
	}
	made, err := provision.InitSite(dir, options)
	if err != nil {
		return made, err
	}
	if err := setup.UseEngines(dir, o.Engines); err != nil {
		return made, err
	}
	if o.Database != "" {
		if err := setup.UsePostgres(context.Background(), dir, o.Database); err != nil {
			return made, fmt.Errorf("%w; %s is made and of no use without it: remove it before the next attempt", err, dir)
		}
	}
	if o.Federation != "" {
		if err := admitAndJoin(dir, o.Federation); err != nil {
			return made, fmt.Errorf("%w; the site is in %s: run federation admit with its %s and site join with the answer", err, dir, setup.JoinFile)
		}
	}
	return made, nil
}

// readProfile reads the profile that comes with the program, or a file; its mistakes are told with its name.
func readProfile(name string) ([]byte, error) {
	text, err := sites.Lookup(name)
	if err != nil {
		text, err = os.ReadFile(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("profile %q is neither a file nor one of %s", name, strings.Join(sites.Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("profile: %w: give a file, or one of %s", err, strings.Join(sites.Names(), ", "))
	}
	if _, err := profile.Parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// admitAndJoin does for a site on the operator's own machine what people do with files otherwise. The sites whose
// folders lie beside it learn of the newcomer too.
func admitAndJoin(dir, federation string) error {
	if _, err := Admit(context.Background(), federation, filepath.Join(dir, setup.JoinFile), ""); err != nil {
		return err
	}
	neighbours, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Clean(dir)), "*", setup.SiteFile))
	if err != nil {
		return err
	}
	for _, n := range neighbours {
		file, err := setup.ReadFile(filepath.Dir(n))
		if err != nil {
			return err
		}
		admission := provision.AdmissionFile(federation, file.Site)
		if _, err := os.Stat(admission); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := Join(filepath.Dir(n), admission); err != nil {
			return err
		}
	}
	return nil
}

// Join takes the operator's answer into a site's folder. It returns the fingerprint of the operator's root.
func Join(dir, admissionFile string) (string, error) {
	text, err := os.ReadFile(admissionFile)
	if err != nil {
		return "", fmt.Errorf("site join: %w: give the file that the operator's federation admit wrote", err)
	}
	fingerprint, err := provision.Join(dir, text)
	if err != nil {
		err = fmt.Errorf("%s: %w", admissionFile, err)
	}
	return fingerprint, err
}

// AcceptProfile gives a stopped site another profile, by name or file.
func AcceptProfile(dir, name string) error {
	text, err := readProfile(name)
	if err != nil {
		return err
	}
	return provision.AcceptProfile(dir, text)
}

// readHoldings reads a holdings file whose relative paths count from its own folder; in the site's folder they would
// count from there.
func readHoldings(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("holdings: %w: give the file that says where the data lie, or write %s into the site's folder later", err, setup.HoldingsFile)
	}
	text, err = absolutePaths(text, filepath.Dir(name))
	if err != nil {
		err = fmt.Errorf("holdings: %s: %w", name, err)
	}
	return text, err
}
