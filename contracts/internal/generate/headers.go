package generate

// Patterns of headers, as package envelope checks them.
const (
	ulidPattern   = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
	sitePattern   = "^[a-z][a-z0-9-]{1,31}$"
	timePattern   = "Z$"
	countPattern  = "^[0-9]{20}$"
	personPattern = "^[a-z][a-z0-9-]{1,31}:[0-7][0-9A-HJKMNP-TV-Z]{25}$"
)

// headers is what every record carries: CloudEvents in Kafka's binary mode.
func headers() object {
	text := func(pattern, what string) object {
		s := object{"type": "string", "maxLength": 4096, "description": what}
		if pattern != "" {
			s["pattern"] = pattern
		}
		return s
	}
	moment := func(what string) object {
		return object{"type": "string", "format": "date-time", "pattern": timePattern, "description": what}
	}
	return object{
		"type": "object",
		"required": []any{"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_dataschema",
			"ce_keyid", "ce_signature", "content-type"},
		"properties": object{
			"ce_specversion":        object{"const": "1.0", "description": "CloudEvents 1.0.2."},
			"content-type":          object{"const": "application/json"},
			"ce_id":                 text(ulidPattern, "ULID, once within its source."),
			"ce_source":             text("^/sites/[a-z][a-z0-9-]{1,31}/[a-z][a-z0-9-]{1,31}$", "Who says it."),
			"ce_type":               text("", "Type with its major version."),
			"ce_subject":            text("^[!-:<-~]{1,256}$", "What it is about; also the record key."),
			"ce_time":               moment("When it was said, UTC."),
			"ce_dataschema":         text("^urn:fairway:contracts:", "Exact version of the schema."),
			"ce_correlationid":      text(ulidPattern, "Id of the first act."),
			"ce_causationid":        text(ulidPattern, "Id of the event that caused this one."),
			"ce_sequence":           text(countPattern, "Place within source and subject, from 1."),
			"ce_bordersequence":     text(countPattern, "Place within origin and receiver, from 1; every event in an inbox has it."),
			"ce_site":               text(sitePattern, "Site of the source."),
			"ce_project":            text(ulidPattern, "Project."),
			"ce_audience":           text(sitePattern, "The one site that it is meant for."),
			"ce_expirytime":         moment("After this it is refused."),
			"ce_dataclassification": text("^[a-z-]{1,32}$", "Data class of the contract."),
			"ce_actor":              text(personPattern, "Pseudonym of the person who acts."),
			"ce_session":            text(ulidPattern, "Session in which the person acts."),
			"ce_assurance":          object{"enum": []any{"aal1", "aal2"}, "description": "How the person was authenticated."},
			"ce_authtime":           moment("When the person was authenticated."),
			"ce_restson":            text("", "Facts that it rests on: source, subject and sequence, joined by semicolons."),
			"ce_traceparent":        text("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", "W3C trace that it starts in."),
			"ce_keyid":              text("^[!-:<-~]{1,64}$", "Key of the signature."),
			"ce_signature":          text("^[A-Za-z0-9+/]{86}==$", "Ed25519, base64, over what SIGNING.md says."),
		},
	}
}
