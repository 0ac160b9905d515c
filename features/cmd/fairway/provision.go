package main

import (
	"fmt"
	"time"

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

// renewCertificate is the same for the folder of a site and that of a federation.
func renewCertificate() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "renew-certificate", Short: "Give the broker of this folder a new certificate, by the authority in root/; it shows it once it is started again", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			end, err := site.RenewCertificate(dir)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "The certificate of the broker holds until %s; start the broker again.\n", end.Format(time.RFC3339))
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site or the federation, with root/ca.key")
	return need(c, "dir")
}
