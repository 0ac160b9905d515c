package signin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	kratos "github.com/ory/kratos-client-go"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// codeLife is longer than any engine takes a code: its own 30 s and the steps beside it.
const codeLife = 2 * time.Minute

// spentCodes remembers which codes were accepted. A real Kratos takes the same code twice, against RFC 6238 5.2.
// The memory ends with the process; the standalone identity keeps its own.
type spentCodes struct {
	clock clock.Clock
	mu    sync.Mutex
	until map[spentCode]time.Time
}

type spentCode struct{ identity, code string }

func newSpentCodes(c clock.Clock) *spentCodes {
	return &spentCodes{clock: c, until: map[spentCode]time.Time{}}
}

// take reserves a code; false if it was taken before.
func (s *spentCodes) take(c spentCode) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	maps.DeleteFunc(s.until, func(_ spentCode, until time.Time) bool { return !now.Before(until) })
	if _, taken := s.until[c]; taken {
		return false
	}
	s.until[c] = now.Add(codeLife)
	return true
}

func (s *spentCodes) giveBack(c spentCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, c)
}

// spending runs prove with a code that nobody else can use meanwhile, and returns the session as it then is.
// Only an answer that says "wrong code" frees it again: after a broken connection it may have been accepted.
func (s *SignIn) spending(ctx context.Context, what, token, code string, prove func() error) (Session, error) {
	session, err := s.WhoAmI(ctx, token)
	if err != nil {
		return Session{}, fmt.Errorf("%s: %w", what, err)
	}
	c := spentCode{session.IdentityID, code}
	if !s.spent.take(c) {
		return Session{}, fmt.Errorf("%s: %w", what, ErrCode)
	}
	if err := prove(); err != nil {
		if !errors.Is(err, ErrUnavailable) {
			s.spent.giveBack(c)
		}
		return Session{}, err
	}
	return s.WhoAmI(ctx, token)
}

// says reports whether a refused sign-in form carries the message.
func says(err error, id int64) bool {
	var generic *kratos.GenericOpenAPIError
	if !errors.As(err, &generic) {
		return false
	}
	form, ok := generic.Model().(kratos.LoginFlow)
	if !ok {
		return false
	}
	for _, m := range form.Ui.Messages {
		if m.Id == id {
			return true
		}
	}
	return false
}
