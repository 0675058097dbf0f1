// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

// pages are what a network has, three a page; the cursor is how many were read.
func pages(n int) func(context.Context, string) (channel.Batch, error) {
	return func(_ context.Context, cursor string) (channel.Batch, error) {
		from, _ := strconv.Atoi(cursor)
		b := channel.Batch{Cursor: cursor}
		for i := from; i < min(from+3, n); i++ {
			b.Raws = append(b.Raws, raw(fmt.Sprint(i), fmt.Sprint(i)))
			b.Cursor = fmt.Sprint(i + 1)
		}
		b.More = b.Cursor != fmt.Sprint(n)
		return b, nil
	}
}

func (h *house) polling(poll func(context.Context, string) (channel.Batch, error)) {
	h.net.can.Poll, h.net.poll = channel.Full, poll
}

func (h *house) cursor(a Account) string { return h.account(a.ID).cursor }

func TestAPollReadsOnFromWhereItWas(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(pages(10))
		a := h.connect("a")
		require.Equal(t, h.clock.Now().Add(-24*time.Hour), a.Since)
		require.Equal(t, hilft.AccountStarting, a.State)
		stop := h.listens()
		h.stands(a, hilft.AccountOK)
		require.Equal(t, "10", h.cursor(a))
		require.Equal(t, 10, h.count(`SELECT COUNT(*) FROM inbox`))
		require.Equal(t, h.clock.Now(), h.account(a.ID).PolledAt)
		stop()

		// The next process reads on.
		var asked []string
		h.net.on(func(w *wire) {
			w.poll = func(ctx context.Context, cursor string) (channel.Batch, error) {
				asked = append(asked, cursor)
				return pages(12)(ctx, cursor)
			}
		})
		next := h.another()
		next.listens()
		next.see("the rest", func() bool { return next.cursor(a) == "12" })
		require.Equal(t, "10", asked[0])
		next.works()
		require.Len(t, next.placed(12), 12)
	})
}

func TestABadDeliveryDoesNotHoldUpThoseBehindIt(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(func(_ context.Context, cursor string) (channel.Batch, error) {
			if cursor != "" {
				return channel.Batch{Cursor: cursor}, nil
			}
			return channel.Batch{Cursor: "end", Raws: []channel.Raw{
				{Key: "big", Kind: "items", Body: make([]byte, h.net.pol.RawMax+1)}, {Key: "", Kind: "items", Body: []byte("nameless")}, raw("good", "1"),
			}}, nil
		})
		a := h.works().connect("a")
		h.listens()
		require.Equal(t, []string{"1"}, h.placed(1))
		require.Equal(t, "end", h.cursor(a))
		all, err := h.StuckOnes(t.Context(), brand, 10)
		require.NoError(t, err)
		require.Len(t, all, 2)
		body, err := h.RawOf(t.Context(), brand, all[1].ID)
		require.NoError(t, err)
		require.Len(t, body, int(h.net.pol.RawMax)+1, "kept byte for byte")
		require.Equal(t, 2, h.count(`SELECT COUNT(*) FROM event WHERE kind = ?`, hilft.EventItemStuck))
	})
}

func TestALineThatFailsIsTriedAgainAndSaysSo(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		var fails atomic.Pointer[error]
		fail := func(err error) { fails.Store(&err) }
		fail(errors.New("no route to host\x00\xff"))
		h.polling(func(ctx context.Context, cursor string) (channel.Batch, error) {
			switch err := *fails.Load(); {
			case err == nil:
				return pages(3)(ctx, cursor)
			case err.Error() == "panic":
				panic("nil map")
			default:
				return channel.Batch{}, err
			}
		})
		a := h.connect("a")
		h.listens()
		h.stands(a, hilft.AccountTrouble)
		require.Contains(t, h.account(a.ID).Reason, "no route")
		fail(errors.New("panic"))
		h.see("a panic is a failure like others", func() bool { return h.account(a.ID).Reason == "Poll panicked" })
		fail(nil)
		h.stands(a, hilft.AccountOK)
		require.Empty(t, h.account(a.ID).Reason)
		require.Positive(t, h.count(`SELECT COUNT(*) FROM event WHERE kind = ?`, hilft.EventAccountState))
	})
}

