// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

// A network that takes its time with everything has some of the senders, and the others' messages go out.
func TestANetworkThatHangsHoldsUpItsOwnMessagesOnly(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		answer := make(chan struct{})
		wake := sync.OnceFunc(func() { close(answer) })
		t.Cleanup(wake)
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			if strings.HasPrefix(out.Key, "slow") {
				<-answer
			}
			return channel.Receipt{ID: "remote " + out.Key}, nil
		})
		slow, quick := h.connect("slow"), h.connect("quick")
		for i := range 3 * senders {
			h.says(slow, fmt.Sprint("slow", i), fmt.Sprint("slow", i))
		}
		h.says(quick, "quick", "quick")
		h.works()
		h.hears("quick", hilft.Sent, "")
		require.LessOrEqual(t, len(h.net.calls()), sendersEach+1)
		wake()
		h.see("all go out", func() bool {
			h.later(restFor)
			return h.count(`SELECT COUNT(*) FROM delivery WHERE state = 'sent'`) == 3*senders+1
		})
		require.Len(t, h.net.calls(), 3*senders+1)
	})
}

// Where each message takes three seconds, those that find six at work come back as fast as these end, not all at once.
func TestWhoIsSentAwayComesBackWhenThereIsATurn(t *testing.T) {
	t.Parallel()
	busy := newTurns()
	now := time.Now()
	for range sendersEach {
		end, again := busy.take(t.Context())
		require.Zero(t, again)
		t.Cleanup(end)
	}
	require.Zero(t, busy.sendAway(now), "nobody knows yet that turns are long, so a sender waits for one")
	busy.took(3 * time.Second)
	back := func(at time.Time) (waits []time.Duration) {
		for range 3 {
			waits = append(waits, busy.sendAway(at))
		}
		return waits
	}
	require.Equal(t, []time.Duration{500 * time.Millisecond, time.Second, 1500 * time.Millisecond}, back(now))
	require.Equal(t, []time.Duration{1500 * time.Millisecond, 2 * time.Second, 2500 * time.Millisecond}, back(now.Add(500*time.Millisecond)))
	for range 100 {
		require.LessOrEqual(t, busy.sendAway(now), restFor)
	}
	require.Equal(t, restFor, busy.sendAway(now.Add(2*slowAfter)), "all six are slow")
	for range 20 {
		busy.took(100 * time.Millisecond)
	}
	require.Zero(t, busy.sendAway(now), "turns are short again")
	for busy.waits < waitersEach {
		require.Zero(t, busy.sendAway(now))
	}
	require.Positive(t, busy.sendAway(now), "of the senders only so many wait for one account")
}

// Whoever has written sees that their message waits for others, when it does so for long, and so does the operator.
func TestAMessageThatWaitsLongForOthersSaysSo(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		turns := h.turnOf(a.ID)
		for range sendersEach {
			turns.slots <- struct{}{}
		}
		h.works()
		h.says(a, "c1", "1")
		waits := func() bool {
			return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver' AND claim = 0 AND run_at > ?`, store.Micros(h.clock.Now())) == 1
		}
		h.see("it waits", waits)
		require.Empty(t, h.at("1"), "it is news only when it lasts")
		h.forward(busyFor)
		said := h.hears("1", hilft.Queued, channel.ReasonBusy)
		require.Zero(t, said.RetryAt)
		for range 3 {
			h.see("it waits on", waits)
			h.forward(10 * time.Minute)
		}
		queues, err := h.Queues(t.Context())
		require.NoError(t, err)
		for _, q := range queues {
			if q.Kind == hilft.JobDeliver {
				require.GreaterOrEqual(t, q.Oldest, 30*time.Minute)
			}
		}
		require.Len(t, h.at("1"), 1, "it is said once")
		for range sendersEach {
			<-turns.slots
		}
		h.see("it goes out", func() bool { h.later(restFor); return h.word("1").Delivery == hilft.Sent })
	})
}

// The clock jumps over the lease of a message that is being sent: this process does not begin it a second time.
func TestAMessageIsNotBegunTwiceWhenTheClockJumps(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		seen := h.net.remembers()
		taking := h.net.send
		calling, answer := make(chan struct{}), make(chan struct{})
		called, wake := sync.OnceFunc(func() { close(calling) }), sync.OnceFunc(func() { close(answer) })
		t.Cleanup(wake)
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			called()
			<-answer
			return taking(out)
		})
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		h.await(calling)
		h.forward(time.Hour)
		h.see("it is claimed, and put back", func() bool {
			return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver' AND claim = 0 AND run_at > ?`, store.Micros(h.clock.Now())) == 1
		})
		wake()
		h.see("it is found", func() bool {
			h.later(lockedFor)
			return h.word("1").Delivery == hilft.Sent
		})
		require.Equal(t, 1, seen.times("1"))
		require.Equal(t, []string{"1"}, h.net.calls())
	})
}
