// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// End says, in the transaction that discards a dead job, what becomes of what the job was about.
type End func(ctx context.Context, tx *store.Tx, j Job) error

// HandleEnd says how a kind of job is discarded, where something waits for it. All kinds are named before Run.
func (q *Jobs) HandleEnd(kind string, e End) {
	if q.running || q.ends[kind] != nil {
		panic("jobs: the end of " + kind + " is named twice, or after Run")
	}
	q.ends[kind] = e
}

// Revive gives a dead job all its attempts again. Its lane has gone on without it. by is who asks. NotFound: there is no
// such dead job.
func (q *Jobs) Revive(ctx context.Context, by hilft.AgentID, id int64) error {
	n, err := q.revive(ctx, by, `id = ?`, id)
	if err == nil && n == 0 {
		err = hilft.Fail(hilft.NotFound, "job.not_found", nil)
	}
	return err
}

// ReviveAll is Revive for all dead jobs of a kind. It tells how many there were.
func (q *Jobs) ReviveAll(ctx context.Context, by hilft.AgentID, kind string) (int, error) {
	return q.revive(ctx, by, `kind = ?`, kind)
}

func (q *Jobs) revive(ctx context.Context, by hilft.AgentID, which string, arg any) (n int, err error) {
	err = q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := store.All(ctx, tx, `UPDATE job SET dead_at = 0, attempt = 0, error = '', run_at = ? WHERE dead_at <> 0 AND `+which+` RETURNING id, kind`,
			[]any{store.Micros(tx.Now()), arg}, func(scan func(into ...any) error, j *Job) error { return scan(&j.ID, &j.Kind) })
		if n = len(all); err != nil || n == 0 {
			return err
		}
		events := make([]Event, n)
		for i, j := range all {
			events[i] = Event{Kind: hilft.EventJobRevived, Subject: fmt.Sprint(j.ID), Agent: by, Data: map[string]string{"kind": j.Kind}}
		}
		q.wakeAfter(tx, all[0].Kind)
		if err := audit.Write(ctx, tx, audit.Entry{Who: by, What: audit.WorkRevived, About: fmt.Sprint(arg), Detail: audit.Detail{"kind": all[0].Kind, "many": fmt.Sprint(n)}}); err != nil {
			return err
		}
		return q.Record(ctx, tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("jobs: revive: %w", err)
	}
	return n, nil
}

// Discard ends a dead job undone, for good. What it was about is told so (HandleEnd), and that it happened, and who asked
// for it, is recorded. NotFound: there is no such dead job.
func (q *Jobs) Discard(ctx context.Context, by hilft.AgentID, id int64) error {
	err := q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var j Job
		var args string
		err := tx.Row(ctx, `DELETE FROM job WHERE id = ? AND dead_at <> 0 RETURNING id, kind, lane, key, args, attempt`, []any{id}, &j.ID, &j.Kind, &j.Lane, &j.Key, &args, &j.Attempt)
		if store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "job.not_found", nil)
		}
		if err != nil {
			return err
		}
		j.Args = json.RawMessage(args)
		if end := q.ends[j.Kind]; end != nil {
			if err := end(ctx, tx, j); err != nil {
				return err
			}
		}
		if err := audit.Write(ctx, tx, audit.Entry{Who: by, What: audit.WorkDiscarded, About: fmt.Sprint(id), Detail: audit.Detail{"kind": j.Kind}}); err != nil {
			return err
		}
		return q.Record(ctx, tx, Event{Kind: hilft.EventJobDiscarded, Subject: fmt.Sprint(id), Agent: by, Data: map[string]string{"kind": j.Kind}})
	})
	if err != nil {
		return fmt.Errorf("jobs: discard: %w", err)
	}
	return nil
}
