// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

// Identity is what a network calls a person.
type Identity struct {
	ID      hilft.IdentityID
	Person  hilft.PersonID
	Network string
	Remote  string
	Handle  string
	Name    string
	URL     string
	Seen    time.Time
}

// Person is a human who speaks to a brand, with all that we know to be them.
type Person struct {
	ID         hilft.PersonID
	Brand      hilft.BrandID
	Name       string
	Identities []Identity
}

// seenEvery is how exactly Identity.Seen is kept: a write for every message would say little more.
const seenEvery = time.Hour

// Recognise finds the identity of an author on a network, or makes it, with a new person of their own. What the network
// says of them now replaces what it said before.
func Recognise(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network string, a channel.Author) (Identity, error) {
	a.Name, a.Handle = cleanName(a.Name), cleanName(a.Handle)
	id, err := identity(ctx, tx, brand, network, a.ID)
	switch {
	case store.IsNoRows(err):
		return introduce(ctx, tx, brand, network, a)
	case err != nil:
		return Identity{}, fmt.Errorf("people: recognise: %w", err)
	}
	before := nameOf(channel.Author{ID: id.Remote, Name: id.Name, Handle: id.Handle})
	if (a.Name == "" || a.Name == id.Name) && (a.Handle == "" || a.Handle == id.Handle) && (a.URL == "" || a.URL == id.URL) && tx.Now().Sub(id.Seen) < seenEvery {
		return id, nil
	}
	if a.Name != "" {
		id.Name = a.Name
	}
	if a.Handle != "" {
		id.Handle = a.Handle
	}
	if a.URL != "" {
		id.URL = a.URL
	}
	if _, err := tx.Exec(ctx, `UPDATE identity SET name = ?, handle = ?, url = ?, seen_at = ? WHERE id = ?`,
		id.Name, id.Handle, id.URL, store.Micros(tx.Now()), string(id.ID)); err != nil {
		return Identity{}, fmt.Errorf("people: recognise: %w", err)
	}
	// A person goes by what this identity is called, unless they go by another name already.
	if now := nameOf(channel.Author{ID: id.Remote, Name: id.Name, Handle: id.Handle}); now != before {
		if _, err := tx.Exec(ctx, `UPDATE person SET name = ? WHERE id = ? AND name = ?`, now, string(id.Person), before); err != nil {
			return Identity{}, fmt.Errorf("people: recognise: %w", err)
		}
	}
	return id, nil
}

// introduce makes an identity with its person. Two transactions may introduce the same one at once: the first wins, the
// other takes what it finds.
func introduce(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network string, a channel.Author) (Identity, error) {
	now := store.Micros(tx.Now())
	id := Identity{
		ID: hilft.IdentityID(hilft.NewID()), Person: hilft.PersonID(hilft.NewID()), Network: network,
		Remote: a.ID, Handle: a.Handle, Name: a.Name, URL: a.URL, Seen: tx.Now(),
	}
	if _, err := tx.Exec(ctx, `INSERT INTO person (id, brand_id, name, made_at) VALUES (?, ?, ?, ?)`,
		string(id.Person), string(brand), nameOf(a), now); err != nil {
		return Identity{}, fmt.Errorf("people: introduce: %w", err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO identity (id, brand_id, person_id, network, remote_id, handle, name, url, made_at, seen_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(id.ID), string(brand), string(id.Person), network, a.ID, a.Handle, a.Name, a.URL, now, now)
	if err != nil {
		return Identity{}, fmt.Errorf("people: introduce: %w", err)
	}
	if n == 1 {
		return id, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM person WHERE id = ?`, string(id.Person)); err != nil {
		return Identity{}, fmt.Errorf("people: introduce: %w", err)
	}
	return identity(ctx, tx, brand, network, a.ID)
}

func nameOf(a channel.Author) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Handle != "":
		return a.Handle
	}
	return cleanName(a.ID)
}

const identityColumns = `SELECT id, person_id, network, remote_id, handle, name, url, seen_at FROM identity `

func scanIdentity(scan func(into ...any) error, id *Identity) error {
	var seen int64
	err := scan(&id.ID, &id.Person, &id.Network, &id.Remote, &id.Handle, &id.Name, &id.URL, &seen)
	id.Seen = store.Time(seen)
	return err
}

func identity(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network, remote string) (Identity, error) {
	var id Identity
	var seen int64
	err := tx.Row(ctx, identityColumns+`WHERE brand_id = ? AND network = ? AND remote_id = ?`, []any{string(brand), network, remote},
		&id.ID, &id.Person, &id.Network, &id.Remote, &id.Handle, &id.Name, &id.URL, &seen)
	id.Seen = store.Time(seen)
	return id, err
}

// Find reads a person of a brand with their identities, the last seen first. NotFound where the brand has none.
func Find(ctx context.Context, tx *store.Tx, brand hilft.BrandID, id hilft.PersonID) (Person, error) {
	p := Person{ID: id, Brand: brand}
	err := tx.Row(ctx, `SELECT name FROM person WHERE id = ? AND brand_id = ?`, []any{string(id), string(brand)}, &p.Name)
	if store.IsNoRows(err) {
		return Person{}, hilft.Fail(hilft.NotFound, "person.not_found", nil)
	}
	if err == nil {
		p.Identities, err = store.All(ctx, tx, identityColumns+`WHERE person_id = ? ORDER BY seen_at DESC, id`, []any{string(id)}, scanIdentity)
	}
	if err != nil {
		return Person{}, fmt.Errorf("people: find: %w", err)
	}
	return p, nil
}

const joiner = '\u200d'

// invisible are characters that show nothing although they count as letters or marks.
var invisible = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1},
	{Lo: 0x115f, Hi: 0x1160, Stride: 1},
	{Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
	{Lo: 0x2800, Hi: 0x2800, Stride: 1},
	{Lo: 0x3164, Hi: 0x3164, Stride: 1},
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
}}

// nameMost bounds a name in runes: some send novels.
const nameMost = 200

// cleanName keeps what is a name: no control characters, no marks that turn the direction of the text around them, no
// invisible ones that make two names look alike.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	last := ' '
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case r == joiner && !unicode.In(last, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Nd, unicode.White_Space):
			// It is part of emoji and of Indian scripts.
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, invisible):
			return -1
		}
		last = r
		return r
	}, norm.NFC.String(s))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > nameMost {
		s = string(r[:nameMost-1]) + "…"
	}
	return s
}
