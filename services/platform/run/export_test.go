package run

import "context"

// AnswerReplay answers one request file, as the loop that looks for them does.
func (s *Service) AnswerReplay(ctx context.Context, path string) error {
	return s.answerReplay(ctx, path)
}
