package relations

import (
	"slices"

	"github.com/fairway-tre/fairway/services/identity/internal/relations/engine"
)

// The roles that a person can hold at a site: each is a relation of namespace Site.
const (
	IdentityOfficer     = "identity-officer"
	Researcher          = "researcher"
	DataManager         = "data-manager"
	OutputChecker       = "output-checker"
	DataAccessCommittee = "data-access-committee"
	SteeringGroup       = "steering-group"
	DataHolder          = "data-holder"
	SecurityOffice      = "security-office"
	AccessCommittee     = "access-committee"
	RegionalOffice      = "regional-office"
	ScientificCommittee = "scientific-committee"
	DataProtection      = "data-protection-authority"
	Ministry            = "ministry"
	DataContributor     = "data-contributor"
	ReleaseCommittee    = "release-committee"
	ExportGroup         = "export-group"
	MembershipFeed      = "membership-feed"
	Operator            = "operator"
)

// Roles lists the roles of a site.
func Roles() []string {
	return slices.Concat([]string{IdentityOfficer, Researcher, DataManager, OutputChecker, ReleaseCommittee, ExportGroup, MembershipFeed, Operator}, Bodies())
}

// Bodies lists the roles whose holders decide on applications, each for its body of the approval chain.
func Bodies() []string {
	return []string{DataAccessCommittee, SteeringGroup, DataHolder, SecurityOffice, AccessCommittee, RegionalOffice,
		ScientificCommittee, DataProtection, Ministry, DataContributor}
}

// Model is the one source of what relations exist, who may stand in them and what they permit. The file that a real Keto
// reads is generated from it. Separation of duties ("nobody reviews an own output") is not here, since it needs a negation:
// the services that ask make two positive checks.
func Model() engine.Model {
	person := []string{engine.PersonType}
	roles := map[string][]string{}
	for _, r := range Roles() {
		roles[r] = person
	}
	var deciding []engine.Rule
	for _, body := range Bodies() {
		deciding = append(deciding, engine.Rule{Relation: body})
	}
	return engine.Model{
		{Name: engine.PersonType},
		{
			Name:      "Site",
			Relations: roles,
			Permits: map[string][]engine.Rule{
				"enrol":    {{Relation: IdentityOfficer}},
				"apply":    {{Relation: Researcher}},
				"describe": {{Relation: DataManager}},
				"review":   {{Relation: OutputChecker}, {Relation: ReleaseCommittee}},
				"decide":   deciding,
				"export":   {{Relation: ExportGroup}},
				"operate":  {{Relation: Operator}},
			},
		},
		{
			Name:      "Project",
			Relations: map[string][]string{"members": person, "owners": person, "site": {"Site"}},
			Permits: map[string][]engine.Rule{
				"work":   {{Relation: "members"}, {Relation: "owners"}},
				"manage": {{Relation: "owners"}},
				"view":   {{Relation: "members"}, {Relation: "owners"}, {Via: "site", Then: "decide"}, {Via: "site", Then: "review"}},
			},
		},
	}
}