func TestARateLimitedLineWaits(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		var polls atomic.Int32
		h.polling(func(context.Context, string) (channel.Batch, error) {
			polls.Add(1)
			return channel.Batch{}, &channel.RateLimited{Until: h.clock.Now().Add(time.Hour)}
		})
		a := h.connect("a")
		h.listens()
		h.stands(a, hilft.AccountTrouble)
		require.Equal(t, channel.ReasonRateLimit, h.account(a.ID).Reason)
		require.EqualValues(t, 1, polls.Load())
		now := h.clock.Now()
		for n := range 10 {
			require.Positive(t, wait(&channel.RateLimited{}, n+1, now), "a limit without an end is no loop")
			require.GreaterOrEqual(t, wait(&channel.RateLimited{Until: now.Add(time.Hour)}, n+1, now), time.Hour)
		}
	})
}

func TestALineStopsUntilSomebodySignsIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		var polls atomic.Int32
		h.polling(func(context.Context, string) (channel.Batch, error) {
			polls.Add(1)
			return channel.Batch{}, fmt.Errorf("401: %w", channel.ErrSignIn)
		})
		a := h.connect("a")
		h.listens()
		h.stands(a, hilft.AccountSignIn)
		require.EqualValues(t, 1, polls.Load())
		h.net.on(func(w *wire) { w.poll = pages(3) })
		_, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"host": "a"}) // the same once more
		require.NoError(t, err)
		h.stands(a, hilft.AccountOK)
		require.Equal(t, "3", h.cursor(a))
	})
}

func TestAPausedLineHearsNothingAndGoesOnFromThere(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(pages(3))
		a := h.connect("a")
		h.listens()
		h.stands(a, hilft.AccountOK)
		_, err := h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.see("the line is closed", func() bool { h.net.mu.Lock(); defer h.net.mu.Unlock(); return h.net.closed > 0 })
		h.net.on(func(w *wire) { w.poll = pages(6) })
		require.Equal(t, hilft.AccountPaused, h.account(a.ID).State)
		_, err = h.Resume(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.see("it goes on", func() bool { return h.cursor(a) == "6" })
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		_, err = h.Account(t.Context(), a.ID)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
	})
}

func TestAStreamIsHeardAndWhenItBreaksIsPolledFor(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		breaks := make(chan error)
		var polled atomic.Int32
		var streams atomic.Int32
		h.net.can.Stream = channel.Full
		h.polling(func(ctx context.Context, cursor string) (channel.Batch, error) {
			polled.Add(1)
			return pages(2)(ctx, cursor)
		})
		h.net.hear = func(ctx context.Context, to channel.Receiver) error {
			n := streams.Add(1)
			if err := to.Take(ctx, raw(fmt.Sprint("s", n), fmt.Sprint("s", n)), raw("1", "1")); err != nil {
				return err
			}
			select {
			case err := <-breaks:
				if err == nil {
					panic("nil frame")
				}
				return err
			case <-ctx.Done():
				return nil
			}
		}
		a := h.works().connect("a")
		stop := h.listens()
		h.placed(3) // 0 and 1 of the poll, 1 again and s1 of the stream
		h.stands(a, hilft.AccountOK)
		before := polled.Load()
		breaks <- errors.New("connection reset")
		h.see("it is polled for what was missed", func() bool { return polled.Load() > before })
		breaks <- nil // the second stream panics
		h.see("a third stream", func() bool { return streams.Load() == 3 })
		require.Equal(t, hilft.AccountOK, h.account(a.ID).State, "a stream that breaks is no trouble while polling works")
		breaks <- channel.ErrSignIn
		h.stands(a, hilft.AccountSignIn)
		stop()
	})
}

