package generate

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/strict"
)

// object is a JSON object of the document.
type object = map[string]any

const (
	payloadFormat = "application/schema+json;version=draft-2020-12"
	kafkaBinding  = "0.5.0"
	inboxChannel  = "federation.inbox.v1"
	registry      = "federation.registry.v1"
)

// asyncAPI writes the events as one AsyncAPI 3 document: a channel for each topic, an operation for each principal and
// topic, a message for each event.
func asyncAPI(tree fs.FS, events []event, files map[string][]byte) error {
	messages, channels := object{}, object{}
	for _, e := range events {
		m, err := message(tree, e)
		if err != nil {
			return fmt.Errorf("describe %s for AsyncAPI: %w", e.folder, err)
		}
		messages[e.Type] = m
		for _, c := range channelsOf(e) {
			channel, ok := channels[c].(object)
			if !ok {
				channel = newChannel(c)
				channels[c] = channel
			}
			channel["messages"].(object)[e.Type] = ref("components", "messages", e.Type)
		}
	}
	text, err := json.Marshal(object{
		"asyncapi": "3.1.0",
		"info": object{"title": "Fairway", "version": "1.0.0", "license": object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
			"description": "Every act and fact that the services of Fairway's sites, and the sites among themselves, exchange. Generated from contracts/schemas."},
		"defaultContentType": "application/json",
		"servers":            servers(),
		"channels":           channels,
		"operations":         operations(events),
		"components": object{
			"messages":        messages,
			"schemas":         object{"headers": headers()},
			"securitySchemes": object{"scram": object{"type": "scramSha512", "description": "One user for each principal; what it may read and write follows from the operations."}},
		},
	}, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("write the AsyncAPI document: %w", err)
	}
	files["asyncapi/asyncapi.json"] = append(text, '\n')
	return nil
}

func ref(tokens ...string) object {
	for i, t := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~", "~0"), "/", "~1")
	}
	return object{"$ref": "#/" + strings.Join(tokens, "/")}
}

func servers() object {
	server := func(what string) object {
		return object{"host": "{host}", "protocol": "kafka-secure", "description": what, "security": []any{ref("components", "securitySchemes", "scram")},
			"variables": object{"host": object{"description": "Name and port of a broker.", "default": "localhost:9093"}}}
	}
	return object{"site": server("The broker of one site. TLS with the site's own authority."),
		"federation": server("The broker between sites, which only gateways and the operator reach.")}
}

// channelsOf are the topics on which an event is, with the site left out of the name.
func channelsOf(e event) []string {
	own := []string{strings.TrimPrefix(e.Topic, "{site}.")}
	if len(e.Border.Directions) > 0 {
		return append(own, inboxChannel)
	}
	return own
}

func newChannel(name string) object {
	c := object{"address": "{site}." + name, "servers": []any{ref("servers", "site")}, "messages": object{},
		"parameters": object{"site": object{"description": "Name of the site: a letter, then letters, digits and hyphens, 2 to 32 in all."}},
		"bindings":   object{"kafka": object{"bindingVersion": kafkaBinding}}}
	switch name {
	case inboxChannel:
		c["address"], c["servers"] = "federation.{receiver}.inbox.v1", []any{ref("servers", "federation")}
		c["parameters"] = object{"receiver": object{"description": "Name of the site that alone reads this topic. The record key is the name of the site that wrote."}}
	case registry:
		c["address"], c["servers"] = name, []any{ref("servers", "federation")}
		delete(c, "parameters")
	}
	return c
}

// operations lists for each principal and topic what it sends and what it receives.
func operations(events []event) object {
	all := object{}
	add := func(principal, action, channel string, e event) {
		id := principal + "." + action + "." + channel
		op, ok := all[id].(object)
		if !ok {
			op = object{"action": action, "channel": ref("channels", channel), "messages": []any{}, "tags": []any{object{"name": principal}},
				"summary": principal + " " + map[string]string{"send": "writes", "receive": "reads"}[action] + " " + channel, "bindings": object{"kafka": object{"bindingVersion": kafkaBinding}}}
			all[id] = op
		}
		op["messages"] = append(op["messages"].([]any), ref("channels", channel, "messages", e.Type))
	}
	for _, e := range events {
		channels := channelsOf(e)
		for _, w := range e.Writers {
			if e.Kind == "act" || w == principalOf(e.service()) || channels[0] == registry {
				add(w, "send", channels[0], e)
			}
		}
		for _, r := range e.Readers {
			add(principalOf(r), "receive", channels[0], e)
		}
		if len(channels) > 1 {
			add("gateway", "send", inboxChannel, e)
			add("gateway", "receive", inboxChannel, e)
		}
	}
	return all
}

