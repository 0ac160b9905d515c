//go:build linux || darwin

package health

import (
	"context"
	"fmt"
	"syscall"
)

// FreeBytes is how much the file system of a folder still takes from a user who is not root.
func FreeBytes(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("ask for the free space under %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// Disk fails when less than least bytes are free under dir.
func Disk(dir string, least int64) Check {
	return Check{Name: "disk", Advice: "make room under the state folder, or give it a larger file system", Ready: func(context.Context) error {
		free, err := FreeBytes(dir)
		if err == nil && free < least {
			err = fmt.Errorf("%d MiB are free, at least %d are to be", free>>20, least>>20)
		}
		return err
	}}
}
