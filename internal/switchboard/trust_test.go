// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient waits as see does, and lets the clock go on from the beginning.
func (h *house) patient(what string, ok func() bool) {
	h.t.Helper()
	n := 0
	h.see(what, func() bool {
		if n++; n%50 == 0 {
			h.forward(100 * time.Millisecond)
		}
		return ok()
	})
}

// idle waits until nobody is at the delivery of a message.
func (h *house) idle() {
	h.t.Helper()
	h.patient("nobody is at a message", func() bool { return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver' AND claim <> 0`) == 0 })
}

// later moves the clock, by less than a lease, if nobody is at a message and none is due: on a slow machine, leases would end
// under workers who are well, and messages be given up that nobody had the time to try. It is for who looks again and again.
func (h *house) later(d time.Duration) {
	if h.count(`SELECT COUNT(*) FROM job WHERE dead_at = 0 AND (claim <> 0 OR run_at <= ?)`, h.clock.Now().UnixMicro()) == 0 {
		h.forward(d)
	}
}

// ledger is the network's own memory: what people see there.
type ledger struct {
	mu   sync.Mutex
	seen map[string]int
}

func (l *ledger) take(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[key]++
}

func (l *ledger) times(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[key]
}

// remembers makes the network one that keeps what it takes and can be asked for it.
func (w *wire) remembers() *ledger {
	l := &ledger{seen: map[string]int{}}
	w.on(func(w *wire) {
		w.can.ReadBack = channel.Full
		w.send = func(out channel.Outgoing) (channel.Receipt, error) {
			l.take(out.Key)
			return channel.Receipt{ID: "remote " + out.Key}, nil
		}
		w.back = func(out channel.Outgoing) (channel.Receipt, error) {
			if l.times(out.Key) == 0 {
				return channel.Receipt{}, channel.ErrNotThere
			}
			return channel.Receipt{ID: "remote " + out.Key}, nil
		}
	})
	return l
}

func (w *wire) looked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks
}

func TestNotThereIsNotBelievedWhileARequestMayBeUnderWay(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		seen := h.net.remembers()
		taking := h.net.send
		h.net.sends(refuses(channel.ErrUnknownOutcome)) // but the network is still at it
		a := h.works().connect("a")
		began := h.clock.Now()
		h.says(a, "c1", "1")
		h.hears("1", hilft.Sending, channel.ReasonUnknown)
		h.net.sends(taking)
		h.idle()
		h.forward(5 * time.Second)
		h.patient("it is looked for, and put off", func() bool {
			return h.net.looked() == 1 && h.word("1").RetryAt.After(h.clock.Now().Add(30*time.Second))
		})
		require.Equal(t, hilft.Sending, h.word("1").Delivery)
		require.WithinDuration(t, began.Add(trustAfter), h.word("1").RetryAt, time.Second)
		h.idle()
		h.forward(20 * time.Second)
		seen.take("1") // now the network is done with it
		h.forward(36 * time.Second)
		h.patient("it is found", func() bool { return h.word("1").Delivery == hilft.Sent })
		require.Equal(t, 1, seen.times("1"), "a customer was told twice")
		require.Equal(t, []string{"1"}, h.net.calls())
	})
}

func TestWhatDidNotGoOutIsSentOnceWhenThatIsSure(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		seen := h.net.remembers()
		taking := h.net.send
		h.net.sends(refuses(channel.ErrUnknownOutcome))
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		h.hears("1", hilft.Sending, channel.ReasonUnknown)
		h.net.sends(taking)
		h.idle()
		h.forward(5 * time.Second)
		h.patient("it is looked for", func() bool { return h.net.looked() == 1 })
		h.idle()
		require.Equal(t, []string{"1"}, h.net.calls())
		h.forward(trustAfter)
		h.patient("it is sent", func() bool { return h.word("1").Delivery == hilft.Sent })
		require.Equal(t, 1, seen.times("1"))
		require.Equal(t, []string{"1", "1"}, h.net.calls())
	})
}

