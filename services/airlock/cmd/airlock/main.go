// Command airlock runs the airlock service of a site.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/services/airlock"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func main() { os.Exit(setup.Main("airlock", airlock.Start)) }
