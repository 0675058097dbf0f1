// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// The clock of the house jumps by half a second, an hour and a day, forwards and back again, while customers write and
// agents answer: everything gets its place and goes out once, nobody has waited since a time to come, and nothing was due
// before it was asked. JUMPS says how often it jumps each way.
func TestTheClockJumps(t *testing.T) {
	t.Parallel()
	overlay := breakHouse(t, filepath.Join("testdata", "clock.txtar"))
	onlyLong(t, "it builds a house whose clock can be set; the change fits")
	rounds := dose(t, "JUMPS", 1, 10)
	for _, db := range []struct {
		name string
		url  func(t *testing.T) string
	}{{"sqlite", func(*testing.T) string { return "" }}, {"postgres", storetest.PostgresURL}} {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			url := db.url(t)
			s := open(t, plan{binary: build(t, overlay), database: url, calm: true})
			s.clocks = true
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rounds+1)*settledIn)
			defer cancel()
			words, stop := context.WithCancel(ctx)
			defer stop()
			c := &crowd{s: s, connections: 4, words: 1 << 20}
			d := &desk{s: s}
			var load sync.WaitGroup
			load.Go(func() { c.talk(words) })
			load.Go(func() { d.answer(words, 1<<20, 50*time.Millisecond) })
			set := func(wrong time.Duration) {
				c.wrong.Store(int64(wrong))
				file := filepath.Join(s.house.Data, "clock")
				require.NoError(t, os.WriteFile(file+".new", []byte(wrong.String()), 0o600))
				require.NoError(t, os.Rename(file+".new", file))
				before := c.acked.Load()
				for c.acked.Load() < before+30 {
					require.True(t, pause(ctx, 5*time.Millisecond), "words are not taken with a clock that is wrong by %s", wrong)
				}
			}
			jumps := []time.Duration{time.Second / 2, -time.Second / 2, time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour}
			for range rounds {
				for _, i := range rand.Perm(len(jumps)) {
					set(jumps[i])
					set(0)
				}
			}
			stop()
			load.Wait()
			s.verdict(row{
				Fault: "clock jumps", Database: named(url), Dose: fmt.Sprintf("%d times each: half a second, an hour, a day, forwards and back", rounds),
				Note: "no negative times",
			}, began)
			s.times(t)
		})
	}
}

// times holds the times of all cases to what people expect of them.
func (s *site) times(t *testing.T) {
	t.Helper()
	for cursor := ""; ; {
		var page struct {
			Cases []struct {
				Number     int64      `json:"number"`
				WaitsSince *time.Time `json:"waits_since"`
				DueAt      *time.Time `json:"due_at"`
			} `json:"cases"`
			Next string `json:"next"`
		}
		require.NoError(t, s.agent.Do(t.Context(), http.MethodGet, "/api/inbox?view=open&limit=200&cursor="+cursor, nil, &page))
		for _, c := range page.Cases {
			require.False(t, c.WaitsSince != nil && c.WaitsSince.After(time.Now()), "case %d waits since a time to come", c.Number)
			require.False(t, c.WaitsSince != nil && c.DueAt != nil && c.DueAt.Before(*c.WaitsSince), "case %d was due before it was asked", c.Number)
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}
