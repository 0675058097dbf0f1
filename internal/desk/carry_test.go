// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// listed are the titles of a list.
func (r *room) listed(l List, most int) (all []string) {
	r.t.Helper()
	cursor := ""
	for {
		page, err := r.desk.Inbox(r.t.Context(), as(ada), brand, l, cursor, most)
		require.NoError(r.t, err)
		for _, c := range page.Cases {
			all = append(all, c.Title)
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func TestWhatIsUrgentStandsFirstAndWhatIsLowWaitsLongerButNotForever(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx, now := t.Context(), r.clock.Now()
		for i, name := range []string{"low", "normal", "high", "urgent"} {
			r.hear(r.says(name, name, name, saidAt(now.Add(inMinutes(i)))))
		}
		require.Equal(t, []string{"low", "normal", "high", "urgent"}, r.titles(ViewOpen, ada), "as they came")
		due := r.caseOf("urgent").Case.DueAt
		for _, p := range []hilft.Priority{hilft.Urgent, hilft.High, hilft.Low} {
			_, err := r.desk.Prioritise(ctx, as(ada), r.message(string(p)).Case, p)
			require.NoError(t, err)
		}
		require.Equal(t, []string{"urgent", "high", "normal", "low"}, r.titles(ViewOpen, ada))
		require.Equal(t, due, r.caseOf("urgent").Case.DueAt, "an answer is due when it was")
		require.Equal(t, []string{"high"}, r.listed(List{View: ViewOpen, Priority: hilft.High}, 5))
		require.Equal(t, []string{"low"}, r.listed(List{View: ViewUnassigned, Priority: hilft.Low}, 5))

		// One that came a day later stands behind the one that is low.
		r.hear(r.says("late", "late", "late", saidAt(now.Add(25*hour))))
		require.Equal(t, []string{"urgent", "high", "normal", "low", "late"}, r.titles(ViewOpen, ada))

		same, err := r.desk.Prioritise(ctx, as(ada), r.message("high").Case, hilft.High)
		require.NoError(t, err)
		require.Zero(t, same.Act)
		back, err := r.desk.Prioritise(ctx, as(ada), r.message("high").Case, hilft.Low)
		require.NoError(t, err)
		undone, err := r.desk.Undo(ctx, as(ada), back.ID, back.Act)
		require.NoError(t, err)
		require.Equal(t, hilft.High, undone.Priority)
		_, err = r.desk.Prioritise(ctx, as(ada), back.ID, "whatever")
		r.is(err, hilft.Invalid)
		_, err = r.desk.Prioritise(ctx, being(access.RoleReader, brand, ada), back.ID, hilft.Low)
		r.is(err, hilft.Forbidden)
		_, err = r.desk.Prioritise(ctx, at("other", ada), back.ID, hilft.Low)
		r.is(err, hilft.NotFound)
	})
}

func TestACaseIsCalledWhatSomebodyCallsIt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "Hello, nothing works here"))
		id := r.message("1").Case
		named, err := r.desk.Name(ctx, as(ada), id, "  Router\u202E is \n broken ")
		require.NoError(t, err)
		require.Equal(t, "Router is broken", named.Title)
		r.hear(r.says("mira", "2", "And no telephone", refs("1"), subject("Telephone")))
		require.Equal(t, "Router is broken", r.caseOf("1").Case.Title, "whatever they say next")
		undone, err := r.desk.Undo(ctx, as(ada), id, named.Act)
		require.NoError(t, err)
		require.Equal(t, "Hello, nothing works here", undone.Title)

		named, err = r.desk.Name(ctx, as(ada), id, "👩🏽‍💻🏳️‍🌈")
		require.NoError(t, err)
		require.Equal(t, "👩🏽‍💻🏳️‍🌈", named.Title)
		again, err := r.desk.Name(ctx, as(ada), id, "")
		require.NoError(t, err)
		require.Equal(t, "Hello, nothing works here", again.Title, "as its first word begins")
		for _, bad := range []string{strings.Repeat("x", 10_000), strings.Repeat("ä", titleMost+1), "\u202E\u200F", "  "} {
			_, err = r.desk.Name(ctx, as(ada), id, bad)
			r.is(err, hilft.Invalid)
		}
		require.Equal(t, []string{`{"from":"","to":"Router is broken"}`, `{"from":"","to":"👩🏽‍💻🏳️‍🌈"}`, `{"from":"👩🏽‍💻🏳️‍🌈","to":""}`}, r.dataOf(hilft.EventCaseNamed))
	})
}

