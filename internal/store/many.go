// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// What is asked or said of many at once is one statement on Postgres, the same for any number of them, whose arguments
// are the columns of a table k. Values in it are texts, numbers and bytes.

// Insert is Defer for many rows of one table. into is the statement up to its VALUES, tail what follows the rows.
func (tx *Tx) Insert(ctx context.Context, into string, rows [][]any, tail string) error {
	return tx.insert(ctx, into, rows, tail, tx.Defer)
}

// InsertRows is Insert for a tail that returns rows. Its answer is there when it returns.
func (tx *Tx) InsertRows(ctx context.Context, into string, rows [][]any, tail string, each func(scan func(into ...any) error) error) error {
	return tx.insert(ctx, into, rows, tail, func(ctx context.Context, query string, args ...any) error { return tx.Rows(ctx, query, args, each) })
}

func (tx *Tx) insert(ctx context.Context, into string, rows [][]any, tail string, run func(ctx context.Context, query string, args ...any) error) error {
	if tx.pg != nil && len(rows) > 0 {
		k, args := tableOf(rows)
		// In their order, so that the numbers they are given ascend in it.
		return run(ctx, into+" SELECT "+columnsOf(len(rows[0]))+" FROM "+k+" ORDER BY k.i "+tail, args...)
	}
	for len(rows) > 0 {
		n := chunk(len(rows))
		if err := run(ctx, into+" VALUES "+tuples(n, len(rows[0]))+" "+tail, slices.Concat(rows[:n]...)...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Update writes columns of many rows of a table, each found by the last of the columns, its key. It is deferred.
func (tx *Tx) Update(ctx context.Context, table string, columns []string, rows [][]any) error {
	last := len(columns) - 1
	if tx.pg != nil && len(rows) > 0 {
		k, args := tableOf(rows)
		var set []string
		for i, c := range columns[:last] {
			set = append(set, c+" = k.c"+strconv.Itoa(i))
		}
		return tx.Defer(ctx, "UPDATE "+table+" AS t SET "+strings.Join(set, ", ")+" FROM "+k+" WHERE t."+columns[last]+" = k.c"+strconv.Itoa(last), args...)
	}
	query := "UPDATE " + table + " SET " + strings.Join(columns[:last], " = ?, ") + " = ? WHERE " + columns[last] + " = ?"
	for _, row := range rows {
		if err := tx.Defer(ctx, query, row...); err != nil {
			return err
		}
	}
	return nil
}

// DeferMany is DeferRows for a SELECT that is asked once for each of several lists of arguments. each is told the number
// of the list; to every list its rows come in their order.
func (tx *Tx) DeferMany(ctx context.Context, query string, lists [][]any, each func(i int, scan func(into ...any) error) error) error {
	if tx.pg != nil && len(lists) > 0 {
		k, args := tableOf(lists)
		tx.later.Queue(tx.db.bind("SELECT k.i, q.* FROM "+k+" CROSS JOIN LATERAL ("+ofColumns(query)+") AS q"), args...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				i := int(binary.BigEndian.Uint64(rows.RawValues()[0])) - 1 // they count from 1
				if err := each(i, func(into ...any) error { return rows.Scan(append([]any{nil}, into...)...) }); err != nil {
					return err
				}
			}
			return rows.Err()
		})
		return tx.flushMany(ctx)
	}
	for i, list := range lists {
		if err := tx.DeferRows(ctx, query, list, func(scan func(into ...any) error) error { return each(i, scan) }); err != nil {
			return err
		}
	}
	return nil
}

// Many is DeferMany for answers that are needed at once.
func (tx *Tx) Many(ctx context.Context, query string, lists [][]any, each func(i int, scan func(into ...any) error) error) error {
	if err := tx.DeferMany(ctx, query, lists, each); err != nil {
		return err
	}
	return tx.Flush(ctx)
}

// tableOf makes rows a table k for Postgres, with the columns c0, c1 and so on, and i, which counts the rows from 1.
func tableOf(rows [][]any) (table string, args []any) {
	var types, names []string
	for i, v := range rows[0] {
		kind, arg := columnOf(rows, i, v)
		types, args = append(types, "CAST(? AS "+kind+"[])"), append(args, arg)
		names = append(names, "c"+strconv.Itoa(i))
	}
	return "unnest(" + strings.Join(types, ", ") + ") WITH ORDINALITY AS k(" + strings.Join(names, ", ") + ", i)", args
}

// columnOf is one column of rows as an array. like is a value of it: all are of its type.
func columnOf(rows [][]any, i int, like any) (kind string, array any) {
	switch like.(type) {
	case string:
		return "TEXT", column(rows, i, func(v any) string { return v.(string) })
	case []byte:
		return "BYTEA", column(rows, i, func(v any) []byte { return v.([]byte) })
	case int64, int:
		return "BIGINT", column(rows, i, func(v any) int64 {
			if n, ok := v.(int); ok {
				return int64(n)
			}
			return v.(int64)
		})
	}
	panic(fmt.Sprintf("store: a column of %T", like))
}

func column[T any](rows [][]any, i int, of func(any) T) []T {
	all := make([]T, len(rows))
	for n, row := range rows {
		all[n] = of(row[i])
	}
	return all
}

func columnsOf(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "k.c" + strconv.Itoa(i)
	}
	return strings.Join(names, ", ")
}

// ofColumns has the columns of k where a query has its placeholders.
func ofColumns(query string) string {
	var b strings.Builder
	for i := 0; ; i++ {
		before, after, more := strings.Cut(query, "?")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		b.WriteString("k.c" + strconv.Itoa(i))
		query = after
	}
}

// chunk is how many of so many rows one statement of SQLite takes: few sizes, so that statements stay prepared.
func chunk(n int) int {
	for _, size := range []int{64, 16, 4} {
		if n >= size {
			return size
		}
	}
	return 1
}

// tuples is a list of n rows of placeholders: "(?,?),(?,?)".
func tuples(n, columns int) string {
	row := "(" + Marks(columns) + ")"
	return strings.Repeat(row+",", n-1) + row
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

// Numbers is Values for numbers.
func Numbers(tx *Tx, values []int64) (table string, arg any) {
	if tx.pg != nil {
		return "unnest(CAST(? AS BIGINT[])) AS k(value)", values
	}
	_, arg = In(tx, "", values)
	return "json_each(?) AS k", arg
}
