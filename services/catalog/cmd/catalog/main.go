// Command catalog runs the catalog service of a site.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/services/catalog"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func main() { os.Exit(setup.Main("catalog", catalog.Start)) }
