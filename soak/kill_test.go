// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// The house is killed at random moments while customers write over many connections, one word in ten twice and one in
// ten out of order, and agents answer. KILLS says how often, WEBHOOKS how many words there are. (The points that have
// names are killed at in stories.)
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		killAtRandom(t, "", dose(t, "KILLS", 3, 200))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		onlyLong(t, "after every kill leases have to end; stories kill on Postgres in every test")
		killAtRandom(t, storetest.PostgresURL(t), dose(t, "KILLS", 0, 200))
	})
}

func killAtRandom(t *testing.T, database string, kills int) {
	words := dose(t, "WEBHOOKS", 1500, 100_000)
	began := time.Now()
	s := open(t, plan{database: database, lookup: database == "" && long()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &crowd{s: s, connections: 16, words: words}
	d := &desk{s: s}
	var load, answers sync.WaitGroup
	load.Go(func() { c.talk(ctx) })
	answers.Go(func() { d.answer(ctx, 10*kills, 20*time.Millisecond) })

	// Spread over the load: each when so many words are acknowledged, and a moment later.
	moments := make([]int64, kills)
	for i := range moments {
		moments[i] = rand.Int64N(int64(words) * 9 / 10)
	}
	slices.Sort(moments)
	for _, moment := range moments {
		for c.acked.Load() < moment {
			require.True(t, pause(ctx, time.Millisecond))
		}
		require.True(t, pause(ctx, rand.N(50*time.Millisecond)))
		s.house.Kill()
		require.True(t, s.house.Killed(), "it had ended before, in another way")
		require.NoError(t, s.house.Open(ctx))
	}
	load.Wait()
	answers.Wait()
	s.verdict(row{
		Fault: "kill -9 at random moments", Database: named(database), Dose: fmt.Sprintf("%d kills, %d webhooks, 16 connections", kills, words),
		Note: fmt.Sprintf("%d posts not answered, %d answered 503", c.broken.Load(), c.busy.Load()),
	}, began)
	require.Empty(t, c.oddOnes(), "answers that are neither 200 nor 503")
}

func named(database string) string {
	if database == "" {
		return "SQLite"
	}
	return "Postgres"
}

// verdict lets the house settle, judges it, and reports. A house whose clock is wrong shows what came meanwhile at the time
// of its clock, and so keeps no order.
func (s *site) verdict(r row, began time.Time) {
	s.t.Helper()
	require.NoError(s.t, settle(s.t.Context(), s.agent))
	v, err := judge(s.t.Context(), s.agent, s.led.read(), true)
	require.NoError(s.t, err)
	r.Acked, r.Lost, r.Doubled, r.Replies, r.Took = v.acked, len(v.lost), len(v.doubled), v.repliesText(), time.Since(began)
	report(s.t, r)
	require.NotZero(s.t, v.acked, "nothing was said")
	if s.clocks {
		v.order = nil
	}
	require.Empty(s.t, v.all())
}
