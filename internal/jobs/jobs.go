// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/store"
)

// Jobs is the queue. It is safe for concurrent use.
type Jobs struct {
	db      *store.DB
	bus     *bus.Bus
	log     *slog.Logger
	crews   map[string]*crew
	ends    map[string]End
	running bool

	seen   atomic.Int64 // the latest time by which this node has put off anything
	looked bool         // whether the latest of all nodes is among it
}

// New makes the queue; no job runs before Run.
func New(db *store.DB, b *bus.Bus, log *slog.Logger) *Jobs {
	return &Jobs{db: db, bus: b, log: log, crews: map[string]*crew{}, ends: map[string]End{}}
}

// Job is one piece of work.
type Job struct {
	ID      int64
	Kind    string
	Lane    string
	Key     string
	Args    json.RawMessage
	MadeAt  time.Time
	Attempt int // 1 the first time
}

// Read reads the job's arguments. Arguments that cannot be read make the job dead at once.
func (j Job) Read(into any) error {
	if err := json.Unmarshal(j.Args, into); err != nil {
		return Dead(fmt.Errorf("jobs: arguments of %s %d: %w", j.Kind, j.ID, err))
	}
	return nil
}

// Order is work to enqueue.
type Order struct {
	Kind  string
	Lane  string    // jobs of one lane run in order; empty: no order
	Key   string    // at most one job of a kind has this key at a time; empty: as many as you like
	Args  any       // becomes JSON
	RunAt time.Time // not before; zero: now. Only without a lane
}

// Enqueue writes jobs in the transaction of their cause. A job whose key is already there is left as it is.
func (q *Jobs) Enqueue(ctx context.Context, tx *store.Tx, orders ...Order) error {
	q.saw(tx.Now())
	kinds := map[string]bool{}
	rows := make([][]any, 0, len(orders))
	for _, o := range orders {
		args, err := json.Marshal(o.Args)
		if err != nil {
			return fmt.Errorf("jobs: enqueue %s: %w", o.Kind, err)
		}
		if o.Lane != "" && !o.RunAt.IsZero() {
			return fmt.Errorf("jobs: enqueue %s: a job for later has no lane", o.Kind)
		}
		at := o.RunAt
		if at.IsZero() {
			at = tx.Now()
		}
		rows = append(rows, []any{o.Kind, o.Lane, o.Key, string(args), store.Micros(tx.Now()), store.Micros(at), 0, 0, 0, "", 0})
		if !at.After(tx.Now()) { // for later: whoever sleeps looks at least once a second
			kinds[o.Kind] = true
		}
	}
	err := tx.Insert(ctx, `INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error, awaited)`, rows, `ON CONFLICT DO NOTHING`)
	if err != nil {
		return fmt.Errorf("jobs: enqueue: %w", err)
	}
	for kind := range kinds {
		q.wakeAfter(tx, kind)
	}
	return nil
}

// wakeSubject is where the bus tells crews on other nodes that there is work of a kind.
const wakeSubject = "hilft.job."

// wakeAfter tells the kind's crew, here and on other nodes, that there is work once it is durable.
func (q *Jobs) wakeAfter(tx *store.Tx, kind string) {
	tx.After(func() {
		if c, ok := q.crews[kind]; ok {
			c.wake()
		}
		q.bus.Publish(wakeSubject+kind, nil)
	})
}

// Cancel takes back jobs of a kind that have this key and are not being worked on. It tells how many.
func (q *Jobs) Cancel(ctx context.Context, tx *store.Tx, kind, key string) (int, error) {
	lanes, err := store.All(ctx, tx, `DELETE FROM job WHERE kind = ? AND key = ? AND key <> '' AND dead_at = 0 AND (claim = 0 OR run_at <= ?) RETURNING lane`,
		[]any{kind, key, store.Micros(tx.Now())}, func(scan func(into ...any) error, lane *string) error { return scan(lane) })
	if err != nil {
		return 0, fmt.Errorf("jobs: cancel: %w", err)
	}
	for _, lane := range lanes {
		if err := release(ctx, tx, lane); err != nil {
			return 0, err
		}
	}
	return len(lanes), nil
}

