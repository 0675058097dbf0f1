// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Administrator is who sets the house up.
type Administrator struct {
	Email    string
	Name     string
	Password string
	Language string // "de" or "en"; empty: the brand's
}

// LogValue hides who it is.
func (Administrator) LogValue() slog.Value { return slog.StringValue("administrator") }

// NeedsSetUp tells whether nobody has set the house up yet.
func (a *Access) NeedsSetUp(ctx context.Context) (bool, error) {
	needs := false
	err := a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var at int64
		err := tx.Row(ctx, `SELECT at FROM house WHERE what = 'set_up'`, nil, &at)
		if needs = store.IsNoRows(err); needs {
			return nil
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("access: needs set-up: %w", err)
	}
	return needs, nil
}

// SetUp makes the first brand (its ID is ours to give) and the first administrator, and returns the latter. It works
// once in the life of a house: Conflict for everybody after, and for all but one who try at the same time. Invalid
// names the field: brand.name, brand.language, brand.answer_in, name, email, password, language.
func (a *Access) SetUp(ctx context.Context, brand Brand, admin Administrator) (Agent, error) {
	if needs, err := a.NeedsSetUp(ctx); err != nil {
		return Agent{}, err
	} else if !needs {
		return Agent{}, hilft.Fail(hilft.Conflict, "setup.done", nil)
	}
	brand, err := brand.clean()
	if err != nil {
		return Agent{}, err
	}
	first := Newcomer{Email: admin.Email, Name: admin.Name, Password: admin.Password, Language: admin.Language, Role: RoleAdministrator}
	if first.Language == "" {
		first.Language = brand.Language
	}
	agent, err := first.clean()
	if err != nil {
		return Agent{}, err
	}
	if err := checkPassword(first.Password, agent.Email, agent.Name, brand.Name); err != nil {
		return Agent{}, err
	}
	hash, err := a.passwords.hash(ctx, first.Password)
	if err != nil {
		return Agent{}, fmt.Errorf("access: set up: %w", err)
	}
	brand.ID, agent.ID = hilft.BrandID(hilft.NewID()), hilft.AgentID(hilft.NewID())
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		n, err := tx.Exec(ctx, `INSERT INTO house (what, value, at) VALUES ('set_up', '', ?) ON CONFLICT (what) DO NOTHING`, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.Conflict, "setup.done", nil)
		}
		if err := insertBrand(ctx, tx, brand); err != nil {
			return err
		}
		if agent, err = insertAgent(ctx, tx, agent, hash); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Who: agent.ID, What: audit.HouseSetUp, About: string(agent.ID)})
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: set up: %w", err)
	}
	return agent, nil
}

// ErrForeignKey means that the database was sealed with another key than the one at hand.
var ErrForeignKey = errors.New("this is not the secret key file that the database was sealed with: put the old one back in its place")

// Knows tells, without keeping anything, whether the house could open with these keys; with nil, whether it could with
// new ones. ErrForeignKey: it was sealed with others.
func (a *Access) Knows(ctx context.Context, keys *Keys) error {
	err := a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var kept string
		err := tx.Row(ctx, `SELECT value FROM house WHERE what = 'key'`, nil, &kept)
		switch {
		case store.IsNoRows(err):
			return nil
		case err == nil && (keys == nil || !keys.are(kept)):
			return ErrForeignKey
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrForeignKey) {
		return fmt.Errorf("access: knows: %w", err)
	}
	return err
}

// Recognise makes sure, at every start, that keys are those of this house; the first to ask are remembered by their
// fingerprint. ErrForeignKey: they are others, and no secret in the database would open.
func (a *Access) Recognise(ctx context.Context, keys *Keys) error {
	err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO house (what, value, at) VALUES ('key', ?, ?) ON CONFLICT (what) DO NOTHING`,
			hex.EncodeToString(keys.fingerprint()), store.Micros(tx.Now())); err != nil {
			return err
		}
		var kept string
		if err := tx.Row(ctx, `SELECT value FROM house WHERE what = 'key'`, nil, &kept); err != nil {
			return err
		}
		if !keys.are(kept) {
			return ErrForeignKey
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrForeignKey) {
		return fmt.Errorf("access: recognise: %w", err)
	}
	return err
}

// Media is the mark of the folder in which the house's files lie. Empty: it has not been told yet.
func (a *Access) Media(ctx context.Context) (mark string, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Row(ctx, `SELECT value FROM house WHERE what = 'media'`, nil, &mark)
		if store.IsNoRows(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("access: media: %w", err)
	}
	return mark, nil
}

// KeepMedia remembers the mark of the folder, if none is remembered yet, and returns the one that is.
func (a *Access) KeepMedia(ctx context.Context, mark string) (kept string, err error) {
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO house (what, value, at) VALUES ('media', ?, ?) ON CONFLICT (what) DO NOTHING`, mark, store.Micros(tx.Now())); err != nil {
			return err
		}
		return tx.Row(ctx, `SELECT value FROM house WHERE what = 'media'`, nil, &kept)
	})
	if err != nil {
		return "", fmt.Errorf("access: keep media: %w", err)
	}
	return kept, nil
}
