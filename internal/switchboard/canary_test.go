// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

// cage keeps the signs of life that were sent.
type cage struct {
	mu    sync.Mutex
	marks []string
}

func (c *cage) sing(mark string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks = append(c.marks, mark)
	return nil
}

func (c *cage) last(n int) (mark string, there bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.marks) != n {
		return "", false
	}
	return c.marks[n-1], true
}

// sung waits for the n-th sign of life, and until nobody is at it: a lease must not end under whom the clock is moved.
func (h *house) sung(c *cage, n int) (mark string) {
	h.t.Helper()
	h.see("it is sent", func() (there bool) { mark, there = c.last(n); return there })
	h.see("nobody is at it", func() bool { return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'canary'`) == 0 })
	return mark
}

func (h *house) canary(a Account) Canary {
	h.t.Helper()
	all, err := h.Canaries(h.t.Context(), brand)
	require.NoError(h.t, err)
	return all[a.ID]
}

func TestASignOfLifeComesBackAndIsNoMessage(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.works()
		other := h.another()
		a := h.connect("nordnetz")
		c := &cage{}
		h.net.on(func(w *wire) { w.sing = c.sing })
		require.Equal(t, hilft.Invalid, hilft.KindOf(h.SetCanary(t.Context(), brand, a.ID, 5)), "the last one is still under way")
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.SetCanary(t.Context(), "another", a.ID, 15)))
		require.NoError(t, h.SetCanary(t.Context(), brand, a.ID, 15))
		for _, node := range []*house{h, other, h} {
			require.NoError(t, node.canaries(t.Context()))
		}
		mark := h.sung(c, 1)
		h.clock.Forward(2 * time.Second)
		require.False(t, h.canary(a).Missing(h.clock.Now()))
		back := channel.Raw{Key: "c1", Kind: "canary", Body: []byte(mark)}
		require.NoError(t, h.Receive(t.Context(), a.ID, back, raw("1", "1")))
		got := h.canary(a)
		require.Equal(t, 2*time.Second, got.Took)
		require.Equal(t, h.clock.Now(), got.HeardAt)
		require.NoError(t, h.Receive(t.Context(), a.ID, back), "however often it comes")
		h.placed(1)
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM inbox`), "a customer's word is kept, a sign of life is not")

		h.clock.Forward(15 * time.Minute)
		require.NoError(t, h.canaries(t.Context()))
		h.sung(c, 2)
		require.False(t, h.canary(a).Missing(h.clock.Now()))
		h.clock.Forward(15 * time.Minute)
		require.True(t, h.canary(a).Missing(h.clock.Now()))
		require.NoError(t, h.canaries(t.Context()))
		mark = h.sung(c, 3)
		require.True(t, h.canary(a).Missing(h.clock.Now()), "a new one under way does not hide that one is missing")
		require.NoError(t, h.Receive(t.Context(), a.ID, channel.Raw{Key: "c3", Kind: "canary", Body: []byte(mark)}))
		require.False(t, h.canary(a).Missing(h.clock.Now()))

		require.NoError(t, h.SetCanary(t.Context(), brand, a.ID, 0))
		h.clock.Forward(time.Hour)
		require.NoError(t, h.canaries(t.Context()))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'canary'`))
	})
}

func (h *house) must(query string, args ...any) {
	h.t.Helper()
	require.NoError(h.t, h.DB.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// Whoever could make a sign of life could let a customer's word vanish.
func TestAForgedSignOfLifeIsAMessageLikeAnyOther(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a, b := h.connect("nordnetz"), h.connect("suednetz")
		for i, mark := range []string{"", "x", "abc-def", h.mark(b.ID, h.clock.Now())} {
			require.NoError(t, h.Receive(t.Context(), a.ID, channel.Raw{Key: string(rune('a' + i)), Kind: "canary", Body: []byte(mark)}))
		}
		require.Equal(t, 4, h.count(`SELECT COUNT(*) FROM inbox`))
	})
}

func TestASignOfLifeThatCannotBeSentSaysWhy(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.works()
		a := h.connect("nordnetz")
		require.NoError(t, h.SetCanary(t.Context(), brand, a.ID, 15))
		require.NoError(t, h.canaries(t.Context()))
		h.see("it is written down", func() bool { return h.canary(a).Error == "it cannot sing" })
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job WHERE dead_at <> 0`))
	})
}

func TestDiscardedWorkIsNotForgotten(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("nordnetz")
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("1", "1")))
		h.says(a, "lane", "m1")
		h.says(a, "lane", "m2")
		h.must(`UPDATE job SET dead_at = 1 WHERE kind IN ('intake', 'deliver')`)
		h.must(`INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, called_at, changed_at) VALUES ('m2', ?, 0, 'sending', 1, 0, '', '', '', 0, 0, 0)`, string(a.ID))
		letters, err := h.Jobs.Letters(t.Context(), 9)
		require.NoError(t, err)
		require.Len(t, letters, 3)
		for _, l := range letters {
			require.NoError(t, h.Jobs.Discard(t.Context(), "rosa", l.ID))
		}
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM inbox WHERE state = 'stuck'`), "the network was told that we have it")
		h.works()
		h.hears("m1", hilft.Failed, channel.ReasonGaveUp)
		h.hears("m2", hilft.Unknown, channel.ReasonGaveUp)
	})
}

func TestASignOfLifeIsNotPutOffByAWrongClock(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.works()
		a := h.connect("nordnetz")
		c := &cage{}
		h.net.on(func(w *wire) { w.sing = c.sing })
		sung := func(n int) {
			t.Helper()
			require.NoError(t, h.canaries(t.Context()))
			h.sung(c, n)
		}
		require.NoError(t, h.SetCanary(t.Context(), brand, a.ID, 15))
		sung(1)
		h.clock.Forward(24 * time.Hour)
		sung(2)
		h.clock.Forward(-24 * time.Hour)
		sung(3)
		require.NoError(t, h.canaries(t.Context()))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM canary WHERE due_at <= ?`, store.Micros(h.clock.Now().Add(15*time.Minute))), "the next one in a quarter of an hour")
	})
}
