package objects

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
)

// write makes name appear with all of b or not at all: temporary file, sync, rename, sync of the folder.
func (s *Store) write(class Class, name string, b []byte) (err error) {
	tmp := path.Join(s.tmp(class), rand.Text())
	defer func() {
		if err != nil {
			_ = s.root.Remove(tmp) // waste, which costs space and nothing else
		}
	}()
	if err := s.writeSynced(tmp, b); err != nil {
		return err
	}
	shard := path.Dir(name)
	if err := s.makeShard(shard); err != nil {
		return err
	}
	if err := s.root.Rename(tmp, name); err != nil {
		return err
	}
	return s.syncDir(shard)
}

func (s *Store) writeSynced(name string, b []byte) error {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeShard creates a shard and syncs the folders above it, so that the name outlives a power failure like the bytes.
func (s *Store) makeShard(shard string) error {
	if _, err := s.root.Stat(shard); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.root.MkdirAll(shard, 0o700); err != nil {
		return err
	}
	for dir := path.Dir(shard); dir != "."; dir = path.Dir(dir) {
		if err := s.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) syncDir(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
