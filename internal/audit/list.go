// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Query is what part of the trail somebody wants to see.
type Query struct {
	Brand    hilft.BrandID // empty: of all, and of the house itself
	Who      hilft.AgentID // empty: of everybody
	Group    string        // empty: all
	Readings bool          // also what was read
	From, To time.Time     // zero: no bound
	Before   int64         // what stands before a row; 0: the newest
	Most     int
}

// whats are the acts that are asked for. every: all that there are.
func (q Query) whats() (all []What, every bool) {
	if q.Group == "" && q.Readings {
		return nil, true
	}
	for _, w := range Whats {
		if (q.Group == "" || w.Group() == q.Group) && (q.Readings || w.Group() != reading) {
			all = append(all, w)
		}
	}
	return all, false
}

// Groups are those that may be asked for.
func (q Query) Groups() []string {
	return slices.DeleteFunc(Groups(), func(g string) bool { return g == reading && !q.Readings })
}

// aside is by how many rows times may stand in another order than places: what was read is written up to a second later,
// and clocks of nodes differ.
const aside = 5000

// List shows the newest first. more: there are some before them.
func (t *Trail) List(ctx context.Context, q Query) (all []Entry, more bool, err error) {
	err = t.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all = nil
		where, args := `n < ?`, []any{q.Before}
		if q.Before == 0 {
			args[0] = int64(1) << 62
		}
		and := func(condition string, arg any) { where, args = where+` AND `+condition, append(args, arg) }
		for _, end := range []struct {
			at           time.Time
			find, places string
			slack        int64
			times        string
		}{
			{q.To, `SELECT n FROM audit WHERE at < ? ORDER BY at DESC, n DESC LIMIT 1`, `n <= ?`, aside, `at < ?`},
			{q.From, `SELECT n FROM audit WHERE at >= ? ORDER BY at, n LIMIT 1`, `n >= ?`, -aside, `at >= ?`},
		} {
			if end.at.IsZero() {
				continue
			}
			var n int64
			if err := tx.Row(ctx, end.find, []any{store.Micros(end.at)}, &n); store.IsNoRows(err) {
				return nil // nothing is so old, or so new
			} else if err != nil {
				return err
			}
			and(end.places, n+end.slack)
			and(end.times, store.Micros(end.at))
		}
		if q.Brand != "" {
			and(`brand_id = ?`, string(q.Brand))
		}
		if q.Who != "" {
			and(`who = ?`, string(q.Who))
		}
		rows, err := newest(ctx, tx, where, args, q)
		if err != nil {
			return err
		}
		for _, r := range rows {
			e, err := r.entry()
			if err != nil { // somebody has changed it; verifying says so
				e.Detail = Detail{}
			}
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("audit: list: %w", err)
	}
	if more = len(all) > q.Most; more {
		all = all[:q.Most]
	}
	return all, more, nil
}

// newest are the newest rows of a few acts, or of all. Each act is asked for by itself, which its index answers however
// rare it is among the others.
func newest(ctx context.Context, tx *store.Tx, where string, args []any, q Query) ([]row, error) {
	whats, every := q.whats()
	most := q.Most + 1
	if every {
		return store.All(ctx, tx, rowColumns+`WHERE `+where+` ORDER BY n DESC LIMIT `+strconv.Itoa(most), args, scanRow)
	}
	var all []row
	for _, w := range whats {
		err := tx.DeferRows(ctx, rowColumns+`WHERE `+where+` AND what = ? ORDER BY n DESC LIMIT `+strconv.Itoa(most), append(slices.Clone(args), string(w)),
			func(scan func(into ...any) error) error {
				var r row
				err := scanRow(scan, &r)
				all = append(all, r)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	err := tx.Flush(ctx)
	slices.SortFunc(all, func(x, y row) int { return cmp.Compare(y.n, x.n) })
	return all[:min(len(all), most)], err
}

// State is what is known of the chain.
type State struct {
	N         int64
	Hash      string
	Signed    int64     // up to which row
	CheckedAt time.Time // when the whole chain was last gone through; zero: never
	CheckedN  int64     // up to which row
	Fault     string    // in English; empty: the chain holds
}

// State tells it.
func (t *Trail) State(ctx context.Context) (State, error) { return StateOf(ctx, t.db) }

// StateOf is Trail.State for who only wants to know whether the chain holds.
func StateOf(ctx context.Context, db *store.DB) (State, error) {
	var h head
	err := db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) { h, err = headOf(ctx, tx, ""); return err })
	if err != nil {
		return State{}, fmt.Errorf("audit: state: %w", err)
	}
	return State{h.n, h.hash, h.signed.n, h.checked, h.rows, h.fault}, nil
}

// exported is a row as it leaves the house: what Row holds is what was hashed, behind the hash of the row before it.
type exported struct {
	Hash string          `json:"hash"`
	Row  json.RawMessage `json:"row"`
}

// Export writes rows from a place on, one line of JSON each, in the order of the chain. It tells how many there were.
func Export(ctx context.Context, db *store.DB, from int64, to io.Writer) (n int64, err error) {
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	var h head
	if err := db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) { h, err = headOf(ctx, tx, ""); return err }); err != nil {
		return 0, fmt.Errorf("audit: export: %w", err)
	}
	var failed error
	_, err = walk(ctx, db, signed{n: max(0, from-1)}, h.n, func(r row) {
		if failed == nil {
			failed = out.Encode(exported{r.hash, r.text()})
			n++
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return n, fmt.Errorf("audit: export: %w", err)
	}
	return n, nil
}
