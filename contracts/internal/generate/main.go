// Command generate writes what follows from the schemas and contracts: Go types, the topic table, the event table.
// With -check it writes nothing and names the files that are stale.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail if a generated file is stale")
	root := flag.String("root", ".", "folder of the contracts module")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
