// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/store"
)

// sleeps puts the case of a message aside for a while.
func (r *room) sleeps(remote string, long time.Duration) Acted {
	r.t.Helper()
	done, err := r.desk.Sleep(r.t.Context(), as(ada), r.message(remote).Case, r.clock.Now().Add(long), r.message(remote).ID)
	require.NoError(r.t, err)
	require.Equal(r.t, hilft.Asleep, done.State)
	return done
}

// events counts those of a kind.
func (r *room) events(kind string) int {
	return r.count(`SELECT COUNT(*) FROM event WHERE kind = ?`, kind)
}

func TestACaseThatIsPutAsideComesBackWhenItsTimeComes(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("jo", "2", "No water"))
		was := r.caseOf("1").Case
		r.sleeps("2", 3*hour)
		put := r.sleeps("1", 2*hour)
		require.Equal(t, []any{was.WaitsSince, was.DueAt}, []any{put.WaitsSince, put.DueAt}, "they wait all the same")
		require.Equal(t, []string{"No internet", "No water"}, r.titles(ViewAsleep, ada), "what wakes next first")
		require.Empty(t, r.titles(ViewOpen, ada))
		r.clock.Forward(2*hour - time.Second)
		r.strikes()
		require.Len(t, r.titles(ViewAsleep, ada), 2)
		r.clock.Forward(time.Second)
		r.strikes()
		r.strikes()
		require.Equal(t, []string{"No internet"}, r.titles(ViewOpen, ada))
		require.Equal(t, 1, r.events(hilft.EventCaseWoken))
		require.Equal(t, []any{was.WaitsSince, was.DueAt}, []any{r.caseOf("1").Case.WaitsSince, r.caseOf("1").Case.DueAt})
		require.True(t, r.caseOf("1").Case.ChangedAt.After(put.ChangedAt))
	})
}

// What we have answered and want to look at again is open when its time comes, though nobody waits, until somebody sees to it.
func TestWhatIsToBeLookedAtAgainIsOpenUntilSomebodyAnswers(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		answer := r.replied("1", "We ask the technicians.", func(say *Reply) { say.Sleep = r.clock.Now().Add(24 * hour) })
		require.Equal(t, hilft.Asleep, r.caseOf("1").Case.State)
		r.told(report(answer, hilft.Sent))
		require.Equal(t, hilft.Asleep, r.caseOf("1").Case.State)
		r.clock.Forward(24 * hour)
		r.strikes()
		woken := r.caseOf("1").Case
		require.Equal(t, []any{hilft.Open, time.Time{}, time.Time{}}, []any{woken.State, woken.WaitsSince, woken.DueAt})
		require.False(t, woken.WokenAt.IsZero())
		require.Empty(t, r.lateness())
		r.clock.Forward(time.Minute)
		r.replied("1", "It works again, doesn't it?")
		require.Equal(t, hilft.Waiting, r.caseOf("1").Case.State)

		_, err := r.reply("1", "x", func(say *Reply) { say.Sleep = r.clock.Now() })
		r.is(err, hilft.Invalid)
	})
}

func TestItsCustomersWordWakesACaseAtOnce(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		r.replied("1", "We look.")
		r.sleeps("1", 48*hour)
		r.hear(r.says("mira", "2", "I am away", refs("1"), byMachine))
		require.Equal(t, hilft.Asleep, r.caseOf("1").Case.State, "a machine wakes nobody")
		r.hear(r.says("mira", "3", "It burns!", refs("1")))
		r.stands("1", hilft.Open, r.message("3").At)
		require.Equal(t, 1, r.events(hilft.EventCaseWoken))
		r.hear(r.says("mira", "4", "Hello?", refs("1")))
		r.replied("4", "We come.")
		r.stands("1", hilft.Waiting, time.Time{})
		r.clock.Forward(49 * hour)
		r.strikes()
		r.stands("1", hilft.Waiting, time.Time{})
		require.Equal(t, 1, r.events(hilft.EventCaseWoken), "told once")
		require.Zero(t, r.count(`SELECT COUNT(*) FROM cases WHERE wakes_at > 0 OR alarm_at > 0`))
	})
}

