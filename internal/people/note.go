// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Note is what people here say about a person, whatever the case. It never leaves the house.
type Note struct {
	ID        hilft.NoteID
	Brand     hilft.BrandID
	Person    hilft.PersonID
	Body      string
	Version   int64 // how often it was written
	MadeAt    time.Time
	MadeBy    hilft.AgentID
	ChangedAt time.Time // zero: never
	ChangedBy hilft.AgentID
	RemovedAt time.Time // zero: it stands

	was string
}

const (
	noteMost  = 4000 // runes
	notesMost = 50   // shown of one human
	// NoteKept is for how long what a note said before can be had again.
	NoteKept = 10 * time.Minute
)

const noteColumns = `SELECT id, brand_id, person_id, body, was, version, made_at, made_by, changed_at, changed_by, removed_at FROM person_note `

func scanNote(scan func(into ...any) error, n *Note) error {
	var made, changed, removed int64
	err := scan(&n.ID, &n.Brand, &n.Person, &n.Body, &n.was, &n.Version, &made, &n.MadeBy, &changed, &n.ChangedBy, &removed)
	n.MadeAt, n.ChangedAt, n.RemovedAt = store.Time(made), store.Time(changed), store.Time(removed)
	return err
}

// noteText is a note as it may be kept.
func noteText(s string) (string, error) {
	s = plain(s)
	switch {
	case CleanName(s) == "":
		return "", hilft.FailField(hilft.Invalid, "note.empty", "text", nil)
	case utf8.RuneCountInString(s) > noteMost:
		return "", hilft.FailField(hilft.Invalid, "person_note.long", "text", nil)
	}
	return s, nil
}

// plain takes out of a text what databases refuse.
func plain(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
}

// FindNote reads a note, also one that was removed a moment ago. NotFound: there is none of that id.
func FindNote(ctx context.Context, tx *store.Tx, id hilft.NoteID) (Note, error) {
	all, err := store.All(ctx, tx, noteColumns+`WHERE id = ?`+tx.Lock(), []any{string(id)}, scanNote)
	if err != nil {
		return Note{}, fmt.Errorf("people: note: %w", err)
	}
	if len(all) == 0 {
		return Note{}, hilft.Fail(hilft.NotFound, "person_note.not_found", nil)
	}
	return all[0], nil
}

// WriteNote writes one more note about a person. Invalid: it says nothing, or too much.
func WriteNote(ctx context.Context, tx *store.Tx, p Person, text string, by hilft.AgentID) (Note, error) {
	text, err := noteText(text)
	if err != nil {
		return Note{}, err
	}
	if err := forgetNotes(ctx, tx); err != nil {
		return Note{}, err
	}
	n := Note{ID: hilft.NoteID(hilft.NewIDAt(tx.Now())), Brand: p.Brand, Person: p.ID, Body: text, Version: 1, MadeAt: tx.Now(), MadeBy: by}
	_, err = tx.Exec(ctx, `INSERT INTO person_note (id, brand_id, person_id, body, was, version, made_at, made_by, changed_at, changed_by, removed_at) VALUES (?, ?, ?, ?, '', 1, ?, ?, 0, '', 0)`,
		string(n.ID), string(n.Brand), string(n.Person), n.Body, store.Micros(n.MadeAt), string(by))
	if err != nil {
		return Note{}, fmt.Errorf("people: note: %w", err)
	}
	return n, nil
}

// Rewrite gives a note another text. seen is the version that whoever does so has read. Conflict (person_note.changed): somebody else
// has changed it since, or taken it away.
func (n Note) Rewrite(ctx context.Context, tx *store.Tx, text string, seen int64, by hilft.AgentID) (Note, error) {
	text, err := noteText(text)
	if err != nil {
		return Note{}, err
	}
	if n.Version != seen || !n.RemovedAt.IsZero() {
		return Note{}, hilft.Fail(hilft.Conflict, "person_note.changed", nil)
	}
	n.was, n.Body = n.Body, text
	return n.save(ctx, tx, by)
}

// Remove takes a note away, as long as nobody has changed it since it was read.
func (n Note) Remove(ctx context.Context, tx *store.Tx, seen int64, by hilft.AgentID) (Note, error) {
	if n.Version != seen || !n.RemovedAt.IsZero() {
		return Note{}, hilft.Fail(hilft.Conflict, "person_note.changed", nil)
	}
	n.RemovedAt = tx.Now()
	return n.save(ctx, tx, by)
}

// Back takes back what made the note this version; ok false: it is another one by now.
func (n Note) Back(ctx context.Context, tx *store.Tx, version int64, by hilft.AgentID) (_ Note, ok bool, err error) {
	switch {
	case n.Version != version:
		return n, false, nil
	case !n.RemovedAt.IsZero():
		n.RemovedAt = time.Time{}
	case n.was != "":
		n.Body, n.was = n.was, ""
	case version == 1:
		n.RemovedAt = tx.Now()
	default:
		return n, false, nil
	}
	n, err = n.save(ctx, tx, by)
	return n, true, err
}

func (n Note) save(ctx context.Context, tx *store.Tx, by hilft.AgentID) (Note, error) {
	if err := forgetNotes(ctx, tx); err != nil {
		return Note{}, err
	}
	n.Version++
	n.ChangedAt, n.ChangedBy = tx.Now(), by
	_, err := tx.Exec(ctx, `UPDATE person_note SET body = ?, was = ?, version = ?, changed_at = ?, changed_by = ?, removed_at = ? WHERE id = ?`,
		n.Body, n.was, n.Version, store.Micros(n.ChangedAt), string(by), store.Micros(n.RemovedAt), string(n.ID))
	if err != nil {
		return Note{}, fmt.Errorf("people: note: %w", err)
	}
	return n, nil
}

// forgetNotes lets go what can be taken back no more.
func forgetNotes(ctx context.Context, tx *store.Tx) error {
	over := store.Micros(tx.Now().Add(-NoteKept))
	err := tx.Defer(ctx, `DELETE FROM person_note WHERE removed_at <> 0 AND (was <> '' OR removed_at <> 0) AND changed_at < ?`, over)
	if err == nil {
		err = tx.Defer(ctx, `UPDATE person_note SET was = '' WHERE was <> '' AND (was <> '' OR removed_at <> 0) AND changed_at < ?`, over)
	}
	if err != nil {
		return fmt.Errorf("people: notes: %w", err)
	}
	return nil
}
