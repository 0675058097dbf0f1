// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"

	"github.com/hilft/hilft/internal/store"
)

// version is of how words are folded and laid down. An index of another one is made anew.
const version = 1

// state is how far the index has come.
type state struct {
	version int64
	event   int64
	walked  string
	walking bool
	docs    int64
	words   int64
	runs    int64
	changes int64 // tells whether anybody changed it since it was read
	came    int64
}

// readState reads it; on Postgres in a transaction that will change it, where no other node does so. IsNoRows: another node
// does, or nobody ever did.
func readState(ctx context.Context, tx *store.Tx, change bool) (s state, err error) {
	q := `SELECT version, event_id, walked, walking, docs, words, runs, changes, came_at FROM search_state WHERE id = 1`
	if change && tx.Dialect() == store.Postgres {
		q += ` FOR UPDATE SKIP LOCKED`
	}
	var walking int
	err = tx.Row(ctx, q, nil, &s.version, &s.event, &s.walked, &walking, &s.docs, &s.words, &s.runs, &s.changes, &s.came)
	s.walking = walking == 1
	return s, err
}

func (s state) save(ctx context.Context, tx *store.Tx) error {
	return tx.Defer(ctx, `UPDATE search_state SET version = ?, event_id = ?, walked = ?, walking = ?, docs = ?, words = ?, runs = ?, changes = ?, came_at = ? WHERE id = 1`,
		s.version, s.event, s.walked, store.Bit(s.walking), s.docs, s.words, s.runs, s.changes+1, s.came)
}

// empty throws the index away. It is made anew of the messages, and of what happens after the event.
func empty(ctx context.Context, tx *store.Tx, after int64) error {
	for _, table := range []string{"search_text", "search_word", "search_gram", "search_run", "search_page"} {
		q := `DELETE FROM ` + table
		if tx.Dialect() == store.Postgres {
			q = `TRUNCATE ` + table
		}
		if err := tx.Defer(ctx, q); err != nil {
			return fmt.Errorf("search: empty: %w", err)
		}
	}
	if err := tx.Defer(ctx, `INSERT INTO search_state (id, version, event_id, walked, walking, docs, words, runs, changes, came_at) VALUES (1, 0, 0, '', 1, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`); err != nil {
		return fmt.Errorf("search: empty: %w", err)
	}
	s, err := readState(ctx, tx, false)
	if err != nil {
		return fmt.Errorf("search: empty: %w", err)
	}
	return state{version: version, event: after, walking: true, changes: s.changes}.save(ctx, tx)
}
