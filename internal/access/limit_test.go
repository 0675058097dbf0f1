// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var morning = time.Date(2026, 10, 14, 8, 0, 0, 0, time.UTC)

func TestWaitsDoubleUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	now, tries := morning, tally{at: morning}
	var waits []time.Duration
	for range 14 {
		tries = pairLimit.wrong(tries, now)
		wait := time.Duration(0)
		if until, is := tries.locked(now); is {
			wait = until.Sub(now)
		}
		waits = append(waits, wait)
		now = now.Add(wait)
	}
	s, m := time.Second, time.Minute
	require.Equal(t, []time.Duration{0, 0, 0, 0, 30 * s, m, 2 * m, 4 * m, 8 * m, 15 * m, 15 * m, 15 * m, 15 * m, 15 * m}, waits)
}

func TestWrongTriesAreForgotten(t *testing.T) {
	t.Parallel()
	tries := tally{at: morning}
	for range 4 {
		tries = pairLimit.wrong(tries, morning)
	}
	require.Equal(t, 4, tries.count)
	require.Equal(t, 4, pairLimit.faded(tries, morning.Add(59*time.Minute)).count)
	require.Equal(t, 2, pairLimit.faded(tries, morning.Add(2*time.Hour+time.Minute)).count)
	require.Equal(t, 0, pairLimit.faded(tries, morning.Add(100*time.Hour)).count)
	// Looking often forgets no slower.
	for i := range 3 * 60 {
		tries = pairLimit.faded(tries, morning.Add(time.Duration(i+1)*time.Minute))
	}
	require.Equal(t, 1, tries.count)
	for _, l := range []limit{pairLimit, accountLimit, placeLimit} {
		require.Less(t, time.Duration(l.free+doublings)*l.every, forgottenAfter)
	}
}

func TestOnePlaceNeverLocksAnAccountForOthers(t *testing.T) {
	t.Parallel()
	now := morning
	pair, account := tally{at: now}, tally{at: now}
	tries := 0
	for now.Before(morning.Add(7 * 24 * time.Hour)) {
		pair, account = pairLimit.wrong(pair, now), accountLimit.wrong(account, now)
		tries++
		_, is := account.locked(now)
		require.False(t, is, "after %d tries, at %s", tries, now)
		if until, is := pair.locked(now); is {
			now = until
		}
	}
	require.Less(t, tries, 7*24*5)
}

func TestATallyStandsAWrongClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now, tries := morning, tally{at: morning}
		l := rapid.SampledFrom([]limit{pairLimit, accountLimit, placeLimit}).Draw(t, "limit")
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(-48*3600, 48*3600).Draw(t, "jump")) * time.Second)
			until, is := tries.locked(now)
			if is && until.Sub(now) > longestWait {
				t.Fatalf("waits %s", until.Sub(now))
			}
			if is {
				continue
			}
			tries = l.wrong(tries, now)
			if tries.count < 1 || tries.count > l.free+doublings || tries.at.After(now) {
				t.Fatalf("%+v at %s", tries, now)
			}
			if undone := l.undone(tries); undone.count != tries.count-1 {
				t.Fatalf("%+v, undone %+v", tries, undone)
			}
		}
	})
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.10":             "192.0.2.10",
		"192.0.2.10:4711":        "192.0.2.10",
		"::ffff:192.0.2.10":      "192.0.2.10",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:4711": "2001:db8:1:2::/64",
		"fe80::1%eth0":           "fe80::/64",
		"":                       "",
		"@":                      "@",
	} {
		require.Equal(t, want, place(from), from)
	}
	a := attemptOf("a", "b")
	require.Equal(t, a, attemptOf("a", "b"))
	require.NotEqual(t, a.pair, attemptOf("ab", "").pair)
	require.Len(t, map[string]bool{a.pair: true, a.account: true, a.place: true, attemptOf("b", "a").account: true}, 4)
}
