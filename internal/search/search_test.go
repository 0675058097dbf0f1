// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const (
	nord = hilft.BrandID("nord")
	sued = hilft.BrandID("sued")
	ada  = hilft.AgentID("ada")
)

// house is where customers speak and agents search.
type house struct {
	t      testing.TB
	db     *store.DB
	desk   *desk.Desk
	search *Search
	clock  *storetest.Clock
	n      int
}

func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		log := slog.New(slog.DiscardHandler)
		b, err := bus.Open(t.Context(), bus.Options{Log: log})
		require.NoError(t, err)
		t.Cleanup(b.Close)
		q := jobs.New(db, b, log)
		d := desk.New(db, q, func(context.Context, *store.Tx, hilft.BrandID) (time.Duration, error) { return time.Hour, nil })
		h := &house{t: t, db: db, desk: d, search: New(db, q), clock: clock}
		h.write(`INSERT INTO agent (id, email, name, initials, role, language, scheme, password, made_at, closed_at) VALUES ('ada', 'ada@nord.example', 'Ada Lovelace', 'AL', 'member', 'de', 'auto', '', 1, 0)`)
		test(t, h)
	})
}

func (h *house) write(query string, args ...any) {
	h.t.Helper()
	require.NoError(h.t, h.db.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// sees is what Ada sees who works for these brands.
func sees(brands ...hilft.BrandID) access.Sight {
	roles := map[hilft.BrandID]access.Role{}
	for _, b := range brands {
		roles[b] = access.RoleAgent
	}
	return access.Agent{ID: ada, Role: access.RoleMember, Roles: roles}.Sight()
}

// report lets a network report something to a brand.
func (h *house) report(brand hilft.BrandID, it channel.Item) {
	h.t.Helper()
	h.clock.Forward(time.Second)
	it.At, it.Visibility = h.clock.Now(), hilft.Private
	account := hilft.AccountID("mail@" + string(brand))
	require.NoError(h.t, h.db.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if it.Kind != channel.Said {
			return h.desk.Change(ctx, tx, desk.Changed{Brand: brand, Account: account, Item: it})
		}
		who, err := people.Recognise(ctx, tx, brand, "mail", it.From)
		if err != nil {
			return err
		}
		return h.desk.Hear(ctx, tx, desk.Heard{Brand: brand, Account: account, Network: "mail", ThreadIsConcern: true, Item: it, Identity: who})
	}))
}

// says lets somebody write, each time about something new, and tells the network's id of it.
func (h *house) says(brand hilft.BrandID, who, words string, more ...func(*channel.Item)) string {
	h.t.Helper()
	h.n++
	it := channel.Item{Kind: channel.Said, ID: fmt.Sprint("r", h.n), Thread: fmt.Sprint("t", h.n), Text: words, From: channel.Author{ID: who, Name: who}}
	for _, m := range more {
		m(&it)
	}
	h.report(brand, it)
	return it.ID
}

func (h *house) indexed() { h.t.Helper(); require.NoError(h.t, h.search.CatchUp(h.t.Context())) }

func (h *house) ask(brand hilft.BrandID, q string) Ask {
	h.t.Helper()
	question, err := Parse(q, time.UTC)
	require.NoError(h.t, err, q)
	return Ask{Brand: brand, Question: question, Most: 10}
}

// finds is how what is found reads, with the hits in brackets.
func (h *house) finds(brand hilft.BrandID, q string) []string {
	h.t.Helper()
	found, err := h.search.Find(h.t.Context(), sees(brand), h.ask(brand, q))
	require.NoError(h.t, err, q)
	all := []string{}
	for _, hit := range found.Hits {
		all = append(all, marked(hit.Snippet))
	}
	return all
}

func marked(s Snippet) string {
	for _, m := range slices.Backward(s.Marks) {
		s.Text = s.Text[:m.From] + "[" + s.Text[m.From:m.To] + "]" + s.Text[m.To:]
	}
	return s.Text
}

func (h *house) count(q string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.db, q, args...)
}

func TestWhatWasSaidIsFoundAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "Mira", "Der Ersatzverkehr faehrt nicht, STOERUNG seit 8 Uhr in der Goethestrasse")
		h.says(nord, "Jan", "Mein Router 4711 blinkt. Wann endet die Stoerung?")
		h.says(nord, "Kim", "Danke!")
		h.indexed()

		both := []string{"Mein Router 4711 blinkt. Wann endet die [Stoerung]?", "Der Ersatzverkehr faehrt nicht, [STOERUNG] seit 8 Uhr in der Goethestrasse"}
		for _, q := range []string{"Störung", "stoerung", "STÖRUNG", "Storung", "störu"} {
			require.Equal(t, both, h.finds(nord, q), q)
		}
		require.Equal(t, []string{"Der [Ersatzverkehr] faehrt nicht, STOERUNG seit 8 Uhr in der Goethestrasse"}, h.finds(nord, "verkehr"))
		require.Equal(t, []string{"Der Ersatzverkehr faehrt nicht, [STOERUNG] seit 8 Uhr in der [Goethestrasse]"}, h.finds(nord, "straße störung"))
		require.Equal(t, []string{"Mein Router [4711] blinkt. Wann endet die Stoerung?"}, h.finds(nord, "4711"))
		require.Len(t, h.finds(nord, `"endet die Störung"`), 1)
		require.Empty(t, h.finds(nord, `"die endet"`))
		require.Empty(t, h.finds(nord, `"Stör"`), "what is in quotation marks is a whole word")
		require.Empty(t, h.finds(nord, "Störung Danke"), "all of it has to be there")
	})
}

func TestOnlyWhatOneMaySeeIsFound(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "Mira Petersen", "Die Rechnung stimmt nicht")
		h.says(sued, "Mira Maier", "Die Rechnung ist gut")
		h.indexed()
		require.Equal(t, []string{"Die [Rechnung] stimmt nicht"}, h.finds(nord, "rechnung"))
		require.Equal(t, []string{"Die [Rechnung] ist gut"}, h.finds(sued, "rechnung"))
		_, err := h.search.Find(t.Context(), sees(sued), h.ask(nord, "rechnung"))
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		_, err = h.search.Nearby(t.Context(), sees(sued), h.ask(nord, "mira"))
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		near, err := h.search.Nearby(t.Context(), sees(nord, sued), h.ask(sued, "mira"))
		require.NoError(t, err)
		require.Len(t, near.People, 1)
		require.Equal(t, "Mira Maier", near.People[0].Name)
	})
}

