// Command project-approval runs the project-approval service of a site.
package main

import (
	"os"

	"github.com/fairway-tre/fairway/services/platform/setup"
	projectapproval "github.com/fairway-tre/fairway/services/project-approval"
)

func main() { os.Exit(setup.Main("approval", projectapproval.Start)) }
