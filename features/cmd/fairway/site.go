package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/federation/site"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func siteCommand() *cobra.Command {
	c := &cobra.Command{Use: "site", Short: "Make and run a site: a whole TRE"}
	c.AddCommand(siteInit(), siteJoin(), siteRun(), siteBroker(), siteReady(), provisionBroker(), siteProfile(),
		siteRotateKeys(), siteRenew(), siteHandOver(), renewCertificate())
	return c
}

// These variables give all sites that a run makes their Kratos and their Keto, as harness.DatabaseVariable their database.
const (
	kratosPublicVariable = "FAIRWAY_KRATOS_PUBLIC"
	kratosAdminVariable  = "FAIRWAY_KRATOS_ADMIN"
	ketoReadVariable     = "FAIRWAY_KETO_READ"
	ketoWriteVariable    = "FAIRWAY_KETO_WRITE"
)

// engineFlags says where identity's engines are, where they are not in its own process.
func engineFlags(f *pflag.FlagSet, e *setup.Engines) {
	for _, flag := range []struct {
		at                      *string
		name, variable, meaning string
	}{
		{&e.KratosPublic, "kratos-public", kratosPublicVariable, "URL of Kratos's public interface"},
		{&e.KratosAdmin, "kratos-admin", kratosAdminVariable, "URL of Kratos's admin interface"},
		{&e.KetoRead, "keto-read", ketoReadVariable, "host:port of Keto's read interface"},
		{&e.KetoWrite, "keto-write", ketoWriteVariable, "host:port of Keto's write interface"},
	} {
		f.StringVar(flag.at, flag.name, os.Getenv(flag.variable), flag.meaning+" (default: $"+flag.variable+", else identity's own engine)")
		f.Lookup(flag.name).DefValue = "" // the same usage everywhere
	}
}

func siteInit() *cobra.Command {
	var dir string
	var o site.InitOptions
	c := &cobra.Command{Use: "init", Short: "Make the folder of a site: keys, certificates, passwords, profile", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			made, err := site.Init(dir, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Site %s is in %s.\nThe fingerprint of its root key is %s.\nThe first officer registers with the code in %s/enrolment-code.\n",
				made.Name, dir, made.Fingerprint, dir)
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder to make")
	c.Flags().StringVar(&o.Profile, "profile", "", "name of a profile that comes with this program, or a file")
	c.Flags().StringVar(&o.Holdings, "holdings", "", "file that tells where the data lie")
	c.Flags().StringVar(&o.Federation, "federation", "", "folder of a federation on this machine, to join at once")
	c.Flags().StringVar(&o.Broker, "broker", "", "host:port of the site's broker (default: a free port of this machine)")
	c.Flags().StringVar(&o.Database, "database", os.Getenv(harness.DatabaseVariable), "postgres://USER:PASSWORD@HOST:PORT/DATABASE of who may create a schema and a role for each service (default: $"+harness.DatabaseVariable+", else SQLite files)")
	c.Flags().Lookup("database").DefValue = "" // it may hold a password
	engineFlags(c.Flags(), &o.Engines)
	c.Flags().BoolVar(&o.Tester, "tester", false, "add a user for hostile records; for tests only")
	return need(c, "dir", "profile")
}

func siteJoin() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "join ADMISSION-FILE", Short: "Take the federation operator's answer into a site's folder", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			fingerprint, err := site.Join(dir, args[0])
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "The site in %s has joined, if %s is the fingerprint that the operator reads out.\n", dir, fingerprint)
			}
			return err
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	return need(c, "dir")
}

func siteRun() *cobra.Command {
	var dir string
	var o site.Options
	c := &cobra.Command{Use: "run", Short: "Run a whole site in one process", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Log = c.ErrOrStderr()
			return site.Run(c.Context(), dir, o)
		}}
	runFlags(c.Flags(), &dir, &o)
	c.Flags().StringSliceVar(&o.Without, "without", nil, "a service that another program runs, with the folder of site hand-over; may be given several times")
	return need(c, "dir")
}

// siteHandOver gives a service that is not ours what it needs and nothing else.
func siteHandOver() *cobra.Command {
	var dir, service, to string
	c := &cobra.Command{Use: "hand-over", Short: "Write the folder that a service which is not ours is given: addresses, keys, profile", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := site.HandOver(dir, service, to); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s holds what the program that runs %s needs. It has secrets: give it to that program's user alone.\n", to, service)
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site, whose broker has run once")
	c.Flags().StringVar(&service, "service", "", "the service, such as airlock")
	c.Flags().StringVar(&to, "to", "", "folder to write; what an earlier hand-over wrote there is replaced, state/ is kept")
	return need(c, "dir", "service", "to")
}

func siteBroker() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "broker", Short: "Run a site's embedded broker alone", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return site.RunBroker(c.Context(), dir) }}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	return need(c, "dir")
}