// Withdraw takes back all jobs of a kind, whoever has them and whether they are dead. It is for a house in which nobody is
// at work yet.
func (q *Jobs) Withdraw(ctx context.Context, tx *store.Tx, kind string) ([]Job, error) {
	all, err := store.All(ctx, tx, `DELETE FROM job WHERE kind = ? RETURNING id, kind, lane, key, args, made_at, attempt`, []any{kind},
		func(scan func(into ...any) error, j *Job) error {
			var made int64
			var args string
			err := scan(&j.ID, &j.Kind, &j.Lane, &j.Key, &args, &made, &j.Attempt)
			j.Args, j.MadeAt = json.RawMessage(args), store.Time(made)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("jobs: withdraw: %w", err)
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Compare(a.ID, b.ID) })
	for _, j := range all {
		if err := release(ctx, tx, j.Lane); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ErrLost says that the job's lease ended and somebody else has it: nothing this worker writes may count.
var ErrLost = errors.New("jobs: the job belongs to another worker now")

// later asks for the job to be run again without counting the attempt.
type later struct {
	at  time.Time
	err error
}

func (e *later) Error() string { return e.err.Error() }
func (e *later) Unwrap() error { return e.err }

// Later, returned by a handler, puts the job off until a time that the world gave us (a rate limit, a paused account).
// It is not a failure and does not use up an attempt.
func Later(at time.Time, why error) error { return &later{at, why} }

type dead struct{ err error }

func (e *dead) Error() string { return e.err.Error() }
func (e *dead) Unwrap() error { return e.err }

// Dead, returned by a handler, makes the job a dead letter at once: to try again would not help.
func Dead(err error) error { return &dead{err} }

// Letter is a dead job.
type Letter struct {
	Job
	DeadAt time.Time
	Error  string
}

// Letters lists the dead jobs, the newest first.
func (q *Jobs) Letters(ctx context.Context, most int) ([]Letter, error) {
	var all []Letter
	err := q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT id, kind, lane, key, args, made_at, attempt, dead_at, error FROM job WHERE dead_at <> 0 ORDER BY dead_at DESC, id DESC LIMIT ?`,
			[]any{most}, func(scan func(into ...any) error, l *Letter) error {
				var made, died int64
				var args string
				err := scan(&l.ID, &l.Kind, &l.Lane, &l.Key, &args, &made, &l.Attempt, &died, &l.Error)
				l.Args, l.MadeAt, l.DeadAt = json.RawMessage(args), store.Time(made), store.Time(died)
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: letters: %w", err)
	}
	return all, nil
}

// State is how much work of a kind there is.
type State struct {
	Kind    string
	Waiting int           // nobody's: due, held up by its lane, or for later
	Running int           // somebody's
	Oldest  time.Duration // since when the oldest of those that are due has been
	Dead    int
}

// States tells how the queue is doing, by kind.
func (q *Jobs) States(ctx context.Context) ([]State, error) {
	var all []State
	err := q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		now := store.Micros(tx.Now())
		all, err = store.All(ctx, tx, `SELECT kind,
				SUM(CASE WHEN dead_at = 0 AND (claim = 0 OR run_at <= ?) THEN 1 ELSE 0 END),
				SUM(CASE WHEN dead_at = 0 AND claim <> 0 AND run_at > ? THEN 1 ELSE 0 END),
				MIN(CASE WHEN dead_at = 0 AND run_at <= ? THEN run_at ELSE ? END),
				SUM(CASE WHEN dead_at <> 0 THEN 1 ELSE 0 END)
			FROM job GROUP BY kind ORDER BY kind`, []any{now, now, now, now},
			func(scan func(into ...any) error, s *State) error {
				var oldest int64
				err := scan(&s.Kind, &s.Waiting, &s.Running, &oldest, &s.Dead)
				s.Oldest = time.Duration(now-oldest) * time.Microsecond
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: states: %w", err)
	}
	return all, nil
}
