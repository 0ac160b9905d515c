package outputs

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kinds is the closed table of results. A new kind is a struct with its Kind
// and validate in a file of its own, a line here, and a definition of the same
// name in the schema.
var kinds = map[string]codec{
	KindAlleleFrequency: of[AlleleFrequency](),
	KindAssociation:     of[Association](),
	KindPolygenicScore:  of[PolygenicScore](),
	KindCombination:     of[Combination](),
	KindCount:           of[Count](),
	KindKaplanMeier:     of[KaplanMeier](),
	KindLogRank:         of[LogRank](),
	KindModel:           of[Model](),
	KindModelPart:       of[ModelPart](),
	KindRatioPart:       of[RatioPart](),
	KindSummary:         of[Summary](),
}

// codec writes and reads the results of one kind.
type codec struct {
	encode func(Result) ([]byte, error)
	decode func(jsontext.Value) (Result, error)
}

// tagged is how a result stands on the wire: its kind, then its own members.
type tagged[R Result] struct {
	Kind string `json:"kind"`
	//lint:ignore SA5008 "embed" is an option of the JSON library that is used here
	Rest R `json:",embed"`
}

func of[R Result]() codec {
	return codec{
		encode: func(result Result) ([]byte, error) {
			r, ok := result.(R)
			if !ok {
				return nil, fmt.Errorf("a %T calls itself %s", result, result.Kind())
			}
			return json.Marshal(tagged[R]{r.Kind(), r})
		},
		decode: func(raw jsontext.Value) (Result, error) {
			var wire tagged[R]
			err := decodeStrict(raw, &wire)
			return wire.Rest, err
		},
	}
}