func siteReady() *cobra.Command {
	var dir string
	var services []string
	c := &cobra.Command{Use: "ready", Short: "Ask the running services of a site whether they are ready; status 1 and what is lacking if not", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, s := range services {
				if !slices.Contains(setup.Services(), s) {
					return usage{fmt.Errorf("a site has no service %.40q: give one of %s", s, strings.Join(setup.Services(), ", "))}
				}
			}
			return site.Ready(c.Context(), dir, services...)
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	c.Flags().StringSliceVar(&services, "service", nil, "ask this one alone; may be given several times")
	return need(c, "dir")
}

func service() *cobra.Command {
	var dir string
	var o site.Options
	c := &cobra.Command{Use: "service NAME", Short: "Run one service of a site in its own process", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(setup.Services(), args[0]) {
				return usage{fmt.Errorf("a site has no service %.40q: give one of %s", args[0], strings.Join(setup.Services(), ", "))}
			}
			o.Log = c.ErrOrStderr()
			return site.RunService(c.Context(), dir, args[0], o)
		}}
	runFlags(c.Flags(), &dir, &o)
	return need(c, "dir")
}

func runFlags(f *pflag.FlagSet, dir *string, o *site.Options) {
	f.StringVar(dir, "dir", "", "folder of the site")
	f.StringVar(&o.Broker, "broker", "", "host:port of an external broker (default: the embedded one)")
	f.StringVar(&o.HTTP, "http", "", "host:port, of this machine alone, of the service; by site run, of identity, at whose door people are (default: a free port at each start)")
	f.StringVar(&o.Traces, "otlp", os.Getenv("FAIRWAY_OTLP_ENDPOINT"), "URL of a collector of OpenTelemetry traces (default: FAIRWAY_OTLP_ENDPOINT; without it none are made)")
	f.Int64Var(&o.MinDiskFree, "min-disk-free", 64, "MiB that are to be free for a service to be ready")
	f.StringVar(&o.Federation, "federation", "", "host:port of the federation's broker, where it has moved")
	f.BoolVar(&o.AllowTestKeys, "allow-test-keys", false, "believe keys enrolled by a test; health shows it")
	f.BoolVar(&o.AllowFailpoints, "allow-failpoints", false, "obey failpoints armed by a test; health shows it")
	f.TextVar(&o.Level, "log-level", slog.LevelInfo, "debug, info, warn or error")
}

func siteProfile() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "profile FILE", Short: "Accept a changed profile for a stopped site; its join.json must then be admitted again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := site.AcceptProfile(dir, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "The site in %s has the profile from its next start on. Give %s to the operator for federation admit.\n", dir, filepath.Join(dir, setup.JoinFile))
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	return need(c, "dir")
}

func siteRotateKeys() *cobra.Command {
	var dir string
	var r site.Rotation
	c := &cobra.Command{Use: "rotate-keys", Short: "Make new keys for the services of a site, which may be running; those at the border wait for the operator", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			done, err := site.RotateKeys(dir, r)
			if len(done.InUse) > 0 {
				fmt.Fprintf(c.OutOrStdout(), "In use from now on: new keys of %s.\n", strings.Join(done.InUse, ", "))
			}
			if len(done.Waiting) > 0 {
				fmt.Fprintf(c.OutOrStdout(), "Not yet in use: new keys of %s. Give %s to the operator for federation rotate, and take the answer with site join.\n",
					strings.Join(done.Waiting, ", "), filepath.Join(dir, setup.JoinFile))
			}
			return err
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site, with its root key")
	c.Flags().StringSliceVar(&r.Principals, "service", nil, "of this one alone, or portal; may be given several times")
	c.Flags().DurationVar(&r.Overlap, "overlap", site.Overlap, "how long the old keys may sign from now")
	c.Flags().BoolVar(&r.Revoke, "revoke", false, "believe the old keys no more, whatever they signed: somebody else may have them")
	return need(c, "dir")
}

func siteRenew() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "renew", Short: "Write join.json anew after an upgrade, with what this release reads from other sites", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := site.Renew(dir); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Give %s to the operator for federation admit.\n", filepath.Join(dir, setup.JoinFile))
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site, with its root key")
	return need(c, "dir")
}
