// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// lookFor is how long a network may take to tell how messages stand, or what its limits are.
const lookFor = 30 * time.Second

// lookAfter asks a network how messages stand, and receives what it tells like everything else. A look that fails is over:
// whoever reads the case later looks again.
func (s *Switchboard) lookAfter(ctx context.Context, c *jobs.Claim) error {
	var what channel.Looking
	if err := c.Read(&what); err != nil {
		return err
	}
	raws, err := s.ask(ctx, what)
	if err != nil {
		s.Log.Info("a look at a network failed", "account_id", string(what.Account), "err", err)
	}
	if err := s.receive(ctx, what.Account, keepBad, raws); err != nil && hilft.KindOf(err) != hilft.NotFound {
		return err
	}
	err = s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error { return c.Done(ctx, tx) })
	if err != nil {
		return fmt.Errorf("switchboard: look: %w", err)
	}
	return nil
}

func (s *Switchboard) ask(ctx context.Context, what channel.Looking) (raws []channel.Raw, err error) {
	a, err := s.Account(ctx, what.Account)
	switch {
	case hilft.KindOf(err) == hilft.NotFound:
		return nil, nil // removed meanwhile
	case err != nil:
		return nil, err
	case a.State == hilft.AccountPaused || a.State == hilft.AccountSignIn:
		return nil, nil
	}
	l, err := s.sendLine(ctx, a)
	if err != nil {
		return nil, err
	}
	defer s.doneWith(l)
	looker, can := l.line.(channel.Looker)
	if !can {
		return nil, nil
	}
	lctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	err = s.guard(a, "Look", func() (err error) {
		raws, err = looker.Look(lctx, what.Have)
		return err
	})
	if errors.Is(err, channel.ErrSignIn) {
		s.setState(ctx, a, hilft.AccountSignIn, channel.ReasonSignIn)
	}
	if err != nil {
		return nil, err
	}
	return raws, nil
}
