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

// How a certification ends that did not pass: what is judged failed, or it was not shown whether it would.
var (
	errFailed       = errors.New("at least one scenario failed; the verdicts tell why")
	errInconclusive = errors.New("nothing failed, and not everything was shown to pass; the verdicts tell why")
)

const certifyLong = `Judge a service that is not ours in a site whose other services are built in.

Each scenario is PASS, FAIL (the service said what it must not, or passed over what it owes) or INCONCLUSIVE (it was not shown;
why says for which reason, and none of them is held against the service). Exit status:

  0  every scenario passed
  1  at least one failed
  2  the call or the connection file is wrong; nothing was played
  3  nothing failed, and not everything was shown: it answers nothing or late, it could not be started, or the site or the
     judge had a problem

contracts/FOREIGN.md says what the service is given and what it owes; a connection file needs no more than

  role: airlock
  command: [./my-airlock]`

func certifyCommand() *cobra.Command {
	p := playing{broker: "embedded"}
	var connection string
	var only []string
	var schema, steps bool
	c := &cobra.Command{Use: "certify --connection FILE", Short: "Judge a service that is not ours in a site whose other services are built in", Args: cobra.NoArgs,
		Long: certifyLong,
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
	result, err := certify.Run(c.Context(), certify.Options{Connection: read, File: connection, Program: os.Args[0], Binary: g.binary, Work: g.work, Data: g.data,
		Only: only, Progress: told})
	switch {
	case errors.Is(err, certify.ErrUnknown):
		return usage{err}
	case err != nil:
		return fmt.Errorf("%w: the run could not begin or end: %w (its folder is %s)", errInconclusive, err, g.work)
	}
	certify.Tell(c.OutOrStdout(), result)
	if err := report.Write(p.out, result.Report); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "report:  %s\nresults: %s\n", filepath.Join(p.out, "index.html"), filepath.Join(p.out, "results.json"))
	if !result.Passed() {
		fmt.Fprintf(c.OutOrStdout(), "logs and transcript: %s\n", g.work)
		if result.Failed() {
			return errFailed
		}
		return errInconclusive
	}
	if p.work == "" {
		return os.RemoveAll(g.work)
	}
	return nil
}
