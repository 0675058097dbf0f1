// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"

	"github.com/hilft/hilft/channel"
)

// kindCanary is what we post to the callback as a sign of life, and what the other side posts back to us with its id.
const kindCanary channel.ItemKind = "canary"

// SendCanary posts a sign of life to the callback.
func (l *line) SendCanary(ctx context.Context, mark string) error {
	a, err := l.post(ctx, outgoing{ID: mark, Kind: string(kindCanary), At: l.env.Now().UTC()})
	if err != nil {
		return fmt.Errorf("api: canary: %w", err)
	}
	if a.status/100 != 2 {
		return fmt.Errorf("api: canary: %w", l.refusal(a))
	}
	return nil
}

// CanaryIn knows a sign of life by its kind.
func (Connector) CanaryIn(raw channel.Raw) string {
	if raw.Kind != string(kindCanary) {
		return ""
	}
	m, err := read(raw.Body)
	if err != nil {
		return ""
	}
	return m.ID
}