// dataOf is what events of a kind say, in order.
func (r *room) dataOf(kind string) (all []string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT data FROM event WHERE kind = ? ORDER BY id`, []any{kind}, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	return all
}

// tags are the names of a case's tags, as everybody sees them.
func (r *room) tags(remote string) (all []string) {
	r.t.Helper()
	names, err := r.desk.TagNames(r.t.Context())
	require.NoError(r.t, err)
	for _, id := range r.caseOf(remote).Case.Tags {
		if t, ok := names[id]; ok && !slices.Contains(all, t.Name) {
			all = append(all, t.Name)
		}
	}
	return all
}

// tagID finds a tag by its name.
func (r *room) tagID(name string) hilft.TagID {
	r.t.Helper()
	all, err := r.desk.Tagging(r.t.Context(), as(ada), brand)
	require.NoError(r.t, err)
	i := slices.IndexFunc(all.Tags, func(t Tag) bool { return t.Name == name })
	require.GreaterOrEqual(r.t, i, 0, name)
	return all.Tags[i].ID
}

func TestCasesAreTaggedAndListedByIt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx, now := t.Context(), r.clock.Now()
		for i := range 9 {
			r.hear(r.says(fmt.Sprint("who", i), fmt.Sprint(i), fmt.Sprint(i), saidAt(now.Add(inMinutes(-i)))))
		}
		tag := func(remote string, names ...string) Acted {
			done, err := r.desk.Tag(ctx, as(ada), r.message(remote).Case, names, nil)
			require.NoError(t, err)
			return done
		}
		for _, i := range []string{"1", "3", "5", "7"} {
			tag(i, "Rechnung")
		}
		both := tag("3", "  rechnung", "STÖRUNG ")
		require.Equal(t, []string{"Rechnung", "STÖRUNG"}, r.tags("3"), "case makes no difference, and the first who wrote it decides")
		bill, outage := r.tagID("Rechnung"), r.tagID("STÖRUNG")
		for _, most := range []int{1, 2, 50} {
			require.Equal(t, []string{"7", "5", "3", "1"}, r.listed(List{View: ViewOpen, Tag: bill}, most))
		}
		require.Equal(t, []string{"3"}, r.listed(List{View: ViewUnassigned, Tag: outage}, 5))
		_, err := r.desk.Assign(ctx, as(ada), r.message("5").Case, as(ada))
		require.NoError(t, err)
		require.Equal(t, []string{"5"}, r.listed(List{View: ViewMine, Tag: bill}, 5))
		_, err = r.solve(r.message("7").Case)
		require.NoError(t, err)
		r.replied("5", "Done.")
		require.Equal(t, []string{"3", "1"}, r.listed(List{View: ViewOpen, Tag: bill}, 5), "they come and go as their cases do")
		require.Equal(t, []string{"5"}, r.listed(List{View: ViewWaiting, Tag: bill}, 5))
		require.Equal(t, []string{"7"}, r.listed(List{View: ViewSolved, Tag: bill}, 5))

		// Taken back, and taken off.
		_, err = r.desk.Undo(ctx, as(ada), both.ID, both.Act)
		require.NoError(t, err)
		require.Equal(t, []string{"Rechnung"}, r.tags("3"))
		require.Empty(t, r.listed(List{View: ViewOpen, Tag: outage}, 5))
		_, err = r.desk.Tag(ctx, as(ada), both.ID, nil, []hilft.TagID{bill, "nothing"})
		require.NoError(t, err)
		require.Empty(t, r.tags("3"))
		require.Contains(t, r.dataOf(hilft.EventCaseTagged), fmt.Sprintf(`{"added":"","from":"%s","removed":"Rechnung","to":""}`, bill))
		require.Equal(t, 3, r.count(`SELECT COUNT(*) FROM case_tag`))

		_, err = r.desk.Inbox(ctx, as(ada), brand, List{View: ViewOpen, Priority: "whatever"}, "", 5)
		r.is(err, hilft.Invalid)
	})
}

func TestATagIsCalledOtherwiseBecomesAnotherAndGoes(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		for i := range tagBatch + 20 {
			r.hear(r.says("mira", fmt.Sprint(i), fmt.Sprint(i), private, thread(fmt.Sprint(i)), func(it *channel.Item) { it.From.ID = fmt.Sprint("who", i) }))
		}
		ids := r.caseIDs(brand)
		require.NoError(t, r.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			var all []Case
			if err := errors.Join(casesForUpdate(ctx, tx, ids, func(c Case) { c.Tags = []hilft.TagID{"old"}; all = append(all, c) }), tx.Flush(ctx)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO tag (id, brand_id, name, folded, goes, into_id, made_at) VALUES ('old', ?, 'Alt', 'alt', 0, '', 0)`, string(brand)); err != nil {
				return err
			}
			return saveCases(ctx, tx, all...)
		}))
		_, err := r.desk.Tag(ctx, as(ada), ids[0], []string{"Neu"}, nil)
		require.NoError(t, err)
		fresh := r.tagID("Neu")

		require.NoError(t, r.desk.RenameTag(ctx, leads(brand), "old", "Ältlich"))
		require.Equal(t, []string{"Ältlich", "Neu"}, r.tags("0"))
		r.is(r.desk.RenameTag(ctx, leads(brand), "old", "NEU"), hilft.Conflict)
		for _, bad := range []string{"", " \u200B", strings.Repeat("x", 10_000), strings.Repeat("x", tagMost+1)} {
			r.is(r.desk.RenameTag(ctx, leads(brand), "old", bad), hilft.Invalid)
		}
		r.is(r.desk.RenameTag(ctx, as(ada), "old", "x"), hilft.Forbidden)
		r.is(r.desk.RenameTag(ctx, leads("other"), "old", "x"), hilft.NotFound)
		r.is(r.desk.RemoveTag(ctx, leads(brand), "old", "old"), hilft.Invalid)
		r.is(r.desk.RemoveTag(ctx, leads(brand), "old", "nobody's"), hilft.Invalid)
		r.is(r.desk.RemoveTag(ctx, leads("other"), "old", ""), hilft.NotFound)

		require.NoError(t, r.desk.RemoveTag(ctx, leads(brand), "old", fresh))
		require.Equal(t, []string{"Neu"}, r.tags("0"), "at once, for whoever looks")
		require.Equal(t, []string{"Neu"}, r.tags("319"))
		r.is(r.desk.RemoveTag(ctx, leads(brand), "old", ""), hilft.NotFound)
		r.works(hilft.JobRetag, r.desk.retag)
		require.Len(t, r.listed(List{View: ViewOpen, Tag: fresh}, 100), tagBatch+20)
		require.Zero(t, r.count(`SELECT COUNT(*) FROM tag WHERE id = 'old'`)+r.count(`SELECT COUNT(*) FROM case_tag WHERE tag_id = 'old'`))
		require.Equal(t, []hilft.TagID{fresh}, r.caseOf("0").Case.Tags)

		// What is taken back brings no tag back that is gone.
		given, err := r.desk.Tag(ctx, as(ada), ids[1], []string{"Kurz"}, []hilft.TagID{fresh})
		require.NoError(t, err)
		require.NoError(t, r.desk.RemoveTag(ctx, leads(brand), fresh, ""))
		r.works(hilft.JobRetag, r.desk.retag)
		undone, err := r.desk.Undo(ctx, as(ada), ids[1], given.Act)
		require.NoError(t, err)
		require.Empty(t, undone.Tags)
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM tag`))
	})
}

// works does the jobs of a kind that are waiting, and those that they lead to.
func (r *room) works(kind string, do func(context.Context, *store.Tx, jobs.Job) error) {
	r.t.Helper()
	for {
		var all []jobs.Job
		require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			all, err = store.All(ctx, tx, `DELETE FROM job WHERE kind = ? RETURNING id, args`, []any{kind}, func(scan func(into ...any) error, j *jobs.Job) error {
				var args string
				err := scan(&j.ID, &args)
				j.Args = []byte(args)
				return err
			})
			if err != nil || len(all) == 0 {
				return err
			}
			for _, j := range all {
				if err := do(ctx, tx, j); err != nil {
					return err
				}
			}
			return nil
		}))
		if len(all) == 0 {
			return
		}
	}
}

func TestWhoMakesTagsAndHowMany(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"))
		id := r.message("1").Case
		_, err := r.desk.Tag(ctx, as(ada), id, []string{"🦊", "מבצע"}, nil)
		require.NoError(t, err)
		r.is(r.desk.CloseTagging(ctx, as(ada), brand, true), hilft.Forbidden)
		require.NoError(t, r.desk.CloseTagging(ctx, leads(brand), brand, true))
		_, err = r.desk.Tag(ctx, as(ben), id, []string{"Neu"}, nil)
		r.is(err, hilft.Invalid)
		_, err = r.desk.Tag(ctx, leads(brand), id, []string{"Neu"}, nil)
		require.NoError(t, err)
		_, err = r.desk.Tag(ctx, as(ben), id, []string{"neu"}, nil)
		require.NoError(t, err, "it is there by now")
		require.Equal(t, []string{"🦊", "מבצע", "Neu"}, r.tags("1"))
		for _, bad := range []string{"", "\u202E", strings.Repeat("🦊", 10_000)} {
			_, err = r.desk.Tag(ctx, leads(brand), id, []string{bad}, nil)
			r.is(err, hilft.Invalid)
		}
		var many []string
		for i := range taggedBy {
			many = append(many, fmt.Sprint("tag ", i))
		}
		_, err = r.desk.Tag(ctx, leads(brand), id, many, nil)
		r.is(err, hilft.Invalid)
		require.Equal(t, 3, r.count(`SELECT COUNT(*) FROM tag`), "what is refused leaves none behind")
		_, err = r.desk.Tag(ctx, at("other", ada), id, []string{"x"}, nil)
		r.is(err, hilft.NotFound)
		_, err = r.desk.Tagging(ctx, at("other", ada), brand)
		r.is(err, hilft.NotFound)
	})
}

func inMinutes(n int) time.Duration { return time.Duration(n) * time.Minute }
