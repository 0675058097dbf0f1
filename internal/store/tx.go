// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"time"
)

// Tx is one transaction. It belongs to the function it was given to, and to one goroutine.
type Tx struct {
	db       *DB
	tx       *sql.Tx  // Postgres, and reads
	conn     *session // SQLite writes
	now      time.Time
	readOnly bool
	after    []func()
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
	var res sql.Result
	var err error
	if tx.conn != nil {
		res, err = tx.conn.exec(ctx, query, args...)
	} else {
		res, err = tx.tx.ExecContext(ctx, tx.db.bind(query), args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
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

func (tx *Tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if tx.conn != nil {
		return tx.conn.query(ctx, query, args...)
	}
	return tx.tx.QueryContext(ctx, tx.db.bind(query), args...)
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
