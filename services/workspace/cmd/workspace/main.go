// Command workspace runs the workspace service of a site.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/workspace"
)

func main() { os.Exit(setup.Main("workspace", workspace.Start)) }