// The node dies, or hangs, between the mark and the end; its claim's lease ends, and another node takes over.
func TestALateWorkerLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for name, arrived := range map[string]bool{"arrived": true, "did not arrive": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inHouse(t, func(t *testing.T, h *house) {
				seen := h.net.remembers()
				calling, answer := make(chan struct{}), make(chan struct{})
				var first sync.Once
				h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
					hang := false
					first.Do(func() { hang = true })
					if !hang || arrived {
						seen.take(out.Key)
					}
					if hang {
						close(calling)
						<-answer
						return channel.Receipt{}, &channel.Rejected{Reason: channel.ReasonOther, Detail: "late"}
					}
					return channel.Receipt{ID: "remote " + out.Key}, nil
				})
				a := h.works().connect("a")
				h.says(a, "c1", "1")
				<-calling
				h.clock.Forward(3 * time.Minute)
				other := h.another().works()
				stands := func() bool {
					return h.count(`SELECT COUNT(*) FROM delivery WHERE message_id = '1' AND state = 'sent'`) == 1
				}
				other.patient("the other node sees to it", func() bool {
					if h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver' AND claim = 0 AND run_at > ?`, store.Micros(h.clock.Now())) == 1 {
						other.forward(lockedFor) // the first one had it again, and knows that it is at it
					}
					return stands()
				})
				close(answer)
				h.patient("the first one is back", func() bool { return h.count(`SELECT COUNT(*) FROM job`) == 0 })
				require.True(t, stands())
				require.Zero(t, h.count(`SELECT COUNT(*) FROM delivery WHERE detail <> ''`))
				require.Equal(t, 1, seen.times("1"))
				require.NotEqual(t, hilft.Failed, h.word("1").Delivery)
				require.NotEqual(t, hilft.Failed, other.word("1").Delivery)
			})
		})
	}
}

func TestWhatAPersonSendsAgainBeginsAnewAlsoWhenItIsPutOffAtFirst(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		seen := h.net.remembers()
		taking, truth := h.net.send, h.net.back
		h.net.sends(refuses(channel.ErrUnknownOutcome))
		h.net.on(func(w *wire) { w.back = refuses(errors.New("500")) })
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		h.patient("nobody knows", func() bool {
			h.later(50 * time.Second)
			return h.word("1").Delivery == hilft.Unknown
		})
		_, err := h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.dispatch(a, "c1", true, "1")
		h.patient("it waits", func() bool { w := h.word("1"); return w.Delivery == hilft.Queued && w.Reason == channel.ReasonPaused })

		// It goes out because a person said so; and when that ends in the unknown too, it is looked for, not sent again.
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			_, _ = taking(out)
			return channel.Receipt{}, fmt.Errorf("%w: time-out", channel.ErrUnknownOutcome)
		})
		h.net.on(func(w *wire) { w.back = truth })
		_, err = h.Resume(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.idle()
		h.forward(lockedFor)
		h.patient("it is called", func() bool { return len(h.net.calls()) == 2 })
		h.idle()
		h.forward(5 * time.Second)
		h.patient("it is found", func() bool { return h.word("1").Delivery == hilft.Sent })
		require.Equal(t, 1, seen.times("1"))
		require.Equal(t, []string{"1", "1"}, h.net.calls())
	})
}

func TestWhatTheNetworkHasStaysSentWhateverHappensToItsAccount(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		h.hears("1", hilft.Sent, "")
		id := h.word("1").Receipt.ID
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		h.dispatch(a, "c1", true, "1")
		h.patient("it is told again", func() bool { return len(h.at("1")) == 3 })
		require.Equal(t, []hilft.Delivery{hilft.Sending, hilft.Sent, hilft.Sent}, h.at("1"))
		require.Equal(t, id, h.word("1").Receipt.ID)
		require.Equal(t, []string{"1"}, h.net.calls())
	})
}

func TestTheLinesOfAnAccountThatRestsAreClosed(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.listens()
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		h.hears("1", hilft.Sent, "")
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		h.see("it is closed", func() bool { h.net.mu.Lock(); defer h.net.mu.Unlock(); return h.net.closed == len(h.net.opened) })
	})
}

// limited is a wire whose accounts have limits of their own.
type limited struct{ *wire }

type limits struct{ l channel.Limits }

func (l limits) Limits(context.Context) (channel.Limits, error) { return l.l, nil }

func (w limited) Open(ctx context.Context, acc channel.Account, env channel.Env) (channel.Line, error) {
	l, err := w.wire.Open(ctx, acc, env)
	return struct {
		channel.Line
		limits
	}{l, limits{channel.Limits{TextMax: 5000, SendMinute: 7}}}, err
}

func TestAnAccountsOwnLimitsAreKept(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.can.Stream = channel.Full
		h.connectors["wire"] = limited{h.net}
		a := h.connect("a")
		h.listens()
		h.see("its limits are known", func() bool { return h.account(a.ID).Limits == channel.Limits{TextMax: 5000, SendMinute: 7} })
	})
}

