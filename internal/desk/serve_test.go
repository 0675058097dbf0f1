// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
)

// serves asks the queue for somebody's next case, and returns its title; empty: there is none.
func (r *room) serves(by hilft.AgentID, tab string, but ...hilft.CaseID) Served {
	r.t.Helper()
	ask := Asking{Tab: tab, Busy: but}
	if len(but) > 0 {
		ask.Current = but[0]
	}
	s, err := r.desk.Serve(r.t.Context(), as(by), brand, List{View: ViewOpen}, ask)
	require.NoError(r.t, err)
	return s
}

// waiting lets so many people wait, the first for longest.
func (r *room) waiting(many int) {
	r.t.Helper()
	now := r.clock.Now()
	var all []channel.Item
	for i := range many {
		all = append(all, r.says(fmt.Sprint("who", i), fmt.Sprint(i), fmt.Sprint(i), saidAt(now.Add(time.Duration(i)*time.Millisecond))))
	}
	r.hearTogether(brand, account, all...)
}

func TestTheQueueServesWhoeverWaitsAndKeepsItForOne(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.waiting(6)
		for remote, of := range map[string]hilft.AgentID{"1": ben, "4": ada} {
			_, err := r.desk.Assign(ctx, as(ada), r.message(remote).Case, as(of))
			require.NoError(t, err)
		}
		_, err := r.desk.Prioritise(ctx, as(ada), r.message("5").Case, hilft.Urgent)
		require.NoError(t, err)

		first := r.serves(ada, "t1")
		require.Equal(t, "5", first.Title)
		require.Equal(t, []hilft.CaseID{r.message("0").Case, r.message("2").Case, r.message("3").Case}, first.Soon)
		require.Equal(t, ada, r.caseOf("5").Case.Reserved)
		require.Equal(t, "0", r.serves(ben, "b1").Title)
		require.Equal(t, "2", r.serves(ada, "t2").Title, "another tab of hers has the first")
		next := r.serves(ada, "t1", first.ID)
		require.Equal(t, "3", next.Title)
		require.Equal(t, []hilft.CaseID{first.ID}, next.Freed)
		require.Equal(t, "5", r.serves(ben, "b1").Title, "given back, it is served again")
		require.Equal(t, "0", r.serves("jo", "j1").Title)
		require.Equal(t, "1", r.serves(ben, "b2").Title, "what is Ben's is served to him alone")
		require.Empty(t, r.serves("tom", "x").ID)

		// What is not open any more, or somebody's, is kept for nobody else.
		_, err = r.solve(r.message("5").Case)
		require.NoError(t, err)
		_, err = r.desk.Assign(ctx, as(ada), r.message("2").Case, as(ben))
		require.NoError(t, err)
		for _, remote := range []string{"5", "2"} {
			require.Empty(t, r.caseOf(remote).Case.Reserved, remote)
		}
		require.Equal(t, "2", r.serves(ben, "b3").Title)
		_, err = r.desk.Release(ctx, as("jo"), r.message("0").Case, "another")
		require.NoError(t, err)
		require.Empty(t, r.serves("tom", "x").ID)
		_, err = r.desk.Release(ctx, as("jo"), r.message("0").Case, "j1")
		require.NoError(t, err)
		require.Equal(t, "4", r.serves(ada, "x", r.message("0").Case).Title, "others have it open")
		require.Equal(t, "0", r.serves("tom", "x").Title)

		page, err := r.desk.Inbox(ctx, as(ada), brand, List{View: ViewOpen}, "", 10)
		require.NoError(t, err)
		by := map[string]hilft.AgentID{}
		for _, c := range page.Cases {
			by[c.Title] = c.Reserved
		}
		require.Equal(t, map[string]hilft.AgentID{"0": "tom", "1": ben, "2": ben, "3": ada, "4": ada}, by)
	})
}

