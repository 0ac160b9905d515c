package steps

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) cratesSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) tries to ask by a crate what the study "([^"]+)" asks of "([^"]+)" in the project "([^"]+)"$`, w.tryCrate,
			"Hands the door of the person's own site a Five Safes RO-Crate that asks for the study's one analysis, which must be refused.",
			`the researcher at securevre tries to ask by a crate what the study "a test" asks of "trial" in the project "own rule"`},
		{`^the ([a-z -]+?) at ([a-z-]+) has an output of what a crate asks, that of the study "([^"]+)" of "([^"]+)" in the project "([^"]+)"$`, w.hasOutputByCrate,
			"Hands the door such a crate, and waits for the sealed output of its job; also as the valid act after an attempt.",
			`the researcher at securevre has an output of what a crate asks, that of the study "a model" of "trial" in the project "own rule"`},
		{`^the ([a-z -]+?) at ([a-z-]+) has it as a crate, which tells of the request, the permit, the review and the same bytes$`, w.hasCrate,
			"Fetches the published output as a Five Safes RO-Crate, and holds it against the crate that asked, the airlock's decision and the released bytes.",
			"the researcher at securevre has it as a crate, which tells of the request, the permit, the review and the same bytes"},
	}
}

// hands gives the door a crate that asks for the one analysis of a study.
func (w *World) hands(ctx context.Context, person, site, name, dataset, in string) (*actor, harness.Receipt, error) {
	a, job, err := w.jobFor(person, site, name, dataset, in)
	if err != nil {
		return nil, harness.Receipt{}, err
	}
	if len(job.Analyses) != 1 || len(job.Prepare) > 0 {
		return nil, harness.Receipt{}, fmt.Errorf("a crate asks for one analysis of a dataset as it is; %q is more", name)
	}
	text, err := crates.Request{Requester: job.Requester, ProjectID: job.ProjectID, DatasetID: job.DatasetID, Analysis: job.Analyses[0]}.Encode(time.Now())
	if err != nil {
		return nil, harness.Receipt{}, err
	}
	w.own.crate = outputs.Digest(text)
	r, err := a.Hand(ctx, text)
	return a, r, err
}

func (w *World) tryCrate(ctx context.Context, person, site, name, dataset, in string) error {
	a, r, err := w.hands(ctx, person, site, name, dataset, in)
	if err != nil {
		return err
	}
	w.tryAs(a, fmt.Sprintf("the %s asks by a crate for %q", person, name), r)
	return nil
}

func (w *World) hasOutputByCrate(ctx context.Context, person, site, name, dataset, in string) error {
	a, r, err := w.hands(ctx, person, site, name, dataset, in)
	if err != nil {
		return err
	}
	if w.own.sealed, err = w.sealedBy(ctx, a, r); err != nil {
		return err
	}
	w.probed(fmt.Sprintf("the %s asks by a crate for %q", person, name))
	return nil
}

func (w *World) hasCrate(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	decision, err := ofOwn(ctx, w, "the decision", func(airlock.ReleaseApproved) bool { return true }, nil)
	if err != nil {
		return err
	}
	released, err := a.Collect(ctx, decision.ReleaseID)
	if err != nil {
		return err
	}
	text, err := a.CollectCrate(ctx, decision.ReleaseID)
	if err != nil {
		return err
	}
	bag, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return fmt.Errorf("read the crate: %w", err)
	}
	return tells(bag, decision, released, w.own.crate)
}

// tells holds a crate against the decision, the released bytes and the digest of the crate that asked.
func tells(bag fs.FS, decision airlock.ReleaseApproved, released []byte, request string) error {
	within := decision.ReleaseID + "/data/"
	result, err := fs.ReadFile(bag, within+crates.ResultFile)
	if err != nil {
		return fmt.Errorf("the result in the crate: %w", err)
	}
	if !bytes.Equal(result, released) {
		return errors.New("the result in the crate is not what was released")
	}
	metadata, err := fs.ReadFile(bag, within+crates.MetadataFile)
	if err != nil {
		return fmt.Errorf("the metadata of the crate: %w", err)
	}
	want := append([]string{crates.Profile, request, decision.PermitID, decision.Requester, decision.Rules.ProfileDigest,
		"CheckValue", "ValidationCheck", "SignOff", "DisclosureCheck"}, decision.Reviewers...)
	for _, text := range want {
		if !strings.Contains(string(metadata), text) {
			return fmt.Errorf("the crate does not tell of %s", text)
		}
	}
	return nil
}
