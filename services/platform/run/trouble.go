package run

import "sync/atomic"

// trouble remembers the last error of something that is tried again and again, until it works.
type trouble struct{ last atomic.Pointer[error] }

func (t *trouble) set(err error) {
	if err == nil {
		t.last.Store(nil)
		return
	}
	t.last.Store(&err)
}

func (t *trouble) get() error {
	if p := t.last.Load(); p != nil {
		return *p
	}
	return nil
}
