// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// SessionLimits say when sessions end by themselves: when they were not used for Idle, and at the latest when their
// sign-in is Longest ago. Both are whole minutes.
type SessionLimits struct{ Idle, Longest time.Duration }

// SessionLongest is the most that a house may set, and what it has when it sets nothing. A cookie lives no longer.
const SessionLongest = 30 * 24 * time.Hour

var (
	usualLimits = SessionLimits{Idle: 7 * 24 * time.Hour, Longest: SessionLongest}
	leastLimits = SessionLimits{Idle: 5 * time.Minute, Longest: time.Hour}
)

// hold tells whether a session made and last seen then is still one now.
func (l SessionLimits) hold(made, seen, now time.Time) bool {
	return now.Sub(seen) < l.Idle && now.Sub(made) < l.Longest
}

// keptLimits is how the house keeps them.
type keptLimits struct {
	Idle    int64 `json:"idle_minutes"`
	Longest int64 `json:"longest_minutes"`
}

// limitsOf reads what is kept; the usual ones where nothing is.
func limitsOf(kept string) SessionLimits {
	var k keptLimits
	if kept == "" || json.Unmarshal([]byte(kept), &k) != nil {
		return usualLimits
	}
	return SessionLimits{Idle: time.Duration(k.Idle) * time.Minute, Longest: time.Duration(k.Longest) * time.Minute}
}

// SessionLimits are those that hold.
func (a *Access) SessionLimits(ctx context.Context) (l SessionLimits, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err = sessionLimits(ctx, tx)
		return err
	})
	if err != nil {
		return SessionLimits{}, fmt.Errorf("access: session limits: %w", err)
	}
	return l, nil
}

func sessionLimits(ctx context.Context, tx *store.Tx) (SessionLimits, error) {
	var kept string
	err := tx.Row(ctx, `SELECT value FROM house WHERE what = 'session_limits'`, nil, &kept)
	if err != nil && !store.IsNoRows(err) {
		return SessionLimits{}, err
	}
	return limitsOf(kept), nil
}

// SetSessionLimits changes when sessions end by themselves, those that there are too. Only an administrator may.
// Invalid names the field: idle (five minutes to thirty days), longest (an hour to thirty days, and no less than idle).
func (a *Access) SetSessionLimits(ctx context.Context, l SessionLimits) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if l.Idle < leastLimits.Idle || l.Idle > SessionLongest {
		return hilft.FailField(hilft.Invalid, "session.idle.range", "idle_minutes", nil)
	}
	if l.Longest < leastLimits.Longest || l.Longest > SessionLongest || l.Longest < l.Idle {
		return hilft.FailField(hilft.Invalid, "session.longest.range", "longest_minutes", nil)
	}
	kept, err := json.Marshal(keptLimits{int64(l.Idle / time.Minute), int64(l.Longest / time.Minute)})
	if err != nil {
		return fmt.Errorf("access: session limits: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.SessionLimits, "", "", audit.Detail{"idle": l.Idle.String(), "longest": l.Longest.String()}); err != nil {
			return err
		}
		return setHouse(ctx, tx, "session_limits", string(kept))
	})
	if err != nil {
		return fmt.Errorf("access: session limits: %w", err)
	}
	return nil
}

// setHouse keeps what the house knows of itself, in place of what it knew.
func setHouse(ctx context.Context, tx *store.Tx, what, value string) error {
	_, err := tx.Exec(ctx, `INSERT INTO house (what, value, at) VALUES (?, ?, ?) ON CONFLICT (what) DO UPDATE SET value = excluded.value, at = excluded.at`,
		what, value, store.Micros(tx.Now()))
	return err
}
