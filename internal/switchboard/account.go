// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Account is one presence of a brand on a network, without its secrets.
type Account struct {
	ID       hilft.AccountID
	Brand    hilft.BrandID
	Network  string
	Name     string
	Self     channel.Self
	Settings channel.Settings // without secrets
	Set      []string         // the secrets that are set
	Limits   channel.Limits   // the network's word for this account; where it has said nothing, its description's
	Since    time.Time
	Hold     time.Duration // for how long it holds replies, in which they can be taken back
	State    hilft.AccountState
	Reason   string // why the state is what it is: one of channel.Reason…, or the network's words
	StateAt  time.Time
	HeardAt  time.Time
	PolledAt time.Time
	SentAt   time.Time
	Refused  int       // calls that could not prove to be the network's
	MovedAt  time.Time // since when it is this account, at this server: its network need not know what was heard before
	MadeAt   time.Time

	secrets    channel.Settings
	sealed     []byte // as read: it changes whenever an administrator changes the account
	unreadable bool   // it cannot be opened, whatever state is written down
	cursor     string
	removed    bool
}

// entry is an account in memory. It is read anew when somebody says that it changed, and at the latest after a while.
type entry struct {
	acc  Account
	read time.Time
}

// accountFresh is how late this node may learn what another did to an account: who is told of it may not hear it.
const accountFresh = time.Second

const accountColumns = `SELECT id, brand_id, network, name, self, settings, sealed, limits, since, cursor, state, reason, state_at, heard_at, polled_at, sent_at, refused, moved_at, hold_s, made_at, removed_at FROM account `

func (s *Switchboard) scanAccount(scan func(into ...any) error, a *Account) error {
	var self, settings, limits string
	var since, stateAt, heard, polled, sent, moved, hold, made, removed int64
	if err := scan(&a.ID, &a.Brand, &a.Network, &a.Name, &self, &settings, &a.sealed, &limits, &since, &a.cursor, &a.State, &a.Reason,
		&stateAt, &heard, &polled, &sent, &a.Refused, &moved, &hold, &made, &removed); err != nil {
		return err
	}
	a.Since, a.StateAt, a.HeardAt, a.PolledAt = store.Time(since), store.Time(stateAt), store.Time(heard), store.Time(polled)
	a.Hold = time.Duration(hold) * time.Second
	a.SentAt, a.MovedAt, a.MadeAt, a.removed = store.Time(sent), store.Time(moved), store.Time(made), removed != 0
	for text, into := range map[string]any{self: &a.Self, settings: &a.Settings, limits: &a.Limits} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return fmt.Errorf("account %s: %w", a.ID, err)
		}
	}
	if a.Limits == (channel.Limits{}) { // read anew with every version of hilft: what is kept would grow old
		a.Limits = s.limits[a.Network]
	}
	plain, err := s.Keys.Open(access.Where("account", "sealed", string(a.ID)), a.sealed)
	if err != nil { // one account that cannot be read is no reason not to listen to the others
		s.Log.Error("an account's secrets cannot be read", "account_id", string(a.ID), "err", err)
		a.State, a.Reason, a.secrets, a.unreadable = hilft.AccountSignIn, channel.ReasonSignIn, channel.Settings{}, true
		return nil
	}
	if err := json.Unmarshal(plain, &a.secrets); err != nil {
		return fmt.Errorf("account %s: %w", a.ID, err)
	}
	for k, v := range a.secrets {
		if v != "" {
			a.Set = append(a.Set, k)
		}
	}
	slices.Sort(a.Set)
	return nil
}

// Accounts lists the accounts of a brand by name.
func (s *Switchboard) Accounts(ctx context.Context, brand hilft.BrandID) (all []Account, err error) {
	err = s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, accountColumns+`WHERE brand_id = ? AND removed_at = 0 ORDER BY name, id`, []any{string(brand)}, s.scanAccount)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: accounts: %w", err)
	}
	return all, nil
}

