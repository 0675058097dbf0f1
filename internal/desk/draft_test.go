// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// drafts are the texts being written in the case of a message, as "ada reply: text".
func (r *room) drafts(remote string) (all []string) {
	r.t.Helper()
	for _, g := range r.caseOf(remote).Drafts {
		all = append(all, string(g.Agent)+" "+string(g.Way)+": "+g.Text)
	}
	return all
}

func TestADraftIsKeptUntilItGoesOut(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "Kein Netz"))
		id := r.message("1").Case
		keep := func(way DraftWay, known, text string) (Draft, error) {
			return r.desk.KeepDraft(ctx, as(ada), id, way, known, Written{Text: text, To: "k1/public/", Seen: r.message("1").ID})
		}
		first, err := keep(DraftReply, "", "Guten")
		require.NoError(t, err)
		again, err := keep(DraftReply, "", "Guten")
		require.NoError(t, err)
		require.Equal(t, first.Version, again.Version, "the answer was lost, and it is the same")
		second, err := keep(DraftReply, first.Version, "Guten\x00 Tag \u202E👩🏽‍💻")
		require.NoError(t, err)
		require.NotEqual(t, first.Version, second.Version)
		_, err = keep(DraftNote, "", "Fragt Tom")
		require.NoError(t, err)

		// Another tab, which knows the first version only, overwrites nothing.
		_, err = keep(DraftReply, first.Version, "Moin")
		r.is(err, hilft.Conflict)
		_, err = keep(DraftReply, "", "Moin")
		r.is(err, hilft.Conflict)
		_, err = keep(DraftReply, first.Version, "")
		r.is(err, hilft.Conflict)
		require.Equal(t, []string{"ada note: Fragt Tom", "ada reply: Guten Tag \u202E👩🏽‍💻"}, r.drafts("1"))

		// What goes out is no draft any more; the other version of it would have stayed.
		r.replied("1", "Moin", func(say *Reply) { say.Draft = first.Version })
		require.Len(t, r.drafts("1"), 2, "nobody has sent that one")
		r.replied("1", "Guten Tag", func(say *Reply) { say.Draft = second.Version })
		require.Equal(t, []string{"ada note: Fragt Tom"}, r.drafts("1"))
		_, err = keep(DraftReply, second.Version, "Guten Tag, und")
		r.is(err, hilft.Conflict)
		note := r.caseOf("1").Drafts[0]
		_, err = r.desk.Note(ctx, as(ada), id, "Fragt Tom", note.Version, "")
		require.NoError(t, err)
		require.Empty(t, r.drafts("1"))

		gone, err := keep(DraftReply, "", "x")
		require.NoError(t, err)
		gone, err = keep(DraftReply, gone.Version, "")
		require.NoError(t, err)
		require.Empty(t, gone.Version)
		require.Zero(t, r.count(`SELECT COUNT(*) FROM draft`))
		require.NotContains(t, r.happened(), hilft.EventDraftTaken, "who wrote when is told nowhere")
	})
}

func TestADraftIsAsPrivateAsItsCaseAndNoLongerThanAReply(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "Kein Netz", private))
		id := r.message("1").Case
		keep := func(see access.Sight, id hilft.CaseID, way DraftWay, text string) error {
			_, err := r.desk.KeepDraft(ctx, see, id, way, "", Written{Text: text})
			return err
		}
		r.is(keep(at("other", ben), id, DraftReply, "x"), hilft.NotFound)
		r.is(keep(as(ada), "nowhere", DraftReply, "x"), hilft.NotFound)
		r.is(keep(being(access.RoleReader, brand, ben), id, DraftNote, "x"), hilft.Forbidden)
		r.is(keep(being(access.RoleReviewer, brand, ben), id, DraftReply, "x"), hilft.Forbidden)
		r.is(keep(as(ada), id, "shout", "x"), hilft.Invalid)
		r.is(keep(as(ada), id, DraftReply, strings.Repeat("x", 1<<20)), hilft.TooLarge)
		require.NoError(t, keep(being(access.RoleReviewer, brand, ben), id, DraftNote, strings.Repeat("ü", 10_000)))
		require.NoError(t, keep(as(ada), id, DraftReply, "Moin"))
		_, all, err := r.desk.Drafts(ctx, being(access.RoleReader, brand, "jo"), id)
		require.NoError(t, err)
		require.Len(t, all, 2, "who sees the case sees what is written")
		_, _, err = r.desk.Drafts(ctx, at("other", ben), id)
		r.is(err, hilft.NotFound)

		r.clock.Forward(draftKept - 1)
		require.NoError(t, r.desk.ForgetDrafts(ctx))
		require.Len(t, r.drafts("1"), 2)
		r.clock.Forward(hour)
		require.NoError(t, r.desk.ForgetDrafts(ctx))
		require.Empty(t, r.drafts("1"))
	})
}

