// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// works runs a queue until the test ends.
func works(t *testing.T, queues ...*Jobs) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, q := range queues {
		wg.Go(func() { q.Run(ctx) })
	}
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

func hear[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatal("never heard: " + what)
	}
	return v
}

// ledger writes down what was done, lane by lane.
type ledger struct {
	mu    sync.Mutex
	done  map[string][]int
	at    map[string]int // who is at a lane right now
	n     int
	full  chan struct{}
	wants int
	bad   []string
}

func newLedger(wants int) *ledger {
	return &ledger{done: map[string][]int{}, at: map[string]int{}, full: make(chan struct{}), wants: wants}
}

func (l *ledger) begin(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at[lane]++; l.at[lane] > 1 {
		l.bad = append(l.bad, "two workers at "+lane)
	}
}

func (l *ledger) end(lane string, i int, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[lane]--
	if !done {
		return
	}
	l.done[lane] = append(l.done[lane], i)
	if l.n++; l.n == l.wants {
		close(l.full)
	}
}

func (l *ledger) check(t *testing.T, lanes, each int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Empty(t, l.bad)
	for lane := range lanes {
		got := l.done[fmt.Sprint("lane ", lane)]
		require.Len(t, got, each)
		for i := range got {
			require.Equal(t, i, got[i], "lane %d: %v", lane, got)
		}
	}
}

// crowd fills many lanes, in a mix, and some jobs without one.
func crowd(lanes, each int) []Order {
	var all []Order
	for i := range each {
		for lane := range lanes {
			all = append(all, Order{Kind: "letter", Lane: fmt.Sprint("lane ", lane), Args: i})
		}
	}
	return all
}

func TestManyLanesKeepTheirOrderUnderManyWorkersAndRandomFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const lanes, each = 30, 12
		q := queueOn(t, db)
		l := newLedger(lanes * each)
		q.HandleErrand("letter", Terms{Workers: 8, Claim: 16, Base: time.Millisecond, Most: 20 * time.Millisecond, Attempts: 1000}, func(ctx context.Context, c *Claim) error {
			var i int
			if err := c.Read(&i); err != nil {
				return err
			}
			l.begin(c.Lane)
			var err error
			switch rand.IntN(10) {
			case 0:
				err = errors.New("no ink")
			case 1:
				err = Later(db.Now().Add(5*time.Millisecond), errors.New("the post office is closed"))
			case 2:
				l.end(c.Lane, i, false)
				panic("the pen breaks")
			}
			if err == nil {
				// Written down while the job is still ours: the next of the lane may begin right after.
				err = db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
					if err := c.Held(ctx, tx); err != nil {
						return err
					}
					return q.Record(ctx, tx, Event{Kind: "posted", Subject: c.Lane})
				})
			}
			l.end(c.Lane, i, err == nil)
			return err
		})
		q.put(t, crowd(lanes, each)...)
		works(t, q)
		hear(t, l.full, "all letters")
		l.check(t, lanes, each)
		require.Equal(t, lanes*each, storetest.Count(t, db, `SELECT COUNT(*) FROM event`))
	})
}

// What is done together is what was not tried before, up to wherever it breaks off; the rest is done one by one.
func TestManyLettersArePostedTogetherAndTheRestOneByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const lanes, each = 30, 12
		q := queueOn(t, db)
		var together atomic.Int64
		post := func(ctx context.Context, claims ...*Claim) error {
			return db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
				for _, c := range claims {
					if err := q.Record(ctx, tx, Event{Kind: "posted", Subject: c.Lane, Data: c.Args}); err != nil {
						return err
					}
				}
				if err := Done(ctx, tx, claims...); err != nil || rand.IntN(8) > 0 {
					return err
				}
				return errors.New("no ink")
			})
		}
		q.HandleErrands("letter", Terms{Workers: 4, Claim: 16, Base: time.Millisecond, Most: 20 * time.Millisecond, Attempts: 1000}, func(ctx context.Context, lanes [][]*Claim) error {
			if rand.IntN(8) == 0 {
				panic("the bag bursts")
			}
			for at := range lanes[0] { // in rounds: every lane's first, then every lane's second
				var some []*Claim
				for _, lane := range lanes {
					if lane[0].Attempt != 1 {
						t.Error("what was tried before is tried together with others")
					}
					if at < len(lane) {
						some = append(some, lane[at])
					}
				}
				if err := post(ctx, some...); err != nil {
					return err
				}
				together.Add(int64(len(some)))
			}
			return nil
		}, func(ctx context.Context, c *Claim) error { return post(ctx, c) })
		q.put(t, crowd(lanes, each)...)
		works(t, q)
		require.Eventually(t, func() bool { return storetest.Count(t, db, `SELECT COUNT(*) FROM job`) == 0 }, time.Minute, 10*time.Millisecond)
		posted := map[string][]string{}
		events, err := q.EventsAfter(t.Context(), 0, 2*lanes*each)
		require.NoError(t, err)
		for _, e := range events {
			posted[e.Subject] = append(posted[e.Subject], string(e.Raw))
		}
		want := make([]string, each)
		for i := range want {
			want[i] = fmt.Sprint(i)
		}
		require.Len(t, posted, lanes)
		for lane, got := range posted {
			require.Equal(t, want, got, lane)
		}
		require.Positive(t, together.Load())
	})
}

