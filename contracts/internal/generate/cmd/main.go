// Command cmd writes what follows from the schemas and contracts; see package generate. With -check it writes nothing
// and names the files that are stale. It needs nothing that it writes, so it also runs while those do not compile.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/fairway-tre/fairway/contracts/internal/generate"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail if a generated file is stale")
	root := flag.String("root", ".", "folder of the contracts module")
	flag.Parse()
	if err := generate.Run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
