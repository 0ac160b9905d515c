package setup

import (
	"errors"
	"testing"
)

func TestAddressesOfEnginesAreWrittenWhereIdentityReadsThem(t *testing.T) {
	dir := bare(t)
	e := Engines{KratosPublic: "http://127.0.0.1:4433", KratosAdmin: "http://127.0.0.1:4434", KetoRead: "127.0.0.1:4466", KetoWrite: "[::1]:4467"}
	if err := UseEngines(dir, e); err != nil {
		t.Fatal(err)
	}
	site, err := ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := identitySettings(site)
	for name, want := range map[string]string{SettingKratosPublic: e.KratosPublic, SettingKratosAdmin: e.KratosAdmin, SettingKetoRead: e.KetoRead, SettingKetoWrite: e.KetoWrite} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if err := UseEngines(dir, Engines{}); err != nil {
		t.Fatal(err)
	}
	if site, err = ReadFile(dir); err != nil || site.Engines != nil {
		t.Errorf("%v: %v", site.Engines, err)
	}
}

func TestHalfAnEngineIsRefusedAndNothingIsWritten(t *testing.T) {
	const k = "http://127.0.0.1:1"
	for name, e := range map[string]Engines{
		"Kratos without admin":  {KratosPublic: k},
		"Kratos without public": {KratosAdmin: k},
		"Keto without write":    {KetoRead: "h:1"},
		"Kratos without scheme": {KratosPublic: "127.0.0.1:1", KratosAdmin: k},
		"Kratos with password":  {KratosPublic: "http://a:b@h:1", KratosAdmin: k},
		"Keto without port":     {KetoRead: "h", KetoWrite: "h:1"},
		"Keto by URL":           {KetoRead: k, KetoWrite: k},
		"Keto at port 0":        {KetoRead: "h:0", KetoWrite: "h:1"},
		"Keto past all ports":   {KetoRead: "h:70000", KetoWrite: "h:1"},
	} {
		dir := bare(t)
		if err := UseEngines(dir, e); !errors.Is(err, ErrEngines) {
			t.Errorf("%s: %v", name, err)
		}
		if site, err := ReadFile(dir); err != nil || site.Engines != nil {
			t.Errorf("%s: %v, %v", name, site.Engines, err)
		}
	}
}
