package app

import (
	"sync"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
)

// mostDecoded is how many bytes of documents, as they are written, a memory keeps at most.
const mostDecoded = 16 << 20

// memory keeps the documents that were decoded last by the digest of their bytes: every check reads again what its dataset
// released before. Nobody changes a document that came out of it.
type memory struct {
	mu    sync.Mutex
	kept  map[string]remembered
	order []string // from the one that came first
	bytes int
}

type remembered struct {
	document documents.Document
	bytes    int
}

// decode is [documents.Decode] of bytes that are known to have the digest.
func (m *memory) decode(digest string, raw []byte) (documents.Document, error) {
	m.mu.Lock()
	one, known := m.kept[digest]
	m.mu.Unlock()
	if known {
		return one.document, nil
	}
	document, err := documents.Decode(raw)
	if err == nil && len(raw) <= mostDecoded {
		m.keep(digest, remembered{document, len(raw)})
	}
	return document, err
}

func (m *memory) keep(digest string, one remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.kept[digest]; known {
		return
	}
	if m.kept == nil {
		m.kept = map[string]remembered{}
	}
	m.kept[digest], m.order, m.bytes = one, append(m.order, digest), m.bytes+one.bytes
	for m.bytes > mostDecoded {
		m.bytes -= m.kept[m.order[0]].bytes
		delete(m.kept, m.order[0])
		m.order = m.order[1:]
	}
}
