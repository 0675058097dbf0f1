// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"filippo.io/age"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
)

const (
	partSize  = 1 << 20 // rows are written in parts of about this size
	historyOf = 1000    // so many backups the house remembers
)

// apart are the tables that no backup has: who is signed in where, and is told there of what concerns them or is on the way to
// sign in, who mistyped a password, what backups there were, which
// processes ran, and the index of words, which is made anew of what they have.
var apart = map[string]bool{
	"agent_session": true, "attempt": true, "backup": true, "node": true, "provider_departure": true, "push_subscription": true, "search_state": true, "search_text": true, "search_word": true,
	"search_gram": true, "search_run": true, "search_page": true, "search_change": true,
}

// From is what a backup is made of.
type From struct {
	DB        *store.DB    // as store.Attach opens it
	Blobs     *blob.Folder // nil: a backup without media
	SecretKey []byte       // empty: not in it
	To        age.Recipient
	Version   string
	Progress  func(rows, media int64) // called now and then; may be nil
}

// Made tells of a backup.
type Made struct {
	BeganAt time.Time
	Schema  int64
	Rows    int64
	Media   int64
	Damaged int64
}

// Write writes a backup to w. Nothing of it counts when there is an error. Media that are damaged or gone are left out and
// counted: what else there is should not be lost with them.
func Write(ctx context.Context, w io.Writer, from From) (Made, error) {
	b := &making{From: from, end: End{Rows: map[string]int64{}}}
	if b.Progress == nil {
		b.Progress = func(_, _ int64) {}
	}
	m, err := b.write(ctx, w)
	if err != nil {
		return Made{}, fmt.Errorf("backup: %w", err)
	}
	return m, nil
}

type making struct {
	From
	out *writer
	end End
}

func (b *making) write(ctx context.Context, w io.Writer) (m Made, err error) {
	err = b.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.TakeTime(ctx); err != nil { // w may be slow: a pipe to another machine
			return err
		}
		m.BeganAt = tx.Now()
		if m.Schema, err = tx.Schema(ctx); err != nil { // with this the moment is fixed
			return err
		}
		tables, err := store.Tables(ctx, m.Schema)
		if err != nil {
			return err
		}
		if b.out, err = newWriter(w, b.To, m.BeganAt); err != nil {
			return err
		}
		if err := b.out.json(headName, Head{
			Format: format, Schema: m.Schema, BeganAt: m.BeganAt, Version: b.Version, Database: string(b.DB.Dialect()), Media: b.Blobs != nil,
		}); err != nil {
			return err
		}
		for _, t := range tables {
			if apart[t.Name] {
				continue
			}
			if err := b.table(ctx, tx, t); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
		}
		if b.end.Numbers, err = tx.Numbers(ctx, m.Schema); err != nil || b.Blobs == nil {
			return err
		}
		return b.missing(ctx, tx, tables)
	})
	if err != nil {
		return m, err
	}
	// Files are only ever added, before the rows that name them: what is there now has all that the rows name.
	if b.Blobs != nil {
		if err := b.Blobs.Each(ctx, func(hash string) error { return b.media(ctx, hash) }); err != nil {
			return m, err
		}
	}
	if len(b.SecretKey) > 0 {
		if err := b.out.entry(keyName, int64(len(b.SecretKey)), bytes.NewReader(b.SecretKey)); err != nil {
			return m, err
		}
	}
	m.Rows, m.Media, m.Damaged = b.end.rows(), b.end.Media, b.end.Damaged
	return m, b.out.end(b.end)
}

func (b *making) table(ctx context.Context, tx *store.Tx, t store.Table) error {
	p := &parts{ctx: ctx, b: b, t: t}
	if err := p.header(); err != nil {
		return err
	}
	if err := tx.CopyOut(ctx, t, p); err != nil {
		return err
	}
	return p.flush(len(p.buf))
}

// parts makes entries of the rows of a table, without cutting one in two.
type parts struct {
	ctx context.Context //nolint:containedctx // it is that of the copy, which writes here
	b   *making
	t   store.Table
	n   int
	buf []byte
}

// header tells which columns there are, in which order.
func (p *parts) header() error { return p.b.out.json(tableDir+"/"+p.t.Name+"/columns.json", p.t) }

func (p *parts) Write(lines []byte) (int, error) {
	p.buf = append(p.buf, lines...)
	if len(p.buf) < partSize {
		return len(lines), p.ctx.Err()
	}
	return len(lines), p.flush(bytes.LastIndexByte(p.buf, '\n') + 1)
}

