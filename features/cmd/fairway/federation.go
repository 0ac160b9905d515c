package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/federation/site"
)

func federationCommand() *cobra.Command {
	c := &cobra.Command{Use: "federation", Short: "What the operator of a federation does"}
	c.AddCommand(federationInit(), federationAdmit(), federationRotate(), federationSuspend(), federationReinstate(), federationLeave(),
		federationList(), federationPublish(), federationBroker(), provisionBroker(), renewCertificate())
	return c
}

func federationInit() *cobra.Command {
	var dir, addr string
	c := &cobra.Command{Use: "init", Short: "Make the folder of a federation: keys, broker, empty registry", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			fingerprint, err := site.InitFederation(dir, addr)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "The federation is in %s; the fingerprint of its root key is %s.\n", dir, fingerprint)
			}
			return err
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder to make")
	c.Flags().StringVar(&addr, "broker", "", "host:port of the federation's broker (default: a free port of this machine)")
	return need(c, "dir")
}

// ofFederation is a command on the operator's folder.
func ofFederation(use, short string, args cobra.PositionalArgs, run func(c *cobra.Command, dir string, args []string) error) *cobra.Command {
	var dir string
	c := &cobra.Command{Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error { return run(c, dir, args) }}
	c.Flags().StringVar(&dir, "dir", "", "folder of the federation")
	return need(c, "dir")
}

// tell says how far a change to the registry has come.
func tell(out io.Writer, a site.Admitted) {
	if a.Published {
		fmt.Fprintln(out, "The registry is published: the gateways follow it by themselves.")
		return
	}
	fmt.Fprintln(out, "The registry is not published, because the federation's broker cannot be reached; it is when the embedded one starts, or by federation publish.")
}

func federationAdmit() *cobra.Command {
	var agreement string
	c := ofFederation("admit JOIN-FILE", "Take a site into the registry, or what it says anew; its answer lies in admissions/", cobra.ExactArgs(1),
		func(c *cobra.Command, dir string, args []string) error {
			a, err := site.Admit(c.Context(), dir, args[0], agreement)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s is admitted, if %s is the fingerprint that it reads out; give it %s.\n", a.Name, a.Fingerprint, a.File)
				tell(c.OutOrStdout(), a)
			}
			return err
		})
	c.Flags().StringVar(&agreement, "agreement", "", "kind of agreement that the site has signed: DSA, DTA or DUA (default: the one it had, else DSA)")
	return c
}

func federationRotate() *cobra.Command {
	return ofFederation("rotate JOIN-FILE", "List a participant's new keys; its answer lies in admissions/", cobra.ExactArgs(1),
		func(c *cobra.Command, dir string, args []string) error {
			a, err := site.Rotate(c.Context(), dir, args[0])
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s has %d new keys, %d that end and %d that are revoked; give it %s: it signs with the new ones when it has taken that.\n",
					a.Name, len(a.Keys.Added), len(a.Keys.Retired), len(a.Keys.Revoked), a.File)
				tell(c.OutOrStdout(), a)
			}
			return err
		})
}

func federationSuspend() *cobra.Command {
	var reason string
	c := ofFederation("suspend SITE", "Let nobody send anything to a site or take anything from it, until it is reinstated", cobra.ExactArgs(1),
		func(c *cobra.Command, dir string, args []string) error {
			a, err := site.Suspend(c.Context(), dir, args[0], reason)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s is suspended.\n", a.Name)
				tell(c.OutOrStdout(), a)
			}
			return err
		})
	c.Flags().StringVar(&reason, "reason", "", "code of the reason, such as incident")
	return need(c, "dir", "reason")
}

func federationReinstate() *cobra.Command {
	return ofFederation("reinstate SITE", "List a suspended site as active again", cobra.ExactArgs(1),
		func(c *cobra.Command, dir string, args []string) error {
			a, err := site.Reinstate(c.Context(), dir, args[0])
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s is active again.\n", a.Name)
				tell(c.OutOrStdout(), a)
			}
			return err
		})
}

func federationLeave() *cobra.Command {
	var reason string
	c := ofFederation("leave SITE", "List a site as one that has left; that is final", cobra.ExactArgs(1),
		func(c *cobra.Command, dir string, args []string) error {
			a, err := site.Leave(c.Context(), dir, args[0], reason)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s has left the federation.\n", a.Name)
				tell(c.OutOrStdout(), a)
			}
			return err
		})
	c.Flags().StringVar(&reason, "reason", "", "code of the reason, such as agreement-ended")
	return need(c, "dir", "reason")
}

func federationList() *cobra.Command {
	return ofFederation("list", "Show the registry: each site with its status, the serial of its entry and how many keys it has", cobra.NoArgs,
		func(c *cobra.Command, dir string, _ []string) error {
			all, err := site.Participants(dir)
			for _, p := range all {
				trust, err := p.Trust()
				if err != nil {
					return err
				}
				status := p.Status
				if p.Reason != "" {
					status += " (" + p.Reason + ")"
				}
				fmt.Fprintf(c.OutOrStdout(), "%-32s %-24s entry %d, serial %d, %s, %d keys, reads %d types\n", p.Site, status, p.Entry, p.Serial, p.Agreement,
					len(trust.Keys()), len(p.Reads))
			}
			return err
		})
}

func federationPublish() *cobra.Command {
	var addr string
	c := ofFederation("publish", "Write to the federation's broker what it lacks of the registry, and let new participants in there", cobra.NoArgs,
		func(c *cobra.Command, dir string, _ []string) error {
			n, err := site.Publish(c.Context(), dir, addr)
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "%d entries were published.\n", n)
			}
			return err
		})
	c.Flags().StringVar(&addr, "broker", "", "host:port of the federation's broker (default: where it was announced)")
	return c
}

func federationBroker() *cobra.Command {
	return ofFederation("broker", "Run the federation's embedded broker", cobra.NoArgs,
		func(c *cobra.Command, dir string, _ []string) error {
			return site.RunFederationBroker(c.Context(), dir)
		})
}
