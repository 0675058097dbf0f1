// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func queueOn(t testing.TB, db *store.DB) *Jobs {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return New(db, b, log)
}

// still runs a test on both databases with a clock that stands still, and a queue on which nobody works but the test.
func still(t *testing.T, test func(t *testing.T, q *Jobs, clock *storetest.Clock)) {
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { test(t, queueOn(t, db), clock) })
}

func (q *Jobs) put(t testing.TB, orders ...Order) {
	t.Helper()
	require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.Enqueue(ctx, tx, orders...) }))
}

// grab claims and tells what it got: the arguments of each group.
func (q *Jobs) grab(t testing.TB, kind string, most int) ([][]*Claim, []string) {
	t.Helper()
	groups, _, err := q.claim(t.Context(), kind, most, time.Minute)
	require.NoError(t, err)
	var said []string
	for _, g := range groups {
		s := ""
		for _, c := range g {
			s += string(c.Args)
		}
		said = append(said, s)
	}
	return groups, said
}

func (q *Jobs) finish(t testing.TB, c *Claim) error {
	t.Helper()
	return q.db.Write(t.Context(), c.Done)
}

func TestAJobExistsOnlyWhenItsCauseDoes(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		err := q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, q.Enqueue(ctx, tx, Order{Kind: "letter", Args: 1}))
			return errors.New("second thoughts")
		})
		require.Error(t, err)
		_, got := q.grab(t, "letter", 9)
		require.Empty(t, got)

		many := make([]Order, 200)
		for i := range many {
			many[i] = Order{Kind: "letter", Args: i}
		}
		q.put(t, many...)
		_, got = q.grab(t, "letter", 999)
		require.Len(t, got, 200, "without a lane everything may run at once")
		_, got = q.grab(t, "letter", 999)
		require.Empty(t, got, "what is claimed is claimed")
	})
}

func TestAKeyIsTakenOnce(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Key: "k", Args: 1}, Order{Kind: "letter", Key: "k", Args: 2}, Order{Kind: "parcel", Key: "k", Args: 3})
		q.put(t, Order{Kind: "letter", Key: "k", Args: 4})
		groups, got := q.grab(t, "letter", 9)
		require.Equal(t, []string{"1"}, got, "the first stays as it is")
		_, got = q.grab(t, "parcel", 9)
		require.Equal(t, []string{"3"}, got, "another kind has keys of its own")
		require.NoError(t, q.finish(t, groups[0][0]))
		q.put(t, Order{Kind: "letter", Key: "k", Args: 5})
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"5"}, got, "a key is free again when its job is done")
	})
}

func TestLaterIsNotBefore(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Args: 1, RunAt: clock.Now().Add(time.Hour)})
		_, got := q.grab(t, "letter", 9)
		require.Empty(t, got)
		clock.Forward(time.Hour)
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"1"}, got)
		err := q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return q.Enqueue(ctx, tx, Order{Kind: "letter", Lane: "l", RunAt: clock.Now().Add(time.Hour)})
		})
		require.Error(t, err, "a lane has one order, not two")
	})
}

func TestALaneIsTakenFromItsHeadAndWithoutAGap(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "l", Args: 1}, Order{Kind: "letter", Lane: "l", Args: 2}, Order{Kind: "letter", Lane: "l", Args: 3})
		first, got := q.grab(t, "letter", 1)
		require.Equal(t, []string{"1"}, got)
		_, got = q.grab(t, "letter", 9)
		require.Empty(t, got, "2 and 3 wait for 1, and are put off until its lease ends")
		// 4 comes when 2 and 3 have been put off. When 1 is done it must not run before 3.
		q.put(t, Order{Kind: "letter", Lane: "l", Args: 4})
		require.NoError(t, q.finish(t, first[0][0]))
		q.put(t, Order{Kind: "letter", Lane: "l", Args: 5})
		second, got := q.grab(t, "letter", 2)
		require.Equal(t, []string{"23"}, got)
		for _, c := range second[0] {
			require.NoError(t, q.finish(t, c))
		}
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"45"}, got, "nothing waits longer than it must")
	})
}

// On Postgres the next job of a lane may become visible when the one before it is just ending, and has looked for it in
// vain. Nobody would let it go before that one's lease was over.
func TestWhoComesWhileTheHeadIsEndingIsNotPutOff(t *testing.T) {
	t.Parallel()
	q := queueOn(t, storetest.Open(t, storetest.PostgresURL(t), storetest.NewClock().Now))
	q.put(t, Order{Kind: "letter", Lane: "l", Args: 1})
	groups, _ := q.grab(t, "letter", 9)
	ending, commit, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			err := groups[0][0].Done(ctx, tx)
			close(ending)
			<-commit
			return err
		})
	}()
	<-ending
	q.put(t, Order{Kind: "letter", Lane: "l", Args: 2})
	_, got := q.grab(t, "letter", 9)
	require.Empty(t, got)
	close(commit)
	require.NoError(t, <-ended)
	_, got = q.grab(t, "letter", 9)
	require.Equal(t, []string{"2"}, got)
}

