package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A site that has a catalogue and nothing else: DeiC's view of a member's data. It is data alone.
const deic = `# Modelled on public descriptions of DeiC; not affiliated.
name: deic
title: DeiC, Denmark
country: DK
modelledOn: DeiC, modelled on public descriptions, not affiliated
hostDescription: A catalogue of what a member holds; no data and no workspace.
threshold: 10
review: {reviewers: 1, blinded: false, deadline: 5wd}
signIn: {assurance: aal2, secondFactorMaxAge: 12h, addresses: []}
approvalChain: [{body: data-holder, quorum: 1, of: 1}]
analyses: {mode: aggregate, catalogued: []}
training: {course: safe-researcher, validFor: 1y}
agreement: {name: data-use-agreement, version: "1.0"}
study: {maxDeadline: 72h}
release: {validFor: 30d}
permit: {maxDuration: 1y}
executors: [typed]
hosting: {workspace: none, at: molgenis}
`

const thirteenth = `Feature: A site more is a file more

  @SC-DEIC-001 @REQ-SATRE-5.6 @layer:technical @kind:positive
  Scenario: A catalogue alone joins, its records can be found, and they say where the data lie
    Given the environments
      | site     | profile  | name     | country | dataset | file             | holds                           |
      | molgenis | molgenis | Molgenis | NL      | trial   | rotterdam.csv.gz | a trial of 2,982 patients       |
    And every environment publishes its policy
    And molgenis has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at molgenis
    When the environments
      | site     | profile  | name     | country | dataset | file             | holds                           |
      | deic     | DEIC     | DeiC     | DK      |         |                  | a view of a member's data       |
    And every environment publishes its policy
    Then deic runs no workspace and no airlock
    And deic has a researcher, a data manager and everybody whom its policy asks for
    When the trial "view-of-trial" is described at deic
    Then the record "view-of-trial" at deic says that the data lie at molgenis
    And the researcher at molgenis asks several sites how many people meet "menopause = after", and is told
      | site            | dataset       | told                                   |
      | molgenis        | trial         | 1670                                   |
      | deic            | view-of-trial | nothing, because of hosted-elsewhere   |
      | deic            | no-view       | nothing, because of dataset-unknown    |
      | those that told |               | 1670                                   |
    And the researcher at deic asks several sites how many people meet "menopause = after", and is told
      | site     | dataset | told |
      | molgenis | trial   | 1670 |
      | all      |         | 1670 |
`

func TestAThirteenthSiteIsAFileMoreAndNoGo(t *testing.T) {
	if testing.Short() {
		t.Skip("plays two sites; runs without -short")
	}
	file := filepath.Join(t.TempDir(), "deic.yaml")
	if err := os.WriteFile(file, []byte(deic), 0o644); err != nil {
		t.Fatal(err)
	}
	result := played(t, program(t), strings.Replace(thirteenth, "DEIC    ", file, 1), "")
	if !result.Met() {
		t.Errorf("%s %q", failure(result.Scenarios[0]), result.Problems)
	}
}
