// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/hilft/hilft/internal/faults"
)

// lived are the tables of which none has a row before a house was set up. What else there may be is made by the first
// start, and made again.
var lived = []string{"agent", "inbox", "message"}

// Attach opens a database that is there, beside whoever works on it, and leaves its schema as it is. It tells which
// schema that is; 0: it has none yet. The errors are those of Open.
func Attach(ctx context.Context, o Options) (*DB, int64, error) {
	db, version, err := attach(ctx, o)
	if err == nil && db.dialect == SQLite {
		db.writer, err = startWriter(ctx, db)
	}
	if err != nil {
		_ = db.Close()
		return nil, 0, err
	}
	return db, version, nil
}

func attach(ctx context.Context, o Options) (db *DB, version int64, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	db = &DB{now: o.Now, stmts: statements{bound: map[string]string{}}}
	if o.URL != "" {
		err = db.openPostgres(ctx, o)
	} else if _, err = os.Stat(o.Path); err == nil { // to open it would make it
		err = db.openSQLite(ctx, o.Path)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("database %s: there is none", o.Path)
	}
	if err == nil {
		version, err = db.schema(ctx)
	}
	return db, version, err
}

// schema tells which schema the database has, without making the list of migrations; 0: none.
func (db *DB) schema(ctx context.Context) (version int64, err error) {
	q := `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'goose_db_version'`
	if db.dialect == Postgres {
		q = `SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('goose_db_version')`
	}
	if err = db.write.QueryRowContext(ctx, q).Scan(&version); err == nil && version > 0 {
		err = db.write.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&version)
	}
	if err != nil {
		return 0, fmt.Errorf("database: %w", err)
	}
	return version, nil
}

// NewestSchema is the schema that this program makes.
func NewestSchema() (int64, error) {
	all, err := migrations(SQLite)
	if err != nil {
		return 0, err
	}
	return all[len(all)-1].Version, nil
}

// Vacant tells that nobody has lived in the database: it is not there, has no tables, or belongs to a house that was not
// set up. An error says in one line why Restore would not fill it.
func Vacant(ctx context.Context, o Options) error {
	if _, err := os.Stat(o.Path); o.URL == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, version, err := attach(ctx, o)
	defer func() { _ = db.Close() }()
	if err != nil {
		return err
	}
	return db.vacant(ctx, version)
}

