// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/store"
)

// Locked says until when no try to sign in is looked at.
type Locked struct{ Until time.Time }

func (e *Locked) Error() string { return "no further try until " + e.Until.UTC().Format(time.RFC3339) }

// limit is how many wrong tries are free, and how long it takes until one of them is forgotten. Every further one is
// followed by a wait, which doubles from firstWait to longestWait.
type limit struct {
	free  int
	every time.Duration
}

// The limits. Whoever knows an agent's address and guesses from one place gets about thirteen tries in the first hour
// and four in each further one: fewer than the account forgets, so one place alone never locks an account for others.
// Many places together can; but not for places where the agent has signed in before, for which only their own counts.
var (
	pairLimit    = limit{free: 5, every: time.Hour}         // one account from one place
	accountLimit = limit{free: 100, every: 2 * time.Minute} // one account from everywhere
	placeLimit   = limit{free: 50, every: 2 * time.Minute}  // every account from one place
)

const (
	firstWait      = 30 * time.Second
	longestWait    = 15 * time.Minute
	doublings      = 5 // from the first wait to the longest
	knownFor       = 30 * 24 * time.Hour
	forgottenAfter = 24 * time.Hour // later than any limit forgets
)

// tally is what is kept of tries.
type tally struct {
	count int
	at    time.Time // up to when forgetting is counted in
	until time.Time // no further try before
	known time.Time // a place known to the account, until then
}

// locked tells until when tries wait. A wait longer than any that we set comes from a clock that was wrong.
func (t tally) locked(now time.Time) (until time.Time, is bool) {
	return t.until, t.until.After(now) && t.until.Sub(now) <= longestWait
}

// faded is the tally with what is forgotten by now taken off.
func (l limit) faded(t tally, now time.Time) tally {
	if t.count == 0 || now.Before(t.at) {
		t.at = now
	}
	gone := int(now.Sub(t.at) / l.every)
	t.count = max(0, t.count-gone)
	t.at = t.at.Add(time.Duration(gone) * l.every)
	return t
}

// wrong is the tally after one more wrong try.
func (l limit) wrong(t tally, now time.Time) tally {
	t = l.faded(t, now)
	t.count = min(t.count+1, l.free+doublings) // what counts for no longer a wait need not be forgotten again
	if over := t.count - l.free; over >= 0 {
		t.until = now.Add(min(firstWait<<over, longestWait))
	}
	return t
}

// undone takes back one try that was counted and turned out to be right.
func (l limit) undone(t tally) tally {
	t.count = max(0, t.count-1)
	if t.count < l.free {
		t.until = time.Time{}
	}
	return t
}

// attempt is one try to sign in: under which keys it counts.
type attempt struct{ pair, account, place string }

// attemptOf hashes, so that the table keeps nobody's address.
func attemptOf(email, from string) attempt {
	key := func(parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
		return hex.EncodeToString(sum[:])
	}
	from = place(from)
	return attempt{pair: key("pair", email, from), account: key("account", email), place: key("place", from)}
}

// place is where an address belongs: itself without its port, and with IPv6 the network of 64 bits, in which a visitor has addresses
// without number.
func place(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		port, err := netip.ParseAddrPort(from)
		if err != nil {
			return from
		}
		ip = port.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// tallies reads what is kept under the keys and keeps others from changing it until the transaction ends.
func tallies(ctx context.Context, tx *store.Tx, a attempt) (map[string]tally, error) {
	keys := []string{a.pair, a.account, a.place}
	slices.Sort(keys) // one order for all, so that nobody waits for each other
	all := make(map[string]tally, len(keys))
	for _, key := range keys {
		var count int
		var at, until, known int64
		// One statement, so that no sweep comes between making the row and locking it.
		if err := tx.Row(ctx, `INSERT INTO attempt (key, count, at, until, known_until) VALUES (?, 0, ?, 0, 0)
			ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING count, at, until, known_until`,
			[]any{key, store.Micros(tx.Now())}, &count, &at, &until, &known); err != nil {
			return nil, err
		}
		all[key] = tally{count: count, at: store.Time(at), until: store.Time(until), known: store.Time(known)}
	}
	return all, nil
}

func keepTally(ctx context.Context, tx *store.Tx, key string, t tally) error {
	_, err := tx.Exec(ctx, `UPDATE attempt SET count = ?, at = ?, until = ?, known_until = ? WHERE key = ?`,
		t.count, store.Micros(t.at), store.Micros(t.until), store.Micros(t.known), key)
	return err
}

// counting is which limits a try falls under: from a known place, its own alone.
func (a attempt) counting(all map[string]tally, now time.Time) map[string]limit {
	counts := map[string]limit{a.pair: pairLimit}
	if !all[a.pair].known.After(now) {
		counts[a.account], counts[a.place] = accountLimit, placeLimit
	}
	return counts
}
