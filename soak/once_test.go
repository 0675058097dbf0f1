// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// trouble is something between the house and its data that can be told to fail once.
type trouble struct {
	order func(n int, name string)                 // the n-th call from now on fails
	fired func(name string) (what string, is bool) // whether it came, and which it was
	heal  func()
}

// failOnce lets the n-th call fail for n = 1, 2 and so on, each while a few words come in, get their place and are
// answered. It counts what failed, and the posts that were answered 503.
func failOnce(ctx context.Context, s *site, nth int, by trouble) (fired map[string]int, refused int64) {
	t := s.t
	t.Helper()
	(&crowd{s: s, connections: 2, words: 4, name: "first-"}).talk(ctx)
	d := &desk{s: s}
	fired = map[string]int{}
	for n := 1; n <= nth; n++ {
		name := fmt.Sprint(n)
		by.order(n, name)
		c := &crowd{s: s, connections: 3, words: 6 + n/8, large: 4, name: fmt.Sprintf("n%d-", n)}
		var load sync.WaitGroup
		load.Go(func() { c.talk(ctx) })
		load.Go(func() { d.answer(ctx, d.n+1, 0) })
		load.Wait()
		what, ok := by.fired(name)
		for i := 0; !ok && i < 20; i++ { // what was heard is placed, and what was written is sent, in the meantime
			require.True(t, pause(ctx, 10*time.Millisecond))
			what, ok = by.fired(name)
		}
		by.heal()
		require.NoError(t, ctx.Err(), "with the call %d (%s) failing", n, what)
		require.Empty(t, c.oddOnes(), "with the call %d (%s) failing", n, what)
		refused += c.busy.Load()
		if ok {
			fired[what]++
		}
		select {
		case <-s.house.Dead():
			require.FailNow(t, "the house died", "with the call %d (%s) failing", n, what)
		default:
		}
	}
	require.NotEmpty(t, fired, "nothing failed")
	return fired, refused
}

// counted is a count in words.
func counted(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
	}
	return strings.Join(parts, ", ")
}
