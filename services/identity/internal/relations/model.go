package relations

import "github.com/fairway-tre/fairway/services/identity/internal/relations/engine"

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
	Operator            = "operator"
)

// Roles lists the roles of a site.
func Roles() []string {
	return []string{IdentityOfficer, Researcher, DataManager, OutputChecker, DataAccessCommittee,
		SteeringGroup, DataHolder, SecurityOffice, Operator}
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
	return engine.Model{
		{Name: engine.PersonType},
		{
			Name:      "Site",
			Relations: roles,
			Permits: map[string][]engine.Rule{
				"enrol":    {{Relation: IdentityOfficer}},
				"apply":    {{Relation: Researcher}},
				"describe": {{Relation: DataManager}},
				"review":   {{Relation: OutputChecker}},
				"decide":   {{Relation: DataAccessCommittee}, {Relation: SteeringGroup}, {Relation: DataHolder}, {Relation: SecurityOffice}},
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
