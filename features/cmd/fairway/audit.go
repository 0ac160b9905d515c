package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// errNotClean ends the program with its own status when a verification was complete and found something.
var errNotClean = errors.New("the audit log is not what was signed")

func auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Verify, export and prove the audit logs of a site",
		Long: "Ends with 0 when all is as it was signed, 3 when something is not, 1 when it could not be found out, 2 for a wrong call."}
	c.AddCommand(auditVerify(), auditExport(), auditProve())
	return c
}

// verifying is one call of verify.
type verifying struct {
	out      io.Writer
	service  string
	key      string   // file or text of a public key; empty: the folder's own
	known    []string // files of checkpoints that were kept elsewhere
	leafFile string
}

func auditVerify() *cobra.Command {
	var v verifying
	c := &cobra.Command{Use: "verify SITE-FOLDER|EXPORT-FOLDER|PROOF-FILE", Args: cobra.ExactArgs(1),
		Short: "Hold logs against signed checkpoints; tells every bad leaf and stops at none",
		RunE: func(c *cobra.Command, args []string) error {
			v.out = c.OutOrStdout()
			return v.run(c.Context(), args[0])
		}}
	c.Flags().StringVar(&v.service, "service", "", "of a site's folder, this log only")
	c.Flags().StringVar(&v.key, "key", "", "public key of the log, file or text (default: the folder's own, which proves less)")
	c.Flags().StringArrayVar(&v.known, "checkpoint", nil, "file of a checkpoint that was kept elsewhere, such as a witness's; may be repeated")
	c.Flags().StringVar(&v.leafFile, "leaf", "", "file of the leaf that a proof is about")
	return c
}