func TestTwoNodesOnOneDatabaseNeverShareAJobOrALane(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	const lanes, each = 20, 20
	l := newLedger(lanes * each)
	node := func() *Jobs {
		q := queueOn(t, storetest.Open(t, url, nil))
		q.HandleErrand("letter", Terms{Workers: 4, Claim: 8, Base: time.Millisecond, Most: 5 * time.Millisecond, Attempts: 1000}, func(_ context.Context, c *Claim) error {
			var i int
			if err := c.Read(&i); err != nil {
				return err
			}
			l.begin(c.Lane)
			fails := rand.IntN(20) == 0
			l.end(c.Lane, i, !fails)
			if fails {
				return errors.New("no ink")
			}
			return nil
		})
		return q
	}
	a, b := node(), node()
	a.put(t, crowd(lanes, each)...)
	works(t, a, b)
	hear(t, l.full, "all letters")
	l.check(t, lanes, each)
}

func TestASlowLaneDoesNotHoldUpAQuickOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		slow, quick := make(chan struct{}), make(chan struct{})
		q.HandleErrand("letter", Terms{Workers: 2, Lease: time.Hour}, func(ctx context.Context, c *Claim) error {
			if c.Lane == "quick" {
				close(quick)
				return nil
			}
			select {
			case <-slow:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		var all []Order
		for range 5000 {
			all = append(all, Order{Kind: "letter", Lane: "slow"})
		}
		q.put(t, append(all, Order{Kind: "letter", Lane: "quick"})...)
		stop := works(t, q)
		hear(t, quick, "the quick lane")
		stop()
		require.Equal(t, 5000, storetest.Count(t, db, `SELECT COUNT(*) FROM job WHERE attempt = 0 AND lane = 'slow'`), "what a closing house gives back was no attempt")
	})
}