func TestSomebodyGoesOnWithAColleaguesDraft(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "Kein Netz"))
		id := r.message("1").Case
		warned := "Strom"
		theirs, err := r.desk.KeepDraft(ctx, as(ada), id, DraftReply, "", Written{Text: "Wir sehen nach.", Warning: &warned, Files: []DraftFile{{Ticket: "a", Name: "a.png"}, {Ticket: "old", Name: "old.png"}}})
		require.NoError(t, err)
		mine, err := r.desk.KeepDraft(ctx, as(ben), id, DraftReply, "", Written{Text: "Bis morgen."})
		require.NoError(t, err)
		carry := func(f DraftFile) (DraftFile, bool) { f.Ticket = "ben's " + f.Ticket; return f, f.Name != "old.png" }
		take := func(see access.Sight, from hilft.AgentID, version string) (Draft, error) {
			return r.desk.TakeDraft(ctx, see, id, DraftReply, from, version, carry)
		}
		_, err = take(as(ben), ben, mine.Version)
		r.is(err, hilft.Invalid)
		_, err = take(as(ben), "nobody", mine.Version)
		r.is(err, hilft.NotFound)
		_, err = take(as(ben), ada, mine.Version)
		r.is(err, hilft.Conflict)
		_, err = take(at("other", ben), ada, theirs.Version)
		r.is(err, hilft.NotFound)
		_, err = take(being(access.RoleReviewer, brand, ben), ada, theirs.Version)
		r.is(err, hilft.Forbidden)

		got, err := take(as(ben), ada, theirs.Version)
		require.NoError(t, err)
		require.Equal(t, Written{Text: "Wir sehen nach.\n\nBis morgen.", Warning: &warned, Files: []DraftFile{{Ticket: "ben's a", Name: "a.png"}}}, got.Written)
		require.Equal(t, []string{"ben reply: Wir sehen nach.\n\nBis morgen."}, r.drafts("1"))
		require.Equal(t, []string{`{"of":"ada","way":"reply"}`}, r.dataOf(hilft.EventDraftTaken))
		_, err = r.desk.KeepDraft(ctx, as(ada), id, DraftReply, theirs.Version, Written{Text: "Wir sehen sofort nach."})
		r.is(err, hilft.Conflict)
	})
}

func TestOfManyTabsThatWriteAtOnceOneIsKept(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "Kein Netz"))
		id := r.message("1").Case
		known := ""
		for range 5 {
			var kept atomic.Pointer[Draft]
			var many atomic.Int32
			var wg sync.WaitGroup
			for i := range 12 {
				wg.Go(func() {
					g, err := r.desk.KeepDraft(t.Context(), as(ada), id, DraftReply, known, Written{Text: known + string(rune('a'+i))})
					if err == nil {
						many.Add(1)
						kept.Store(&g)
						return
					}
					if hilft.KindOf(err) != hilft.Conflict {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, many.Load())
			require.Equal(t, []string{"ada reply: " + kept.Load().Text}, r.drafts("1"))
			known = kept.Load().Version
		}
	})
}

// Two cases that turn out to be one become one without a word of a draft being lost; two in which somebody writes stay two.
func TestACaseInWhichSomebodyWritesStays(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		for _, who := range []struct {
			name   string
			writes []string
			cases  int
		}{{"mira", []string{"1", "3"}, 2}, {"jens", []string{"3"}, 1}} {
			at := func(n string) string { return who.name + n }
			before := r.cases()
			r.hear(r.says(who.name, at("1"), "Kein Netz", private, thread(at("a"))), r.says(who.name, at("3"), "Noch da?", private, thread(at("b"))))
			require.Equal(t, before+2, r.cases())
			for _, n := range who.writes {
				_, err := r.desk.KeepDraft(t.Context(), as(ada), r.message(at(n)).Case, DraftReply, "", Written{Text: n})
				require.NoError(t, err)
			}
			r.hear(r.says(who.name, at("2"), "Sagte ich schon", private, refs(at("1"), at("3"))))
			require.Equal(t, before+who.cases, r.cases(), who.name)
			for _, n := range who.writes {
				require.Equal(t, []string{"ada reply: " + n}, r.drafts(at(n)))
			}
		}
	})
}
