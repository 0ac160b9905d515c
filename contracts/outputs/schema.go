package outputs

import _ "embed"

// SchemaText is the JSON Schema (2020-12) of the document. A result is checked
// against "#/$defs/<kind>": the restricted profile of the contracts has no
// choice between schemas.
//
//go:embed 1.0.0.json
var SchemaText []byte
