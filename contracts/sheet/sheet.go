// Package sheet is what all pages of Fairway have alike: colours and letters in light and dark, the button between the
// two, and the policy by which a browser lets nothing else in. A page is one file and loads nothing.
package sheet

import (
	"crypto/sha256"
	_ "embed" // the two texts
	"encoding/base64"
	"html/template"
)

var (
	//go:embed style.css
	style string
	//go:embed theme.js
	theme string
)

// Style is the style sheet of a page: what all have, then its own, which says in --wide how wide the page may be.
func Style(own string) template.CSS { return template.CSS(style + own) }

// Script is the script of a page: the button with the id theme, ?theme=dark and ?theme=light, then its own.
func Script(own string) template.JS { return template.JS(theme + own) }

// Policy is the Content-Security-Policy of a page with these two texts and nothing else.
func Policy(style template.CSS, script template.JS) string {
	return "default-src 'none'; style-src '" + digestOf(string(style)) + "'; script-src '" + digestOf(string(script)) + "'"
}

// digestOf is a text's name in the policy.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
