package steps

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) endingsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) closes the workspace of the project "([^"]+)" there$`, w.closesWorkspace,
			"Closes the workspace of a permit for good, as a person whom the permit names.",
			`the researcher at tsd closes the workspace of the project "own rule" there`},
		{`^the workspace of the project "([^"]+)" at ([a-z-]+) is closed, and what was left is to be deleted (\d+) (days|months|years) after$`, w.closedWithDate,
			"Waits for the end of a workspace, and holds the date of the deletion that is said with it against the time of the end, by the calendar.",
			`the workspace of the project "own rule" at tsd is closed, and what was left is to be deleted 3 months after`},
	}
}

// workspaceOf is the workspace that a site made by its permit of a project.
func (w *World) workspaceOf(ctx context.Context, name, site string) (workspace.WorkspaceProvisioned, error) {
	p, err := w.project(name)
	if err != nil {
		return workspace.WorkspaceProvisioned{}, err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the workspace at " + site, About: []string{p.permits[site]},
		Match: harness.Of(func(s harness.Seen, e workspace.WorkspaceProvisioned) bool {
			return s.Site() == site && e.PermitID == p.permits[site]
		})})
	room, _ := harness.Payload[workspace.WorkspaceProvisioned](seen)
	return room, err
}

func (w *World) closesWorkspace(ctx context.Context, person, site, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	room, err := w.workspaceOf(ctx, name, site)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, workspace.WorkspaceClose{WorkspaceID: room.WorkspaceID, Reason: "project-ended"})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the closing by "+a.Role)
	return err
}

// closedWithDate waits for the end of a workspace. What is left there is deleted on the date that the event says.
func (w *World) closedWithDate(ctx context.Context, name, site, number, unit string) error {
	room, err := w.workspaceOf(ctx, name, site)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the end of the workspace at " + site, About: []string{room.WorkspaceID},
		Match: harness.Of(func(_ harness.Seen, c workspace.WorkspaceClosed) bool { return c.WorkspaceID == room.WorkspaceID })})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	at := map[string]func(time.Time) time.Time{
		"days":   func(t time.Time) time.Time { return t.AddDate(0, 0, n) },
		"months": func(t time.Time) time.Time { return t.AddDate(0, n, 0) },
		"years":  func(t time.Time) time.Time { return t.AddDate(n, 0, 0) },
	}[unit](seen.Event.Time)
	c, _ := harness.Payload[workspace.WorkspaceClosed](seen)
	if c.DeleteAt.IsZero() {
		return fmt.Errorf("%s deletes nothing by itself of the workspace that it closed, where %s %s after was said", site, number, unit)
	}
	if !c.DeleteAt.Truncate(time.Second).Equal(at.Truncate(time.Second)) {
		return fmt.Errorf("%s deletes at %s what it closed at %s, and not %s %s after", site, c.DeleteAt, seen.Event.Time, number, unit)
	}
	w.tell("", site, "retention of the site's policy")
	return nil
}
