package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/features/fields"
	"github.com/fairway-tre/fairway/features/harness"
)

// usage marks an error in how the program was called, found by a command itself.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// ran marks an error of a command that was called rightly; all others are found before a command runs.
type ran struct{ error }

func (r ran) Unwrap() error { return r.error }

// exitCode is 2 for a wrong call, 3 for an audit log that is not what was signed and for a certification in which nothing
// failed but not everything was shown, 1 for everything else that failed.
func exitCode(err error) int {
	if errors.As(err, new(usage)) || !errors.As(err, new(ran)) {
		return 2
	}
	if errors.Is(err, errNotClean) || errors.Is(err, errInconclusive) {
		return 3
	}
	return 1
}

// complaint is what the program says about an error of the command c: of a file, each mistake in a line of its own.
func complaint(c *cobra.Command, err error) string {
	var problems *fields.Problems
	if errors.As(err, &problems) {
		text := fmt.Sprintf("fairway: %s cannot be used as it is:", problems.File)
		for _, p := range problems.All {
			text += fmt.Sprintf("\n  %v", p)
		}
		return text
	}
	if exitCode(err) != 2 || errors.Is(err, harness.ErrUndefined) {
		return fmt.Sprintf("fairway: %v", err)
	}
	line := c.UseLine()
	if c.HasSubCommands() {
		line = c.CommandPath() + " COMMAND"
	}
	return fmt.Sprintf("fairway: %v (usage: %s; more with %s --help)", err, line, c.CommandPath())
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "fairway",
		Short:         "A federation of Trusted Research Environments, and the judge that tells whether one can join",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(eventsCommand(), demo(), play(), stepsCommand(), contractsCommand(), federationCommand(), siteCommand(), auditCommand(), service(), certifyCommand(), studyCommand())
	mark(c)
	return c
}

// mark has every command tell its own errors from those of a wrong call, and every group refuse a command it has not.
func mark(c *cobra.Command) {
	for _, sub := range c.Commands() {
		mark(sub)
	}
	act := c.RunE
	switch {
	case act != nil:
		c.RunE = func(c *cobra.Command, args []string) error {
			if err := act(c, args); err != nil {
				return ran{err}
			}
			return nil
		}
	case c.HasSubCommands():
		c.Args, c.RunE = cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
	}
}

// need refuses a call without these flags, or with empty ones.
func need(c *cobra.Command, flags ...string) *cobra.Command {
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		var lacks []string
		for _, name := range flags {
			if f := c.Flags().Lookup(name); f.Value.String() == "" {
				lacks = append(lacks, fmt.Sprintf("--%s (%s)", name, f.Usage))
			}
		}
		if len(lacks) > 0 {
			return fmt.Errorf("this needs %s", strings.Join(lacks, " and "))
		}
		return nil
	}
	return c
}