func TestWhatWasTakenBackIsNotFound(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		secret := h.says(nord, "Mira", "Meine Kontonummer ist DE4711")
		typo := h.says(nord, "Jan", "Der Rooter ist kaputt")
		h.indexed()
		require.Len(t, h.finds(nord, "de4711"), 1)

		h.report(nord, channel.Item{Kind: channel.Deleted, ID: secret})
		h.report(nord, channel.Item{Kind: channel.Edited, ID: typo, Text: "Der Router ist kaputt"})
		require.Empty(t, h.finds(nord, "de4711"), "from the moment it is gone")
		require.Empty(t, h.finds(nord, "rooter"))

		h.indexed()
		require.Equal(t, []string{"Der [Router] ist [kaputt]"}, h.finds(nord, "router kaputt"))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM search_word WHERE word IN ('de4711', 'kontonummer', 'rooter')`), "nobody says them any more")
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM search_text`))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM search_change`))

		h.write(`UPDATE message SET body = 'Alles gut' WHERE remote_id = ?`, typo)
		h.indexed()
		require.Empty(t, h.finds(nord, "router"), "whoever changes it")
		require.Len(t, h.finds(nord, "alles"), 1)
		h.write(`DELETE FROM message WHERE remote_id = ?`, typo)
		h.indexed()
		require.Zero(t, h.count(`SELECT COUNT(*) FROM search_word`)+h.count(`SELECT COUNT(*) FROM search_gram`)+h.count(`SELECT COUNT(*) FROM search_text`)+h.count(`SELECT COUNT(*) FROM search_page`))
	})
}

func TestFiltersNarrowWhatIsFound(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "Mira Petersen", "Netz weg")
		h.clock.Forward(72 * time.Hour)
		h.says(nord, "Jan Meier", "Netz langsam")
		h.indexed()
		day := h.clock.Now().Format("2006-01-02")
		for q, want := range map[string]int{
			"netz": 2, "netz von:mira": 1, "netz von:pet": 1, `netz von:"Jan Meier"`: 1, "netz from:ada": 0, "status:offen": 2, "netz state:solved": 0,
			"seit:" + day: 1, "netz vor:" + day: 1, "nach:" + day: 0, "bis:" + day: 2, "netz seit:2099": 0, "von:mira status:offen bis:2099": 1, "netz status:offen": 2,
		} {
			require.Len(t, h.finds(nord, q), want, q)
		}
		q := h.ask(nord, "kanal:mail")
		q.Accounts = []hilft.AccountID{"mail@nord"}
		found, err := h.search.Find(t.Context(), sees(nord), q)
		require.NoError(t, err)
		require.Len(t, found.Hits, 2)
		q.Accounts = nil
		found, err = h.search.Find(t.Context(), sees(nord), q)
		require.NoError(t, err)
		require.Empty(t, found.Hits, "no account is called so")
	})
}

func TestNotesAndAnswersAreFoundByWhoWroteThem(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "Mira", "Hallo")
		h.indexed()
		found, err := h.search.Find(t.Context(), sees(nord), h.ask(nord, "hallo"))
		require.NoError(t, err)
		id := found.Hits[0].Case
		_, err = h.desk.Note(t.Context(), sees(nord), id, "Techniker kommt Dienstag", "", "")
		require.NoError(t, err)
		h.indexed()
		require.Equal(t, []string{"[Techniker] kommt Dienstag"}, h.finds(nord, "techniker von:lovelace"))
		require.Empty(t, h.finds(nord, "techniker von:mira"))
	})
}

func TestPeopleAndCasesAreFoundFromTheSameField(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "Mira Petersen", "Umzug nach Kiel. Wer kommt?")
		for range 3 {
			h.says(nord, "Mira Petersen", "Und noch etwas")
		}
		h.says(nord, "Jan Petersen", "Ich bin umgezogen")
		h.indexed()
		near := func(q string) (names []string, titles []string) {
			found, err := h.search.Nearby(t.Context(), sees(nord), h.ask(nord, q))
			require.NoError(t, err)
			for _, p := range found.People {
				names = append(names, p.Name)
			}
			for _, id := range found.Cases {
				c, err := h.desk.Row(t.Context(), sees(nord), id)
				require.NoError(t, err)
				titles = append(titles, c.Title)
			}
			return names, titles
		}
		names, _ := near("petersen")
		require.Equal(t, []string{"Jan Petersen", "Mira Petersen"}, names, "each once, who spoke last first")
		names, _ = near("pet mi")
		require.Equal(t, []string{"Mira Petersen"}, names)
		_, titles := near("umzug kiel")
		require.Equal(t, []string{"Umzug nach Kiel. Wer kommt?"}, titles)
		number := h.count(`SELECT CAST(number AS INTEGER) FROM cases WHERE title LIKE 'Umzug%'`)
		_, titles = near(fmt.Sprint(number))
		require.Equal(t, []string{"Umzug nach Kiel. Wer kommt?"}, titles)
	})
}

func TestPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		for i := range 25 {
			h.says(nord, "Mira", fmt.Sprintf("Netz %d", i))
			if i%3 == 0 {
				h.indexed() // many small runs, which become larger ones
			}
		}
		h.indexed()
		q := h.ask(nord, "netz")
		var all []string
		for pages := 1; ; pages++ {
			found, err := h.search.Find(t.Context(), sees(nord), q)
			require.NoError(t, err)
			for _, hit := range found.Hits {
				all = append(all, hit.Snippet.Text)
			}
			if q.Cursor = found.Next; q.Cursor == "" {
				require.Equal(t, 3, pages)
				break
			}
		}
		require.Len(t, all, 25)
		for i, s := range all {
			require.Equal(t, fmt.Sprintf("Netz %d", 24-i), s)
		}
		q.Cursor = "x"
		_, err := h.search.Find(t.Context(), sees(nord), q)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
	})
}

// laid is what the index holds: the messages of every word of a brand.
func (h *house) laid() map[string][]string {
	h.t.Helper()
	all := map[string][]string{}
	require.NoError(h.t, h.db.Read(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		names, ids := map[int64]string{}, map[int64]string{}
		if err := tx.Rows(ctx, `SELECT id, brand_id, word FROM search_word`, nil, func(scan func(into ...any) error) error {
			var id int64
			var brand, word string
			err := scan(&id, &brand, &word)
			names[id] = brand + " " + word
			return err
		}); err != nil {
			return err
		}
		if err := tx.Rows(ctx, `SELECT n, message_id FROM search_text`, nil, func(scan func(into ...any) error) error {
			var n int64
			var id string
			err := scan(&n, &id)
			ids[n] = id
			return err
		}); err != nil {
			return err
		}
		runs, err := allRuns(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range runs {
			pages, err := pagesOf(ctx, tx, r)
			if err != nil {
				return err
			}
			for _, p := range pages {
				postings, err := p.unpack()
				if err != nil {
					return err
				}
				for _, at := range postings {
					for _, d := range at.docs {
						require.NotEmpty(h.t, names[at.word], "a word has a name")
						require.NotEmpty(h.t, ids[r.low+int64(d)], "a message is there")
						all[names[at.word]] = append(all[names[at.word]], ids[r.low+int64(d)])
					}
				}
			}
		}
		return nil
	}))
	for _, ids := range all {
		slices.Sort(ids)
		require.Len(h.t, slices.Compact(slices.Clone(ids)), len(ids), "nothing counts twice")
	}
	return all
}

func TestAnIndexMadeAnewIsTheOneThatGrew(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		words := strings.Fields("Netz Störung Straße Ersatzverkehr Rechnung Router weg da nicht 4711 12,50 heute")
		rapid.Check(t, func(rt *rapid.T) {
			var heard []string
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 12).Draw(rt, "words"), " ")
				switch step := rapid.IntRange(0, 9).Draw(rt, "step"); {
				case step < 6:
					heard = append(heard, h.says(rapid.SampledFrom([]hilft.BrandID{nord, sued}).Draw(rt, "brand"), rapid.SampledFrom([]string{"Mira", "Jan"}).Draw(rt, "who"), text))
				case step < 8 && len(heard) > 0:
					kind := rapid.SampledFrom([]channel.ItemKind{channel.Edited, channel.Deleted}).Draw(rt, "kind")
					for _, b := range []hilft.BrandID{nord, sued} {
						h.report(b, channel.Item{Kind: kind, ID: rapid.SampledFrom(heard).Draw(rt, "which"), Text: text})
					}
				default:
					h.indexed()
				}
			}
			h.indexed()
			grew := h.laid()
			require.NoError(rt, h.search.Rebuild(context.WithoutCancel(t.Context())))
			h.indexed()
			require.Equal(rt, h.laid(), grew)
			behind, err := h.search.Behind(t.Context(), nord)
			require.NoError(rt, err)
			require.Zero(rt, behind)
		})
	})
}

func TestWhatBelongsToNoCaseYetIsFoundWhenItDoes(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		id := h.says(nord, "Mira", "Angebot zur Ansicht")
		c := storetest.Count(t, h.db, `SELECT COUNT(*) FROM message WHERE case_id <> ''`)
		require.Equal(t, 1, c)
		h.write(`UPDATE message SET case_id = '' WHERE remote_id = ?`, id) // as what we say first is
		h.indexed()
		require.Empty(t, h.finds(nord, "angebot"))
		h.write(`UPDATE message SET case_id = (SELECT id FROM cases) WHERE remote_id = ?`, id)
		h.indexed()
		require.Len(t, h.finds(nord, "angebot"), 1)
	})
}

func TestTheRoomSaysHowFarItIsBehind(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		behind := func() int {
			n, err := h.search.Behind(t.Context(), nord)
			require.NoError(t, err)
			return n
		}
		h.says(nord, "Mira", "eins")
		require.Equal(t, 1, behind())
		h.indexed()
		require.Zero(t, behind())
		h.says(nord, "Mira", "zwei")
		h.says(nord, "Mira", "drei")
		require.Equal(t, 2, behind())
		require.Empty(t, h.finds(nord, "drei"))
	})
}

func TestWhatOneHumanSaidIsFoundOverAllTheirNames(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.says(nord, "mira@example.org", "Mein Router blinkt rot")
		h.says(nord, "@mira", "Der Router ist kaputt")
		h.says(nord, "tom@example.org", "Router weg")
		h.says(sued, "mira@example.org", "Router in Sued")
		h.indexed()
		number := func(said string) (n int64) {
			require.NoError(t, h.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.Row(ctx, `SELECT number FROM cases WHERE title = ?`, []any{said}, &n)
			}))
			return n
		}
		mail, post := number("Mein Router blinkt rot"), number("Der Router ist kaputt")
		require.Equal(t, []string{"Mein [Router] blinkt rot"}, h.finds(nord, fmt.Sprintf("router kunde:%d", mail)))
		h.write(`UPDATE person SET root_id = (SELECT id FROM person WHERE name = 'mira@example.org' AND brand_id = 'nord') WHERE name = '@mira'`)
		for _, q := range []string{fmt.Sprintf("router kunde:%d", mail), fmt.Sprintf("router customer:#%d", post), fmt.Sprintf("person:%d", post)} {
			require.Len(t, h.finds(nord, q), 2, q)
		}
		require.Equal(t, []string{"Der Router ist [kaputt]"}, h.finds(nord, fmt.Sprintf("kaputt kunde:#%d", mail)))
		require.Empty(t, h.finds(nord, "router kunde:999999"))
		require.Empty(t, h.finds(nord, fmt.Sprintf("router kunde:%d", number("Router in Sued"))), "a case of another brand")
		require.Len(t, h.finds(nord, fmt.Sprintf(`"mein router" kunde:%d`, mail)), 1)
		for i := range 12 {
			h.says(nord, "@mira", fmt.Sprint("Router zum ", i))
		}
		h.indexed()
		ask := h.ask(nord, fmt.Sprintf("router kunde:%d", mail))
		found, err := h.search.Find(t.Context(), sees(nord), ask)
		require.NoError(t, err)
		require.Len(t, found.Hits, 10)
		ask.Cursor = found.Next
		found, err = h.search.Find(t.Context(), sees(nord), ask)
		require.NoError(t, err)
		require.Len(t, found.Hits, 4)
		for _, bad := range []string{"kunde:x", "kunde:-1", "kunde:0", "person:"} {
			_, err := Parse(bad, time.UTC)
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), bad)
		}
	})
}
