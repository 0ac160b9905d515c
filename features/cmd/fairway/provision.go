package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/federation/site"
)

// provisionBroker is the same for the folder of a site and that of a federation.
func provisionBroker() *cobra.Command {
	var dir, addr string
	c := &cobra.Command{Use: "provision-broker", Short: "Give an external Kafka broker the users, topics and rights of this folder", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := site.ProvisionBroker(c.Context(), dir, addr); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "The broker %s is set up for %s.\n", addr, dir)
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site or the federation")
	c.Flags().StringVar(&addr, "broker", "", "host:port of the broker; it knows the superuser of broker/users.yaml already")
	return need(c, "dir", "broker")
}
