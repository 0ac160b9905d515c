// Package features has the scenarios that come with the program.
package features

import "embed"

// Files has the scenarios by their path below this folder.
//
//go:embed drivers conformance certification
var Files embed.FS

// Demo lists what the demonstration plays: the driver studies, and beside them what must be refused.
func Demo() []string { return []string{"drivers", "conformance/refusals.feature"} }
