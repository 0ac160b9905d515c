package setup

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// ErrEngines says that the addresses of Kratos and Keto cannot be used.
var ErrEngines = errors.New("engines not usable")

// Check tells whether the addresses are complete and well formed; it asks nobody. A Kratos has a public and an admin
// URL, a Keto a read and a write host:port: both or neither. Errors: ErrEngines.
func (e Engines) Check() error {
	if (e.KratosPublic == "") != (e.KratosAdmin == "") {
		return fmt.Errorf("%w: one of Kratos's two URLs is missing: give the public and the admin one, or neither", ErrEngines)
	}
	if (e.KetoRead == "") != (e.KetoWrite == "") {
		return fmt.Errorf("%w: one of Keto's two addresses is missing: give the one to read and the one to write, or neither", ErrEngines)
	}
	for _, text := range []string{e.KratosPublic, e.KratosAdmin} {
		u, err := url.Parse(text)
		if text != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
			return fmt.Errorf("%w: address of Kratos: give http://HOST:PORT or https://HOST:PORT, without a name, password or query", ErrEngines)
		}
	}
	for _, text := range []string{e.KetoRead, e.KetoWrite} {
		host, port, err := net.SplitHostPort(text)
		number, portErr := strconv.ParseUint(port, 10, 16)
		if text != "" && (err != nil || host == "" || portErr != nil || number == 0) {
			return fmt.Errorf("%w: address of Keto %.80q: give HOST:PORT", ErrEngines, text)
		}
	}
	return nil
}

// UseEngines names in a site's folder the Kratos and the Keto that its identity service asks; none at all means the
// engines in its own process. What people and roles the site has in another engine is not moved.
// Errors: ErrEngines, those of ReadFile.
func UseEngines(siteDir string, e Engines) error {
	if err := e.Check(); err != nil {
		return err
	}
	site, err := ReadFile(siteDir)
	if err != nil {
		return err
	}
	site.Engines = nil
	if e != (Engines{}) {
		site.Engines = &e
	}
	return WriteFile(siteDir, site)
}