func TestABatchAndItsCursorAreOneTransaction(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		fence, err := h.lease(t.Context(), a.ID)
		require.NoError(t, err)
		l := &line{s: h.Switchboard, acc: a, fence: fence}
		rival := polls{&wire{poll: func(ctx context.Context, cursor string) (channel.Batch, error) {
			// While the network answers, a line opened anew has read on.
			other := &line{s: h.Switchboard, acc: a, fence: fence}
			_, err := other.pollOnce(ctx, polls{&wire{poll: pages(9)}})
			require.NoError(t, err)
			return channel.Batch{Cursor: "old", Raws: []channel.Raw{raw("old", "old")}}, nil
		}}}
		_, err = l.pollOnce(t.Context(), rival)
		require.ErrorIs(t, err, errFenced)
		require.Equal(t, "3", h.cursor(a), "a late batch does not turn the cursor back")
		require.Zero(t, h.count(`SELECT COUNT(*) FROM inbox WHERE key = 'old'`))
	})
}

func TestALineMovesToAnotherNodeAndTheOldOneCannotStore(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		asleep, wake := make(chan struct{}), make(chan struct{})
		var once sync.Once
		h.polling(func(ctx context.Context, cursor string) (channel.Batch, error) {
			first := false
			once.Do(func() { first = true })
			if first { // the old node asks, and hears the answer much later
				close(asleep)
				<-wake
				return channel.Batch{Cursor: "old", Raws: []channel.Raw{raw("old", "old")}}, nil
			}
			return pages(3)(ctx, cursor)
		})
		a := h.connect("a")
		fence, err := h.lease(t.Context(), a.ID)
		require.NoError(t, err)
		require.NotZero(t, fence)
		old := &line{s: h.Switchboard, acc: a, fence: fence}
		stored := make(chan error, 1)
		go func() {
			_, err := old.pollOnce(context.Background(), polls{h.net})
			stored <- err
		}()
		h.await(asleep)
		other := h.another()
		none, err := other.lease(t.Context(), a.ID)
		require.NoError(t, err)
		require.Zero(t, none, "one node listens to an account")
		again, err := h.lease(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, fence, again, "a lease that is renewed is the same")
		h.clock.Forward(lineLease + time.Second)
		other.listens()
		other.stands(a, hilft.AccountOK)
		close(wake)
		require.ErrorIs(t, <-stored, errFenced)
		require.Equal(t, "3", other.cursor(a))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM inbox WHERE key = 'old'`))
	})
}

// A node took a line while the clock was a day ahead, and died. When the clock is right again nobody waits for a day.
func TestALeaseOfAClockThatRanAheadEnds(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(pages(1))
		a := h.connect("a")
		h.clock.Forward(24 * time.Hour)
		fence, err := h.lease(t.Context(), a.ID)
		require.NoError(t, err)
		require.NotZero(t, fence)
		h.clock.Forward(-24 * time.Hour)
		next, err := h.another().lease(t.Context(), a.ID)
		require.NoError(t, err)
		require.Greater(t, next, fence)
	})
}

// A node that is cut off from the database cannot know whether another listens by now. It hangs up when its lease ends,
// and not before.
func TestANodeThatCannotRenewItsLeaseHangsUp(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(pages(3))
		a := h.connect("a")
		lines := map[hilft.AccountID]*line{}
		var wg sync.WaitGroup
		defer wg.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h.look(ctx, lines, &wg)
		h.stands(a, hilft.AccountOK)
		l := lines[a.ID]
		cutOff, cut := context.WithCancel(t.Context())
		cut()
		h.look(cutOff, lines, &wg)
		require.False(t, l.ended())
		require.Len(t, lines, 1)
		l.until = time.Now()
		h.look(cutOff, lines, &wg)
		h.await(l.over)
		require.Empty(t, lines)
		h.look(ctx, lines, &wg)
		require.Len(t, lines, 1, "and listens again when it may")
	})
}

func TestAnAccountThatCannotBeReadIsNoReasonNotToHearTheOthers(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.polling(pages(3))
		broken, fine := h.connect("broken"), h.connect("fine")
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET sealed = ? WHERE id = ?`, []byte("rust"), string(broken.ID))
			return err
		}))
		h.listens()
		h.stands(fine, hilft.AccountOK)
		all, err := h.Accounts(t.Context(), brand)
		require.NoError(t, err)
		require.Equal(t, []hilft.AccountState{hilft.AccountSignIn, hilft.AccountOK}, []hilft.AccountState{all[0].State, all[1].State})
	})
}
