// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

func behind(warning string) func(*channel.Item) {
	return func(it *channel.Item) { it.Warning = warning }
}

func TestWhatIsFoldedIsFoldedInListsToo(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "Water up to the knee", behind("Wet cellar")))
		c := r.caseOf("1").Case
		require.Equal(t, []string{"Wet cellar", "Wet cellar"}, []string{c.Title, c.Preview})
		require.Equal(t, "Wet cellar", r.message("1").Warning)
		// An answer says what it is folded behind, and its author may leave that out.
		r.replied("1", "Like this?", func(s *Reply) { s.Warning = " Wet cellar " })
		require.Equal(t, "Wet cellar", r.dispatched()[0].Out.Warning)
		require.Equal(t, "Wet cellar", r.caseOf("1").Case.Preview)
		// Who edits may take the warning back, and files with it.
		edit := channel.Item{Kind: channel.Edited, ID: "1", At: r.clock.Now(), Text: "All dry"}
		r.hear(edit)
		require.Empty(t, r.message("1").Warning)
		require.Equal(t, "All dry", r.caseOf("1").Case.Title)
		// What is deleted takes its warning along.
		r.hear(r.says("mira", "2", "Look", behind("geheim")), channel.Item{Kind: channel.Deleted, ID: "2", At: r.clock.Now()})
		require.Empty(t, r.message("2").Warning)
	})
}

func TestAnEditSaysWhichFilesAreLeft(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		changes := func(id string, files []File) {
			r.clock.Forward(time.Second)
			require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				it := channel.Item{Kind: channel.Edited, ID: id, At: tx.Now(), Text: "Look", Warning: "Cellar"}
				return r.desk.Change(ctx, tx, Changed{Brand: brand, Account: account, Item: it, Files: files})
			}))
		}
		r.hear(r.says("mira", "1", "Look"))
		one := []File{{Name: "a.png", Alt: "Water", URL: "https://a.example/a.png"}}
		for _, c := range []struct{ told, want []File }{{one, one}, {nil, one}, {[]File{}, []File{}}} {
			changes("1", c.told)
			require.Equal(t, c.want, r.message("1").Files)
		}
		changes("2", one) // before it was heard
		r.hear(r.says("mira", "2", "Look", refs("1")))
		require.Equal(t, one, r.message("2").Files)
		require.Equal(t, "Cellar", r.message("2").Warning)
	})
}

func TestHowFarAMessageHasComeIsTheLatestCount(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		far := func(id string, at time.Time, shared, liked int) channel.Item {
			return channel.Item{Kind: channel.Reached, ID: id, At: at, Reach: &channel.Reach{Shared: shared, Liked: liked}}
		}
		now := r.clock.Now()
		r.hear(far("1", now, 1, 1), r.says("mira", "1", "No internet"))
		require.Zero(t, r.message("1").Reach, "what is counted before it is heard is counted again later")
		r.hear(far("1", now.Add(2*hour), 3, 12), far("1", now.Add(hour), 2, 9), far("1", now.Add(3*hour), 3, 12))
		require.Equal(t, channel.Reach{Shared: 3, Liked: 12}, r.message("1").Reach)
		require.Equal(t, []string{"case.opened", "message.heard", "message.reached"}, r.happened(), "the same again is no news")
		require.False(t, r.message("1").EditedAt.After(time.Time{}))
		require.Zero(t, r.count(`SELECT COUNT(*) FROM pending_change`))
	})
}

func TestWhatIsReportedOfStrangersIsForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		gone := func(id string) channel.Item {
			return channel.Item{Kind: channel.Deleted, ID: id, At: r.clock.Now()}
		}
		r.hear(gone("stranger"), gone("late"))
		r.clock.Forward(29 * 24 * hour)
		r.hear(gone("another"), r.says("mira", "late", "Already gone"))
		require.Empty(t, r.message("late").Body, "a month is long enough for every outage")
		require.Equal(t, 2, r.count(`SELECT COUNT(*) FROM pending_change`))
		r.clock.Forward(2 * 24 * hour)
		r.hear(gone("one more"))
		require.Equal(t, 2, r.count(`SELECT COUNT(*) FROM pending_change`))
	})
}

func TestNetworksAreAskedSparingly(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		var since time.Time
		asks := func(c hilft.CaseID) { // as whoever opens a case
			require.NoError(t, r.desk.Look(t.Context(), as(ada), c, func(hilft.AccountID) (time.Time, bool) { return since, true }))
		}
		orders := func() (all []channel.Looking) {
			require.NoError(t, r.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.Rows(ctx, `SELECT args FROM job WHERE kind = 'look' ORDER BY id`, nil, func(scan func(into ...any) error) error {
					var s string
					if err := scan(&s); err != nil {
						return err
					}
					var l channel.Looking
					all = append(all, l)
					return jobs.Job{Args: []byte(s)}.Read(&all[len(all)-1])
				})
			}))
			return all
		}
		r.hear(r.says("mira", "0", "No internet"))
		for i := range 24 {
			r.hear(r.says("mira", string(rune('a'+i)), "Hello?", refs("0")))
		}
		c := r.caseOf("0").Case
		edited := r.clock.Now()
		r.hear(channel.Item{Kind: channel.Edited, ID: "x", At: edited, Text: "Hello!"}, channel.Item{Kind: channel.Deleted, ID: "w", At: edited})
		r.hear(channel.Item{Kind: channel.Reached, ID: "x", At: edited, Reach: &channel.Reach{Liked: 2}})
		_, err := r.desk.Note(t.Context(), as(ada), c.ID, "Known outage", "", "")
		require.NoError(t, err)

		asks(c.ID)
		all := orders()
		require.Len(t, all, 2)
		require.Equal(t, account, all[0].Account)
		require.Len(t, all[0].Have, channel.LookMost)
		require.Len(t, all[1].Have, 4, "25 words, one of them deleted, and no note")
		require.Equal(t, channel.Standing{ID: "x", Edited: edited, Reach: channel.Reach{Liked: 2}}, all[0].Have[0], "the newest first, as the house has it")

		asks(c.ID)
		r.clock.Forward(9 * time.Minute)
		asks(c.ID)
		require.Len(t, orders(), 2, "a moment ago is soon enough")
		r.clock.Forward(time.Minute)
		asks(c.ID)
		require.Len(t, orders(), 4)

		// Of an account that is another one now, only what it has heard itself is asked for.
		since = r.clock.Now()
		r.hear(r.says("mira", "new", "Still nothing", refs("0")))
		r.clock.Forward(10 * time.Minute)
		asks(c.ID)
		all = orders()
		require.Len(t, all, 5)
		require.Equal(t, []channel.Standing{{ID: "new"}}, all[4].Have)

		r.is(r.desk.Look(t.Context(), at("other", ada), c.ID, nil), hilft.NotFound)
	})
}
