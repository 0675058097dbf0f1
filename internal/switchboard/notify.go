// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Notify sends a word of the house itself to an address, over an account of a brand that can begin a conversation. It is
// no message of a case: nobody reads it back, and whoever asks for it decides what its errors, those of channel.Line.Send,
// mean. Invalid: the account cannot.
func (s *Switchboard) Notify(ctx context.Context, brand hilft.BrandID, id hilft.AccountID, out channel.Outgoing) error {
	a, con, err := s.own(ctx, brand, id)
	if err != nil {
		return fmt.Errorf("switchboard: notify: %w", err)
	}
	if con.Describe().Can.Begin == channel.No {
		return fmt.Errorf("switchboard: notify: %w", hilft.FailField(hilft.Invalid, "account.cannot_begin", "account_id", nil))
	}
	l, err := s.sendLine(ctx, a)
	if err != nil {
		return fmt.Errorf("switchboard: notify: %w", err)
	}
	defer s.doneWith(l)
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if err := s.guard(a, "Send", func() error {
		_, err := l.line.Send(ctx, out)
		return err
	}); err != nil {
		return fmt.Errorf("switchboard: notify: %w", err)
	}
	return nil
}
