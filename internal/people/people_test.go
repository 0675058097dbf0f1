// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const brand = hilft.BrandID("nordnetz")

func recognise(t *testing.T, db *store.DB, b hilft.BrandID, network string, a channel.Author) (id Identity) {
	t.Helper()
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = Recognise(ctx, tx, b, network, a)
		return err
	}))
	return id
}

func find(t *testing.T, db *store.DB, id hilft.PersonID) (p Person, err error) {
	t.Helper()
	err = db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		p, err = Find(ctx, tx, id)
		return err
	})
	return p, err
}

func TestWhoSpeaksAgainIsRecognised(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			db := storetest.On(t, name, clock.Now)
			first := recognise(t, db, brand, "plaza", channel.Author{ID: "7", Handle: "@mira"})
			p, err := find(t, db, first.Person)
			require.NoError(t, err)
			require.Equal(t, "@mira", p.Name, "a handle is better than nothing")

			clock.Forward(time.Minute)
			again := recognise(t, db, brand, "plaza", channel.Author{ID: "7", Handle: "@mira", Name: "Mira", URL: "https://plaza.example/mira"})
			require.Equal(t, first.ID, again.ID)
			require.Equal(t, first.Person, again.Person)
			silent := recognise(t, db, brand, "plaza", channel.Author{ID: "7"})
			require.Equal(t, "Mira", silent.Name, "what is not said is not forgotten")
			p, err = find(t, db, first.Person)
			require.NoError(t, err)
			require.Equal(t, "Mira", p.Name)
			require.Len(t, p.Identities, 1)
			require.Equal(t, "https://plaza.example/mira", p.Identities[0].URL)

			clock.Forward(2 * time.Hour)
			require.Equal(t, again.Person, recognise(t, db, brand, "plaza", channel.Author{ID: "7", Name: "Mira K."}).Person)
			p, err = find(t, db, first.Person)
			require.NoError(t, err)
			require.Equal(t, "Mira K.", p.Name)
			require.Equal(t, clock.Now(), p.Identities[0].Seen)

			elsewhere := recognise(t, db, brand, "mail", channel.Author{ID: "7", Name: "Mira K."})
			require.NotEqual(t, first.Person, elsewhere.Person, "nobody is taken for somebody by a name, or by a number of another network")
		})
	}
}

func TestManyAtOnceMeetOnePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		ids := make([]Identity, 32)
		for i := range ids {
			wg.Go(func() {
				if err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
					ids[i], err = Recognise(ctx, tx, brand, "plaza", channel.Author{ID: "7", Name: "Mira"})
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0].Person, id.Person)
			require.Equal(t, ids[0].ID, id.ID)
		}
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM identity`))
	})
}

func TestBrandsAreWalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ours := recognise(t, db, brand, "plaza", channel.Author{ID: "7", Name: "Mira"})
		theirs := recognise(t, db, "other", "plaza", channel.Author{ID: "7", Name: "Mira"})
		require.NotEqual(t, ours.Person, theirs.Person)
		p, err := find(t, db, ours.Person)
		require.NoError(t, err)
		require.Equal(t, brand, p.Brand)
		require.Len(t, p.Identities, 1)
		_, err = find(t, db, "nobody")
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
	})
}

func TestANameIsWhatItLooksLike(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Mira \t Kern\r\n":           "Mira Kern",
		"Mi\u200bra\u2060":             "Mira",
		"Mi\u200dra":                   "Mira",
		"\u202eariM\u202c":             "ariM",
		"\u2066Mira\u2069":             "Mira",
		"Mi\x00\x07ra":                 "Mira",
		"Mi\xffra":                     "Mira",
		"Mira\u3164\u115f\u2800\u034f": "Mira",
		"Jo\u0308rg":                   "Jörg",
		"👩\u200d🔧 Mira":                "👩\u200d🔧 Mira",
		"\u200b":                       "",
		strings.Repeat("ä", 300):       strings.Repeat("ä", 199) + "…",
	} {
		require.Equal(t, want, CleanName(in), "%q", in)
		require.Equal(t, want, CleanName(want), "cleaning twice changes nothing: %q", in)
	}
}

func TestHostileAuthorsAreStillSomebody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		id := recognise(t, db, brand, "plaza", channel.Author{ID: "7\u202e", Name: "\u200b\x00", Handle: "\xff"})
		p, err := find(t, db, id.Person)
		require.NoError(t, err)
		require.Equal(t, "7", p.Name)
	})
}

func TestCodesAreFoundHoweverPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Mein Code: BCD2-FGH3":      {"BCD2-FGH3"},
		"bcd2 fgh3":                 {"BCD2-FGH3"},
		"bcd2fgh3.":                 {"BCD2-FGH3"},
		"(BCD2–FGH3)":               {"BCD2-FGH3"},
		"XBCD2-FGH3":                nil, // a part of something longer
		"BCD2-FGH3K":                nil,
		"2345-6789":                 nil, // a number
		"BCDF-GHJK":                 nil,
		"BCD1-FGHO":                 nil, // no such letters
		"\u202eBCD2-FGH3":           {"BCD2-FGH3"},
		"BCD2-FGH3 BCD2-FGH3":       {"BCD2-FGH3"},
		strings.Repeat("ü", 10_000): nil,
	} {
		require.Equal(t, want, CodesIn(text), "%q", text)
	}
	for range 100 {
		code := newCode()
		require.Equal(t, []string{code}, CodesIn("x "+code+" y"))
	}
}
