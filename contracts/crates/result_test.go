package crates_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

const (
	reviewer      = "securevre:01JD3Z5Q8V0N6W2T4K7M9R1AXF"
	permitID      = "01JD3Z5Q8V0N6W2T4K7M9SG000"
	releaseID     = "01JD3Z5Q8V0N6W2T4K7M9SH000"
	profileDigest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	crateDigest   = "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
	evidence      = "sha256:fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13"
)

// released is an output that was asked for by a crate, reviewed by one person and published.
func released() crates.Result {
	at := func(minute int) time.Time { return time.Date(2026, 11, 28, 9, minute, 0, 0, time.UTC) }
	document := []byte(`{"n":42}`)
	claim := vocabulary.Claim{Digest: outputs.Digest(document), Size: int64(len(document)), MediaType: outputs.MediaType, Class: "aggregate"}
	r := model()
	return crates.Result{Site: "securevre", Title: "SecureVRE, Spain", Document: document, GrantedAt: at(1), AskedAt: at(2), SealedAt: at(3),
		DecidedAt: at(4), PublishedAt: at(5), Made: at(6), Request: crateDigest,
		Asked: workspace.JobSubmit{ProjectID: r.ProjectID, HostSite: "securevre", Requester: r.Requester, DatasetID: r.DatasetID, Analyses: []vocabulary.Analysis{r.Analysis}},
		Sealed: workspace.OutputSealed{Author: r.Requester, Claim: claim, Kinds: []string{outputs.KindModel}, Evidence: vocabulary.Claim{Digest: evidence, Size: 1, MediaType: outputs.EvidenceMediaType, Class: "evidence"},
			Lineage: vocabulary.Lineage{Datasets: []vocabulary.DatasetVersion{{DatasetID: r.DatasetID, Version: "1"}}, Steps: []vocabulary.LineageStep{}}},
		Decision: airlock.ReleaseApproved{ReleaseID: releaseID, ProjectID: r.ProjectID, PermitID: permitID, Claim: claim, Requester: r.Requester, Reviewers: []string{reviewer},
			Rules: vocabulary.Rules{Threshold: 10, Reviewers: 1, ProfileDigest: profileDigest}}}
}

// unpacked are the files of a crate, by their names in its bag.
func unpacked(t *testing.T, r crates.Result) map[string]string {
	t.Helper()
	text, err := r.Bag()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		name, inside := strings.CutPrefix(f.Name, releaseID+"/")
		if !inside {
			t.Fatalf("%s lies outside the one bag", f.Name)
		}
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	return files
}

func TestACrateIsABagWhoseManifestsHold(t *testing.T) {
	files := unpacked(t, released())
	manifest := map[string]string{"manifest-sha512.txt": "data/", "tagmanifest-sha512.txt": ""}
	for list, within := range manifest {
		listed := []string{}
		for line := range strings.Lines(files[list]) {
			sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			if sum != fmt.Sprintf("%x", sha512.Sum512([]byte(files[name]))) {
				t.Errorf("%s: %s has another digest", list, name)
			}
			listed = append(listed, name)
		}
		for name := range files {
			if payload := strings.HasPrefix(name, "data/"); payload == (within != "") && name != "tagmanifest-sha512.txt" && !slices.Contains(listed, name) {
				t.Errorf("%s does not list %s", list, name)
			}
		}
	}
	if !strings.Contains(files["bag-info.txt"], "External-Identifier: urn:fairway:release:"+releaseID+"\n") || !strings.HasPrefix(files["bagit.txt"], "BagIt-Version: 1.0\n") {
		t.Errorf("%q, %q", files["bagit.txt"], files["bag-info.txt"])
	}
	if files["data/"+crates.ResultFile] != string(released().Document) {
		t.Error("the result is not the released bytes")
	}
}

func TestACrateTellsTheDecisionAndNeitherEvidenceNorMoreThanOnce(t *testing.T) {
	r := released()
	files := unpacked(t, r)
	if decision := files["data/"+crates.DecisionFile]; !strings.Contains(decision, reviewer) || !strings.Contains(decision, profileDigest) || !strings.Contains(decision, r.Decision.Claim.Digest) {
		t.Errorf("decided by %s", decision)
	}
	if !strings.Contains(files["data/"+crates.LineageFile], r.Asked.DatasetID) {
		t.Errorf("made of %s", files["data/"+crates.LineageFile])
	}
	for name, text := range files {
		if strings.Contains(text, evidence) {
			t.Errorf("%s tells of the evidence", name)
		}
	}
	one, _ := r.Bag()
	two, _ := r.Bag()
	if !bytes.Equal(one, two) {
		t.Error("the same facts make two crates")
	}
	r.Sealed.Lineage = vocabulary.Lineage{}
	if _, told := unpacked(t, r)["data/"+crates.LineageFile]; told {
		t.Error("a lineage that there is not is told")
	}
	spoilt := r
	spoilt.Document = []byte(`{"n":43}`)
	if _, err := spoilt.Bag(); !errors.Is(err, crates.ErrDigest) {
		t.Errorf("other bytes than were approved: %v", err)
	}
	r.Asked.Analyses = append(r.Asked.Analyses, r.Asked.Analyses...)
	if _, err := r.Bag(); !errors.Is(err, crates.ErrOneAnalysis) {
		t.Errorf("of two analyses: %v", err)
	}
}
