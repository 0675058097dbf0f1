// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/hilft/hilft"
)

// How many functions share a commit at the most, and for how long one commit may gather them. The first bounds what is
// lost from the log's cache, the second how long a short write waits behind others. Where somebody outside waits for the
// commit, others get a moment only: enough for them to go on, whatever comes in.
const (
	commitMost  = 256
	commitFor   = 20 * time.Millisecond
	commitFirst = 2 * time.Millisecond
)

// writer owns SQLite's one write connection. Functions that wait at the same time share a transaction, each in its own
// savepoint; a commit costs an fsync, so sharing it is what makes durable writes cheap.
type writer struct {
	db      *DB
	queue   chan *write
	first   chan *write // those for whom somebody outside waits
	stopped chan struct{}
	quit    chan struct{}
}

type write struct {
	ctx  context.Context //nolint:containedctx // it is the caller's, and lives as long as the call
	fn   func(ctx context.Context, tx *Tx) error
	tx   *Tx
	err  error
	done chan struct{}
}

func startWriter(ctx context.Context, db *DB) (*writer, error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	w := &writer{db: db, queue: make(chan *write, 4*commitMost), first: make(chan *write, commitMost), stopped: make(chan struct{}), quit: make(chan struct{})}
	go w.run(newSession(conn, writerStatements)) //nolint:contextcheck // the writer outlives who opens it
	return w, nil
}

// stop lets what is queued finish.
func (w *writer) stop() {
	select {
	case <-w.quit:
	default:
		close(w.quit)
	}
	<-w.stopped
}

func (w *writer) do(ctx context.Context, queue chan *write, fn func(ctx context.Context, tx *Tx) error) error {
	wr := &write{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case <-w.quit:
		return hilft.Fail(hilft.Unavailable, "database.closed", nil)
	default:
	}
	select {
	case queue <- wr:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
		return hilft.Fail(hilft.Unavailable, "database.closed", nil)
	}
	// From here on the function will run, so its outcome is awaited even when the caller has lost patience: to answer
	// "it did not happen" about something that did is worse than to answer late.
	select {
	case <-wr.done:
		return wr.err
	case <-w.stopped:
		select {
		case <-wr.done:
			return wr.err
		default:
			return hilft.Fail(hilft.Unavailable, "database.closed", nil)
		}
	}
}

func (w *writer) run(s *session) {
	defer close(w.stopped)
	defer s.close()
	for {
		select {
		case wr := <-w.first:
			w.share(s, wr, true)
		case wr := <-w.queue:
			w.share(s, wr, false)
		case <-w.quit:
			for {
				select {
				case wr := <-w.first:
					w.share(s, wr, true)
				case wr := <-w.queue:
					w.share(s, wr, false)
				default:
					return
				}
			}
		}
	}
}

// share runs a function and all that waits behind it in one transaction. hurry: somebody outside waits for its commit.
func (w *writer) share(s *session, wr *write, hurry bool) {
	began := time.Now()
	batch := make([]*write, 0, 16)
	ctx := context.Background() // the transaction belongs to all who share it: no one's cancelled context may end it
	if _, err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		wr.finish(unavailable(err))
		return
	}
	// The first needs no savepoint, which would cost a copy of every page it touches: what it did is all there is to undo.
	if wr.err = w.perform(s, wr); wr.err != nil {
		_, _ = s.exec(ctx, "ROLLBACK")
		close(wr.done)
		return
	}
	var err error
	for batch = append(batch, wr); err == nil; batch = append(batch, wr) {
		if wr = w.next(began, len(batch), &hurry); wr == nil {
			break
		}
		wr.err, err = w.savepoint(ctx, s, wr)
	}
	if err == nil {
		_, err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = s.exec(ctx, "ROLLBACK")
		err = unavailable(err)
	}
	for _, wr := range batch {
		if err != nil && wr.err == nil {
			wr.err = err
		}
		if wr.err == nil {
			wr.tx.committed()
		}
		close(wr.done)
	}
}

// next is what joins a transaction that began then and has so many functions; nil: it is time to commit.
func (w *writer) next(began time.Time, many int, hurry *bool) *write {
	gather := commitFor
	if *hurry || len(w.first) > 0 {
		gather = commitFirst
	}
	if many < commitMost && time.Since(began) < gather {
		select {
		case wr := <-w.queue:
			return wr
		default:
		}
	}
	if many < 2*commitMost {
		select {
		case wr := <-w.first:
			*hurry = true
			return wr
		default:
		}
	}
	return nil
}

func (wr *write) finish(err error) {
	wr.err = err
	close(wr.done)
}

// savepoint runs one function after others. Its own error undoes its own work; broken means that the shared transaction
// is gone, as after a full disk, and nobody's work in it counts.
func (w *writer) savepoint(ctx context.Context, s *session, wr *write) (own, broken error) {
	if _, err := s.exec(ctx, "SAVEPOINT one"); err != nil {
		return nil, err
	}
	if own = w.perform(s, wr); own != nil { //nolint:contextcheck // see there
		if _, err := s.exec(ctx, "ROLLBACK TO one"); err != nil {
			return own, err
		}
	}
	if _, err := s.exec(ctx, "RELEASE one"); err != nil {
		return own, err
	}
	return own, nil
}

// perform runs one function. It keeps a panic of it from ending the writer, on which everybody depends.
func (w *writer) perform(s *session, wr *write) (err error) {
	if err := wr.ctx.Err(); err != nil {
		return err
	}
	wr.tx = &Tx{db: w.db, conn: s, now: w.db.Now()}
	defer func() {
		if p := recover(); p != nil {
			err = hilft.Fail(hilft.Internal, "internal", fmt.Errorf("panic in a transaction: %s\n%s", hilft.Panicked(p), debug.Stack()))
		}
	}()
	// The values of the caller's context stay, its end does not: a statement cut off half-way would take the shared
	// transaction with it.
	ctx := context.WithoutCancel(wr.ctx)
	if err := wr.fn(ctx, wr.tx); err != nil {
		return outage(err)
	}
	return outage(wr.tx.conclude(ctx))
}
