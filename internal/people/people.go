// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
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
	all, err := RecogniseAll(ctx, tx, brand, network, []channel.Author{a})
	if err != nil {
		return Identity{}, err
	}
	return all[a.ID], nil
}

// RecogniseAll is Recognise for many authors at once, who may come several times: of what the network says of one, the
// last holds. Identities are told by their remote id.
func RecogniseAll(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network string, authors []channel.Author) (map[string]Identity, error) {
	last := map[string]channel.Author{}
	var remotes []string
	for _, a := range authors {
		if _, twice := last[a.ID]; !twice {
			remotes = append(remotes, a.ID)
		}
		a.Name, a.Handle = CleanName(a.Name), CleanName(a.Handle)
		last[a.ID] = a
	}
	// In one order for all, so that two who write do not wait for each other.
	slices.Sort(remotes)
	known, err := identities(ctx, tx, brand, network, remotes)
	if err != nil {
		return nil, fmt.Errorf("people: recognise: %w", err)
	}
	var strangers []channel.Author
	for _, remote := range remotes {
		id, ok := known[remote]
		if !ok {
			strangers = append(strangers, last[remote])
			continue
		}
		if known[remote], err = refresh(ctx, tx, id, last[remote]); err != nil {
			return nil, fmt.Errorf("people: recognise: %w", err)
		}
	}
	if err := introduce(ctx, tx, brand, network, strangers, known); err != nil {
		return nil, fmt.Errorf("people: introduce: %w", err)
	}
	return known, nil
}

// refresh writes down what the network says of an identity now.
func refresh(ctx context.Context, tx *store.Tx, id Identity, a channel.Author) (Identity, error) {
	before := nameOf(channel.Author{ID: id.Remote, Name: id.Name, Handle: id.Handle})
	if (a.Name == "" || a.Name == id.Name) && (a.Handle == "" || a.Handle == id.Handle) && (a.URL == "" || a.URL == id.URL) && tx.Now().Sub(id.Seen) < seenEvery {
		return id, nil
	}
	id.Name, id.Handle, id.URL = cmp.Or(a.Name, id.Name), cmp.Or(a.Handle, id.Handle), cmp.Or(a.URL, id.URL)
	if err := tx.Defer(ctx, `UPDATE identity SET name = ?, handle = ?, url = ?, seen_at = ? WHERE id = ?`,
		id.Name, id.Handle, id.URL, store.Micros(tx.Now()), string(id.ID)); err != nil {
		return Identity{}, err
	}
	// A person goes by what this identity is called, unless they go by another name already.
	if now := nameOf(channel.Author{ID: id.Remote, Name: id.Name, Handle: id.Handle}); now != before {
		if err := tx.Defer(ctx, `UPDATE person SET name = ? WHERE id = ? AND name = ?`, now, string(id.Person), before); err != nil {
			return Identity{}, err
		}
	}
	return id, nil
}

// introduce makes identities, each with its person, and adds them to those that are known. Two transactions may
// introduce the same one at once: the first wins, the other takes what it finds.
func introduce(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network string, strangers []channel.Author, known map[string]Identity) error {
	if len(strangers) == 0 {
		return nil
	}
	now := store.Micros(tx.Now())
	made := map[string]Identity{}
	var persons, identityRows [][]any
	for _, a := range strangers {
		id := Identity{
			ID: hilft.IdentityID(hilft.NewID()), Person: hilft.PersonID(hilft.NewID()), Network: network,
			Remote: a.ID, Handle: a.Handle, Name: a.Name, URL: a.URL, Seen: tx.Now(),
		}
		made[a.ID] = id
		persons = append(persons, []any{string(id.Person), string(brand), nameOf(a), now})
		identityRows = append(identityRows, []any{string(id.ID), string(brand), string(id.Person), network, a.ID, a.Handle, a.Name, a.URL, now, now})
	}
	if err := tx.Insert(ctx, `INSERT INTO person (id, brand_id, name, made_at)`, persons, ""); err != nil {
		return err
	}
	err := tx.InsertRows(ctx, `INSERT INTO identity (id, brand_id, person_id, network, remote_id, handle, name, url, made_at, seen_at)`, identityRows,
		`ON CONFLICT DO NOTHING RETURNING remote_id`, func(scan func(into ...any) error) error {
			var remote string
			err := scan(&remote)
			known[remote] = made[remote]
			return err
		})
	if err != nil {
		return err
	}
	var lost []string
	for _, a := range strangers {
		if _, ok := known[a.ID]; ok {
			continue
		}
		lost = append(lost, a.ID)
		if err := tx.Defer(ctx, `DELETE FROM person WHERE id = ?`, string(made[a.ID].Person)); err != nil {
			return err
		}
	}
	found, err := identities(ctx, tx, brand, network, lost)
	maps.Copy(known, found)
	return err
}

func nameOf(a channel.Author) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Handle != "":
		return a.Handle
	}
	return CleanName(a.ID)
}

const identityColumns = `SELECT id, person_id, network, remote_id, handle, name, url, seen_at FROM identity `

func scanIdentity(scan func(into ...any) error, id *Identity) error {
	var seen int64
	err := scan(&id.ID, &id.Person, &id.Network, &id.Remote, &id.Handle, &id.Name, &id.URL, &seen)
	id.Seen = store.Time(seen)
	return err
}

// identities reads those of a network that bear these remote ids.
func identities(ctx context.Context, tx *store.Tx, brand hilft.BrandID, network string, remotes []string) (map[string]Identity, error) {
	found := map[string]Identity{}
	if len(remotes) == 0 {
		return found, nil
	}
	where, list := store.In(tx, "remote_id", remotes)
	all, err := store.All(ctx, tx, identityColumns+`WHERE brand_id = ? AND network = ? AND `+where, []any{string(brand), network, list}, scanIdentity)
	for _, id := range all {
		found[id.Remote] = id
	}
	return found, err
}

// Find reads a person with their identities, the last seen first. NotFound: there is none of that id. Whether somebody may
// see them is the caller's to ask.
func Find(ctx context.Context, tx *store.Tx, id hilft.PersonID) (Person, error) {
	p := Person{ID: id}
	err := tx.Row(ctx, `SELECT name, brand_id FROM person WHERE id = ?`, []any{string(id)}, &p.Name, &p.Brand)
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

// CleanName keeps what is a name: no control characters, no marks that turn the direction of the text around them, no
// invisible ones that make two names look alike.
func CleanName(s string) string {
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
