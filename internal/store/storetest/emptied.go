// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hilft/hilft/internal/store"
)

// A Postgres that is asked something for the first time on a connection reads its catalogue and plans the question: for
// tests, which ask each question a few times, that is most of what they cost. So a database and its connections are emptied
// after a test, and lent to the next one.
var spare struct {
	sync.Mutex
	all []*emptied
}

// emptied is a database with the newest schema and nothing in it.
type emptied struct {
	name, url string
	pool      *pgxpool.Pool
	lent      int // times
}

// lentMost bounds how often: what was deleted still lies in the tables.
const lentMost = 40

// onPostgres opens one that is spare, or a new one.
func onPostgres(t testing.TB, now func() time.Time) *store.DB {
	t.Helper()
	admin := administrator(t) // who ends last drops what is spare
	e := lend(t, admin)
	t.Cleanup(func() {
		if t.Failed() || e.lent == lentMost || e.pool.Stat().AcquiredConns() > 0 || e.empty() != nil {
			e.drop(admin)
			return
		}
		spare.Lock()
		defer spare.Unlock()
		spare.all = append(spare.all, e)
	})
	db := must(store.Open(t.Context(), store.Options{URL: e.url, Pool: e.pool, Now: now}))(t)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func lend(t testing.TB, admin *sql.DB) *emptied {
	t.Helper()
	spare.Lock()
	defer spare.Unlock()
	if n := len(spare.all); n > 0 {
		e := spare.all[n-1]
		spare.all = spare.all[:n-1]
		e.lent++
		return e
	}
	name := newName()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+copied(template(t))); err != nil {
		t.Fatal(err)
	}
	url := at(t, name)
	return &emptied{name: name, url: url, pool: must(store.Connect(context.Background(), url))(t), lent: 1}
}

// empty makes the database as a fresh one is.
func (e *emptied) empty() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	all, err := emptying(ctx, conn)
	if err != nil {
		return err
	}
	_, err = conn.Conn().PgConn().Exec(ctx, all).ReadAll()
	return err
}

var emptyingText struct {
	sync.Mutex
	of string
}

// emptying is what empties any database with the newest schema: past keys and triggers, which keep what people wrote.
func emptying(ctx context.Context, conn *pgxpool.Conn) (string, error) {
	emptyingText.Lock()
	defer emptyingText.Unlock()
	if emptyingText.of != "" {
		return emptyingText.of, nil
	}
	rows, err := conn.Query(ctx, `SELECT CASE relkind WHEN 'r' THEN format('DELETE FROM %I', relname)
			ELSE format('SELECT setval(%L, %s, false)', relname, seqstart) END
		FROM pg_class LEFT JOIN pg_sequence ON seqrelid = pg_class.oid
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname NOT LIKE 'goose_db_version%'`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	text := []string{"BEGIN", "SET LOCAL session_replication_role = replica"}
	for rows.Next() {
		var q string
		if err := rows.Scan(&q); err != nil {
			return "", err
		}
		text = append(text, q)
	}
	if rows.Err() != nil {
		return "", rows.Err()
	}
	emptyingText.of = strings.Join(append(text, "COMMIT"), "; ")
	return emptyingText.of, nil
}

func (e *emptied) drop(admin *sql.DB) {
	e.pool.Close()
	_, _ = admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+e.name+" WITH (FORCE)")
}

func dropSpare(admin *sql.DB) {
	spare.Lock()
	defer spare.Unlock()
	for _, e := range spare.all {
		e.drop(admin)
	}
	spare.all = nil
}
