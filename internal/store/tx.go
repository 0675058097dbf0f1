// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tx is one transaction. It belongs to the function it was given to, and to one goroutine.
type Tx struct {
	db    *DB
	tx    *sql.Tx  // SQLite reads
	conn  *session // SQLite writes
	pg    pgx.Tx
	later *pgx.Batch // deferred, in order
	now   time.Time
	after []func()
}

// Now is the time of the transaction: the same from its beginning to its end.
func (tx *Tx) Now() time.Time { return tx.now }

// Dialect tells which database this is.
func (tx *Tx) Dialect() Dialect { return tx.db.dialect }

// After runs fn when the transaction is durable, and never when it is not. fn must not block.
func (tx *Tx) After(fn func()) { tx.after = append(tx.after, fn) }

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

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.pg == nil {
		return tx.execSQLite(ctx, query, args...)
	}
	if err := tx.flush(ctx); err != nil {
		return 0, err
	}
	tag, err := tx.pg.Exec(ctx, tx.db.bind(query), args...)
	return tag.RowsAffected(), err
}

func (tx *Tx) execSQLite(ctx context.Context, query string, args ...any) (int64, error) {
	exec := tx.conn.exec
	if tx.conn == nil {
		exec = tx.tx.ExecContext // it says that this is read only
	}
	res, err := exec(ctx, query, args...)
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
	if tx.later == nil {
		tx.later = &pgx.Batch{}
	}
	tx.later.Queue(tx.db.bind(query), args...)
	if tx.later.Len() >= deferMost {
		return tx.flush(ctx)
	}
	return nil
}

// deferMost bounds what travels together.
const deferMost = 512

func (tx *Tx) flush(ctx context.Context) error {
	if tx.later == nil {
		return nil
	}
	b := tx.later
	tx.later = nil
	return tx.pg.SendBatch(ctx, b).Close()
}

// Row runs a query for one row and scans it. IsNoRows tells that there is none.
func (tx *Tx) Row(ctx context.Context, query string, args []any, into ...any) error {
	rows, err := tx.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}

// Rows runs a query and calls each for every row, with the scan of that row.
func (tx *Tx) Rows(ctx context.Context, query string, args []any, each func(scan func(into ...any) error) error) error {
	rows, err := tx.query(ctx, query, args...)
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

// Many runs a query once for each of several lists of arguments, and calls each for every row, with the number of its
// list. On Postgres all of them travel together.
func (tx *Tx) Many(ctx context.Context, query string, args [][]any, each func(i int, scan func(into ...any) error) error) error {
	if tx.pg == nil || len(args) == 1 {
		for i, a := range args {
			if err := tx.Rows(ctx, query, a, func(scan func(into ...any) error) error { return each(i, scan) }); err != nil {
				return err
			}
		}
		return nil
	}
	if err := tx.flush(ctx); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for i, a := range args {
		b.Queue(tx.db.bind(query), a...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := each(i, rows.Scan); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	}
	return tx.pg.SendBatch(ctx, b).Close()
}

// In is a condition that a column has one of these values, and its argument. The statement is the same for any number.
func In[T string | int64](tx *Tx, column string, values []T) (condition string, arg any) {
	if tx.pg != nil {
		return column + " = ANY(?)", values
	}
	list, err := json.Marshal(values)
	if err != nil {
		panic("store: texts and numbers are always JSON: " + err.Error())
	}
	return column + " IN (SELECT value FROM json_each(?))", string(list)
}

// Values makes these values the rows of a table k with one column, value, for questions about each of them that one
// index answers. In may lead Postgres to read all rows that meet the other conditions, until it has counted them.
func Values(tx *Tx, values []string) (table string, arg any) {
	if tx.pg != nil {
		return "unnest(CAST(? AS TEXT[])) AS k(value)", values
	}
	_, arg = In(tx, "", values)
	return "json_each(?) AS k", arg
}

// rows are the rows of either driver.
type rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

type pgRows struct{ pgx.Rows }

func (r pgRows) Close() error {
	r.Rows.Close()
	return r.Err()
}

func (tx *Tx) query(ctx context.Context, query string, args ...any) (rows, error) {
	switch {
	case tx.conn != nil:
		return tx.conn.query(ctx, query, args...) //nolint:rowserrcheck // whoever asked checks
	case tx.tx != nil:
		return tx.tx.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever asked checks
	}
	if err := tx.flush(ctx); err != nil {
		return nil, err
	}
	r, err := tx.pg.Query(ctx, tx.db.bind(query), args...)
	if err != nil {
		return nil, err
	}
	return pgRows{r}, nil
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
