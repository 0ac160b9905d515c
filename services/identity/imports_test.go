package identity

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const codeList = "education,isced\nprimary,low\n"

var takesImports = runtest.Profile(runtest.DefaultProfile + "imports: {allowed: true, kinds: [lookup], maxBytes: 64}\n")

// bring sends a code list through the door; the act is asked of the workspace.
func (s *site) bring(u user, workspaceID string) (reply, workspace.ImportRequest) {
	s.t.Helper()
	got := s.want(http.StatusAccepted, s.call("POST", "/imports?kind=lookup&workspace="+workspaceID, u.token, codeList, "Content-Type", "text/csv"))
	act := runtest.Last[workspace.ImportRequest](s.Bench)
	if got.Subject != "import/"+act.ImportID {
		s.t.Fatalf("the door answers %s about %s", got.Raw, act.ImportID)
	}
	return got, act
}

func (s *site) wantHeld(digest string, want bool) {
	s.t.Helper()
	_, err := s.Env.Objects.GetClass(s.t.Context(), objects.Incoming, digest)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		s.t.Fatal(err)
	}
	if (err == nil) != want {
		s.t.Fatalf("the bytes are held: %v", err == nil)
	}
}

func TestTheDoorHoldsAnImportUntilItIsDecidedAndNoLonger(t *testing.T) {
	for name, end := range map[string]func(*site, reply, workspace.ImportRequest){
		"taken": func(s *site, _ reply, a workspace.ImportRequest) {
			s.Deliver("workspace", workspace.ImportTaken{ImportID: a.ImportID, WorkspaceID: a.WorkspaceID, ProjectID: s.NewID(), Kind: a.Kind, Digest: a.Digest, Size: a.Size})
		},
		"rejected": func(s *site, _ reply, a workspace.ImportRequest) {
			s.Deliver("airlock", airlock.ImportRejected{ImportID: a.ImportID, WorkspaceID: a.WorkspaceID, ProjectID: s.NewID(), Digest: a.Digest, Reason: "formula-in-cell", AuditLeaf: 1})
		},
		"withdrawn": func(s *site, _ reply, a workspace.ImportRequest) {
			s.Deliver("airlock", airlock.ImportWithdrawn{ImportID: a.ImportID, WorkspaceID: a.WorkspaceID, ProjectID: s.NewID(), Digest: a.Digest})
		},
		"refused": func(s *site, got reply, a workspace.ImportRequest) {
			s.Deliver("workspace", workspace.ActRefused{ActID: got.ActID, ActType: workspace.TypeImportRequest, ActSubject: got.Subject, Reason: "permit-expired", Detail: "it has ended"},
				func(d *envelope.Draft) { d.Subject = "act/" + got.ActID })
		},
		"forgotten": func(s *site, _ reply, _ workspace.ImportRequest) { s.Advance(30 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, takesImports)
			ada := s.enrolled("ada@uni.example", "")
			got, act := s.bring(ada, s.NewID())
			if act.Digest != objects.Digest([]byte(codeList)) || act.Size != int64(len(codeList)) || act.MediaType != "text/csv" || act.Kind != "lookup" {
				t.Fatalf("asked %+v", act)
			}
			s.wantHeld(act.Digest, true)
			end(s, got, act)
			s.wantHeld(act.Digest, false)
		})
	}
}

func TestBytesThatAnotherImportNeedsAreHeldOn(t *testing.T) {
	s := newSite(t, takesImports)
	ada, eve := s.enrolled("ada@uni.example", ""), s.enrolled("eve@uni.example", "")
	_, first := s.bring(ada, s.NewID())
	_, second := s.bring(eve, s.NewID())
	reject := func(a workspace.ImportRequest) {
		s.Deliver("airlock", airlock.ImportRejected{ImportID: a.ImportID, WorkspaceID: a.WorkspaceID, ProjectID: s.NewID(), Digest: a.Digest, Reason: "rejected-by-reviewer", AuditLeaf: 1})
	}
	reject(first)
	s.wantHeld(first.Digest, true)
	reject(second)
	s.wantHeld(first.Digest, false)
}

func TestTheDoorTakesNoBytesThatThePolicyDoesNotLetIn(t *testing.T) {
	s := newSite(t, takesImports)
	ada := s.enrolled("ada@uni.example", "")
	for name, c := range map[string]struct {
		path, body, media string
		status            int
		reason, pointer   string
	}{
		"too large":     {"?kind=lookup&workspace=" + s.NewID(), strings.Repeat("x", 65), "text/csv", http.StatusRequestEntityTooLarge, "import-too-large", ""},
		"no workspace":  {"?kind=lookup", codeList, "text/csv", http.StatusUnprocessableEntity, "schema", "/workspaceId"},
		"no kind":       {"?workspace=" + s.NewID(), codeList, "text/csv", http.StatusUnprocessableEntity, "schema", "/kind"},
		"no media type": {"?kind=lookup&workspace=" + s.NewID(), codeList, "", http.StatusUnprocessableEntity, "schema", "/mediaType"},
	} {
		got := s.call("POST", "/imports"+c.path, ada.token, c.body, "Content-Type", c.media)
		if got.Status != c.status || got.Reason != c.reason || got.Pointer != c.pointer {
			t.Errorf("%s: %d %s", name, got.Status, got.Raw)
		}
	}
	s.want(http.StatusUnauthorized, s.call("POST", "/imports?kind=lookup&workspace="+s.NewID(), "", codeList, "Content-Type", "text/csv"))
	s.wantHeld(objects.Digest([]byte(codeList)), false)
	s.bring(ada, s.NewID())

	none := newSite(t)
	bob := none.enrolled("bob@uni.example", "")
	got := none.call("POST", "/imports?kind=lookup&workspace="+s.NewID(), bob.token, codeList, "Content-Type", "text/csv")
	if got.Status != http.StatusForbidden || got.Reason != "imports-not-allowed" {
		t.Errorf("where nothing is brought in: %s", got.Raw)
	}
	none.wantHeld(objects.Digest([]byte(codeList)), false)
	if n := len(runtest.Sent[workspace.ImportRequest](none.Bench)); n != 0 {
		t.Errorf("%d asked for", n)
	}
}

func TestWhatWaitsIsShownToReviewersOnly(t *testing.T) {
	s := newSite(t, takesImports)
	officer, ada, checker := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("ada@uni.example", ""), s.enrolled("checker@uni.example", "")
	_, act := s.bring(ada, s.NewID())
	look := func(u user) reply { return s.call("GET", "/imports/"+act.ImportID, u.token, "") }
	s.want(http.StatusNotFound, look(checker))
	s.act(officer, grant(checker, "output-checker"))
	facts[identity.RoleGranted](s, 2) // the officer's own is the first
	got := s.want(http.StatusOK, look(checker))
	if got.Raw != codeList || got.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("shown %q as %v", got.Raw, got.Header)
	}
	s.want(http.StatusNotFound, look(ada))
	s.Deliver("workspace", workspace.ImportTaken{ImportID: act.ImportID, WorkspaceID: act.WorkspaceID, ProjectID: s.NewID(), Kind: act.Kind, Digest: act.Digest, Size: act.Size})
	s.want(http.StatusNotFound, look(checker))
}