func TestAFailingHeadHoldsUpItsLaneAndNoOther(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "a", Args: 1}, Order{Kind: "letter", Lane: "a", Args: 2}, Order{Kind: "letter", Lane: "b", Args: 3})
		groups, got := q.grab(t, "letter", 1)
		require.Equal(t, []string{"1"}, got)
		require.NoError(t, q.fail(t.Context(), groups[0][0], errors.New("no ink"), clock.Now().Add(10*time.Minute)))
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"3"}, got)
		clock.Forward(9 * time.Minute)
		q.put(t, Order{Kind: "letter", Lane: "a", Args: 4})
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"3"}, got, "its lease is over; lane a still waits")
		clock.Forward(time.Minute)
		groups, got = q.grab(t, "letter", 9)
		require.ElementsMatch(t, []string{"3", "1"}, got, "what failed before is tried alone")
		// Its attempts end: the lane goes on without it.
		for _, g := range groups {
			require.NoError(t, q.fail(t.Context(), g[0], errors.New("no ink\x00, and \xff"), time.Time{}))
		}
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"24"}, got)
		dead, err := q.Letters(t.Context(), 9)
		require.NoError(t, err)
		require.Len(t, dead, 2)
		require.Equal(t, "no ink, and \uFFFD", dead[0].Error, "whatever an error says can be stored")
	})
}

func TestADeadWorkersJobIsTakenOverAndTheLateWorkerLeavesNoTrace(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "l", Args: 1})
		late, _ := q.grab(t, "letter", 9)
		clock.Forward(59 * time.Second)
		_, got := q.grab(t, "letter", 9)
		require.Empty(t, got)
		clock.Forward(time.Second)
		again, got := q.grab(t, "letter", 9)
		require.Equal(t, []string{"1"}, got, "the lease is over")
		require.Equal(t, 2, again[0][0].Attempt)

		tries := func(c *Claim) error {
			return q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := q.Record(ctx, tx, Event{Kind: "posted"}); err != nil {
					return err
				}
				return c.Done(ctx, tx)
			})
		}
		require.ErrorIs(t, tries(late[0][0]), ErrLost)
		require.ErrorIs(t, q.db.Write(t.Context(), late[0][0].Held), ErrLost)
		require.ErrorIs(t, q.extend(t.Context(), time.Hour, late[0][:1]), ErrLost)
		require.Zero(t, storetest.Count(t, q.db, `SELECT COUNT(*) FROM event`))

		// The second worker gives it back, so that its attempts count as the first worker knows them. It is lost to
		// the first one all the same.
		require.NoError(t, q.putBack(t.Context(), clock.Now(), again[0][0]))
		require.ErrorIs(t, tries(late[0][0]), ErrLost)
		third, _ := q.grab(t, "letter", 9)
		require.Equal(t, 2, third[0][0].Attempt)
		require.ErrorIs(t, tries(again[0][0]), ErrLost)
		require.NoError(t, q.fail(t.Context(), late[0][0], errors.New("late"), time.Time{}), "a late failure changes nothing")
		require.NoError(t, tries(third[0][0]))
		require.ErrorIs(t, tries(third[0][0]), ErrLost, "done once")
		require.Equal(t, 1, storetest.Count(t, q.db, `SELECT COUNT(*) FROM event`))
	})
}

func TestWhatEndsItsWorkersDoesNotTakeItsLaneWithIt(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "l", Args: 1}, Order{Kind: "letter", Lane: "l", Args: 2})
		for range 5 { // each time the process dies
			q.grab(t, "letter", 9)
			clock.Forward(time.Minute)
		}
		groups, got := q.grab(t, "letter", 9)
		require.Equal(t, []string{"1"}, got)
		require.Equal(t, 6, groups[0][0].Attempt)
		require.NoError(t, q.finish(t, groups[0][0]))
		groups, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"2"}, got)
		require.Equal(t, 2, groups[0][0].Attempt, "it was claimed once beside the other, and never since")
	})
}

