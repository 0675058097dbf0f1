// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Table is what both databases agree on about a table: enough to carry its rows from one to the other.
type Table struct {
	Name     string   `json:"name"`
	Columns  []Column `json:"columns"`
	Numbered bool     `json:"numbered,omitempty"` // the database numbers its rows, in the column id
}

// Column is a column of a Table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Kind is what a column holds.
type Kind string

const (
	Number Kind = "number"
	Text   Kind = "text"
	Bytes  Kind = "bytes"
)

// caseNumbers numbers cases: a table of one row on SQLite, a sequence on Postgres.
const caseNumbers = "case_number"

// schema is what the migrations up to a number make.
type schema struct {
	tables []Table // a row may name rows of the tables before its own
	cases  bool    // it numbers cases
}

// schemaAt reads a schema from a database in memory that has it.
func schemaAt(ctx context.Context, version int64) (s schema, err error) {
	if version == 0 {
		return schema{}, nil
	}
	db := &DB{dialect: SQLite, now: time.Now}
	if db.write, err = sql.Open("sqlite", ":memory:"); err != nil {
		return schema{}, fmt.Errorf("store: schema %d: %w", version, err)
	}
	defer func() { _ = db.write.Close() }()
	db.write.SetMaxOpenConns(1)
	if err := migrate(ctx, db, Options{Schema: version}); err != nil {
		return schema{}, err
	}
	rows, err := db.write.QueryContext(ctx, `SELECT m.name, m.sql LIKE '%AUTOINCREMENT%', c.name, c.type, COALESCE((SELECT group_concat(f."table") FROM pragma_foreign_key_list(m.name) f), '')
		FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' ORDER BY m.name, c.cid`)
	if err != nil {
		return schema{}, fmt.Errorf("store: schema %d: %w", version, err)
	}
	defer func() { _ = rows.Close() }()
	named := map[string][]string{}
	for rows.Next() {
		var table, kind, parents string
		var numbered bool
		var c Column
		if err := rows.Scan(&table, &numbered, &c.Name, &kind, &parents); err != nil {
			return schema{}, fmt.Errorf("store: schema %d: %w", version, err)
		}
		if table == caseNumbers {
			s.cases = true
			continue
		}
		switch kind {
		case "TEXT":
			c.Kind = Text
		case "BYTEA":
			c.Kind = Bytes
		case "BIGINT", "INTEGER":
			c.Kind = Number
		default:
			return schema{}, fmt.Errorf("store: schema %d: %s.%s is %s, which no backup knows", version, table, c.Name, kind)
		}
		if n := len(s.tables); n == 0 || s.tables[n-1].Name != table {
			s.tables = append(s.tables, Table{Name: table, Numbered: numbered})
			named[table] = strings.Split(parents, ",")
		}
		t := &s.tables[len(s.tables)-1]
		t.Columns = append(t.Columns, c)
	}
	s.tables = parentsFirst(s.tables, named)
	return s, rows.Err()
}

// parentsFirst puts every table behind those that its rows name.
func parentsFirst(all []Table, named map[string][]string) []Table {
	sorted := make([]Table, 0, len(all))
	placed := map[string]bool{}
	var place func(t Table)
	place = func(t Table) {
		if placed[t.Name] {
			return
		}
		placed[t.Name] = true
		for _, parent := range named[t.Name] {
			if i := slices.IndexFunc(all, func(o Table) bool { return o.Name == parent }); i >= 0 {
				place(all[i])
			}
		}
		sorted = append(sorted, t)
	}
	for _, t := range all {
		place(t)
	}
	return sorted
}