func (p *parts) flush(size int) error {
	if size == 0 {
		return nil
	}
	part := p.buf[:size]
	p.n++
	if err := p.b.out.entry(tableDir+"/"+p.t.Name+"/"+strconv.Itoa(p.n), int64(size), bytes.NewReader(part)); err != nil {
		return err
	}
	p.b.end.Rows[p.t.Name] += int64(bytes.Count(part, []byte{'\n'}))
	p.buf = append(p.buf[:0], p.buf[size:]...)
	p.b.Progress(p.b.end.rows(), p.b.end.Media)
	return nil
}

// missing counts the media that rows name and that are not there: they are as good as damaged.
func (b *making) missing(ctx context.Context, tx *store.Tx, tables []store.Table) error {
	gone := map[string]bool{}
	look := func(hash string) {
		if hash != "" && !gone[hash] && !b.Blobs.Has(hash) {
			gone[hash] = true
		}
	}
	for _, t := range tables {
		var err error
		switch t.Name {
		case "inbox":
			err = tx.Rows(ctx, `SELECT blob FROM inbox WHERE blob <> ''`, nil, func(scan func(into ...any) error) error {
				var hash string
				err := scan(&hash)
				look(hash)
				return err
			})
		case "message":
			err = tx.Rows(ctx, `SELECT files FROM message WHERE files LIKE '%"hash"%'`, nil, func(scan func(into ...any) error) error {
				var text string
				var files []struct{ Hash string }
				if err := scan(&text); err != nil {
					return err
				}
				if err := json.Unmarshal([]byte(text), &files); err != nil {
					return err
				}
				for _, f := range files {
					look(f.Hash)
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
	}
	b.end.Damaged += int64(len(gone))
	return nil
}

func (b *making) media(ctx context.Context, hash string) error {
	f, err := b.Blobs.Get(ctx, hash)
	switch {
	case err == nil:
	case hilft.KindOf(err) == hilft.NotFound: // removed a moment ago, so nothing names it
		return nil
	case ctx.Err() != nil:
		return err
	default:
		b.end.Damaged++
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := b.out.entry(mediaDir+"/"+hash, f.Ref.Size, f); err != nil {
		return err
	}
	b.end.Media++
	b.Progress(b.end.rows(), b.end.Media)
	return nil
}

// Last is a backup that was made.
type Last struct {
	Made
	EndedAt time.Time
	Bytes   int64
	Whole   bool // with media
}

// Record remembers a backup that is complete and on the disk. A database from before there was a place for that is left
// as it is.
func Record(ctx context.Context, db *store.DB, l Last) error {
	const since, sinceTrail = 12, 35 // the schemas that have the tables
	if l.Schema < since {
		return nil
	}
	err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO backup (id, began_at, ended_at, bytes, row_count, media_count, damaged, whole) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			hilft.NewID(), store.Micros(l.BeganAt), store.Micros(l.EndedAt), l.Bytes, l.Rows, l.Media, l.Damaged, store.Bit(l.Whole))
		if err != nil {
			return err
		}
		if l.Schema >= sinceTrail {
			if err := audit.Write(ctx, tx, audit.Entry{What: audit.HouseBackedUp, Detail: audit.Detail{"media": strconv.FormatBool(l.Whole), "rows": strconv.FormatInt(l.Rows, 10)}}); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM backup WHERE id <= (SELECT id FROM backup ORDER BY id DESC LIMIT 1 OFFSET ?)`, historyOf)
		return err
	})
	if err != nil {
		return fmt.Errorf("backup: record: %w", err)
	}
	return nil
}

// Newest tells of the last backup with all that belongs to a house; NotFound: there is none.
func Newest(ctx context.Context, db *store.DB) (l Last, err error) {
	var began, ended int64
	err = db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT began_at, ended_at, bytes, row_count, media_count, damaged FROM backup WHERE whole = 1 ORDER BY ended_at DESC LIMIT 1`, nil,
			&began, &ended, &l.Bytes, &l.Rows, &l.Media, &l.Damaged)
	})
	if store.IsNoRows(err) {
		return Last{}, fmt.Errorf("backup: newest: %w", hilft.Fail(hilft.NotFound, "backup.none", nil))
	}
	if err != nil {
		return Last{}, fmt.Errorf("backup: newest: %w", err)
	}
	l.BeganAt, l.EndedAt, l.Whole = store.Time(began), store.Time(ended), true
	return l, nil
}