func principalOf(service string) string {
	if service == "federation" {
		return "gateway"
	}
	return service
}

func message(tree fs.FS, e event) (object, error) {
	payload, err := inlined(tree, e)
	if err != nil {
		return nil, err
	}
	examples, err := exampleMessages(tree, e)
	if err != nil {
		return nil, err
	}
	must := []any{}
	if len(e.Border.Directions) == 0 { // in an inbox bordersequence stands for it
		must = append(must, "ce_sequence")
	}
	if e.Kind == "act" && slices.Contains(e.Writers, "portal") && len(e.Writers) == 1 {
		must = append(must, "ce_actor", "ce_session", "ce_assurance", "ce_authtime")
	}
	return object{
		"name": e.Type, "title": e.schema.Title, "summary": e.schema.Description, "contentType": "application/json",
		"headers": object{"allOf": []any{ref("components", "schemas", "headers"), object{"type": "object", "required": must,
			"properties": object{"ce_type": object{"const": e.Type}, "ce_dataclassification": object{"const": e.DataClass},
				"ce_dataschema": object{"enum": schemaNames(e)}}}}},
		"payload":  object{"schemaFormat": payloadFormat, "schema": payload},
		"examples": examples,
		"bindings": object{"kafka": object{"bindingVersion": kafkaBinding,
			"key": object{"type": "string", "description": "The subject, " + e.Subject + "; partitioned by murmur2, as Java clients do. In an inbox the name of the site that wrote."}}},
		"tags":       []any{object{"name": e.service()}, object{"name": kind(e)}},
		"x-versions": e.versions, "x-requirements": e.Requirements, "x-deadline": e.Deadline,
	}, nil
}

func schemaNames(e event) []any {
	var names []any
	for _, v := range e.versions {
		names = append(names, "urn:fairway:contracts:"+e.service()+":"+e.name()+":"+v)
	}
	return names
}

// exampleMessages are the valid examples of an event.
func exampleMessages(tree fs.FS, e event) ([]any, error) {
	names, err := fs.Glob(tree, e.folder+"/examples/valid/*.json")
	if err != nil {
		return nil, err
	}
	examples := []any{}
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		data, err := strict.Value(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		examples = append(examples, object{"name": strings.TrimSuffix(path.Base(name), ".json"), "payload": data})
	}
	return examples, nil
}

// inlined is the newest schema with each definition in the place of its reference: within another document a reference
// to #/$defs would mean that document's.
func inlined(tree fs.FS, e event) (any, error) {
	text, err := fs.ReadFile(tree, e.folder+"/"+e.versions[len(e.versions)-1]+".json")
	if err != nil {
		return nil, err
	}
	value, err := strict.Value(text)
	if err != nil {
		return nil, err
	}
	root, ok := value.(object)
	if !ok {
		return nil, fmt.Errorf("the schema is no object")
	}
	defs, _ := root["$defs"].(object)
	delete(root, "$defs")
	return inline(root, defs, nil)
}

// inline replaces references; within lists the definitions that it is inside of.
func inline(node any, defs object, within []string) (any, error) {
	switch n := node.(type) {
	case object:
		target, referring := n["$ref"].(string)
		out := object{}
		if referring {
			name := strings.TrimPrefix(target, "#/$defs/")
			if slices.Contains(within, name) {
				return nil, fmt.Errorf("the definition %s contains itself, which cannot be written in one piece", name)
			}
			def, err := inline(defs[name], defs, append(slices.Clone(within), name))
			if err != nil {
				return nil, err
			}
			resolved, ok := def.(object)
			if !ok {
				return nil, fmt.Errorf("%s names no definition", target)
			}
			maps.Copy(out, resolved)
		}
		for key, child := range n {
			if key == "$ref" && referring {
				continue
			}
			resolved, err := inline(child, defs, within)
			if err != nil {
				return nil, err
			}
			out[key] = resolved
		}
		return out, nil
	case []any:
		out := make([]any, len(n))
		for i, child := range n {
			resolved, err := inline(child, defs, within)
			if err != nil {
				return nil, err
			}
			out[i] = resolved
		}
		return out, nil
	default:
		return node, nil
	}
}
