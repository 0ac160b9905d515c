package crates

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

// The files of a result beside its metadata.
const (
	ResultFile   = "result.json"
	DecisionFile = "decision.json"
	LineageFile  = "lineage.json"
)

// ErrOneAnalysis says that an output is not that of one analysis, which the profile wants: the workflow of a crate is one.
var ErrOneAnalysis = errors.New("a crate tells of one analysis")

// ErrDigest says that the bytes are not those that the decision let leave.
var ErrDigest = errors.New("the bytes are not those that were approved")

// Result is a released output, with the facts by which it came about and left.
type Result struct {
	Site  string // that computed and released it
	Title string // of the site, for readers

	Asked   workspace.JobSubmit
	AskedAt time.Time
	Request string // digest of the crate that asked; empty if no crate did

	GrantedAt time.Time // the permit that the decision names

	Sealed   workspace.OutputSealed
	SealedAt time.Time

	Decision    airlock.ReleaseApproved
	DecidedAt   time.Time
	PublishedAt time.Time

	Document []byte    // the released bytes
	Made     time.Time // when the crate is
}

// file is one file of a crate and what it is.
type file struct {
	name, title, mediaType string
	text                   []byte
}

// entity describes a file, with the digest by which it can be checked.
func (f file) entity() object {
	sum := sha256.Sum256(f.text)
	e := thing(f.name, "File", f.title)
	e["encodingFormat"], e["contentSize"], e["sha256"] = f.mediaType, strconv.Itoa(len(f.text)), hex.EncodeToString(sum[:])
	return e
}

// Bag is the crate as the profile has it travel: a zip of one BagIt bag, named by the release. The same facts make the same
// bytes. Errors: ErrOneAnalysis, ErrDigest.
//
// What lies in it: the released bytes, the airlock's decision, the lineage if there is one, and the metadata. The evidence
// beside an output is for the checkers of the site, and not here.
func (r Result) Bag() ([]byte, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	about, err := r.metadata(files)
	if err != nil {
		return nil, err
	}
	return bag(r.Decision.ReleaseID, r.Made, append(files, file{name: MetadataFile, text: about}))
}

