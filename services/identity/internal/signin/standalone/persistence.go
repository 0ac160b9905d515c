package standalone

import (
	"bytes"
	"maps"
	"strings"
	"sync"
)

// Persistence keeps identities and sessions by key. The values hold personal data, password hashes and the secrets of
// second factors: whoever can read them can sign in as anyone. Every Put and Delete is durable when it returns.
type Persistence interface {
	Put(key string, value []byte) error
	Delete(key string) error // an absent key is not an error
	List(prefix string) (map[string][]byte, error)
}

// Memory is a Persistence that ends with the process. The zero value is ready. Safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	values map[string][]byte
}

// Put implements Persistence.
func (m *Memory) Put(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	m.values[key] = bytes.Clone(value)
	return nil
}

// Delete implements Persistence.
func (m *Memory) Delete(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return nil
}

// List implements Persistence.
func (m *Memory) List(prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := maps.Clone(m.values)
	maps.DeleteFunc(found, func(key string, _ []byte) bool { return !strings.HasPrefix(key, prefix) })
	return found, nil
}