func TestAReservationEndsByItselfUnlessItsTabSaysThatItIsOpen(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.waiting(1)
		id := r.serves(ada, "t1").ID
		renew := func(by hilft.AgentID, tab string) { require.NoError(t, r.desk.Renew(ctx, as(by), id, tab)) }
		ended := func() int {
			all, err := r.desk.EndReservations(ctx)
			require.NoError(t, err)
			return len(all[brand])
		}
		r.clock.Forward(2 * time.Minute)
		renew(ben, "t1")
		renew(ada, "t2")
		renew(ada, "t1")
		r.clock.Forward(2 * time.Minute)
		require.Zero(t, ended())
		require.Empty(t, r.serves(ben, "b1").ID, "it is open before her still")
		r.clock.Forward(time.Minute)
		require.Empty(t, r.caseOf("0").Case.Reserved, "her tab is gone")
		renew(ada, "t1") // and has come back too late
		require.Equal(t, 1, ended())
		require.Zero(t, ended())
		require.Equal(t, id, r.serves(ben, "b1").ID)
		renew(ada, "t1")
		require.Equal(t, ben, r.caseOf("0").Case.Reserved)

		// Who does not work in the brand is served nothing of it.
		for kind, see := range map[hilft.Kind]access.Sight{hilft.NotFound: at("other", ben), hilft.Forbidden: being(access.RoleReviewer, brand, ben)} {
			_, err := r.desk.Serve(ctx, see, brand, List{View: ViewOpen}, Asking{Tab: "x"})
			r.is(err, kind)
			_, err = r.desk.Release(ctx, see, id, "b1")
			r.is(err, kind)
		}
		_, err := r.desk.Serve(ctx, as(ada), brand, List{View: ViewSolved}, Asking{Tab: "x"})
		r.is(err, hilft.Invalid)
	})
}

// Fifty agents press the key at once, again and again, until nobody waits: each case is served once, in its turn.
func TestNoCaseIsServedTwice(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		const agents, many = 50, 1000
		for from := 0; from < many; from += 250 {
			now := r.clock.Now()
			var all []channel.Item
			for i := from; i < from+250; i++ {
				all = append(all, r.says(fmt.Sprint("who", i), fmt.Sprint(i), fmt.Sprint(i), saidAt(now.Add(time.Duration(i)*time.Millisecond))))
			}
			r.hearTogether(brand, account, all...)
		}
		place := map[hilft.CaseID]int{}
		page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewOpen}, "", many)
		require.NoError(t, err)
		for i, c := range page.Cases {
			place[c.ID] = i
		}
		require.Len(t, place, many)
		var mu sync.Mutex
		holds := map[hilft.CaseID]hilft.AgentID{}
		times := map[hilft.CaseID]int{}
		highest := 0
		var wg sync.WaitGroup
		for i := range agents {
			wg.Go(func() {
				me := hilft.AgentID(fmt.Sprint("agent", i))
				for turn := 0; ; turn++ {
					// A tab for each case: all of them stay reserved.
					s, err := r.desk.Serve(t.Context(), as(me), brand, List{View: ViewOpen}, Asking{Tab: fmt.Sprint(turn)})
					if err != nil {
						t.Error(err)
						return
					}
					if s.ID == "" {
						return
					}
					mu.Lock()
					if other, taken := holds[s.ID]; taken {
						t.Errorf("%s was served to %s and to %s", s.ID, other, me)
					}
					holds[s.ID] = me
					times[s.ID]++
					highest = max(highest, place[s.ID])
					if highest-len(holds) > agents {
						t.Errorf("number %d was served when only %d had been", highest, len(holds))
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		require.Len(t, times, many)
		require.Equal(t, many, r.count(`SELECT COUNT(*) FROM reservation`))
	})
}

func TestTheQueueOfASavedView(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.waiting(5)
		for _, remote := range []string{"1", "2", "4"} {
			_, err := r.desk.Prioritise(ctx, as(ada), r.message(remote).Case, hilft.High)
			require.NoError(t, err)
		}
		_, err := r.desk.Assign(ctx, as(ada), r.message("1").Case, as(ben))
		require.NoError(t, err)
		v, err := r.desk.SaveView(ctx, as(ada), brand, Wish{Name: "Eilig", Filter: Filter{Priorities: []hilft.Priority{hilft.High}}, Order: OrderChanged})
		require.NoError(t, err)
		serves := func(tab string) Served {
			s, err := r.desk.Serve(ctx, as(ada), brand, List{Saved: v.ID}, Asking{Tab: tab})
			require.NoError(t, err)
			return s
		}
		first := serves("t1")
		require.Equal(t, "2", first.Title, "of those in the view that are nobody else's, who waits longest, however it is ordered")
		require.Equal(t, []hilft.CaseID{r.message("4").Case}, first.Soon)
		require.Equal(t, "4", serves("t2").Title, "the first is kept")
		require.Empty(t, serves("t3").ID)
		_, err = r.desk.Serve(ctx, as(ben), brand, List{Saved: v.ID}, Asking{Tab: "b"})
		r.is(err, hilft.NotFound)
	})
}
