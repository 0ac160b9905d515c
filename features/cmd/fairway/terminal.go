package main

import (
	"bytes"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// harmless writes text of which nothing steers a terminal: sites, services and files that are not ours chose some of it.
// Line ends and tabs stay; each other control character, each byte that is no UTF-8, and what turns the direction of writing
// becomes a question mark. Safe for concurrent use.
type harmless struct {
	to io.Writer

	mu   sync.Mutex
	rest []byte // of a rune whose end is yet to come
}

// Write implements io.Writer.
func (h *harmless) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := append(h.rest, p...)
	h.rest = nil
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			h.rest = bytes.Clone(text)
			break
		}
		c, size := utf8.DecodeRune(text)
		if steers(c) || c == utf8.RuneError && size == 1 {
			c = '?'
		}
		out, text = utf8.AppendRune(out, c), text[size:]
	}
	if _, err := h.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// steers tells whether a terminal does something about a character rather than show it.
func steers(c rune) bool {
	return c != '\n' && c != '\t' && unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)
}
