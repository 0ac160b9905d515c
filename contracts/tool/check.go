package tool

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fairway-tre/fairway/contracts/compat"
	"github.com/fairway-tre/fairway/contracts/finding"
)

// Check holds the contracts against released ones: a folder, or a revision of the git repository that dir lies in. An
// empty name stands for the last tag; where there is none, for what the branch has in common with origin/main or main;
// and where neither exists, for HEAD. It returns what was taken.
func Check(ctx context.Context, dir, against string) (taken string, found []finding.Finding, err error) {
	current, err := schemasOf(dir)
	if err != nil {
		return "", nil, err
	}
	if against == "" {
		if against, err = released(ctx, dir); err != nil {
			return "", nil, err
		}
	}
	before, done, err := treeOf(ctx, dir, against)
	if err != nil {
		return against, nil, err
	}
	defer done()
	found, err = compat.Gate(before, current)
	if err != nil {
		return against, nil, fmt.Errorf("check %s against %s: %w", dir, against, err)
	}
	return against, below(dir, found), nil
}

// released is the revision that counts as released where none is named.
func released(ctx context.Context, dir string) (string, error) {
	for _, args := range [][]string{
		{"describe", "--tags", "--abbrev=0"}, {"merge-base", "HEAD", "origin/main"}, {"merge-base", "HEAD", "main"}, {"rev-parse", "HEAD"},
	} {
		if out, err := git(ctx, dir, args...); err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", fmt.Errorf("%s is in no git repository with a commit: name the released contracts with --against FOLDER", dir)
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), nil
}

// treeOf is the tree of contract folders of a folder or a revision; done removes what was unpacked for it.
func treeOf(ctx context.Context, dir, name string) (tree fs.FS, done func(), err error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if inside := filepath.Join(name, "schemas"); isDir(inside) {
			name = inside
		}
		return os.DirFS(name), func() {}, nil
	}
	prefix, err := git(ctx, dir, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, nil, fmt.Errorf("%s is no folder, and %s lies in no git repository: %w", name, dir, err)
	}
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel") // git archive takes the working folder into account
	if err != nil {
		return nil, nil, err
	}
	archive, err := git(ctx, strings.TrimSpace(string(top)), "archive", "--format=tar", name+":"+strings.TrimSpace(string(prefix))+"schemas")
	if err != nil {
		return nil, nil, fmt.Errorf("%s is neither a folder nor a revision with contracts: %w", name, err)
	}
	temp, err := os.MkdirTemp("", "fairway-contracts-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(temp) } //nolint:errcheck // a temporary folder
	if err := unpack(archive, temp); err != nil {
		done()
		return nil, nil, fmt.Errorf("unpack the contracts of %s: %w", name, err)
	}
	return os.DirFS(temp), done, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func unpack(archive []byte, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := root.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(h.Name, text, 0o644); err != nil {
			return err
		}
	}
}
