// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/hilft/hilft"
)

// Dialect names the database behind a DB.
type Dialect string

const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is one open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	read    *sql.DB
	write   *sql.DB
	writer  *writer // SQLite only
	stmts   statements
	now     func() time.Time
}

// Options say which database to open. URL is "postgres://…" or empty for SQLite at Path.
type Options struct {
	URL  string
	Path string
	Now  func() time.Time // the clock of all rooms; default time.Now
	Log  *slog.Logger
}

// Open opens the database and brings its schema up to date. A wrong address or a schema newer than this program is an
// error of one line that says what and where.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{now: o.Now, stmts: statements{bound: map[string]string{}}}
	var err error
	if o.URL == "" {
		err = db.openSQLite(ctx, o.Path)
	} else {
		err = db.openPostgres(ctx, o.URL)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := migrate(ctx, db, o.Log); err != nil {
		_ = db.Close()
		return nil, err
	}
	if db.dialect == SQLite {
		if db.writer, err = startWriter(ctx, db); err != nil {
			_ = db.Close()
			return nil, err
		}
	}
	return db, nil
}

func (db *DB) openPostgres(ctx context.Context, raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fmt.Errorf("database URL: want postgres://user:password@host:5432/database, got one that does not read so")
	}
	db.dialect = Postgres
	pool, err := sql.Open("pgx", raw)
	if err != nil {
		return fmt.Errorf("database at %s: %w", u.Host, err)
	}
	db.read, db.write = pool, pool
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		return fmt.Errorf("database at %s: %w", u.Host, withoutPassword(err, u))
	}
	return nil
}

// withoutPassword keeps the driver's words but never the password.
func withoutPassword(err error, u *url.URL) error {
	if p, ok := u.User.Password(); ok && p != "" && strings.Contains(err.Error(), p) {
		return errors.New(strings.ReplaceAll(err.Error(), p, "…"))
	}
	return err
}

// sqliteDSN has busy_timeout first, so that the pragmas after it wait for a lock instead of failing.
func sqliteDSN(path string, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}).String() +
		"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=mmap_size(268435456)" +
		"&_pragma=temp_store(2)" + query
}

func (db *DB) openSQLite(ctx context.Context, path string) error {
	db.dialect = SQLite
	var err error
	db.write, err = sql.Open("sqlite", sqliteDSN(path, "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"))
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	db.read, err = sql.Open("sqlite", sqliteDSN(path, "&_pragma=query_only(1)"))
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	return nil
}

// Close waits for the writes under way and closes the database.
func (db *DB) Close() error {
	if db.writer != nil {
		db.writer.stop()
	}
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil && db.write != db.read {
		errs = append(errs, db.write.Close())
	}
	return errors.Join(errs...)
}

// Dialect tells which database this is, for the few statements that must differ.
func (db *DB) Dialect() Dialect { return db.dialect }

// Now is the house's clock.
func (db *DB) Now() time.Time { return db.now().UTC() }

// Ping proves that the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return hilft.Fail(hilft.Unavailable, "database.unreachable", err)
	}
	return nil
}

// Write runs fn in a transaction. When it returns nil, all that fn did is durable; else nothing of it happened. fn may
// run more than once and must not touch anything but its transaction.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == SQLite {
		return db.writer.do(ctx, db.writer.queue, fn)
	}
	return db.writeAgain(ctx, fn)
}

// WriteFirst is Write for what somebody outside waits for, as a network for our word that we have its message: on SQLite
// its commit waits for little of what else is to be written. It is for short functions.
func (db *DB) WriteFirst(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == SQLite {
		return db.writer.do(ctx, db.writer.first, fn)
	}
	return db.writeAgain(ctx, fn)
}

func (db *DB) writeAgain(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for attempt := 0; ; attempt++ {
		err := db.writeOnce(ctx, fn)
		if err == nil || attempt == 5 || !again(err) {
			return err
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	t, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	tx := &Tx{db: db, tx: t, now: db.Now()}
	defer func() {
		if p := recover(); p != nil {
			_ = t.Rollback()
			panic(p)
		}
	}()
	if err := fn(ctx, tx); err != nil {
		_ = t.Rollback()
		return err
	}
	if err := t.Commit(); err != nil {
		return unavailable(err)
	}
	tx.committed()
	return nil
}

// Read runs fn on a snapshot of what is committed. fn must not write.
func (db *DB) Read(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	t, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.readIsolation()})
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = t.Rollback() }()
	return fn(ctx, &Tx{db: db, tx: t, now: db.Now(), readOnly: true})
}

func (db *DB) readIsolation() sql.IsolationLevel {
	if db.dialect == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// statements keeps texts rebound for Postgres; its driver keeps them prepared.
type statements struct {
	mu    sync.RWMutex
	bound map[string]string
}

// boundMost bounds the texts kept: those that vary with their number of placeholders would grow them without end.
const boundMost = 4096

// bind turns ? into $1, $2, … on Postgres. Our SQL has no ? inside literals.
func (db *DB) bind(query string) string {
	if db.dialect == SQLite {
		return query
	}
	s := &db.stmts
	s.mu.RLock()
	q, ok := s.bound[query]
	s.mu.RUnlock()
	if ok {
		return q
	}
	q = rebind(query)
	s.mu.Lock()
	if len(s.bound) < boundMost {
		s.bound[query] = q
	}
	s.mu.Unlock()
	return q
}
