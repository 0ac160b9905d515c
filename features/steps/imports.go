package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/lookups"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// brought is something that a person of a project asked to bring in.
type brought struct {
	ID, Digest string
}

func (w *World) importsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) brings the lookup table "([^"]+)" to the door, for the project "([^"]+)"$`, w.brings,
			"Sends a table (CSV, as a doc string) to the door of the person's own site, and waits until the airlock has checked it and reviewers have their turn.",
			`the researcher at health-data-hub brings the lookup table "stages of life" to the door, for the project "own rule"`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to bring the lookup table "([^"]+)" in, for the project "([^"]+)"$`, w.tryBring,
			"Sends a table (CSV, as a doc string), which must be refused: by the door, the workspace or the airlock. Where the door takes no bytes, the act is sent without them.",
			`the researcher at molgenis tries to bring the lookup table "codes" in, for the project "tables"`},
		{`^the ([a-z -]+?) at ([a-z-]+) approves the lookup table "([^"]+)", and the workspace takes it in$`, w.letsIn,
			"Reviews an import as another than who asked, and waits until the workspace holds its bytes; also as the valid act after an attempt.",
			`the first output-checker at health-data-hub approves the lookup table "stages of life", and the workspace takes it in`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to approve the lookup table "([^"]+)"$`, w.tryLetIn,
			"Reviews an import, which must be refused.",
			`the researcher at health-data-hub tries to approve the lookup table "stages of life"`},
		{`^the ([a-z -]+?) at ([a-z-]+) withdraws the lookup table "([^"]+)"$`, w.withdrawsImport,
			"Gives up an import that is not decided yet.",
			`the researcher at health-data-hub withdraws the lookup table "stages of life"`},
		{`^that output tells that the lookup table "([^"]+)" was used$`, w.tellsOfImport,
			"Looks at the lineage of the scenario's output.",
			`that output tells that the lookup table "stages of life" was used`},
		{`^it counts (\d+) people of "([^"]+)", as the ([a-z -]+?) at ([a-z-]+) reads$`, w.readsCount,
			"Fetches the published output and compares one number of its count.",
			`it counts 1670 people of "past", as the researcher at health-data-hub reads`},
	}
}

func (w *World) broughtIn(name string) (brought, error) {
	b, ok := w.own.imports[name]
	if !ok {
		return b, fmt.Errorf("nobody has brought %q in this scenario", name)
	}
	return b, nil
}

// noted keeps an import under its name.
func (w *World) noted(name string, b brought) {
	if w.own.imports == nil {
		w.own.imports = map[string]brought{}
	}
	w.own.imports[name] = b
}

// roomOf is the workspace that stands at a site for a project.
func (w *World) roomOf(site, name string) (string, error) {
	p, err := w.project(name)
	if err != nil {
		return "", err
	}
	found := w.tap().Find(harness.Of(func(s harness.Seen, r workspace.WorkspaceProvisioned) bool {
		return s.Site() == site && r.ProjectID == p.id
	}))
	if len(found) == 0 {
		return "", fmt.Errorf("%s has no workspace of the project %q", site, name)
	}
	r, _ := harness.Payload[workspace.WorkspaceProvisioned](found[len(found)-1])
	return r.WorkspaceID, nil
}

// fileOf is the text of a doc string as a file has it.
func fileOf(text *godog.DocString) []byte { return []byte(strings.TrimSpace(text.Content) + "\n") }

func importOf(subject string) string { return strings.TrimPrefix(subject, "import/") }

func (w *World) brings(ctx context.Context, person, site, name, in string, text *godog.DocString) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	room, err := w.roomOf(site, in)
	if err != nil {
		return err
	}
	r, err := a.Bring(ctx, room, lookups.Kind, lookups.MediaType, fileOf(text))
	if err != nil {
		return err
	}
	if _, err := w.granted(ctx, r, "the request to bring something in"); err != nil {
		return err
	}
	id := importOf(r.Subject)
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the check of the import", About: []string{id},
		Match: harness.Of(func(_ harness.Seen, c airlock.ImportChecked) bool { return c.ImportID == id })})
	if err != nil {
		return err
	}
	if c, _ := harness.Payload[airlock.ImportChecked](seen); c.Outcome != "pass" {
		return fmt.Errorf("%s does not let it in: %v", site, c.Findings)
	}
	w.noted(name, brought{id, outputs.Digest(fileOf(text))})
	w.probed(fmt.Sprintf("the %s brings %q, which passes the check", person, name))
	return nil
}