func TestAPromiseIsNotPutAside(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.worksHere("lead")
		r.setService(Service{Targets: []Target{{"", "", 60, 60, 15, 60, "lead"}}})
		r.hear(r.says("mira", "1", "No internet"))
		r.sleeps("1", 48*hour)
		r.clock.Forward(50 * time.Minute)
		r.strikes()
		r.clock.Forward(20 * time.Minute)
		r.strikes()
		require.Equal(t, []string{soon, late}, r.lateness())
		require.Equal(t, hilft.Asleep, r.caseOf("1").Case.State)

		// Hours that change count for it, too.
		r.setService(Service{Targets: []Target{{"", "", 65, 65, 15, 60, "lead"}}})
		require.Equal(t, r.message("1").At.Add(65*time.Minute), r.caseOf("1").Case.DueAt)

		r.clock.Forward(hour)
		r.strikes()
		got := r.caseOf("1").Case
		require.Equal(t, []any{hilft.Open, hilft.AgentID("lead"), Escalated}, []any{got.State, got.Agent, got.Late}, "whoever gets it is to see it")
		require.Equal(t, 1, r.events(hilft.EventCaseWoken))
		r.clock.Forward(48 * hour)
		r.strikes()
		require.Equal(t, 1, r.events(hilft.EventCaseWoken))
	})
}

func TestPuttingAsideIsTakenBack(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"))
		id, seen := r.message("1").Case, r.message("1").ID
		put := r.sleeps("1", hour)
		same, err := r.desk.Sleep(ctx, as(ada), id, put.WakesAt, seen)
		require.NoError(t, err)
		require.Zero(t, same.Act)
		longer := r.sleeps("1", 2*hour)
		back, err := r.desk.Undo(ctx, as(ada), id, longer.Act)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Asleep, put.WakesAt}, []any{back.State, back.WakesAt})
		woken, err := r.desk.Wake(ctx, as(ben), id)
		require.NoError(t, err)
		require.Equal(t, hilft.Open, woken.State)
		back, err = r.desk.Undo(ctx, as(ben), id, woken.Act)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Asleep, put.WakesAt}, []any{back.State, back.WakesAt})
		r.clock.Forward(hour)
		r.strikes()
		_, err = r.desk.Undo(ctx, as(ada), id, put.Act)
		r.is(err, hilft.Conflict) // it has come back by itself

		// Solved in its sleep, and opened again.
		r.sleeps("1", hour)
		_, err = r.solve(id)
		require.NoError(t, err)
		opened, err := r.desk.Reopen(ctx, as(ada), id)
		require.NoError(t, err)
		require.Equal(t, hilft.Open, opened.State, "who opens it wants to see it")
		_, err = r.solve(id)
		require.NoError(t, err)
		_, err = r.desk.Sleep(ctx, as(ada), id, r.clock.Now().Add(hour), seen)
		r.is(err, hilft.Invalid)
	})
}

func TestWhatIsNotSeenIsNotPutAside(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"))
		id, seen, now := r.message("1").Case, r.message("1").ID, r.clock.Now()
		for _, bad := range []time.Time{{}, now, now.Add(-hour), now.Add(2 * 366 * 24 * hour)} {
			_, err := r.desk.Sleep(ctx, as(ada), id, bad, seen)
			r.is(err, hilft.Invalid)
		}
		_, err := r.desk.Sleep(ctx, at("other", ada), id, now.Add(hour), seen)
		r.is(err, hilft.NotFound)
		_, err = r.desk.Sleep(ctx, being(access.RoleReviewer, brand, ada), id, now.Add(hour), seen)
		r.is(err, hilft.Forbidden)
		_, err = r.desk.Naps(ctx, at("other", ada), id, "UTC")
		r.is(err, hilft.NotFound)
		r.hear(r.says("mira", "2", "It burns!", refs("1")))
		_, err = r.desk.Sleep(ctx, as(ada), id, now.Add(hour), seen)
		r.is(err, hilft.Conflict)
	})
}