func (t Table) columns() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Schema tells which schema the database has in this transaction.
func (tx *Tx) Schema(ctx context.Context) (version int64, err error) {
	err = tx.Row(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`, nil, &version)
	return version, err
}

// Tables lists the tables of a schema, those whose rows are named by others first. What numbers cases is none of them:
// Numbers has it.
func Tables(ctx context.Context, schema int64) ([]Table, error) {
	s, err := schemaAt(ctx, schema)
	return s.tables, err
}

// CopyOut writes all rows of a table, each as a line in the text format of Postgres's COPY, whichever database this is.
// A call of w's Write may end within a line.
func (tx *Tx) CopyOut(ctx context.Context, t Table, w io.Writer) error {
	if tx.pg != nil {
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		_, err := tx.pg.PgConn().CopyTo(ctx, w, "COPY "+t.Name+" ("+t.columns()+") TO STDOUT")
		return err
	}
	values := make([]any, len(t.Columns))
	into := make([]any, len(t.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	var line []byte
	return tx.Rows(ctx, "SELECT "+t.columns()+" FROM "+t.Name, nil, func(scan func(into ...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		var err error
		if line, err = appendLine(line[:0], t, values); err != nil {
			return err
		}
		_, err = w.Write(line)
		return err
	})
}

// Numbers tells the last number given, by what is numbered: a table's rows, or cases. They may be newer than the
// transaction, never older.
func (tx *Tx) Numbers(ctx context.Context, version int64) (map[string]int64, error) {
	s, err := schemaAt(ctx, version)
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for _, t := range s.tables {
		if !t.Numbered {
			continue
		}
		q := `SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)`
		if tx.pg != nil {
			q = `SELECT COALESCE(pg_sequence_last_value(CAST(pg_get_serial_sequence(?, 'id') AS regclass)), 0)`
		}
		var last int64
		if err := tx.Row(ctx, q, []any{t.Name}, &last); err != nil {
			return nil, err
		}
		all[t.Name] = last
	}
	if s.cases {
		q := `SELECT last FROM case_number`
		if tx.pg != nil {
			q = `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM case_number`
		}
		var last int64
		if err := tx.Row(ctx, q, nil, &last); err != nil {
			return nil, err
		}
		all[caseNumbers] = last
	}
	return all, nil
}

// Load is the one transaction in which a database that is empty is filled.
type Load struct {
	tx    *sql.Tx        // SQLite
	pg    *pgconn.PgConn // Postgres
	stmts map[string]*sql.Stmt
}

// CopyIn adds rows to a table, whole lines as CopyOut writes them.
func (l *Load) CopyIn(ctx context.Context, t Table, lines []byte) error {
	if l.pg != nil {
		_, err := l.pg.CopyFrom(ctx, strings.NewReader(string(lines)), "COPY "+t.Name+" ("+t.columns()+") FROM STDIN")
		return err
	}
	st, ok := l.stmts[t.Name]
	if !ok {
		var err error
		st, err = l.tx.PrepareContext(ctx, "INSERT INTO "+t.Name+" ("+t.columns()+") VALUES (?"+strings.Repeat(", ?", len(t.Columns)-1)+")") //nolint:gosec // names out of our own migrations
		if err != nil {
			return err
		}
		l.stmts[t.Name] = st
	}
	values := make([]any, len(t.Columns))
	for len(lines) > 0 {
		var err error
		if lines, err = readLine(lines, t, values); err != nil {
			return err
		}
		if _, err := st.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// Number says which number was the last to be given: a table's name for its rows, "case_number" for cases.
func (l *Load) Number(ctx context.Context, what string, last int64) error {
	switch {
	case l.pg != nil && what == caseNumbers:
		return l.Exec(ctx, fmt.Sprintf(`SELECT setval('%s', %d)`, what, max(last, 1)))
	case l.pg != nil:
		return l.Exec(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%s', 'id'), %d)`, what, max(last, 1)))
	case what == caseNumbers:
		return l.Exec(ctx, fmt.Sprintf(`UPDATE case_number SET last = %d`, last))
	}
	// SQLite itself keeps a row there as soon as a row was added, and none before.
	return l.Exec(ctx, fmt.Sprintf(`DELETE FROM sqlite_sequence WHERE name = '%[1]s'; INSERT INTO sqlite_sequence (name, seq) VALUES ('%[1]s', %[2]d)`, what, last))
}

// Exec runs statements without arguments.
func (l *Load) Exec(ctx context.Context, query string) error {
	if l.pg != nil {
		return l.pg.Exec(ctx, query).Close()
	}
	_, err := l.tx.ExecContext(ctx, query)
	return err
}
