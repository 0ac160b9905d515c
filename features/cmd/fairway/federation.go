package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/federation/site"
)

func federationCommand() *cobra.Command {
	c := &cobra.Command{Use: "federation", Short: "What the operator of a federation does"}
	c.AddCommand(federationInit(), federationAdmit(), federationBroker(), provisionBroker())
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

func federationAdmit() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "admit JOIN-FILE", Short: "Take a site into the registry; its answer lies in admissions/", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			admitted, err := site.Admit(dir, args[0])
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "Site %s is admitted, if %s is the fingerprint that it reads out; give it %s.\n",
					admitted.Name, admitted.Fingerprint, admitted.File)
			}
			return err
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the federation")
	return need(c, "dir")
}

func federationBroker() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "broker", Short: "Run the federation's embedded broker", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return site.RunFederationBroker(c.Context(), dir) }}
	c.Flags().StringVar(&dir, "dir", "", "folder of the federation")
	return need(c, "dir")
}
