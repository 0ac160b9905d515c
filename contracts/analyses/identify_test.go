package analyses

import "testing"

func TestNamesOfWhoSomebodyIsAreKnownByTheirLastWord(t *testing.T) {
	for name, want := range map[string]bool{"participant_id": true, "participantId": true, "IID": true, "family-name": true, "familyName": true,
		"person": true, "PATIENT.NAME": true, "age": false, "acid": false, "lipid": false, "id-card-issued": false, "": false, "_": false} {
		if got := Identifies(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
