// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

const (
	// flushEvery is how long what was read waits at the most until it is written: what a process that is killed takes with it.
	flushEvery = time.Second
	// again is how long whoever reads the same thing again is not written down again.
	again = 15 * time.Minute
	// waitingMost is how much may wait to be written. Beyond it nothing private is shown.
	waitingMost = 100_000
	// seenMost bounds what is remembered of a quarter of an hour; when it is reached, some reading is written twice.
	seenMost = 500_000
	// checkEvery is how often the whole chain is gone through, and lookEvery, how often it is looked whether that is due.
	checkEvery = 24 * time.Hour
	lookEvery  = time.Minute
)

// Purpose is for which the house's key gives the key that signs the chain's end.
const Purpose = "audit"

// Trail writes what is read, signs the chain's end, and knows whether the chain holds. It is safe for concurrent use.
type Trail struct {
	db  *store.DB
	key []byte
	log *slog.Logger

	mu      sync.Mutex
	quarter time.Time
	seen    map[[16]byte]struct{}
	waiting []Entry

	writing sync.Mutex // one flush or seal at a time
	last    signed     // the latest end of the chain that this process knows to be signed
}

// New makes the trail of a house. key signs the chain's end; nil: it is not signed.
func New(db *store.DB, key []byte, log *slog.Logger) *Trail {
	return &Trail{db: db, key: key, log: log, seen: map[[16]byte]struct{}{}}
}

// Read notes that somebody read something. way tells by which session or token, so that each is written for itself. It
// touches no database. Unavailable: so much waits to be written that nothing more may be shown.
func (t *Trail) Read(e Entry, way string) error {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(e.Who), way, string(e.What), e.About}, "\x00")))
	key := [16]byte(sum[:16])
	e.At = t.db.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := e.At.Truncate(again); !q.Equal(t.quarter) || len(t.seen) >= seenMost {
		t.quarter = q
		clear(t.seen)
	}
	if _, ok := t.seen[key]; ok {
		return nil
	}
	if len(t.waiting) >= waitingMost {
		return hilft.Fail(hilft.Unavailable, "audit.behind", nil)
	}
	t.seen[key] = struct{}{}
	t.waiting = append(t.waiting, e)
	return nil
}

// Run writes what is read and signs the chain, until the context ends; then once more. What is read after it has returned
// is not written.
func (t *Trail) Run(ctx context.Context) {
	var wg sync.WaitGroup
	// A long chain takes a while to be gone through; what is read meanwhile does not wait for that.
	wg.Go(func() { t.every(ctx, lookEvery, t.daily) })
	t.every(ctx, flushEvery, t.Flush)
	wg.Wait()
	if err := t.Flush(context.WithoutCancel(ctx)); err != nil {
		t.log.Error("what was read last is not in the audit trail", "err", err)
	}
}

// every does something now and then until the context ends.
func (t *Trail) every(ctx context.Context, pace time.Duration, do func(ctx context.Context) error) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	failing := false
	for ctx.Err() == nil {
		err := do(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			t.log.Warn("keeping the audit trail", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Flush writes what was read until now, and signs the chain.
func (t *Trail) Flush(ctx context.Context) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.Lock()
	mine := t.waiting
	t.waiting = nil
	t.mu.Unlock()
	if len(mine) > 0 {
		if err := t.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return Write(ctx, tx, mine...) }); err != nil {
			t.mu.Lock()
			t.waiting = append(mine, t.waiting...)
			t.mu.Unlock()
			return fmt.Errorf("audit: flush: %w", err)
		}
	}
	err := t.seal(ctx)
	if errors.Is(err, errBroken) {
		return nil // it is written down, and told as an alert
	}
	return err
}

// daily goes through the whole chain once a day, on one node of all.
func (t *Trail) daily(ctx context.Context) error {
	var h head
	if err := t.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) { h, err = headOf(ctx, tx, ""); return err }); err != nil {
		return err
	}
	if h.n == 0 || t.db.Now().Sub(h.begun) < checkEvery {
		return nil
	}
	mine := false
	if err := t.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE audit_head SET check_begun_at = ? WHERE check_begun_at = ?`, store.Micros(tx.Now()), store.Micros(h.begun))
		mine = n == 1
		return err
	}); err != nil || !mine {
		return err
	}
	_, err := t.Check(ctx)
	return err
}
