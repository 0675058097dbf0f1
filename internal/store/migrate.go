// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/hilft/hilft/internal/faults"
)

// A migration is one file, NNNN_room_what.sql, or two with .sqlite.sql and .postgres.sql where the databases must
// differ. Forward only, each in a transaction; never changed once released.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the files as they are built in: who keeps a database made by them tells by these whether it is the newest.
func Migrations() fs.FS { return migrationFiles }

// migrate brings the schema up to date. Several nodes may start at once: on Postgres one migrates, the others wait.
func migrate(ctx context.Context, db *DB, o Options) error {
	p, have, newest, err := provider(ctx, db, o.Log)
	if err != nil {
		return err
	}
	if have > newest {
		return fmt.Errorf("the database has schema %d, this hilft knows up to %d: start the newer version of hilft, or restore the backup made before the upgrade", have, newest)
	}
	if o.Schema > newest {
		return fmt.Errorf("schema %d is newer than this hilft, which knows up to %d: take the hilft that made it, or a newer one", o.Schema, newest)
	}
	if _, err := p.UpTo(ctx, cmp.Or(o.Schema, newest)); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// provider knows all migrations, and which schema the database has; 0: none.
func provider(ctx context.Context, db *DB, log *slog.Logger) (p *goose.Provider, have, newest int64, err error) {
	all, err := migrations(db.dialect)
	if err != nil {
		return nil, 0, 0, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(all...), goose.WithSlog(log)}
	dialect := goose.DialectSQLite3
	if db.dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, 0, 0, fmt.Errorf("store: migrate: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	if p, err = goose.NewProvider(dialect, db.write, nil, opts...); err == nil {
		have, err = p.GetDBVersion(ctx)
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("store: migrate: %w", err)
	}
	return p, have, all[len(all)-1].Version, nil
}

// Look opens a database that is there, without changing its schema, and says in words what will happen to it when it is
// opened; nothing to say: nothing will. Its errors are those of Open.
func Look(ctx context.Context, o Options) (string, error) {
	db := newDB(o)
	var err error
	if o.URL == "" {
		err = db.openSQLite(ctx, o.Path)
	} else {
		err = db.openPostgres(ctx, o)
	}
	defer func() { _ = db.Close() }()
	if err != nil {
		return "", err
	}
	_, have, newest, err := provider(ctx, db, o.Log)
	switch {
	case err != nil:
		return "", err
	case have > newest:
		return "", fmt.Errorf("schema %d is newer than this hilft, which knows up to %d", have, newest)
	case have == 0:
		return "empty: its tables are made at the first start", nil
	case have < newest:
		return fmt.Sprintf("schema %d is brought to %d at the next start: make a backup first", have, newest), nil
	}
	return "", nil
}

func migrations(d Dialect) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	var all []*goose.Migration
	for _, name := range names { // Glob sorts
		parts := strings.Split(name, ".")
		if len(parts) == 3 && parts[1] != string(d) {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: migration %s has no number", name)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("store: migrations: %w", err)
		}
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			faults.Point(faults.MigrationBegun)
			_, err := tx.ExecContext(ctx, string(text)) // without arguments both drivers take several statements
			faults.Point(faults.MigrationRun)
			return err
		}}, nil))
	}
	return all, nil
}
