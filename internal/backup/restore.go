// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
)

// A restored house goes on behind the numbers that its original may have given since the backup: a customer was told the
// number of a case, a visitor's browser knows up to which message it has read.
const (
	casesAhead = 1_000
	rowsAhead  = 1_000_000
)

// partMost is more than a part with the longest row: mails are kept as they came.
const partMost = 1 << 30

// restoredMark is the row of the table house that says that it was restored and nobody has minded yet.
const restoredMark = "restored"

// mediaMark is the row of the table house with the mark of the media folder.
const mediaMark = "media"

// Into is what a backup is restored into.
type Into struct {
	Store     store.Options
	Blobs     *blob.Folder
	KeyFits   func(key []byte) error // says, before anything is filled, why SecretKey could not take the house's key
	SecretKey func(key []byte) error // takes the house's key, where the backup has it
	Key       age.Identity           // nil: for a file that is not encrypted
	Progress  func(rows, media int64)
}

// Check reads a backup to its end. Only what it takes without an error is whole, and only that can be restored.
func Check(r io.Reader, key age.Identity) (Head, End, error) {
	head, end, _, err := check(r, key)
	return head, end, err
}

// check returns the house's key too, where the backup has it.
func check(r io.Reader, key age.Identity) (_ Head, _ End, secret []byte, _ error) {
	in, err := newReader(r, key)
	if err != nil {
		return Head{}, End{}, nil, err
	}
	defer in.close()
	for {
		name, _, body, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return in.head, *in.end, secret, nil
		case err != nil:
		case name == keyName:
			secret, err = readText(body)
		default:
			_, err = io.Copy(io.Discard, body)
		}
		if err != nil {
			return Head{}, End{}, nil, err
		}
	}
}

// Restore makes a house of a backup, which is read twice: once to see that it is whole. After an error there is no house;
// media that were restored until then stay and do no harm.
func Restore(ctx context.Context, r io.ReadSeeker, into Into) (Head, End, error) {
	head, end, secret, err := check(r, into.Key)
	if err != nil {
		return Head{}, End{}, err
	}
	if secret != nil {
		if err := into.KeyFits(secret); err != nil {
			return Head{}, End{}, err
		}
	}
	newest, err := store.NewestSchema()
	if err != nil {
		return Head{}, End{}, err
	}
	if head.Schema > newest {
		return Head{}, End{}, fmt.Errorf("this backup has schema %d, this hilft knows up to %d: take the hilft that made it (%s), or a newer one", head.Schema, newest, head.Version)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Head{}, End{}, fmt.Errorf("backup: restore: %w", err)
	}
	in, err := newReader(r, into.Key)
	if err != nil {
		return Head{}, End{}, err
	}
	defer in.close()
	f := &filling{Into: into, in: in}
	if f.Progress == nil {
		f.Progress = func(_, _ int64) {}
	}
	if err := store.Restore(ctx, into.Store, head.Schema, f.fill); err != nil {
		return Head{}, End{}, err
	}
	return head, end, nil
}

// filling is a restore under way.
type filling struct {
	Into
	in          *reader
	l           *store.Load
	t           store.Table
	rows, media int64
}

func (f *filling) fill(ctx context.Context, l *store.Load) error {
	f.l = l
	tables, err := store.Tables(ctx, f.in.head.Schema)
	if err != nil {
		return err
	}
	for {
		name, size, body, err := f.in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := f.entry(ctx, name, size, body, tables); err != nil {
			return err
		}
		f.Progress(f.rows, f.media)
	}
	for what, last := range f.in.end.Numbers {
		ahead := int64(rowsAhead)
		if !slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == what }) {
			ahead = casesAhead
		}
		if err := l.Number(ctx, what, last+ahead); err != nil {
			return err
		}
	}
	// In schemas without this table nobody could work, and so nobody has answered anybody.
	if slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == "house" }) {
		return f.leaveWord(ctx)
	}
	return nil
}

// leaveWord tells the house that it was restored, and which folder its media are in now: that of its original bears another
// mark.
func (f *filling) leaveWord(ctx context.Context) error {
	folder, err := f.Blobs.Mark()
	if err != nil {
		return err
	}
	at := f.in.head.BeganAt.UnixMicro()
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO house (what, value, at) VALUES ('%s', '', %d) ON CONFLICT (what) DO NOTHING`, restoredMark, at),
		fmt.Sprintf(`INSERT INTO house (what, value, at) VALUES ('%s', '%s', %d) ON CONFLICT (what) DO UPDATE SET value = excluded.value`, mediaMark, folder, at),
	} {
		if err := f.l.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) entry(ctx context.Context, name string, size int64, body io.Reader, tables []store.Table) error {
	dir, rest, _ := strings.Cut(name, "/")
	switch {
	case dir == tableDir:
		table, part, _ := strings.Cut(rest, "/")
		if part == "columns.json" {
			return f.begin(table, body, tables)
		}
		if table != f.t.Name || size > partMost {
			return broken("%s stands where it should not", name)
		}
		lines, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if err := f.l.CopyIn(ctx, f.t, lines); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		f.rows += int64(strings.Count(string(lines), "\n"))
		return nil
	case dir == mediaDir:
		ref, err := f.Blobs.Put(ctx, body, size)
		if err == nil && ref.Hash != rest {
			err = broken("%s has another content than its name says", name)
		}
		f.media++
		return err
	case name == keyName:
		key, err := readText(body)
		if err != nil {
			return err
		}
		return f.SecretKey(key)
	}
	return broken("nobody knows what %s in it is", name)
}

// begin finds the columns of a table as the backup has them among those that there are.
func (f *filling) begin(table string, body io.Reader, tables []store.Table) error {
	var t store.Table
	if err := readJSON(body, &t); err != nil {
		return err
	}
	i := slices.IndexFunc(tables, func(have store.Table) bool { return have.Name == table })
	if i < 0 || t.Name != table || apart[table] {
		return broken("schema %d has no table %s", f.in.head.Schema, table)
	}
	for _, c := range t.Columns {
		if !slices.Contains(tables[i].Columns, c) {
			return broken("table %s has no column %s", table, c.Name)
		}
	}
	f.t = t
	return nil
}

// Restored tells, once, that the house was restored from a backup and has not been at work since: what it was about to do
// then may have been done by its original. The caller minds that in the same transaction.
func Restored(ctx context.Context, tx *store.Tx) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM house WHERE what = ?`, restoredMark)
	if err != nil {
		return false, fmt.Errorf("backup: restored: %w", err)
	}
	return n > 0, nil
}
