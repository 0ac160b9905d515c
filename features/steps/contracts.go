package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) contractsSteps() []Step {
	return []Step{
		{`^(?:the )?([a-z]+) at ([a-z-]+) says "([a-z -]+)" with$`, w.says,
			"Speaks for a service of a site, with a key of this run that the site was told to believe; the data are the text below, in JSON.",
			`catalog at molgenis says "dataset withdrawn" with`},
		{`^"([a-z -]+)" of (?:the )?([a-z]+) is read at ([a-z-]+), signed and as its contract wants it$`, w.isSaid,
			"Reads at a site's broker what the scenario said, as any service would: signature, place, schema.",
			`"dataset withdrawn" of the catalog is read at molgenis, signed and as its contract wants it`},
	}
}

// document is a payload in the words of a scenario, for events that the steps know by their contract alone.
type document struct {
	eventType string
	text      jsontext.Value
}

func (d document) EventType() string            { return d.eventType }
func (d document) MarshalJSON() ([]byte, error) { return d.text, nil }

// contractOf finds a contract by its service and its name in words: "release approved".
func contractOf(service, words string) (topics.Contract, error) {
	name := strings.ReplaceAll(words, " ", "-")
	for _, c := range topics.All() {
		if c.Service == service && c.Name() == name {
			return c, nil
		}
	}
	return topics.Contract{}, fmt.Errorf("%s has no event %q: the names are in contracts/EVENTS.md, and fairway contracts new begins another", service, words)
}

// says speaks for a service, with a key of this run that the site was told to believe.
func (w *World) says(ctx context.Context, service, site, words string, data *godog.DocString) error {
	c, err := contractOf(service, words)
	if err != nil {
		return err
	}
	at, err := w.site(site)
	if err != nil {
		return err
	}
	if len(c.Writers) == 0 {
		return fmt.Errorf("nobody writes %s", c.Type)
	}
	key, err := harness.NewTestKey(topics.Source(site, c.Writers[0]), c.Type)
	if err != nil {
		return err
	}
	if err := at.Enrol(key); err != nil {
		return err
	}
	w.testKeys = append(w.testKeys, key.KeyID())
	r, err := envelope.New(key, envelope.Draft{ID: harness.NewID(), Source: key.Source(), Time: time.Now().UTC(), Attributes: envelope.Attributes{Sequence: 1}},
		document{c.Type, jsontext.Value(data.Content)})
	if err != nil {
		return err
	}
	w.said = saying{contract: c, key: key.Public, record: r}
	w.tell("", site, "")
	return at.Forge().Write(ctx, r)
}

// saying is what a scenario said itself.
type saying struct {
	contract topics.Contract
	key      signing.Key
	record   envelope.Record
}

// isSaid reads the event as any service would: signature, place, schema.
func (w *World) isSaid(ctx context.Context, words, service, site string) error {
	c, err := contractOf(service, words)
	if err != nil {
		return err
	}
	if w.said.contract.Type != c.Type {
		return errors.New("no step of this scenario said it: begin with: " + service + " at " + site + " says \"" + words + "\" with")
	}
	want, err := envelope.Read(w.said.record)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "\"" + words + "\" at " + site, About: []string{want.ID},
		Match: func(s harness.Seen) bool { return s.Broker == site && s.Is(c.Type) && s.Event.ID == want.ID }})
	if err != nil {
		return err
	}
	trust, err := signing.NewTrust(signing.Federation)
	if err == nil {
		err = trust.Add(w.said.key)
	}
	if err == nil {
		_, err = envelope.Open(seen.Record, trust, time.Now())
	}
	if err != nil {
		return fmt.Errorf("read %q as a service would: %w", words, err)
	}
	w.tell("", site, c.Type)
	return nil
}
