// Command identity runs the identity service of a site, with the door that people use.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/services/identity"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func main() { os.Exit(setup.Main("identity", identity.Start)) }