func TestWorkAndTheEndOfItsJobAreOneTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		var tries sync.Map
		done := make(chan struct{}, 2)
		q.HandleWork("letter", Terms{Base: time.Millisecond}, func(ctx context.Context, tx *store.Tx, j Job) error {
			if err := q.Record(ctx, tx, Event{Kind: "posted"}); err != nil {
				return err
			}
			if _, again := tries.LoadOrStore(j.ID, true); !again {
				if j.Key == "panics" {
					panic("the pen breaks")
				}
				return errors.New("no ink")
			}
			tx.After(func() { done <- struct{}{} })
			return nil
		})
		q.put(t, Order{Kind: "letter"}, Order{Kind: "letter", Key: "panics"})
		works(t, q)
		hear(t, done, "the first letter")
		hear(t, done, "the second letter")
		require.Equal(t, 2, storetest.Count(t, db, `SELECT COUNT(*) FROM event`), "an attempt that failed left a trace")
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM job`))
	})
}

// The post office is closed. When it opens, what waits for it is not kept waiting until somebody would have looked again.
func TestWhatWasPutOffIsHurriedInOrder(t *testing.T) {
	t.Parallel()
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		q := queueOn(t, db)
		var open atomic.Bool
		waits, posted := make(chan int64, 10), make(chan int, 10)
		q.HandleErrand("letter", Terms{}, func(ctx context.Context, c *Claim) error {
			var i int
			if err := c.Read(&i); err != nil {
				return err
			}
			if open.Load() {
				posted <- i
				return nil
			}
			err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return c.PutOff(ctx, tx, tx.Now().Add(time.Hour)) })
			waits <- c.ID
			return err
		})
		q.put(t, Order{Kind: "letter", Lane: "a", Args: 1}, Order{Kind: "letter", Lane: "a", Args: 2}, Order{Kind: "letter", Lane: "a", Args: 3})
		works(t, q)
		head := hear(t, waits, "that it waits")
		open.Store(true)
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.Hurry(ctx, tx, head) }))
		for i := range 3 {
			require.Equal(t, i+1, hear(t, posted, "a letter"))
		}
		require.Empty(t, waits)
	})
}

func TestLaterIsNoAttemptAndDeadIsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		attempts := make(chan int, 100)
		over := make(chan struct{})
		q.HandleErrand("patient", Terms{Attempts: 2}, func(_ context.Context, c *Claim) error {
			attempts <- c.Attempt
			if len(attempts) == 5 {
				close(over)
				return nil
			}
			return Later(db.Now().Add(time.Millisecond), errors.New("closed"))
		})
		q.HandleErrand("hopeless", Terms{}, func(context.Context, *Claim) error { return Dead(errors.New("no such street")) })
		q.HandleErrand("unlucky", Terms{Attempts: 3, Base: time.Millisecond}, func(context.Context, *Claim) error { return errors.New("rain") })
		q.HandleWork("garbled", Terms{}, func(_ context.Context, _ *store.Tx, j Job) error {
			var n int
			return j.Read(&n)
		})
		q.put(t, Order{Kind: "patient"}, Order{Kind: "hopeless"}, Order{Kind: "unlucky"}, Order{Kind: "garbled", Args: "not a number"})
		works(t, q)
		hear(t, over, "patience")
		for range 5 {
			require.Equal(t, 1, <-attempts)
		}
		var dead []Letter
		require.Eventually(t, func() (ok bool) {
			dead, _ = q.Letters(t.Context(), 9)
			return len(dead) == 3
		}, time.Minute, 10*time.Millisecond)
		attempted := map[string]int{}
		for _, l := range dead {
			attempted[l.Kind] = l.Attempt
		}
		require.Equal(t, map[string]int{"hopeless": 1, "unlucky": 3, "garbled": 1}, attempted)
	})
}

func TestAnErrandWhoseLeaseIsLostIsToldAndWritesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		began, told := make(chan struct{}), make(chan error, 1)
		q.HandleErrand("letter", Terms{Lease: 900 * time.Millisecond}, func(ctx context.Context, c *Claim) error {
			if c.Attempt > 1 {
				return nil // the one who took over
			}
			close(began)
			<-ctx.Done()
			told <- context.Cause(ctx)
			return db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
				if err := q.Record(ctx, tx, Event{Kind: "posted"}); err != nil {
					return err
				}
				return c.Done(ctx, tx)
			})
		})
		q.put(t, Order{Kind: "letter", Lane: "l"})
		works(t, q)
		hear(t, began, "the errand")
		// As after a pause of the whole process: somebody else has claimed it meanwhile.
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE job SET claim = 4711, attempt = attempt + 1, run_at = ?`, store.Micros(tx.Now()))
			return err
		}))
		require.ErrorIs(t, hear(t, told, "that it is lost"), ErrLost)
		require.Eventually(t, func() bool { return storetest.Count(t, db, `SELECT COUNT(*) FROM job`) == 0 }, time.Minute, 10*time.Millisecond)
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM event`))
	})
}

func TestAJobWhoseWorkersAllDiedIsADeadLetter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		q.HandleErrand("letter", Terms{Attempts: 3}, func(context.Context, *Claim) error { return errors.New("must not be tried again") })
		q.put(t, Order{Kind: "letter"})
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE job SET claim = 4711, attempt = 3`)
			return err
		}))
		works(t, q)
		require.Eventually(t, func() bool {
			dead, err := q.Letters(t.Context(), 9)
			return err == nil && len(dead) == 1 && dead[0].Error == errWorkersDied.Error()
		}, time.Minute, 10*time.Millisecond)
	})
}
