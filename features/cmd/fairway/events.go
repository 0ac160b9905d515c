package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/services/platform/events"
	"github.com/fairway-tre/fairway/services/platform/run"
)

func eventsCommand() *cobra.Command {
	c := &cobra.Command{Use: "events", Short: "See what is said at a site, what its services could not take, and have it taken again"}
	c.AddCommand(eventsTail(), eventsDead(), eventsReplay())
	return c
}

func eventsTail() *cobra.Command {
	var dir, since string
	var f events.Filter
	var asJSON bool
	c := &cobra.Command{Use: "tail", Short: "Print the events of a site, one a line; ! marks one that nobody vouches for", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if f.Since, err = events.Since(since, time.Now()); err != nil {
				return usage{err}
			}
			s, err := events.Open(dir)
			if err != nil {
				return err
			}
			return s.Tail(c.Context(), f, func(one events.Seen) error {
				line := one.String()
				if asJSON {
					if line, err = one.JSON(); err != nil {
						return err
					}
				}
				_, err := fmt.Fprintln(c.OutOrStdout(), line)
				return err
			})
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	c.Flags().StringVar(&f.Service, "service", "", "only the topics of one service, as in their names")
	c.Flags().StringVar(&f.Type, "type", "", "only one type, or a part of it such as release.approved")
	c.Flags().StringVar(&f.Subject, "subject", "", "only one subject, or all below it where it ends in /")
	c.Flags().StringVar(&since, "since", "", "a duration such as 90m, or a time such as 2026-01-31T12:00:00Z (default: the beginning)")
	c.Flags().BoolVarP(&f.Follow, "follow", "f", false, "go on with what comes, until interrupted; not sorted over topics")
	c.Flags().BoolVar(&asJSON, "json", false, "lines of JSON, with the data as far as a contract here knows it")
	return need(c, "dir")
}

func eventsDead() *cobra.Command {
	var dir, service string
	var asJSON bool
	c := &cobra.Command{Use: "dead", Short: "List the records that services of a site could not take", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := events.Open(dir)
			if err != nil {
				return err
			}
			return s.Dead(c.Context(), service, func(l events.Letter) error {
				line := l.String()
				if asJSON {
					text, err := json.Marshal(l)
					if err != nil {
						return err
					}
					line = string(text)
				}
				_, err := fmt.Fprintln(c.OutOrStdout(), line)
				return err
			})
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	c.Flags().StringVar(&service, "service", "", "only one service, as in the name of its topic")
	c.Flags().BoolVar(&asJSON, "json", false, "lines of JSON")
	return need(c, "dir")
}

func eventsReplay() *cobra.Command {
	var dir, service, record string
	var wait time.Duration
	c := &cobra.Command{Use: "replay", Short: "Have a running service take a refused record again, with all checks", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), wait)
			defer cancel()
			out, err := events.Replay(ctx, dir, service, record)
			if err != nil {
				return err
			}
			c.Printf("%s: %s\n", record, describe(out))
			if out.Outcome == run.ReplayRefused || out.Outcome == run.ReplayUnknown {
				return fmt.Errorf("the record did not take effect")
			}
			return nil
		}}
	c.Flags().StringVar(&dir, "dir", "", "folder of the site")
	c.Flags().StringVar(&service, "service", "", "the service that refused it: identity approval catalog workspace airlock gateway")
	c.Flags().StringVar(&record, "record", "", "id of the dead letter, or topic/partition/offset of the record")
	c.Flags().DurationVar(&wait, "wait", 15*time.Second, "how long to wait for the service")
	return need(c, "dir", "service", "record")
}

func describe(r run.Replayed) string {
	text := r.Outcome
	if r.Reason != "" {
		text += " (" + r.Reason + ")"
	}
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	if r.AuditLeaf >= 0 {
		text += fmt.Sprintf(" [audit leaf %d]", r.AuditLeaf)
	}
	return text
}
