// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

// The disk is full for a while, in the middle of it: whoever comes then is told so before anything is accepted, and when
// there is room again the house goes on by itself. HOLD says for how many seconds.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	hold := time.Duration(dose(t, "HOLD", 1, 600)) * time.Second
	began := time.Now()
	disk := newRecording(t)
	s := open(t, plan{calm: true, disk: disk, waits: true})
	ctx, cancel := context.WithTimeout(t.Context(), settledIn+hold)
	defer cancel()
	words, stop := context.WithCancel(ctx)
	c := &crowd{s: s, connections: talkers(), words: 1 << 20, large: 9}
	d := &desk{s: s}
	var load sync.WaitGroup
	load.Go(func() { c.talk(words) })
	load.Go(func() { d.answer(words, 1<<20, 100*time.Millisecond) })

	waitFor := func(what string, is func() bool) {
		for !is() {
			select {
			case <-s.house.Dead():
				require.FailNow(t, "the house died", what)
			default:
			}
			require.True(t, pause(ctx, 5*time.Millisecond), what)
		}
	}
	waitFor("words are taken", func() bool { return c.acked.Load() > 100 })
	disk.order("full")
	waitFor("words are refused", func() bool { return c.busy.Load() > 50 })
	require.True(t, pause(ctx, hold))
	disk.order("")
	since := time.Now()
	before := c.acked.Load()
	waitFor("words are taken again", func() bool { return c.acked.Load() > before+100 })
	back := time.Since(since)
	stop() // what is not acknowledged now may be there or not
	load.Wait()
	require.Empty(t, c.oddOnes(), "a full disk is a 503")
	require.LessOrEqual(t, c.broken.Load(), int64(2*c.connections), "every post is answered, but for those that we broke off ourselves")
	s.verdict(row{
		Fault: "disk full", Database: "SQLite", Dose: fmt.Sprintf("full for %s under load", hold),
		Note: fmt.Sprintf("%d posts answered 503; taken again after %s", c.busy.Load(), back.Round(time.Millisecond)),
	}, began)
}

// The n-th call that would change something on the disk fails, for every n: while words come in, get their place and are
// answered. NTH says up to which.
func TestTheDiskFailsOnce(t *testing.T) {
	t.Parallel()
	nth := dose(t, "NTH", 20, 500)
	began := time.Now()
	disk := newRecording(t)
	s := open(t, plan{calm: true, disk: disk})
	ctx, cancel := context.WithTimeout(t.Context(), settledIn+time.Duration(nth)*10*time.Second)
	defer cancel()
	fired, refused := failOnce(ctx, s, nth, trouble{
		order: func(n int, name string) { disk.order(fmt.Sprintf("fail %d %s", n, name)) },
		fired: disk.fired, heal: func() { disk.order("") },
	})
	s.verdict(row{
		Fault: "n-th call of the disk fails", Database: "SQLite", Dose: fmt.Sprintf("n = 1 to %d", nth),
		Note: fmt.Sprintf("%s; %d posts answered 503", counted(fired), refused),
	}, began)
}

// The n-th call fails while a house is opened for the first time: it opens, or says in one line why not; and it opens
// the next time.
func TestTheDiskFailsAtTheFirstStart(t *testing.T) {
	t.Parallel()
	nth, step := dose(t, "NTH", 60, 500), 1
	if !long() {
		step = 13
	}
	began := time.Now()
	opened, closed := 0, map[string]int{}
	for n := 1; n <= nth; n += step {
		call, ok := firstStart(t, n)
		if call == "" {
			break // there are no more calls
		}
		if ok {
			opened++
		} else {
			closed[call]++
		}
	}
	report(t, row{
		Fault: "n-th call of the disk fails at the first start", Database: "SQLite", Dose: fmt.Sprintf("n = 1 to %d, every %d.", nth, step),
		Note: fmt.Sprintf("opened all the same: %d; said why not, and opened the next time: %s", opened, counted(closed)), Took: time.Since(began),
	})
}

// firstStart opens a new house whose n-th call fails. It tells which that was, none if there were not so many, and
// whether the house opened.
func firstStart(t *testing.T, n int) (call string, opened bool) {
	t.Helper()
	disk := newRecording(t)
	h, err := apptest.NewHouse(program, t.TempDir(), "")
	require.NoError(t, err)
	t.Cleanup(h.Kill)
	disk.under(h)
	disk.order(fmt.Sprintf("fail %d first", n))
	err = h.Open(t.Context())
	call, _ = disk.fired("first")
	disk.order("")
	if err != nil {
		said := slices.DeleteFunc(h.Said(), func(line string) bool { return strings.HasPrefix(line, "{") }) // but for its log
		require.Len(t, said, 1, "with the call %d (%s) failing", n, call)
		require.NotContains(t, said[0], "panic", "with the call %d (%s) failing", n, call)
		require.NoError(t, h.Open(t.Context()), "the next start after the call %d (%s) failed", n, call)
	}
	_, e := h.SetUp(t.Context())
	require.NoError(t, e, "after the call %d (%s) failed", n, call)
	h.Kill()
	return call, err == nil
}