func TestADeadLetterIsKeptAndRevived(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "l", Key: "k", Args: "hello"}, Order{Kind: "letter", Lane: "l", Args: 2}, Order{Kind: "letter", Lane: "l", Args: 3})
		groups, _ := q.grab(t, "letter", 1)
		id := groups[0][0].ID
		require.Equal(t, hilft.NotFound, hilft.KindOf(q.Revive(t.Context(), "", id)), "it is alive")
		require.NoError(t, q.fail(t.Context(), groups[0][0], errors.New("no address"), time.Time{}))
		dead, err := q.Letters(t.Context(), 9)
		require.NoError(t, err)
		require.Len(t, dead, 1)
		require.Equal(t, []any{id, "letter", "l", "k", `"hello"`, 1, "no address", clock.Now()},
			[]any{dead[0].ID, dead[0].Kind, dead[0].Lane, dead[0].Key, string(dead[0].Args), dead[0].Attempt, dead[0].Error, dead[0].DeadAt})
		events, err := q.EventsAfter(t.Context(), 0, 9)
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, hilft.EventJobDead, events[0].Kind)

		two, got := q.grab(t, "letter", 1)
		require.Equal(t, []string{"2"}, got)
		require.NoError(t, q.Revive(t.Context(), "", id))
		_, got = q.grab(t, "letter", 9)
		require.Empty(t, got, "2 is under way: a revived job does not run beside it")
		require.NoError(t, q.finish(t, two[0][0]))
		groups, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{`"hello"3`}, got)
		require.Equal(t, 1, groups[0][0].Attempt, "it has all its attempts again")
		require.Equal(t, hilft.NotFound, hilft.KindOf(q.Revive(t.Context(), "", 999)))
	})
}

func TestCancelTakesBackWhatNobodyHasBegun(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		cancel := func(key string) (n int) {
			require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = q.Cancel(ctx, tx, "letter", key)
				return err
			}))
			return n
		}
		q.put(t, Order{Kind: "letter", Lane: "l", Key: "k", Args: 1}, Order{Kind: "letter", Lane: "l", Args: 2}, Order{Kind: "letter", Args: 3})
		groups, _ := q.grab(t, "letter", 1)
		require.Zero(t, cancel("k"), "somebody is at it")
		require.Zero(t, cancel(""), "no key is not a key")
		require.NoError(t, q.fail(t.Context(), groups[0][0], errors.New("no ink"), clock.Now().Add(time.Hour)))
		_, got := q.grab(t, "letter", 9)
		require.Equal(t, []string{"3"}, got)
		require.Equal(t, 1, cancel("k"))
		_, got = q.grab(t, "letter", 9)
		require.Equal(t, []string{"2"}, got, "the lane goes on without it, at once")
	})
}

func TestStatesTellHowMuchThereIs(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Lane: "l"}, Order{Kind: "letter", Lane: "l"}, Order{Kind: "letter", RunAt: clock.Now().Add(time.Hour)}, Order{Kind: "parcel"})
		q.grab(t, "letter", 1)
		parcel, _ := q.grab(t, "parcel", 1)
		require.NoError(t, q.fail(t.Context(), parcel[0][0], errors.New("too heavy"), time.Time{}))
		clock.Forward(20 * time.Second)
		states, err := q.States(t.Context())
		require.NoError(t, err)
		require.Equal(t, []State{{"letter", 2, 1, 20 * time.Second, 0}, {"parcel", 0, 0, 0, 1}}, states)
	})
}

func TestFiveThousandBehindASlowLaneHoldUpNobody(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		slow := make([]Order, 5000)
		for i := range slow {
			slow[i] = Order{Kind: "letter", Lane: "slow", Args: i}
		}
		q.put(t, slow...)
		q.put(t, Order{Kind: "letter", Lane: "quick", Args: 9999})
		_, got := q.grab(t, "letter", 64)
		require.Len(t, got, 1, "the slow lane is one worker's")
		began := time.Now()
		for rounds := 0; ; rounds++ {
			groups, more, err := q.claim(t.Context(), "letter", 64, time.Minute)
			require.NoError(t, err)
			if len(groups) > 0 {
				require.Equal(t, "9999", string(groups[0][0].Args))
				t.Logf("%d rounds, %v", rounds, time.Since(began))
				break
			}
			require.True(t, more, "the crew would go to sleep before it came to the other lane")
		}
	})
}

// Whoever claims a lane's next jobs leaves none of the others to wait for the end of a lease.
func TestALongLaneIsWorkedOffWithoutAPause(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		const long, most = 400, 64
		orders := make([]Order, long)
		for i := range orders {
			orders[i] = Order{Kind: "letter", Lane: "mira", Args: i}
		}
		q.put(t, orders...)
		done := 0
		for done < long {
			groups, _, err := q.claim(t.Context(), "letter", most, time.Minute)
			require.NoError(t, err)
			require.Len(t, groups, 1, "%d of %d are done, and the others wait", done, long)
			for more := true; more; { // whoever else looks for work meanwhile puts them off
				var others [][]*Claim
				others, more, err = q.claim(t.Context(), "letter", most, time.Minute)
				require.NoError(t, err)
				require.Empty(t, others)
			}
			require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return Done(ctx, tx, groups[0]...) }))
			done += len(groups[0])
		}
	})
}

func TestBackoffGrowsAndStaysBounded(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		for range 20 {
			d := Backoff(n, time.Second, time.Minute)
			full := time.Minute
			if n < 7 {
				full = min(full, time.Second<<max(0, n-1))
			}
			require.True(t, d >= full/2 && d <= full, "%d: %v", n, d)
		}
	}
	require.LessOrEqual(t, Backoff(29, time.Hour, 2*time.Hour), 2*time.Hour, "it does not overflow")
}
