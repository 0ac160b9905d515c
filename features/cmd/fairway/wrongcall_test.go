package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWrongCallIsToldWithTheRightOneAndStatus2(t *testing.T) {
	t.Parallel()
	for call, parts := range map[string][]string{
		"nonsense":                          {`unknown command "nonsense"`, "usage: fairway COMMAND"},
		"site nonsense":                     {`unknown command "nonsense"`, "fairway site --help"},
		"federation nonsense":               {`unknown command "nonsense"`, "fairway federation --help"},
		"audit nonsense":                    {`unknown command "nonsense"`, "fairway audit --help"},
		"site init --dir x --profil y":      {"unknown flag: --profil", "fairway site init --help"},
		"site init":                         {"--dir (folder to make) and --profile (name", "usage: fairway site init"},
		"site init --profile molgenis":      {"this needs --dir (", "usage: fairway site init"},
		"site run":                          {"this needs --dir (", "usage: fairway site run"},
		"site run more --dir x":             {`"more"`, "usage: fairway site run"},
		"site run --dir x --log-level loud": {`"loud"`, "--log-level"},
		"service":                           {"usage: fairway service NAME"},
		"service warehouse --dir x":         {`"warehouse"`, "identity, approval, catalog, workspace, airlock, gateway"},
		"service airlock":                   {"this needs --dir (", "usage: fairway service NAME"},
		"demo --form quarter":               {`"quarter"`, "whole or split"},
		"demo --broker pigeon":              {`"pigeon"`, "embedded or kafka"},
		"demo --broker kafka":               {"FAIRWAY_KAFKA_SCRIPT", "broker.sh"},
		"run":                               {"usage: fairway run FILE.feature"},
		"certify":                           {"this needs --connection", "usage: fairway certify"},
		"certify --connection /nowhere.yml": {"/nowhere.yml", "how to start what is judged"},
	} {
		refuses(t, 2, parts, strings.Fields(call)...)
	}
	refuses(t, 2, []string{"this needs --dir (folder of the site)", "usage: fairway site run"}, "site", "run", "--dir", "")
}

func TestAStepThatNobodyKnowsIsToldByFileAndLineBeforeAnySiteIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.feature")
	write(t, file, "Feature: Mine\n\n  Scenario: Of my own\n    Given every enviroment publishes its policy\n")
	refuses(t, 2, []string{file + ":4: Given every enviroment publishes", "the nearest: every environment publishes its policy", "fairway steps WORD"}, "run", file, "--out", filepath.Join(dir, "out"))
}

func TestADemoThatCannotBeKeptIsRefusedBeforeItIsPlayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "mine\n")
	refuses(t, 1, []string{dir, `"file"`, "--work"}, "demo", "--work", dir, "--out", filepath.Join(t.TempDir(), "out"))
	refuses(t, 1, []string{file, "--work"}, "demo", "--work", file, "--out", filepath.Join(t.TempDir(), "out"))
	refuses(t, 1, []string{file, "--out"}, "demo", "--out", file)
}

func TestWhatIsNotThereIsToldWithItsPathAndWhatToGive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	nothing := filepath.Join(dir, "nothing")
	federation, site := federated(t)
	refuses(t, 1, []string{nothing, "give the folder that site init made"}, "site", "run", "--dir", nothing)
	refuses(t, 1, []string{nothing, "give the folder that site init made"}, "site", "broker", "--dir", nothing)
	refuses(t, 1, []string{nothing, "give the folder that site init made"}, "service", "airlock", "--dir", nothing)
	refuses(t, 1, []string{nothing, "that federation init made"}, "federation", "broker", "--dir", nothing)
	refuses(t, 1, []string{federation, "give the folder that site init made"}, "site", "run", "--dir", federation)
	refuses(t, 1, []string{site, "that federation init made"}, "federation", "broker", "--dir", site)
	refuses(t, 1, []string{nothing, "federation admit"}, "site", "join", nothing, "--dir", site)
	refuses(t, 1, []string{nothing, "join.json"}, "federation", "admit", nothing, "--dir", federation)
	refuses(t, 1, []string{nothing, "feature file"}, "run", nothing)
	refuses(t, 1, []string{`"warehouse"`, "molgenis"}, "site", "init", "--dir", nothing, "--profile", "warehouse")
	refuses(t, 1, []string{nothing, "holdings"}, "site", "init", "--dir", filepath.Join(dir, "new"), "--profile", "molgenis", "--holdings", nothing)
	refuses(t, 1, []string{"nonsense", "host:port"}, "site", "init", "--dir", filepath.Join(dir, "new"), "--profile", "molgenis", "--broker", "nonsense")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("what was refused left %v, %v", left, err)
	}
}

func TestAFolderInUseIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	federation, site := federated(t)
	before := readText(t, filepath.Join(site, "site.yaml")) + readText(t, filepath.Join(federation, "federation.yaml"))
	refuses(t, 1, []string{site, "folder in use", "give a new folder"}, "site", "init", "--dir", site, "--profile", "molgenis")
	refuses(t, 1, []string{federation, "folder in use", "give a new folder"}, "federation", "init", "--dir", federation)
	if after := readText(t, filepath.Join(site, "site.yaml")) + readText(t, filepath.Join(federation, "federation.yaml")); after != before {
		t.Error("the folder was changed")
	}
	works(t, "site", "init", "--dir", site+"2", "--profile", "molgenis")
}

func TestASiteIsNotBegunForAFederationThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	federation, site := filepath.Join(dir, "fed"), filepath.Join(dir, "molgenis")
	call := []string{"site", "init", "--dir", site, "--profile", "molgenis", "--federation", federation}
	refuses(t, 1, []string{federation, "that federation init made"}, call...)
	works(t, "federation", "init", "--dir", federation)
	works(t, call...)
}

func TestADatabaseThatDoesNotAnswerIsToldWithoutItsPassword(t *testing.T) {
	t.Parallel()
	site := filepath.Join(t.TempDir(), "molgenis")
	for _, url := range []string{"postgres://owner:canary-7f3a@127.0.0.1:1/tre", "mysql://owner:canary-7f3a@127.0.0.1/tre", "postgres://owner:canary-7f3a@127.0.0.1:port/tre"} {
		p := start(t, "site", "init", "--dir", site, "--profile", "molgenis", "--database", url)
		if status, said := p.wait(), p.said(); status != 1 || strings.Count(said, "\n") != 1 || strings.Contains(said, "canary") || !strings.Contains(said, site) {
			t.Errorf("%d: %s", status, said)
		}
		if err := os.RemoveAll(site); err != nil { // as the sentence says
			t.Fatal(err)
		}
	}
	works(t, "site", "init", "--dir", site, "--profile", "molgenis")
}