// Several nodes wake many at once, and a clock that ran ahead is set right.
func TestEveryoneWakesOnceWhateverTheClocksDo(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		const many = struckMost + 50
		require.NoError(t, r.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := range many {
				c := Case{ID: hilft.CaseID(hilft.NewID()), Number: int64(5000 + i), Brand: brand, Person: "p", State: hilft.Waiting, Title: "x"}
				if err := insertCases(ctx, tx, c); err != nil {
					return err
				}
				c.read = c.standing()
				c.sleptAt, c.WakesAt, c.State = tx.Now(), tx.Now().Add(hour), hilft.Asleep
				if err := saveCases(ctx, tx, c.armed(&plan{})); err != nil {
					return err
				}
			}
			return nil
		}))
		r.clock.Forward(2 * hour)
		var nodes sync.WaitGroup
		errs := make([]error, 3)
		for n := range errs {
			nodes.Go(func() {
				for more := true; more && errs[n] == nil; {
					more, errs[n] = r.desk.strike(ctx)
				}
			})
		}
		nodes.Wait()
		require.NoError(t, errors.Join(errs...))
		r.strikes()
		require.Equal(t, many, r.events(hilft.EventCaseWoken))
		r.clock.Forward(-2 * hour)
		r.strikes()
		r.clock.Forward(3 * hour)
		r.strikes()
		require.Equal(t, many, r.events(hilft.EventCaseWoken))
		require.Equal(t, many, r.count(`SELECT COUNT(*) FROM cases WHERE state = 'open'`))
	})
}

func TestNapsEndWhenSomebodyServes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	office := calendar.Hours{Zone: "Europe/Berlin", Region: "DE-BE", Week: calendar.Week{1: {{From: 540, To: 1020}}, 2: {{From: 540, To: 1020}}, 3: {{From: 540, To: 1020}}, 4: {{From: 540, To: 1020}}, 5: {{From: 540, To: 960}}}}
	hours, err := calendar.New(office)
	require.NoError(t, err)
	office.Week = calendar.Always()
	always, err := calendar.New(office)
	require.NoError(t, err)
	on := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, berlin)
	}
	for name, is := range map[string]struct {
		now   time.Time
		hours *calendar.Calendar
		want  []Nap
	}{
		"a Wednesday":                            {on(10, 14, 11, 0), hours, []Nap{{"hour", on(10, 14, 12, 0)}, {"evening", on(10, 14, 16, 0)}, {"tomorrow", on(10, 15, 9, 0)}, {"monday", on(10, 19, 9, 0)}}},
		"in the evening, an hour is soon enough": {on(10, 14, 15, 30), hours, []Nap{{"hour", on(10, 14, 16, 30)}, {"tomorrow", on(10, 15, 9, 0)}, {"monday", on(10, 19, 9, 0)}}},
		"on Friday, nobody serves tomorrow":      {on(10, 16, 11, 0), hours, []Nap{{"hour", on(10, 16, 12, 0)}, {"evening", on(10, 16, 15, 0)}, {"service", on(10, 19, 9, 0)}}},
		"on Sunday, tomorrow is Monday":          {on(10, 18, 11, 0), hours, []Nap{{"hour", on(10, 18, 12, 0)}, {"tomorrow", on(10, 19, 9, 0)}}},
		"on Monday, the next one":                {on(10, 19, 11, 0), hours, []Nap{{"hour", on(10, 19, 12, 0)}, {"evening", on(10, 19, 16, 0)}, {"tomorrow", on(10, 20, 9, 0)}, {"monday", on(10, 26, 9, 0)}}},
		"before Easter, the Tuesday after it":    {on(4, 2, 11, 0), hours, []Nap{{"hour", on(4, 2, 12, 0)}, {"evening", on(4, 2, 16, 0)}, {"service", on(4, 7, 9, 0)}}},
		"the night when clocks are set back":     {on(10, 24, 20, 0), always, []Nap{{"hour", on(10, 24, 21, 0)}, {"tomorrow", on(10, 25, 8, 0)}, {"monday", on(10, 26, 8, 0)}}},
		"without hours, in the reader's zone":    {on(10, 14, 11, 0), nil, []Nap{{"hour", on(10, 14, 12, 0)}, {"evening", on(10, 14, 18, 0)}, {"tomorrow", on(10, 15, 8, 0)}, {"monday", on(10, 19, 8, 0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := naps(is.now, is.hours, berlin)
			require.Len(t, got, len(is.want), "%v", got)
			for i, n := range is.want {
				require.Equal(t, n.Name, got[i].Name)
				require.True(t, n.At.Equal(got[i].At), "%s: got %s, want %s", n.Name, got[i].At, n.At)
			}
		})
	}
}
