package identity

import (
	"context"
	"strings"

	"github.com/fairway-tre/fairway/services/identity/internal/app"
	"github.com/fairway-tre/fairway/services/identity/internal/relations/engine"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// secrets keeps what the standalone identity knows of people, in this service's own store and nowhere else. Each
// call is a transaction of its own, so it must not be made inside one.
type secrets struct{ s *run.Service }

const signInRecords store.Kind[[]byte] = "sign-in"

func (k secrets) Put(key string, value []byte) error {
	return k.s.Update(context.Background(), func(tx *run.Tx) error { return signInRecords.Put(tx.Tx, key, value) })
}

func (k secrets) Delete(key string) error {
	return k.s.Update(context.Background(), func(tx *run.Tx) error { return signInRecords.Delete(tx.Tx, key) })
}

func (k secrets) List(prefix string) (map[string][]byte, error) {
	found := map[string][]byte{}
	err := k.s.View(context.Background(), func(tx *run.Tx) error {
		return signInRecords.Each(tx.Tx, func(key string, value []byte) error {
			if strings.HasPrefix(key, prefix) {
				found[key] = value
			}
			return nil
		})
	})
	return found, err
}

// roleFacts gives the relations in the process what the role facts say. The facts are stored already, with the
// transaction that announced them: nothing else is to be kept.
type roleFacts struct{ s *run.Service }

func (r roleFacts) Load() (tuples []engine.Tuple, err error) {
	err = r.s.View(context.Background(), func(tx *run.Tx) error {
		tuples, err = app.RoleTuples(tx)
		return err
	})
	return tuples, err
}

func (roleFacts) Save(engine.Tuple) error   { return nil }
func (roleFacts) Delete(engine.Tuple) error { return nil }