func (r Result) files() ([]file, error) {
	if len(r.Asked.Analyses) != 1 {
		return nil, fmt.Errorf("%w, and this output is of %d", ErrOneAnalysis, len(r.Asked.Analyses))
	}
	if outputs.Digest(r.Document) != r.Decision.Claim.Digest {
		return nil, ErrDigest
	}
	files := []file{{ResultFile, "The released result", r.Decision.Claim.MediaType, r.Document}}
	add := func(name, title string, v any) error {
		text, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
		files = append(files, file{name, title, "application/json", append(text, '\n')})
		return err
	}
	if err := add(DecisionFile, "The decision of the airlock by which it left", r.Decision); err != nil {
		return nil, err
	}
	if len(r.Sealed.Lineage.Datasets) > 0 {
		if err := add(LineageFile, "How the table of the analysis came about", r.Sealed.Lineage); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// metadata writes the crate's own file.
//
// 5S-MUST-40: All AssessAction entities in the crate MUST be referenced from the Root Dataset via `mentions`.
func (r Result) metadata(files []file) ([]byte, error) {
	analysis := r.Asked.Analyses[0]
	contextual, inputs := described(r.Asked.Requester, r.Asked.ProjectID, r.Asked.DatasetID, analysis)
	actions := append([]object{r.execution(inputs)}, r.phases()...)
	var parts []object
	for _, f := range files {
		parts = append(parts, f.entity())
	}
	contextual = slices.Concat(r.reviewers(), contextual, r.terms(), inputs)
	about := thing(root, "Dataset", "Released result of "+analysis.Kind)
	about["description"] = "One analysis as it was computed and released at " + r.Title + ", with the decisions that let it leave"
	about["identifier"] = release + r.Decision.ReleaseID
	about["conformsTo"], about["sourceOrganization"], about["mainEntity"] = ref(Profile), ref(project+r.Asked.ProjectID), ref(toolOf(analysis))
	about["publisher"], about["datePublished"], about["license"] = ref(site+r.Site), stamp(r.PublishedAt), ref(permit+r.Decision.PermitID)
	about["hasPart"], about["mentions"] = refs(append(parts, ref(toolOf(analysis)), ref(dataset+r.Asked.DatasetID))...), refs(actions...)
	return metadata(about, actions, parts, once(contextual))
}

func (r Result) reviewers() (all []object) {
	for _, who := range r.Decision.Reviewers {
		all = append(all, somebody(who))
	}
	return all
}

// execution is the run itself.
func (r Result) execution(inputs []object) object {
	kind := r.Asked.Analyses[0].Kind
	run := thing(run, "CreateAction", "Run of "+kind+" at "+r.Site)
	run["agent"], run["instrument"], run["object"] = ref(person+r.Asked.Requester), ref(toolOf(r.Asked.Analyses[0])), refs(inputs...)
	run["result"], run["actionStatus"] = ref(ResultFile), completed
	run["startTime"], run["endTime"] = stamp(r.AskedAt), stamp(r.SealedAt)
	return run
}

// phases are what the environment held the run against, in the profile's words. Nothing was downloaded: the tools are part
// of the environment. A request that came otherwise than as a crate was not validated as one.
func (r Result) phases() (all []object) {
	assess := func(name, title string, at time.Time) object {
		a := thing("#"+strings.ToLower(name), "AssessAction", title)
		a["additionalType"], a["actionStatus"], a["endTime"] = ref(phase+name), completed, stamp(at)
		a["object"], a["agent"] = ref(root), ref(site+r.Site)
		all = append(all, a)
		return a
	}
	assess("CheckValue", "Digest of the result held against the decision", r.Made)["instrument"] = ref(sha256Term)
	if r.Request != "" {
		valid := assess("ValidationCheck", "Request held against the Five Safes profile", r.AskedAt)
		valid["instrument"], valid["identifier"] = ref(Profile), r.Request
	}
	signed := assess("SignOff", "Permit of the project, granted by the bodies of the site's policy", r.GrantedAt)
	signed["instrument"] = ref(permit + r.Decision.PermitID)
	signed["object"] = []object{ref(root), ref(toolOf(r.Asked.Analyses[0])), ref(project + r.Asked.ProjectID)}
	disclosure := assess("DisclosureCheck", "Disclosure check of the result, and its review", r.DecidedAt)
	disclosure["instrument"] = ref(rules + r.Decision.Rules.ProfileDigest)
	if len(r.Decision.Reviewers) > 0 { // else the site's rules alone decided
		disclosure["agent"] = refs(r.reviewers()...)
	}
	made := thing("#generatecheckvalue", "UpdateAction", "Manifests of the bag written")
	made["additionalType"], made["actionStatus"], made["endTime"] = ref(phase+"GenerateCheckValue"), completed, stamp(r.Made)
	made["object"], made["agent"], made["instrument"] = ref(root), ref(site+r.Site), ref(sha512Term)
	return append(all, made)
}

// How a released result is checked, and how the files of a bag are.
const (
	sha256Term = "https://www.iana.org/assignments/named-information#sha-256"
	sha512Term = "https://www.iana.org/assignments/named-information#sha-512"
)

// terms are what the phases refer to.
func (r Result) terms() []object {
	terms := thing(permit+r.Decision.PermitID, "CreativeWork", "Data permit "+r.Decision.PermitID)
	terms["description"] = "The permit of the project, under which alone this result may be used"
	return []object{
		thing(site+r.Site, "Organization", r.Title), terms,
		thing(rules+r.Decision.Rules.ProfileDigest, "CreativeWork", "Rules of disclosure control: the profile of the site by this digest"),
		thing(sha256Term, "DefinedTerm", "SHA-256"), thing(sha512Term, "DefinedTerm", "SHA-512"),
	}
}

// once leaves the last of several entities of one id: the site of an asker at home is told with its title.
func once(all []object) (kept []object) {
	for i, e := range all {
		if !slices.ContainsFunc(all[i+1:], func(o object) bool { return o["@id"] == e["@id"] }) {
			kept = append(kept, e)
		}
	}
	return kept
}

// stamp is a time as the profile has it: RFC 3339.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