// What a connector learns to do, accounts that were connected before it did can do as well.
func TestAnOldAccountCanWhatItsConnectorHasLearned(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.lim = channel.Limits{TextMax: 4000}
		a := h.another().connect("a")
		require.Equal(t, channel.Limits{TextMax: 4000}, a.Limits)
		h.net.lim = channel.Limits{TextMax: 4000, FilesMax: 5}
		require.Equal(t, h.net.lim, h.another().account(a.ID).Limits, "the next version of hilft")
	})
}

func TestHowLongANetworkIsLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 14, 10, 0, 0, 0, time.UTC)
	for n, most := range map[int]time.Duration{1: backoffLeast, 2: 2 * backoffLeast, 5: 16 * backoffLeast, 8: backoffMost, 1 << 20: backoffMost} {
		for range 50 {
			got := wait(errors.New("502"), n, now)
			require.GreaterOrEqual(t, got, most/2)
			require.LessOrEqual(t, got, most)
		}
	}
	limited := &channel.RateLimited{Until: now.Add(10 * time.Minute)}
	for range 50 {
		got := wait(fmt.Errorf("poll: %w", limited), 1, now)
		require.GreaterOrEqual(t, got, 10*time.Minute, "called before the limit ended")
		require.Less(t, got, 12*time.Minute)
	}
	require.Positive(t, wait(&channel.RateLimited{}, 1, now), "a limit without an end")
	require.Positive(t, wait(&channel.RateLimited{Until: now.AddDate(400, 0, 0)}, 1, now), "a limit beyond all reckoning")
}

// What a node is at that cannot reach its database any more may still go out: another one that takes it over believes the
// network only when the call must have ended.
func TestNotThereIsNotBelievedWhileAnotherNodeMayBeAtIt(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		if h.DB.Dialect() != store.Postgres {
			t.Skip("there is one node on SQLite")
		}
		seen := h.net.remembers()
		h.works()
		a := h.connect("a")
		files := []channel.File{{Size: 600 * slowLine}} // ten minutes
		out := channel.Outgoing{Key: "1", Text: "Hello", Files: files}
		marked := h.clock.Now()
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			o := &delivery{s: h.Switchboard, c: &jobs.Claim{}, d: channel.Dispatch{Brand: brand, Account: a.ID, Message: "1", Out: out}, first: marked, called: marked.Add(sendTime(out))}
			return o.save(ctx, tx, hilft.Sending, "", "", channel.Receipt{}, time.Time{}, 1)
		}))
		h.forward(3 * time.Minute)
		h.order("c1", channel.Dispatch{Brand: brand, Account: a.ID, Message: "1", Out: channel.Outgoing{Key: "1", Text: "Hello"}})
		h.see("it is looked for", func() bool { return h.net.looked() == 1 && !h.word("1").RetryAt.IsZero() })
		require.Equal(t, marked.Add(sendTime(out)+trustAfter), h.word("1").RetryAt)
		require.Zero(t, seen.times("1"))
	})
}

// A message was last called for when the clock was a day ahead: it does not wait until that day comes.
func TestWhatWasCalledForTomorrowIsLookedForToday(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		seen := h.net.remembers()
		a := h.works().connect("a")
		tomorrow := h.clock.Now().Add(24 * time.Hour)
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			o := &delivery{s: h.Switchboard, c: &jobs.Claim{}, d: channel.Dispatch{Brand: brand, Account: a.ID, Message: "1"}, first: tomorrow, called: tomorrow}
			return o.save(ctx, tx, hilft.Sending, "", "", channel.Receipt{}, time.Time{}, 1)
		}))
		h.says(a, "c1", "1")
		h.see("it is looked for, and sent", func() bool {
			h.later(trustAfter)
			return h.word("1").Delivery == hilft.Sent
		})
		require.Equal(t, 1, seen.times("1"))
		require.Less(t, h.clock.Now(), tomorrow)
	})
}

// However long a reply waits for an administrator, that is told once.
func TestWhatWaitsForPeopleIsToldOnce(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		_, err := h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.says(a, "c1", "1")
		h.hears("1", hilft.Queued, channel.ReasonPaused)
		for range 5 {
			h.idle()
			before := h.clock.Now()
			h.forward(lockedFor)
			h.see("it is tried again", func() bool {
				return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver' AND claim = 0 AND run_at > ?`, store.Micros(before.Add(lockedFor))) == 1
			})
		}
		h.idle()
		require.Equal(t, []hilft.Delivery{hilft.Queued}, h.at("1"))
		_, err = h.Resume(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.hears("1", hilft.Sent, "")
	})
}
