package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/features/certify"
	"github.com/fairway-tre/fairway/features/report"
)

// errNotPassed ends the program when the run was complete and not all scenarios passed.
var errNotPassed = errors.New("not every scenario passed; the verdicts tell why")

func certifyCommand() *cobra.Command {
	p := playing{broker: "embedded"}
	var connection string
	var only []string
	var schema, steps bool
	c := &cobra.Command{Use: "certify --connection FILE", Short: "Judge a service that is not ours in a site whose other services are built in", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if schema {
				_, err := c.OutOrStdout().Write(certify.Schema)
				return err
			}
			if connection == "" {
				return usage{errors.New("this needs --connection (a YAML file that says how to start what is judged)")}
			}
			told := io.Discard
			if steps {
				told = c.OutOrStdout()
			}
			return p.certify(c, connection, only, told)
		}}
	c.Flags().StringVar(&connection, "connection", "", "YAML file: what is judged and how to start it; --schema prints its JSON Schema")
	c.Flags().StringSliceVar(&only, "only", nil, "only these scenarios and what they stand on, such as SC-AIR-007; may be given several times")
	c.Flags().StringVar(&p.out, "out", "out/certify", "folder for the report and results.json")
	c.Flags().StringVar(&p.work, "work", "", "empty folder for the site, kept afterwards (default: a temporary one)")
	c.Flags().BoolVar(&steps, "steps", false, "tell each step as it goes")
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of a connection file, and end")
	return c
}

func (p *playing) certify(c *cobra.Command, connection string, only []string, told io.Writer) error {
	read, err := certify.Load(connection)
	if err != nil {
		return usage{err}
	}
	g, err := p.withData()
	if err != nil {
		return err
	}
	defer g.clear()
	result, err := certify.Run(c.Context(), certify.Options{Connection: read, File: connection, Binary: g.binary, Work: g.work, Data: g.data,
		Only: only, Progress: told})
	switch {
	case errors.Is(err, certify.ErrUnknown):
		return usage{err}
	case err != nil:
		return fmt.Errorf("%w (the run's folder is %s)", err, g.work)
	}
	certify.Tell(c.OutOrStdout(), result)
	if err := report.Write(p.out, result.Report); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "report:  %s\nresults: %s\n", filepath.Join(p.out, "index.html"), filepath.Join(p.out, "results.json"))
	if !result.Passed() {
		fmt.Fprintf(c.OutOrStdout(), "logs and transcript: %s\n", g.work)
		return errNotPassed
	}
	if p.work == "" {
		return os.RemoveAll(g.work)
	}
	return nil
}