// tryBring begins an attempt to bring something in. A door that takes no bytes is not the airlock: what it is told by the
// act alone is refused too.
func (w *World) tryBring(ctx context.Context, person, site, name, in string, text *godog.DocString) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	room, err := w.roomOf(site, in)
	if err != nil {
		return err
	}
	bytes := fileOf(text)
	r, err := a.Bring(ctx, room, lookups.Kind, lookups.MediaType, bytes)
	var closed *harness.DoorError
	if errors.As(err, &closed) && closed.Status == http.StatusForbidden {
		r, err = a.Act(ctx, workspace.ImportRequest{ImportID: harness.NewID(), WorkspaceID: room, Kind: lookups.Kind, Digest: outputs.Digest(bytes),
			Size: int64(len(bytes)), MediaType: lookups.MediaType})
	}
	if err != nil {
		return err
	}
	id := importOf(r.Subject)
	t := w.try(a, fmt.Sprintf("%q is brought into a workspace", name))
	t.about = []string{r.ActID, id}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		refusal, ok := harness.RefusalOf(s)
		return refusal, ok && (refusal.Kind == "act" && refusal.Cause == r.ActID || refusal.Kind == "import" && s.Event.Subject == r.Subject)
	}
	t.effect = func(s harness.Seen) bool {
		checked, ok := harness.Payload[airlock.ImportChecked](s)
		return cameIn(s, id) || ok && checked.ImportID == id && checked.Outcome == "pass"
	}
	return nil
}

// cameIn matches a decision to let an import in, and the taking in.
func cameIn(s harness.Seen, id string) bool {
	approved, decided := harness.Payload[airlock.ImportApproved](s)
	taken, inside := harness.Payload[workspace.ImportTaken](s)
	return decided && approved.ImportID == id || inside && taken.ImportID == id
}

func (w *World) letsIn(ctx context.Context, person, site, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	b, err := w.broughtIn(name)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, airlock.ImportReview{ImportID: b.ID, Digest: b.Digest, Decision: "Approved"})
	if err != nil {
		return err
	}
	if _, err := w.granted(ctx, r, "the review by "+a.Role); err != nil {
		return err
	}
	if _, err := w.tap().Await(ctx, harness.Fact{What: "the taking in of what was approved", About: []string{b.ID},
		Match: harness.Of(func(_ harness.Seen, t workspace.ImportTaken) bool { return t.ImportID == b.ID && t.Digest == b.Digest })}); err != nil {
		return err
	}
	w.tell(a.ID(), site, "independent review of exactly these bytes")
	w.probed(fmt.Sprintf("the %s approves the same bytes", person))
	return nil
}

func (w *World) tryLetIn(ctx context.Context, person, site, name string) error {
	b, err := w.broughtIn(name)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, fmt.Sprintf("the %s approves %q", person, name), func(*actor) envelope.Payload {
		return airlock.ImportReview{ImportID: b.ID, Digest: b.Digest, Decision: "Approved"}
	})
}

func (w *World) withdrawsImport(ctx context.Context, person, site, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	b, err := w.broughtIn(name)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, airlock.ImportWithdraw{ImportID: b.ID, Reason: "superseded"})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the withdrawal of "+name)
	return err
}

func (w *World) tellsOfImport(_ context.Context, name string) error {
	b, err := w.broughtIn(name)
	if err != nil {
		return err
	}
	o, ok := harness.Payload[workspace.OutputSealed](w.own.sealed)
	if !ok || !slices.Contains(o.Lineage.Imports, b.Digest) {
		return fmt.Errorf("the lineage of the output names %v", o.Lineage.Imports)
	}
	return nil
}

func (w *World) readsCount(ctx context.Context, number, level, person, site string) error {
	document, err := w.collected(ctx, person, site)
	if err != nil {
		return err
	}
	for _, result := range document.Results {
		count, _ := result.(outputs.Count)
		for _, cell := range count.Cells {
			if len(cell.By) != 1 || cell.By[0].Level != level {
				continue
			}
			if strconv.Itoa(cell.N) != number {
				return fmt.Errorf("it counts %d people of %q", cell.N, level)
			}
			return nil
		}
	}
	return fmt.Errorf("it has no number of people of %q", level)
}
