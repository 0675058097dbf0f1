// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Tx is one transaction. It belongs to the function it was given to, and to one goroutine.
type Tx struct {
	db    *DB
	conn  *session // SQLite
	pg    *pgx.Conn
	later *pgx.Batch // Postgres: what is sent with the next statement that is waited for, in order
	asked time.Time  // when it was last sent something, by this node's clock
	now   time.Time
	after []func()
	last  []func(ctx context.Context) error
	kept  map[any]any // by type
}

// Now is the time of the transaction: the same from its beginning to its end.
func (tx *Tx) Now() time.Time { return tx.now }

// Dialect tells which database this is.
func (tx *Tx) Dialect() Dialect { return tx.db.dialect }

// After runs fn when the transaction is durable, and never when it is not. fn must not block.
func (tx *Tx) After(fn func()) { tx.after = append(tx.after, fn) }

// Before runs fn when all else in the transaction is done, just before the commit. Its error undoes the transaction.
func (tx *Tx) Before(fn func(ctx context.Context) error) { tx.last = append(tx.last, fn) }

// conclude is called once, when its function has done what it does.
func (tx *Tx) conclude(ctx context.Context) error {
	for _, fn := range tx.last {
		if err := fn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Kept is what a transaction remembers of a type, from when it is first asked for, which begins it, to its end.
func Kept[T any](tx *Tx, begin func(*T)) *T {
	key := any((*T)(nil))
	if t, ok := tx.kept[key]; ok {
		return t.(*T) //nolint:forcetypeassert // the key says so
	}
	if tx.kept == nil {
		tx.kept = map[any]any{}
	}
	t := new(T)
	tx.kept[key] = t
	begin(t)
	return t
}

func (tx *Tx) committed() {
	for _, fn := range tx.after {
		fn()
	}
}

// Lock is put behind a SELECT whose rows are about to be changed: it keeps others away until the transaction ends. On
// SQLite there are no others.
func (tx *Tx) Lock() string {
	if tx.db.dialect == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// TakeTime lets the transaction be silent for as long as what happens between its statements takes; else the database ends
// it after a while, as that of a node which sleeps. It is for transactions that nobody waits for, and comes first in them.
func (tx *Tx) TakeTime(ctx context.Context) error {
	if tx.pg == nil {
		return nil
	}
	return tx.Defer(ctx, unhurried)
}

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	if tx.pg == nil {
		return tx.execSQLite(ctx, query, args...)
	}
	tx.later.Queue(tx.db.bind(query), args...).Exec(func(tag pgconn.CommandTag) error {
		n = tag.RowsAffected()
		return nil
	})
	return n, tx.Flush(ctx)
}

func (tx *Tx) execSQLite(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.conn.exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Defer runs a statement of which nobody needs to know how many rows it touched. On Postgres it travels together with
// others, before the next statement that is waited for, or at the end of the transaction; its error is then theirs.
func (tx *Tx) Defer(ctx context.Context, query string, args ...any) error {
	if tx.pg == nil {
		_, err := tx.execSQLite(ctx, query, args...)
		return err
	}
	tx.later.Queue(tx.db.bind(query), args...)
	return tx.flushMany(ctx)
}

// DeferRows is Rows for a question whose answer is not needed before the next statement that is waited for, or Flush.
// each must not use the transaction.
func (tx *Tx) DeferRows(ctx context.Context, query string, args []any, each func(scan func(into ...any) error) error) error {
	if tx.pg == nil {
		return tx.Rows(ctx, query, args, each)
	}
	tx.ask(query, args, each)
	return tx.flushMany(ctx)
}

func (tx *Tx) ask(query string, args []any, each func(scan func(into ...any) error) error) {
	tx.later.Queue(tx.db.bind(query), args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := each(rows.Scan); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// deferMost bounds what travels together.
const deferMost = 512

func (tx *Tx) flushMany(ctx context.Context) error {
	if tx.later.Len() < deferMost {
		return nil
	}
	return tx.Flush(ctx)
}

// Flush waits for what was deferred.
func (tx *Tx) Flush(ctx context.Context) error {
	if tx.pg == nil || tx.later.Len() == 0 {
		return nil
	}
	b := tx.later
	tx.later = &pgx.Batch{}
	actx, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	if tx.db.clock != nil {
		tx.asked = tx.db.clock.wall()
	}
	err := tx.pg.SendBatch(actx, b).Close()
	if err == nil || ctx.Err() != nil {
		return err
	}
	return tx.refused(ctx, err)
}

// refused says what an error of the database means. Where it is not there, or not able to do what it is asked, nothing
// is wrong with the question.
func (tx *Tx) refused(ctx context.Context, err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if ok && e.Code == readOnly {
		// This server has stopped being the one that is written to. Another connection may find the one that is.
		_ = tx.pg.Close(ctx)
	}
	if tx.pg.IsClosed() || ok && unable(e.Code) {
		return unavailable(err)
	}
	return err
}

// compareClocks lets the database say what time it is, together with the next statements, when it has not for a while.
func (tx *Tx) compareClocks() {
	c := tx.db.clock
	if c == nil || !c.stale() {
		return
	}
	tx.later.Queue("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)").QueryRow(func(row pgx.Row) error {
		var said int64
		if err := row.Scan(&said); err != nil {
			return err
		}
		c.compare(tx.asked, c.wall(), Time(said))
		return nil
	})
}

// commit ends the transaction, together with what was deferred.
func (tx *Tx) commit(ctx context.Context) error {
	tx.later.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return unavailable(pgx.ErrTxCommitRollback)
		}
		return nil
	})
	err := tx.Flush(ctx)
	if err != nil && ctx.Err() != nil {
		return unavailable(err) // nobody knows what came of it
	}
	return err
}

// Row runs a query for one row and scans it. IsNoRows tells that there is none.
func (tx *Tx) Row(ctx context.Context, query string, args []any, into ...any) error {
	found := false
	err := tx.Rows(ctx, query, args, func(scan func(into ...any) error) error {
		if found {
			return nil // a question for one row whose answer has more is about the first
		}
		found = true
		return scan(into...)
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}

// Rows runs a query and calls each for every row, with the scan of that row. each must not use the transaction.
func (tx *Tx) Rows(ctx context.Context, query string, args []any, each func(scan func(into ...any) error) error) error {
	if tx.pg != nil {
		tx.ask(query, args, each)
		return tx.Flush(ctx)
	}
	rows, err := tx.conn.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// All runs a query and collects what scan makes of every row.
func All[T any](ctx context.Context, tx *Tx, query string, args []any, scan func(scan func(into ...any) error, t *T) error) ([]T, error) {
	var all []T
	err := tx.Rows(ctx, query, args, func(s func(into ...any) error) error {
		var t T
		if err := scan(s, &t); err != nil {
			return err
		}
		all = append(all, t)
		return nil
	})
	return all, err
}

// Micros is a time as it is stored; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is a stored time; 0 is the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Bit is a yes or no as it is stored.
func Bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
