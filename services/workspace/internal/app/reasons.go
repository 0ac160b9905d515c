package app

import (
	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// The reasons for which an act is refused, a job ends or a question stays open here, beside those of package people.
const (
	ReasonDatasetUnknown   = "dataset-unknown"
	ReasonVariableUnknown  = "variable-unknown"
	ReasonDatasetWithdrawn = "dataset-withdrawn"
	ReasonAnalysis         = "analysis-invalid"
	ReasonNotAllowed       = "analysis-not-allowed"
	ReasonTool             = "tool-unknown"
	ReasonPermitMissing    = "permit-missing"
	ReasonPermitRevoked    = "permit-revoked"
	ReasonPermitExpired    = "permit-expired"
	ReasonWorkspaceClosed  = "workspace-closed"
	ReasonPerson           = "person-not-permitted"
	ReasonBeyond           = "beyond-permit"
	ReasonNoWorkspace      = "workspace-missing"
	ReasonNotTheRequester  = "not-the-requester"
	ReasonNotHosted        = "holder-not-hosted"
	ReasonNotFromGateway   = "not-from-the-gateway"
	ReasonJobExists        = "already-submitted"
	ReasonJobUnknown       = "job-unknown"
	ReasonTransition       = "transition"
	ReasonCanceled         = "canceled-by-requester"
	ReasonDeadline         = "deadline-passed"

	ReasonVariantUnknown = "variant-unknown"
	ReasonUnreadableData = "data-unreadable"
	ReasonVariableType   = "variable-type"
	ReasonDictionary     = "dictionary"
	ReasonNoInformation  = "no-information"
	ReasonRows           = "rows-per-person"
	ReasonParameters     = "round-parameters-refused"
	ReasonSaturated      = "model-saturated"
	ReasonHoldsRows      = "model-holds-rows"
	ReasonSeparated      = "model-separated"
	ReasonSingular       = "model-singular"
	ReasonNotConverged   = "not-converged"
	ReasonOutputInvalid  = "output-invalid"
	ReasonFailed         = "executor-failed"

	ReasonAlreadySealed    = "already-sealed"
	ReasonUnreadableOutput = "output-unreadable"
	ReasonNotCanonical     = "not-canonical"
	ReasonClaim            = "claim-mismatch"
	ReasonInputs           = "inputs-mismatch"

	ReasonImportExists     = "already-requested"
	ReasonImportUnknown    = "import-unknown"
	ReasonImportUnreadable = "import-unreadable"
	ReasonImportMissing    = "import-missing"
	ReasonDigest           = "digest-mismatch"

	ReasonIdentifier   = "identifier"
	ReasonLevelUnknown = "level-unknown"
)

// reasons is the one place where errors become reason codes; the first that fits counts.
var reasons = run.Reasons{
	{domain.ErrTransition, ReasonTransition},
	{analyses.ErrHoldsRows, ReasonHoldsRows},
	{analyses.ErrAsked, ReasonAnalysis},
	{domain.ErrRevoked, ReasonPermitRevoked},
	{domain.ErrExpired, ReasonPermitExpired},
	{domain.ErrClosed, ReasonWorkspaceClosed},
	{domain.ErrSilent, upheld.ReasonSilent},
	{domain.ErrPerson, ReasonPerson},
	{domain.ErrBeyond, ReasonBeyond},
	{holdings.ErrDatasetUnknown, ReasonDatasetUnknown},
	{holdings.ErrVariableUnknown, ReasonVariableUnknown},
	{holdings.ErrDictionary, ReasonDictionary},
	{holdings.ErrConfig, ReasonUnreadableData},
	{holdings.ErrUnreadable, ReasonUnreadableData},
	{holdings.ErrColumn, ReasonUnreadableData},
	{holdings.ErrRow, ReasonUnreadableData},
	{genotypes.ErrFormat, ReasonUnreadableData},
	{genotypes.ErrRead, ReasonUnreadableData},
	{analysis.ErrVariant, ReasonVariantUnknown},
	{analysis.ErrConcept, ReasonVariableType},
	{analysis.ErrNoInformation, ReasonNoInformation},
	{analysis.ErrRequest, ReasonAnalysis},
	{analysis.ErrRows, ReasonRows},
	{analysis.ErrParameters, ReasonParameters},
	{analysis.ErrSaturated, ReasonSaturated},
	{rounds.ErrSeparated, ReasonSeparated},
	{rounds.ErrSingular, ReasonSingular},
	{rounds.ErrNotConverged, ReasonNotConverged},
	{documents.ErrInvalid, ReasonOutputInvalid},
	{documents.ErrTooLarge, ReasonOutputInvalid},
}

// reasonOf finds the reason code of an error, also of one that has none of its own.
func reasonOf(err error) string {
	if reason, known := reasons.Of(err); known {
		return reason
	}
	return ReasonFailed
}

// detailOf is the sentence for people about why a job ended. It is about the code alone: no value of the data is in it.
func detailOf(reason string) string {
	switch reason {
	case ReasonCanceled:
		return "Whoever asked for the job no longer wants it."
	case ReasonDeadline:
		return "The job was not done by its deadline."
	case ReasonPermitRevoked:
		return "The permit that it ran under was revoked."
	case ReasonPermitExpired:
		return "The permit that it ran under has reached its end."
	case upheld.ReasonSilent:
		return "The site that holds the data has not affirmed the permit lately."
	case ReasonWorkspaceClosed:
		return "The workspace that it ran in was closed."
	case ReasonUnreadableData:
		return "The data could not be read as its dictionary describes it; the data manager has to look."
	case ReasonVariantUnknown:
		return "The genotypes have no such variant, or it has other alleles."
	case ReasonVariableType:
		return "A concept is of another type than the analysis needs."
	case ReasonRows:
		return "A dataset has several rows a person; aggregate them before they are linked or analysed."
	case ReasonParameters:
		return "At the parameters of this round the answer would tell of few people."
	case ReasonSaturated:
		return "The model has a term for every combination of its covariates: ask for their table."
	case ReasonSeparated:
		return "The covariates foretell the outcome without a miss, so that the model has no best estimate; ask with fewer."
	case ReasonSingular:
		return "The covariates cannot be told apart: one is the same for everybody, or follows from the others."
	case ReasonNotConverged:
		return "The estimate did not settle."
	case ReasonOutputInvalid:
		return "What came out cannot be written as a document of typed results."
	case ReasonFailed:
		return "The analysis could not be carried out."
	}
	return ""
}

func refusal(err error) error { return reasons.Refusal(err) }
