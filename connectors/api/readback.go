// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hilft/hilft/channel"
)

// ReadBack asks the lookup address for a message by its Key. Without that address nothing can be known.
func (l *line) ReadBack(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	receipt, err := l.look(ctx, out.Key)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("api: read back: %w", err)
	}
	return receipt, nil
}

func (l *line) look(ctx context.Context, key string) (channel.Receipt, error) {
	if l.lookup == nil {
		return channel.Receipt{}, errors.New("the account has no lookup address")
	}
	where := *l.lookup
	query := where.Query()
	query.Set("id", key)
	where.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return channel.Receipt{}, err
	}
	a, err := l.call(req, []byte(where.RawQuery))
	if err != nil {
		return channel.Receipt{}, err
	}
	var word struct{ ID, Thread string }
	switch a.status {
	case http.StatusNotFound:
		// A server that does not know the address at all says 404 as well, but with a page.
		if len(a.body) > 0 && object(a.body, &word) != nil {
			return channel.Receipt{}, errors.New("answered 404 with something that is not JSON: is the lookup address right?")
		}
		return channel.Receipt{}, channel.ErrNotThere
	case http.StatusOK:
		if err := object(a.body, &word); err != nil {
			return channel.Receipt{}, err
		}
		if err := errors.Join(plainID(word.ID), plainID(word.Thread)); err != nil || word.ID == "" {
			return channel.Receipt{}, errors.New("answered 200 without a usable id")
		}
		return channel.Receipt{ID: word.ID, Thread: word.Thread, At: l.env.Now()}, nil
	}
	err = l.refusal(a)
	if _, limited := errors.AsType[*channel.RateLimited](err); limited || errors.Is(err, channel.ErrSignIn) {
		return channel.Receipt{}, err
	}
	return channel.Receipt{}, fmt.Errorf("answered %d", a.status)
}
