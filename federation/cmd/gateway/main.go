// Command gateway runs a site's gateway as its own process.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/federation/gateway"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func main() { os.Exit(setup.Main("gateway", gateway.Start)) }
