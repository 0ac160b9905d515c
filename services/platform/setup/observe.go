package setup

import (
	"path/filepath"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// Observe reads from a site's folder the connection of the observer, who reads every topic of the site and writes none,
// and whom the site believes. Errors: as Load.
func Observe(siteDir string) (site string, cfg bus.Config, trust signing.Keys, err error) {
	l := loading{dir: siteDir, principal: topics.Observer, o: Options{}.withDefaults()}
	if l.site, err = ReadFile(siteDir); err != nil {
		return "", cfg, nil, err
	}
	own, err := Trust(siteDir, l.site)
	if err != nil {
		return "", cfg, nil, err
	}
	addr, err := l.brokerAddr()
	if err != nil {
		return "", cfg, nil, err
	}
	cfg, err = l.bus(addr, CAFile, topics.Observer, filepath.Join(topics.Observer, PasswordFile))
	return l.site.Site, cfg, own, err
}
