// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Alert is a finding that people were told of.
type Alert struct {
	ID string
	Finding
	RaisedAt   time.Time
	ToldAt     time.Time
	GoneAt     time.Time // since when it is no longer found; zero: it is
	ResolvedAt time.Time
}

const (
	remindAfter = 24 * time.Hour
	// worseAfter is how soon people are told again when there is more of what they know.
	worseAfter = time.Hour
	// calm is how long something must be over until people are told so: what comes and goes is one alert.
	calm      = 2 * time.Minute
	alertKept = 90 * 24 * time.Hour
	// askew is how much nodes may differ about what time it is.
	askew = time.Minute
)

// step is what happens to an alert.
type step string

const (
	raised   step = "raised"
	reminded step = "reminded"
	resolved step = "resolved"
	went     step = "went" // it is no longer found; people are told when that lasts
	came     step = "came" // it is found again before anybody was told that it was over
)

type change struct {
	step
	Alert
}

// changes says what happens to the open alerts by what is found now.
func changes(found []Finding, open []Alert, now time.Time) (all []change) {
	is := map[[3]string]Finding{}
	for _, f := range found {
		is[f.key()] = f
	}
	known := map[[3]string]bool{}
	for _, a := range open {
		known[a.key()] = true
		f, still := is[a.key()]
		worse := still && f.Condition.adds() && f.Count > a.Count
		if still {
			a.Finding = f
		}
		switch told := since(a.ToldAt, now); {
		case still && (told >= remindAfter || worse && told >= worseAfter):
			all = append(all, change{reminded, a})
		case still && !a.GoneAt.IsZero():
			all = append(all, change{came, a})
		case still: // as it was
		case a.GoneAt.IsZero():
			all = append(all, change{went, a})
		case since(a.GoneAt, now) >= calm:
			all = append(all, change{resolved, a})
		}
	}
	for _, f := range found {
		if !known[f.key()] {
			all = append(all, change{raised, Alert{ID: hilft.NewID(), Finding: f}})
		}
	}
	return all
}

// since is how long ago something was. What has not come yet was written while the clock was wrong, and is as good as long
// ago: nobody waits until it comes.
func since(at, now time.Time) time.Duration {
	if at.After(now.Add(askew)) {
		return math.MaxInt64
	}
	return now.Sub(at)
}

// errOvertaken says that another node has looked since.
var errOvertaken = errors.New("another node has looked meanwhile")

// look finds what needs a person and writes down what that changes, with the messages that tell of it. One node does so
// at a time: what a slow one has seen counts no more when another has looked since.
func (w *Watch) look(ctx context.Context) error {
	mine, err := w.turn(ctx)
	if err != nil || mine == "" {
		return err
	}
	limits, err := w.Limits(ctx)
	if err != nil {
		return err
	}
	s, err := w.seen(ctx)
	if err != nil {
		return err
	}
	return w.settle(ctx, mine, findings(s, limits, w.DB.Now()))
}