// Account reads one account. NotFound where there is none, or it was removed.
func (s *Switchboard) Account(ctx context.Context, id hilft.AccountID) (Account, error) {
	s.mu.Lock()
	e, ok := s.accounts[id]
	news := s.news
	s.mu.Unlock()
	if ok && time.Since(e.read) < accountFresh {
		return e.acc, nil
	}
	var all []Account
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, accountColumns+`WHERE id = ? AND removed_at = 0`, []any{string(id)}, s.scanAccount)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("switchboard: account: %w", err)
	}
	if len(all) == 0 {
		return Account{}, hilft.Fail(hilft.NotFound, "account.not_found", nil)
	}
	s.mu.Lock()
	if s.news == news { // else it may have changed since it was read
		s.accounts[id] = &entry{acc: all[0], read: time.Now()}
	}
	s.mu.Unlock()
	return all[0], nil
}

// forget lets the next reader read an account anew, here and on other nodes, and lines be looked after.
func (s *Switchboard) forget(id hilft.AccountID) {
	s.dropped(id)
	s.Bus.Publish(accountSubject, []byte(id))
}

const accountSubject = "hilft.account"

func (s *Switchboard) dropped(id hilft.AccountID) {
	s.mu.Lock()
	delete(s.accounts, id)
	s.news++
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// Channel is an account as its connector sees it.
func (s *Switchboard) channel(a Account) channel.Account {
	all := channel.Settings{}
	for k, v := range a.Settings {
		all[k] = v
	}
	for k, v := range a.secrets {
		all[k] = v
	}
	return channel.Account{ID: a.ID, Settings: all, Self: a.Self, Since: a.Since, Key: s.Keys.Derive("account:"+string(a.ID), 32)}
}

// AccountKey is a signing key of the account's own for one purpose.
func (s *Switchboard) AccountKey(id hilft.AccountID, purpose string) []byte {
	return s.Keys.Derive("account:"+string(id)+":"+purpose, 32)
}

func (s *Switchboard) env(a Account) channel.Env {
	e := s.Env
	e.Log = s.Log.With("account_id", string(a.ID), "network", a.Network)
	e.Mailbox = mailbox{s, a.ID}
	e.Renew = func(ctx context.Context, with channel.Renewal) (channel.Settings, error) {
		return s.renew(ctx, a.ID, with)
	}
	return e
}

func (s *Switchboard) connector(network string) (channel.Connector, error) {
	c, ok := s.connectors[network]
	if !ok {
		return nil, hilft.FailField(hilft.Invalid, "account.no_such_network", "network", nil)
	}
	return c, nil
}

// setState writes down how an account is doing, when that has changed. What is found out about an account as it was
// before an administrator changed it counts no more; and when somebody must sign in, only an administrator ends that.
func (s *Switchboard) setState(ctx context.Context, a Account, state hilft.AccountState, reason string) {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Since when it is so is not told anew with every new reason.
		n, err := tx.Exec(ctx, `UPDATE account SET state_at = CASE WHEN state = ? THEN state_at ELSE ? END, state = ?, reason = ?
			WHERE id = ? AND sealed = ? AND removed_at = 0 AND state NOT IN (?, ?) AND (state <> ? OR reason <> ?)`,
			string(state), store.Micros(tx.Now()), string(state), reason, string(a.ID), a.sealed, string(hilft.AccountPaused), string(hilft.AccountSignIn), string(state), reason)
		if err != nil || n == 0 {
			return err
		}
		return s.changed(ctx, tx, a.ID)
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Error("writing down an account's state", "account_id", string(a.ID), "state", string(state), "err", err)
	}
}

// changed tells everybody of an account as it is at the end of the transaction.
func (s *Switchboard) changed(ctx context.Context, tx *store.Tx, id hilft.AccountID) error {
	var brand hilft.BrandID
	var state hilft.AccountState
	if err := tx.Row(ctx, `SELECT brand_id, state FROM account WHERE id = ?`, []any{string(id)}, &brand, &state); err != nil {
		return err
	}
	tx.After(func() { s.forget(id) })
	return s.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventAccountState, Brand: brand, Subject: string(id), Data: map[string]string{"state": string(state)}})
}
