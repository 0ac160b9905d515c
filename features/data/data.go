// Package data has the real data that the driver studies use, as compressed files; NOTICE.md tells their origin and
// licence.
package data

import (
	"embed"
	"fmt"
	"os"
)

//go:embed *.gz NOTICE.md
var files embed.FS

// WriteTo writes all files into a folder, which it makes.
func WriteTo(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the data: %w", err)
	}
	if err := os.CopyFS(dir, files); err != nil {
		return fmt.Errorf("write the data files to %s: %w", dir, err)
	}
	return nil
}
