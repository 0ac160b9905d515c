package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// usage marks an error in how the program was called.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// exitCode is 2 for a wrong call, 3 for an audit log that is not what was signed, 1 for everything else that failed.
func exitCode(err error) int {
	if errors.As(err, new(usage)) {
		return 2
	}
	if errors.Is(err, errNotClean) {
		return 3
	}
	return 1
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "fairway",
		Short:         "A federation of Trusted Research Environments, and the judge that tells whether one can join",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	c.AddCommand(demo(), play(), contractsCommand(), federationCommand(), siteCommand(), auditCommand(), service())
	return c
}

// need marks flags as required.
func need(c *cobra.Command, flags ...string) *cobra.Command {
	for _, f := range flags {
		if err := c.MarkFlagRequired(f); err != nil {
			panic(err) // a flag that this program did not define
		}
	}
	return c
}