func (db *DB) vacant(ctx context.Context, version int64) error {
	s, err := schemaAt(ctx, version)
	if err != nil {
		return err
	}
	for _, name := range lived {
		if !slices.ContainsFunc(s.tables, func(t Table) bool { return t.Name == name }) {
			continue
		}
		var rows int
		if err := db.write.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM `+name+` LIMIT 1) one`).Scan(&rows); err != nil {
			return fmt.Errorf("database: %w", err)
		}
		if rows > 0 {
			return errors.New("somebody lives in this house: a backup is restored into an empty one only. Name another data folder or database")
		}
	}
	return nil
}

// Restore builds a database with a schema, lets fill fill it, and brings it to the newest schema. What was there must be
// vacant (see Vacant) and nobody else at work on it. On SQLite the database appears when it is complete, on disk; on
// Postgres all of its rows appear at once. After an error it is as vacant as before.
func Restore(ctx context.Context, o Options, schema int64, fill func(ctx context.Context, l *Load) error) error {
	if o.URL != "" {
		return restorePostgres(ctx, o, schema, fill)
	}
	return restoreSQLite(ctx, o, schema, fill)
}

func restoreSQLite(ctx context.Context, o Options, schema int64, fill func(ctx context.Context, l *Load) error) (err error) {
	if err := Vacant(ctx, o); err != nil {
		return err
	}
	building := o.Path + ".restoring"
	defer func() { _ = os.Remove(building) }() // it is no longer there, after success
	if err := os.Remove(building); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: %w", err)
	}
	if err := ownersOnly(building); err != nil {
		return err
	}
	db := &DB{dialect: SQLite, now: time.Now}
	// Nobody else sees it, and half of it is worth nothing: so no journal, and one sync at the end.
	if db.write, err = sql.Open("sqlite", sqliteDSN(building, buildingCache, "&_pragma=foreign_keys(0)&_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)")); err != nil {
		return fmt.Errorf("database %s: %w", building, err)
	}
	defer func() { _ = db.write.Close() }()
	db.write.SetMaxOpenConns(1)
	if err := migrate(ctx, db, Options{Schema: schema}); err != nil {
		return err
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("database %s: %w", building, err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := loaded(ctx, &Load{tx: tx, stmts: map[string]*sql.Stmt{}}, schema, fill); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("database %s: %w", building, err)
	}
	var broken int
	if err := db.write.QueryRowContext(ctx, `SELECT COUNT(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil {
		return fmt.Errorf("database %s: %w", building, err)
	}
	if broken > 0 {
		return fmt.Errorf("database: %d rows of the backup name others that are not in it", broken)
	}
	if err := migrate(ctx, db, Options{}); err != nil {
		return err
	}
	if err := db.write.Close(); err != nil {
		return fmt.Errorf("database %s: %w", building, err)
	}
	faults.Point(faults.RestoreLoaded)
	return inPlace(building, o.Path)
}

// inPlace puts a complete database where it belongs, instead of a vacant one.
func inPlace(building, path string) error {
	for _, old := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("database: %w", err)
		}
	}
	for _, step := range []func() error{
		func() error { return syncPath(building) },
		func() error { return os.Rename(building, path) },
		func() error { return syncPath(filepath.Dir(path)) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("database: %w", err)
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func restorePostgres(ctx context.Context, o Options, schema int64, fill func(ctx context.Context, l *Load) error) error {
	db, version, err := attach(ctx, o)
	defer func() { _ = db.Close() }()
	if err != nil {
		return err
	}
	if err := db.vacant(ctx, version); err != nil {
		return err
	}
	if err := db.alone(ctx); err != nil {
		return err
	}
	if err := db.tearDown(ctx, version); err != nil {
		return err
	}
	if err := migrate(ctx, db, Options{Schema: schema}); err != nil {
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(driver any) error {
		l := &Load{pg: driver.(*stdlib.Conn).Conn().PgConn()} //nolint:forcetypeassert // openPostgres made it
		if err := l.Exec(ctx, "begin; "+unhurried); err != nil {
			return err
		}
		if err := loaded(ctx, l, schema, fill); err != nil {
			_ = l.pg.Exec(context.WithoutCancel(ctx), "rollback").Close()
			return err
		}
		faults.Point(faults.RestoreLoaded)
		return l.Exec(ctx, "commit")
	})
	if err != nil {
		return err
	}
	return migrate(ctx, db, Options{})
}

// loaded takes away what the migrations put into the tables, and lets fill fill them.
func loaded(ctx context.Context, l *Load, schema int64, fill func(ctx context.Context, l *Load) error) error {
	s, err := schemaAt(ctx, schema)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(s.tables) {
		if err := l.Exec(ctx, "DELETE FROM "+t.Name); err != nil {
			return err
		}
	}
	return fill(ctx, l)
}

// alone refuses when somebody else is at the database. A house that is open would go on with what it was about to do,
// in rows that it has never seen.
func (db *DB) alone(ctx context.Context) error {
	var others int
	own := make([]int64, 0, connsMost)
	for _, c := range db.pool.AcquireAllIdle(ctx) {
		own = append(own, int64(c.Conn().PgConn().PID()))
		c.Release()
	}
	err := db.write.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
		AND pid <> pg_backend_pid() AND NOT pid = ANY ($1)`, own).Scan(&others)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if others > 0 {
		return fmt.Errorf("%d others are connected to this database: stop every hilft that uses it first", others)
	}
	return nil
}

// tearDown removes the tables of a vacant house, and nothing that is not ours.
func (db *DB) tearDown(ctx context.Context, version int64) error {
	if version == 0 {
		return nil
	}
	s, err := schemaAt(ctx, version)
	if err != nil {
		return err
	}
	names := []string{"goose_db_version"}
	for _, t := range s.tables {
		names = append(names, t.Name)
	}
	q := "DROP TABLE " + strings.Join(names, ", ") //nolint:gosec // names out of our own migrations
	if s.cases {
		q += "; DROP SEQUENCE " + caseNumbers
	}
	if _, err := db.write.ExecContext(ctx, q); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}
