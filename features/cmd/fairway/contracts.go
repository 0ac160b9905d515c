package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/finding"
	"github.com/fairway-tre/fairway/contracts/tool"
)

// errFindings ends the program when contracts break a rule; which, is printed.
var errFindings = errors.New("the contracts break rules")

// contracting is what the commands about contracts have in common.
type contracting struct {
	dir    string
	asJSON bool
}

func contractsCommand() *cobra.Command {
	var k contracting
	c := &cobra.Command{Use: "contracts", Short: "Begin, check and describe the events that may be said"}
	c.PersistentFlags().StringVar(&k.dir, "dir", "contracts", "folder of the contracts module")
	c.PersistentFlags().BoolVar(&k.asJSON, "json", false, "write JSON instead of words")
	c.AddCommand(k.begin(), k.lint(), k.check(), k.diff(), k.generate(), k.docs(), k.tools())
	return c
}

func (k *contracting) begin() *cobra.Command {
	var e tool.Event
	c := &cobra.Command{Use: "new SERVICE NOUN VERB", Short: "Begin an event: schema, contract, examples, changes",
		Example: "  fairway contracts new airlock release paused\n  fairway contracts new airlock release pause --act", Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			e.Service, e.Noun, e.Verb = args[0], args[1], args[2]
			files, err := tool.New(k.dir, e)
			if err != nil {
				return err
			}
			if k.asJSON {
				return k.write(c.OutOrStdout(), files)
			}
			for _, f := range files {
				fmt.Fprintln(c.OutOrStdout(), "wrote", f)
			}
			fmt.Fprint(c.OutOrStdout(), e.Next(k.dir))
			return nil
		}}
	c.Flags().BoolVar(&e.Act, "act", false, "something that is asked for, in the imperative, not a fact")
	return c
}

func (k *contracting) lint() *cobra.Command {
	return &cobra.Command{Use: "lint", Short: "Hold every contract against the rules for contracts", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			found, err := tool.Lint(k.dir)
			if err != nil {
				return err
			}
			return k.tell(c.OutOrStdout(), found, "all contracts keep the rules")
		}}
}

func (k *contracting) check() *cobra.Command {
	var against string
	c := &cobra.Command{Use: "check", Short: "Hold the contracts against released ones: nothing that older or newer sites cannot read", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			taken, found, err := tool.Check(c.Context(), k.dir, against)
			if err != nil {
				return err
			}
			return k.tell(c.OutOrStdout(), found, "every version can be read by sites at "+taken+", and the other way round")
		}}
	c.Flags().StringVar(&against, "against", "", "git revision or folder of the released contracts (default: the last tag, else where this branch left main)")
	return c
}

func (k *contracting) diff() *cobra.Command {
	return &cobra.Command{Use: "diff A B", Short: "Say what changed between two schemas, and which version that asks for",
		Example: "  fairway contracts diff airlock/release-approved/1.0.0 airlock/release-approved/1.1.0", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := tool.Diff(k.dir, args[0], args[1])
			if err != nil {
				return err
			}
			if k.asJSON {
				return k.write(c.OutOrStdout(), d)
			}
			for _, x := range d.Changes {
				fmt.Fprintf(c.OutOrStdout(), "%s %s: %s: %s\n    do: %s\n", x.Level, x.Pointer, x.Rule, x.Problem, x.Do)
			}
			fmt.Fprintf(c.OutOrStdout(), "in all: %s\n", d.Level)
			return nil
		}}
}

func (k *contracting) generate() *cobra.Command {
	var check bool
	c := &cobra.Command{Use: "generate", Short: "Write what follows from the contracts: Go types, topics, tables, AsyncAPI", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return tool.Generate(k.dir, check) }}
	c.Flags().BoolVar(&check, "check", false, "write nothing, fail if a file is stale")
	return c
}

func (k *contracting) docs() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "docs", Short: "Write the page of all events", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := tool.Docs(k.dir, out)
			if err == nil {
				fmt.Fprintln(c.OutOrStdout(), path)
			}
			return err
		}}
	c.Flags().StringVar(&out, "out", "out/contracts", "folder for index.html")
	return c
}

// tell prints findings, or that there are none.
func (k *contracting) tell(out io.Writer, found []finding.Finding, good string) error {
	switch {
	case k.asJSON:
		if err := k.write(out, append([]finding.Finding{}, found...)); err != nil {
			return err
		}
	case len(found) == 0:
		fmt.Fprintln(out, good)
	default:
		for _, f := range found {
			fmt.Fprintln(out, f)
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: %d findings", errFindings, len(found))
	}
	return nil
}

func (k *contracting) write(out io.Writer, v any) error {
	if err := json.MarshalWrite(out, v, jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	_, err := fmt.Fprintln(out)
	return err
}

func (k *contracting) tools() *cobra.Command {
	return &cobra.Command{Use: "tools", Short: "Print the digest of each analysis, by which a profile's registry of tools knows it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, kind := range analyses.Kinds() {
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%s %s\n", kind, analyses.Tool(kind)); err != nil {
					return err
				}
			}
			return nil
		}}
}
