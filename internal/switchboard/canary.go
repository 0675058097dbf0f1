// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Canary is how an account's sign of life does: a delivery of our own that goes out to the network and has to come back,
// the whole way that a customer's word comes.
type Canary struct {
	Every    time.Duration // 0: none is sent
	SentAt   time.Time     // the last one
	WaitsFor time.Time     // when the oldest was sent that has not come back; zero: all have
	HeardAt  time.Time     // when one last came back
	Took     time.Duration // its round trip
	Error    string        // why the last one could not be sent
}

// canaryFor is how long a sign of life may be under way.
const canaryFor = 10 * time.Minute

// Missing tells whether a sign of life has not come back in time.
func (c Canary) Missing(now time.Time) bool {
	return c.Every > 0 && !c.WaitsFor.IsZero() && now.Sub(c.WaitsFor) >= canaryFor
}

// How often an administrator may have a sign of life sent: not so often that one is still under way when the next goes
// out, and at least once a day.
const (
	canaryLeast = 15
	canaryMost  = 24 * 60
)

// SetCanary has a sign of life sent every so many minutes over an account; 0: none. Invalid: its network cannot, or not
// so often.
func (s *Switchboard) SetCanary(ctx context.Context, brand hilft.BrandID, id hilft.AccountID, minutes int) error {
	_, con, err := s.own(ctx, brand, id)
	if err != nil {
		return err
	}
	if _, can := con.(channel.CanaryReader); !can {
		return hilft.Fail(hilft.Invalid, "account.no_canary", nil)
	}
	if minutes != 0 && (minutes < canaryLeast || minutes > canaryMost) {
		return hilft.FailField(hilft.Invalid, "account.canary.range", "every_minutes", nil)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO canary (account_id, every, due_at, mark, sent_at, waits_since, heard_at, took_us, error) VALUES (?, ?, ?, '', 0, 0, 0, 0, '')
			ON CONFLICT (account_id) DO UPDATE SET every = excluded.every, due_at = excluded.due_at, waits_since = 0, error = ''`, string(id), minutes, store.Micros(tx.Now())); err != nil {
			return err
		}
		if err := access.Trail(ctx, tx, audit.CanarySet, brand, string(id), audit.Detail{"every_minutes": strconv.Itoa(minutes)}); err != nil {
			return err
		}
		return s.Jobs.Record(ctx, tx, jobs.Event{
			Kind: hilft.EventWatchChanged, Brand: brand, Subject: string(id), Agent: access.Actor(ctx).ID, Data: map[string]int{"canary_minutes": minutes},
		})
	})
	if err != nil {
		return fmt.Errorf("switchboard: canary: %w", err)
	}
	s.forget(id)
	return nil
}

// Canaries tells how the signs of life of a brand's accounts do.
func (s *Switchboard) Canaries(ctx context.Context, brand hilft.BrandID) (map[hilft.AccountID]Canary, error) {
	all := map[hilft.AccountID]Canary{}
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT c.account_id, c.every, c.sent_at, c.waits_since, c.heard_at, c.took_us, c.error FROM canary c JOIN account a ON a.id = c.account_id WHERE a.brand_id = ? AND a.removed_at = 0`,
			[]any{string(brand)}, func(scan func(into ...any) error) error {
				var id hilft.AccountID
				var c Canary
				var every, sent, waits, heard, took int64
				err := scan(&id, &every, &sent, &waits, &heard, &took, &c.Error)
				c.Every, c.Took = time.Duration(every)*time.Minute, time.Duration(took)*time.Microsecond
				c.SentAt, c.WaitsFor, c.HeardAt = store.Time(sent), store.Time(waits), store.Time(heard)
				all[id] = c
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: canaries: %w", err)
	}
	return all, nil
}

type canaryArgs struct {
	Account hilft.AccountID `json:"account"`
	Mark    string          `json:"mark"`
}

// canaries has the signs of life sent that are due, each by one node. One that is due later than it can be was put off
// while the clock was wrong.
func (s *Switchboard) canaries(ctx context.Context) error {
	due := func(ctx context.Context, tx *store.Tx) ([]hilft.AccountID, error) {
		return store.All(ctx, tx, `SELECT c.account_id FROM canary c JOIN account a ON a.id = c.account_id
			WHERE c.every > 0 AND (c.due_at <= ? OR c.due_at > ? + c.every * 60000000) AND a.removed_at = 0 AND a.state NOT IN ('paused', 'sign_in')`,
			[]any{store.Micros(tx.Now()), store.Micros(tx.Now())}, func(scan func(into ...any) error, id *hilft.AccountID) error { return scan(id) })
	}
	var any []hilft.AccountID
	if err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		any, err = due(ctx, tx)
		return err
	}); err != nil || len(any) == 0 {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := due(ctx, tx)
		if err != nil {
			return err
		}
		now := store.Micros(tx.Now())
		for _, id := range all {
			mark := s.mark(id, tx.Now())
			n, err := tx.Exec(ctx, `UPDATE canary SET due_at = ? + every * 60000000, mark = ?, sent_at = ?, error = '', waits_since = CASE WHEN waits_since = 0 THEN ? ELSE waits_since END
				WHERE account_id = ? AND (due_at <= ? OR due_at > ? + every * 60000000)`, now, mark, now, now, string(id), now, now)
			if err != nil {
				return err
			}
			if n == 0 {
				continue // another node has just done so
			}
			if err := s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobCanary, Args: canaryArgs{Account: id, Mark: mark}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// sing sends one sign of life. One that could not be sent is not tried again: the next one is due soon.
func (s *Switchboard) sing(ctx context.Context, c *jobs.Claim) error {
	var args canaryArgs
	if err := c.Read(&args); err != nil {
		return err
	}
	err := s.sendCanary(ctx, args)
	if err == nil || hilft.KindOf(err) == hilft.NotFound {
		return nil
	}
	s.Log.Warn("a sign of life could not be sent", "account_id", string(args.Account), "err", err)
	return s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := c.Done(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE canary SET error = ? WHERE account_id = ? AND mark = ?`, clipWhy(err), string(args.Account), args.Mark)
		return err
	})
}

func (s *Switchboard) sendCanary(ctx context.Context, args canaryArgs) error {
	a, err := s.Account(ctx, args.Account)
	if err != nil {
		return err
	}
	l, err := s.sendLine(ctx, a)
	if err != nil {
		return err
	}
	defer s.doneWith(l)
	sender, can := l.line.(channel.CanarySender)
	if !can {
		return errors.New("its network cannot")
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	return s.guard(a, "SendCanary", func() error { return sender.SendCanary(ctx, args.Mark) })
}

// mark names one sign of life so that nobody else can make one: a customer's word must never be taken for it.
func (s *Switchboard) mark(id hilft.AccountID, at time.Time) string {
	body := strconv.FormatInt(at.UnixMicro(), 36)
	return body + "-" + s.signMark(id, body)
}

func (s *Switchboard) signMark(id hilft.AccountID, body string) string {
	m := hmac.New(sha256.New, s.AccountKey(id, "canary"))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// canaryIn is the mark of a delivery that is a sign of life of ours; empty: it is none.
func (s *Switchboard) canaryIn(a Account, raw channel.Raw) (mark string) {
	reader, can := s.connectors[a.Network].(channel.CanaryReader)
	if !can {
		return ""
	}
	if err := s.guard(a, "CanaryIn", func() error {
		mark = reader.CanaryIn(raw)
		return nil
	}); err != nil {
		return ""
	}
	body, signature, _ := strings.Cut(mark, "-")
	if !hmac.Equal([]byte(signature), []byte(s.signMark(a.ID, body))) {
		return ""
	}
	return mark
}

// heardCanary writes down that a sign of life has come back.
func (s *Switchboard) heardCanary(ctx context.Context, tx *store.Tx, id hilft.AccountID, mark string) error {
	now := store.Micros(tx.Now())
	_, err := tx.Exec(ctx, `UPDATE canary SET heard_at = ?, took_us = ? - sent_at, waits_since = 0 WHERE account_id = ? AND mark = ? AND heard_at < sent_at`, now, now, string(id), mark)
	return err
}
