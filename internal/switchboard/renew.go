// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

const (
	renewFor   = 30 * time.Second       // how long a network may take to renew a sign-in
	renewAgain = 200 * time.Millisecond // how often others look whether it is done
)

// renew renews an account's sign-in, as channel.Env says. A network may give a new token only once for an old one, so of
// all lines and nodes that find theirs too old, one asks, and the others read what it was given.
func (s *Switchboard) renew(ctx context.Context, id hilft.AccountID, with channel.Renewal) (channel.Settings, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*renewFor)
	defer cancel()
	until, err := s.turnToRenew(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("switchboard: renew: %w", err)
	}
	defer s.renewed(context.WithoutCancel(ctx), id, until)
	var all []Account
	err = s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, accountColumns+`WHERE id = ? AND removed_at = 0`, []any{string(id)}, s.scanAccount)
		return err
	})
	if err == nil && len(all) == 0 {
		err = hilft.Fail(hilft.NotFound, "account.not_found", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("switchboard: renew: %w", err)
	}
	a := all[0]
	asking, stop := context.WithTimeout(ctx, renewFor)
	defer stop()
	more, err := with(asking, s.channel(a).Settings)
	if err != nil {
		return nil, err
	}
	if len(more) == 0 { // somebody was quicker
		return s.channel(a).Settings, nil
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return nil, err
	}
	if a.secrets == nil {
		a.secrets = channel.Settings{}
	}
	a.Settings, a.secrets = maps.Clone(a.Settings), maps.Clone(a.secrets)
	s.keep(con.Describe(), &a, more)
	// What the network gave is given once: it is kept even if nobody waits for it any more.
	return s.channel(a).Settings, s.keepRenewed(context.WithoutCancel(ctx), a)
}

// turnToRenew waits until nobody else renews the account's sign-in, and keeps others from it. Who seems to have taken
// longer for it than anybody may has taken it by a clock that has been set back since.
func (s *Switchboard) turnToRenew(ctx context.Context, id hilft.AccountID) (until int64, err error) {
	for {
		n := int64(0)
		err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			until = store.Micros(tx.Now().Add(2 * renewFor))
			n, err = tx.Exec(ctx, `UPDATE account SET renewing_until = ? WHERE id = ? AND renewing_until NOT BETWEEN ? AND ?`,
				until, string(id), store.Micros(tx.Now())+1, store.Micros(tx.Now().Add(4*renewFor)))
			return err
		})
		if err != nil || n > 0 {
			return until, err
		}
		if !pause(ctx, renewAgain) {
			return 0, context.Cause(ctx)
		}
	}
}

// renewed lets others renew the account's sign-in again.
func (s *Switchboard) renewed(ctx context.Context, id hilft.AccountID, until int64) {
	ctx, cancel := context.WithTimeout(ctx, renewFor)
	defer cancel()
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET renewing_until = 0 WHERE id = ? AND renewing_until = ?`, string(id), until)
		return err
	})
	if err != nil {
		s.Log.Warn("giving the turn to renew a sign-in back; it ends by itself", "account_id", string(id), "err", err)
	}
}

// errChangedMeanwhile is no trouble of the account's: what an administrator has entered since holds.
var errChangedMeanwhile = errors.New("the account was changed meanwhile")

func (s *Switchboard) keepRenewed(ctx context.Context, a Account) error {
	ctx, cancel := context.WithTimeout(ctx, renewFor)
	defer cancel()
	_, settings, sealed, err := s.columns(a)
	if err != nil {
		return fmt.Errorf("switchboard: renew: %w", err)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE account SET settings = ?, sealed = ? WHERE id = ? AND sealed = ? AND removed_at = 0`, settings, sealed, string(a.ID), a.sealed)
		if err == nil && n == 0 {
			err = errChangedMeanwhile
		}
		if err != nil {
			return err
		}
		tx.After(func() { s.forget(a.ID) })
		return nil
	})
	if err != nil {
		return fmt.Errorf("switchboard: renew: %w", err)
	}
	return nil
}
