package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Remove takes an object of this writer out of the store: its bytes are written over in place, so that the blocks do not
// keep them where the file system writes in place, and then its name goes. When it returns, the name is gone also after a
// power failure. Removing what is not there is no error; another writer's copy stays. Errors: ErrDigest.
func (s *Store) Remove(ctx context.Context, class Class, digest string) error {
	if err := class.check(); err != nil {
		return err
	}
	if !digestPattern.MatchString(digest) {
		return fmt.Errorf("remove object %.80q: %w: expected sha256: and 64 hexadecimal digits", digest, ErrDigest)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	name := place(class, s.writer, digest)
	err := s.overwrite(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.root.Remove(name)
	}
	if err == nil {
		err = s.syncDir(path.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("remove %s %s from %s: %w: check the owner and rights of the folder", class, digest, s.dir, err)
	}
	return nil
}

// overwrite fills a file with zeros.
func (s *Store) overwrite(name string) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(bytes.Repeat([]byte{0}, int(info.Size())))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
