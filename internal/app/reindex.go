// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"path/filepath"

	"github.com/hilft/hilft/internal/search"
	"github.com/hilft/hilft/internal/store"
)

// Reindex throws the index of words away. The house makes it anew of its messages: with Postgres at once, where it is open.
func Reindex(ctx context.Context, s Settings) error {
	if s.DatabaseURL == "" {
		unlock, err := lock(filepath.Join(s.Data, "lock"))
		if err != nil {
			return err
		}
		defer unlock()
	}
	db, err := store.Open(ctx, databaseOf(s))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return search.Forget(ctx, db)
}