func (v *verifying) run(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return usage{fmt.Errorf("audit verify: %w", err)}
	case !info.IsDir():
		return v.proof(path)
	case exists(filepath.Join(path, setup.SiteFile)):
		return v.site(ctx, path)
	}
	return v.export(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// site verifies all logs of a site, also when one of them is bad.
func (v *verifying) site(ctx context.Context, dir string) (failed error) {
	services := setup.Services()
	if v.service != "" {
		services = []string{v.service}
	}
	for _, service := range services {
		log, err := setup.OpenAuditLog(ctx, dir, service)
		if errors.Is(err, fs.ErrNotExist) && v.service == "" {
			fmt.Fprintf(v.out, "%s: has no database here\n", service)
			continue
		}
		if err == nil {
			err = errors.Join(v.log(ctx, log), log.Close())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (v *verifying) log(ctx context.Context, log *setup.AuditLog) error {
	key, err := v.verifier(func() (note.Verifier, error) { return log.Key.Verifier, nil })
	if err != nil {
		return err
	}
	checkpoints, err := v.others(key)
	if err != nil {
		return err
	}
	var distrust error
	if log.Signed != nil {
		own, err := audit.OpenCheckpoint(log.Signed, key)
		if distrust = err; err == nil {
			checkpoints = append(checkpoints, own)
		}
	}
	for _, text := range log.Cosigned {
		seen, err := audit.OpenCheckpoint(text, key)
		if err != nil {
			distrust = errors.Join(distrust, fmt.Errorf("a cosigned checkpoint: %w", err))
			continue
		}
		checkpoints = append(checkpoints, seen)
	}
	a := audit.NewAuditor(checkpoints...)
	if err := log.Leaves(ctx, func(l audit.Leaf) error { a.Leaf(l); return ctx.Err() }); err != nil {
		return err
	}
	return v.tell(log.Origin, a.Report(), distrust)
}

func (v *verifying) export(dir string) error {
	key, err := v.verifier(func() (note.Verifier, error) { return audit.Key(dir) })
	if err != nil {
		return err
	}
	others, err := v.others(key)
	if err != nil {
		return err
	}
	report, err := audit.VerifyExport(dir, key, others...)
	return v.tell(key.Name(), report, err)
}

// proof verifies one leaf, with nothing but the proof, the leaf and the log's key.
func (v *verifying) proof(path string) error {
	if v.leafFile == "" || v.key == "" {
		return usage{errors.New("audit verify: a proof needs --leaf and --key")}
	}
	key, err := v.verifier(nil)
	if err != nil {
		return err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	leaf, err := os.ReadFile(v.leafFile)
	if err != nil {
		return err
	}
	p, err := audit.ParseProof(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotClean, err)
	}
	c, err := p.Verify(leaf, key)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotClean, err)
	}
	fmt.Fprintf(v.out, "%s: leaf %d is in the log, by the checkpoint of %d leaves\n", c.Origin, p.Index, c.Size)
	return nil
}

func (v *verifying) tell(origin string, r audit.Report, distrust error) error {
	for line := range strings.Lines(r.String()) {
		fmt.Fprintf(v.out, "%s: %s\n", origin, strings.TrimSuffix(line, "\n"))
	}
	if errors.Is(distrust, audit.ErrCheckpoint) || distrust == nil && !r.Clean() {
		return errors.Join(fmt.Errorf("%s: %w", origin, errNotClean), distrust)
	}
	return distrust
}

func (v *verifying) verifier(own func() (note.Verifier, error)) (note.Verifier, error) {
	if v.key == "" {
		return own()
	}
	text := v.key
	if file, err := os.ReadFile(v.key); err == nil {
		text = string(file)
	}
	return audit.NewVerifier(text)
}

func (v *verifying) others(key note.Verifier) (all []audit.Checkpoint, err error) {
	for _, name := range v.known {
		signed, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := audit.OpenCheckpoint(signed, key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func auditExport() *cobra.Command {
	var service, out string
	c := &cobra.Command{Use: "export SITE-FOLDER", Short: "Write a log as a folder of tiles (c2sp.org/tlog-tiles) that can be verified anywhere", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withLog(c.Context(), args[0], service, func(log *setup.AuditLog, cp audit.Checkpoint) error {
				e, err := audit.NewExport(out, cp, log.Signed, log.Public)
				if err != nil {
					return err
				}
				if err := log.Leaves(c.Context(), e.Leaf); err != nil {
					return err
				}
				n, err := e.Close()
				if err == nil && n < cp.Size {
					err = fmt.Errorf("%w: leaf %d of %d is missing: run audit verify", errNotClean, n, cp.Size)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %d of %d leaves are in %s\n", log.Origin, n, cp.Size, out)
				return err
			})
		}}
	c.Flags().StringVar(&service, "service", "", "whose log")
	c.Flags().StringVar(&out, "out", "", "new folder")
	return need(c, "service", "out")
}

func auditProve() *cobra.Command {
	var service, out string
	var index, from int64
	c := &cobra.Command{Use: "prove SITE-FOLDER", Args: cobra.ExactArgs(1),
		Short: "Write the proof that a log has a leaf (c2sp.org/tlog-proof), or that it only grew (c2sp.org/tlog-witness)",
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("index") == c.Flags().Changed("from") {
				return usage{errors.New("audit prove: give one of --index and --from")}
			}
			return withLog(c.Context(), args[0], service, func(log *setup.AuditLog, cp audit.Checkpoint) error {
				return log.View(c.Context(), func(tx *store.Tx) error {
					if c.Flags().Changed("from") {
						path, err := audit.ProveConsistency(from, cp.Size, tx.AuditNodes())
						if err != nil {
							return err
						}
						return os.WriteFile(out, audit.Growth{Old: from, Path: path, Checkpoint: log.Signed}.Marshal(), 0o600)
					}
					return proveLeaf(tx, index, cp, log.Signed, out)
				})
			})
		}}
	c.Flags().StringVar(&service, "service", "", "whose log")
	c.Flags().Int64Var(&index, "index", 0, "the leaf; it is written to FILE.leaf beside the proof")
	c.Flags().Int64Var(&from, "from", 0, "size of an older checkpoint")
	c.Flags().StringVar(&out, "out", "", "file to write")
	return need(c, "service", "out")
}

func proveLeaf(tx *store.Tx, index int64, cp audit.Checkpoint, signed []byte, out string) error {
	path, err := audit.ProveInclusion(index, cp.Size, tx.AuditNodes())
	if err != nil {
		return err
	}
	leaf, err := tx.Leaf(index)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotClean, err)
	}
	if err := audit.CheckInclusion(path, index, audit.LeafHash(leaf.Data), cp.Size, cp.Root); err != nil {
		return fmt.Errorf("%w: %w", errNotClean, err)
	}
	if err := os.WriteFile(out+".leaf", leaf.Data, 0o600); err != nil {
		return err
	}
	return os.WriteFile(out, audit.Proof{Index: index, Path: path, Checkpoint: signed}.Marshal(), 0o600)
}

func withLog(ctx context.Context, dir, service string, fn func(*setup.AuditLog, audit.Checkpoint) error) error {
	log, err := setup.OpenAuditLog(ctx, dir, service)
	if err != nil {
		return err
	}
	cp, err := log.Checkpoint()
	if err == nil {
		err = fn(log, cp)
	}
	return errors.Join(err, log.Close())
}