// settle writes down what changes by what was found in a turn.
func (w *Watch) settle(ctx context.Context, mine string, found []Finding) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var now string
		if err := tx.Row(ctx, `SELECT value FROM watch WHERE what = 'look'`+tx.Lock(), nil, &now); err != nil {
			return err
		}
		if now != mine {
			return errOvertaken
		}
		open, err := alerts(ctx, tx, `WHERE resolved_at = 0 ORDER BY raised_at, id`)
		if err != nil {
			return err
		}
		told, err := targets(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range changes(found, open, tx.Now()) {
			if err := w.write(ctx, tx, c, told); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM alert WHERE resolved_at <> 0 AND resolved_at < ?`, store.Micros(tx.Now().Add(-alertKept)))
		return err
	})
	if errors.Is(err, errOvertaken) {
		return nil
	}
	return err
}

// turn takes this node's turn to look. Empty: somebody has looked just now.
func (w *Watch) turn(ctx context.Context) (mine string, err error) {
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		mine = hilft.NewID()
		now := tx.Now()
		n, err := tx.Exec(ctx, `INSERT INTO watch (what, value, at) VALUES ('look', ?, ?) ON CONFLICT (what) DO UPDATE SET value = excluded.value, at = excluded.at WHERE watch.at <= ? OR watch.at > ?`,
			mine, store.Micros(now), store.Micros(now.Add(-lookEvery)), store.Micros(now.Add(askew)))
		if err == nil && n == 0 {
			mine = ""
		}
		return err
	})
	return mine, err
}

// word is the argument of a hilft.JobAlert.
type word struct {
	ID     string `json:"id"` // the same however often it is told
	Alert  string `json:"alert"`
	Target string `json:"target"`
	Step   step   `json:"step"`
}

// write writes down one change, and the messages that tell of it.
func (w *Watch) write(ctx context.Context, tx *store.Tx, c change, targets []Target) error {
	data, err := json.Marshal(c.Finding)
	if err != nil {
		return err
	}
	now := store.Micros(tx.Now())
	switch c.step {
	case raised:
		_, err = tx.Exec(ctx, `INSERT INTO alert (id, brand_id, condition, subject, data, raised_at, told_at, gone_at, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
			c.ID, string(c.Brand), string(c.Condition), c.Subject, string(data), now, now)
	case reminded:
		_, err = tx.Exec(ctx, `UPDATE alert SET told_at = ?, gone_at = 0, data = ? WHERE id = ?`, now, string(data), c.ID)
	case resolved:
		_, err = tx.Exec(ctx, `UPDATE alert SET resolved_at = ? WHERE id = ?`, now, c.ID)
	case went:
		_, err = tx.Exec(ctx, `UPDATE alert SET gone_at = ? WHERE id = ?`, now, c.ID)
		return err
	case came: // its data stays what people were told: else nobody would hear that there is more of it
		_, err = tx.Exec(ctx, `UPDATE alert SET gone_at = 0 WHERE id = ?`, c.ID)
		return err
	case tried: // is asked for by a person, and changes no alert
		return nil
	}
	if err != nil {
		return err
	}
	var orders []jobs.Order
	for _, t := range targets {
		if c.Brand == "" || c.Brand == t.Brand {
			id := c.ID + "-" + string(c.step) + "-" + strconv.FormatInt(now, 36) + "-" + t.ID
			orders = append(orders, jobs.Order{Kind: hilft.JobAlert, Lane: "alert:" + t.ID, Args: word{ID: id, Alert: c.ID, Target: t.ID, Step: c.step}})
		}
	}
	if len(orders) > 0 {
		if err := w.Jobs.Enqueue(ctx, tx, orders...); err != nil {
			return err
		}
	}
	kind := hilft.EventAlertRaised
	if c.step == resolved {
		kind = hilft.EventAlertResolved
	}
	if c.step == reminded {
		return nil
	}
	return w.Jobs.Record(ctx, tx, jobs.Event{Kind: kind, Brand: c.Brand, Subject: c.ID, Data: map[string]string{"condition": string(c.Condition)}})
}

func alerts(ctx context.Context, tx *store.Tx, which string, args ...any) ([]Alert, error) {
	return store.All(ctx, tx, `SELECT id, brand_id, condition, subject, data, raised_at, told_at, gone_at, resolved_at FROM alert `+which, args,
		func(scan func(into ...any) error, a *Alert) error {
			var data string
			var raised, told, gone, resolved int64
			if err := scan(&a.ID, &a.Brand, &a.Condition, &a.Subject, &data, &raised, &told, &gone, &resolved); err != nil {
				return err
			}
			a.RaisedAt, a.ToldAt, a.GoneAt, a.ResolvedAt = store.Time(raised), store.Time(told), store.Time(gone), store.Time(resolved)
			return json.Unmarshal([]byte(data), &a.Finding)
		})
}

// Alerts lists what a brand should know of, the newest first: what is open, and behind it what was resolved lately.
func (w *Watch) Alerts(ctx context.Context, brand hilft.BrandID, most int) (all []Alert, err error) {
	err = w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = alerts(ctx, tx, `WHERE brand_id IN ('', ?) ORDER BY CASE WHEN resolved_at = 0 THEN 0 ELSE 1 END, raised_at DESC, id DESC LIMIT ?`, string(brand), most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("watch: alerts: %w", err)
	}
	return all, nil
}

// Open counts the open alerts of the house by condition.
func (w *Watch) Open(ctx context.Context) (map[Condition]int, error) {
	open := map[Condition]int{}
	err := w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := alerts(ctx, tx, `WHERE resolved_at = 0`)
		for _, a := range all {
			open[a.Condition]++
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("watch: open alerts: %w", err)
	}
	return open, nil
}

// Limits are what is watched for.
func (w *Watch) Limits(ctx context.Context) (Limits, error) {
	l := usual
	var text string
	err := w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT value FROM watch WHERE what = 'limits'`, nil, &text)
	})
	if store.IsNoRows(err) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &l)
	}
	if err != nil {
		return l, fmt.Errorf("watch: limits: %w", err)
	}
	return l, nil
}

// SetLimits says what is watched for. Invalid, with the field: a limit makes no sense.
func (w *Watch) SetLimits(ctx context.Context, l Limits) error {
	if err := l.checked(); err != nil {
		return err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO watch (what, value, at) VALUES ('limits', ?, ?) ON CONFLICT (what) DO UPDATE SET value = excluded.value, at = excluded.at`,
			string(text), store.Micros(tx.Now())); err != nil {
			return err
		}
		if err := access.Trail(ctx, tx, audit.WatchLimits, "", "", nil); err != nil {
			return err
		}
		return w.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventWatchChanged, Subject: "limits", Agent: access.Actor(ctx).ID, Data: l})
	})
	if err != nil {
		return fmt.Errorf("watch: limits: %w", err)
	}
	return nil
}
