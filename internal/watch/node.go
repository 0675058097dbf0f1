// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
)

// Node is one process of the house.
type Node struct {
	ID      string
	Name    string // of its machine
	Version string
	NATS    bool // its wake-ups reach other nodes
	Began   time.Time
	Seen    time.Time
	Commit  time.Duration // its last small commit
	Data    blob.Space    // Total 0: not known
	Media   blob.Space    // Total 0: not known, or the same disk
}

// Lost tells whether the node has not been seen for so long that it is gone or cut off.
func (n Node) Lost(now time.Time) bool { return now.Sub(n.Seen) > lostAfter }

const (
	lostAfter   = 3 * beatEvery
	forgetAfter = time.Hour // a node that was killed is shown for so long
)

// beat writes down that this process lives, and how its disks and its last commit do. It tells how many others live.
func (w *Watch) beat(ctx context.Context) (others int, err error) {
	data, media := w.disks()
	began := time.Now()
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		if err := tx.Defer(ctx, `INSERT INTO node (id, machine, version, nats, made_at, seen_at, commit_us, data_free, data_total, media_free, media_total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, commit_us = excluded.commit_us, data_free = excluded.data_free, data_total = excluded.data_total,
				media_free = excluded.media_free, media_total = excluded.media_total`,
			w.node, w.machine, w.Version, store.Bit(w.NATS), store.Micros(w.began), store.Micros(now), w.commit.Load(), data.Free, data.Total, media.Free, media.Total); err != nil {
			return err
		}
		if err := tx.Defer(ctx, `DELETE FROM node WHERE seen_at < ?`, store.Micros(now.Add(-forgetAfter))); err != nil {
			return err
		}
		return tx.Row(ctx, `SELECT COUNT(*) FROM node WHERE id <> ? AND seen_at >= ?`, []any{w.node, store.Micros(now.Add(-lostAfter))}, &others)
	})
	if err == nil {
		w.commit.Store(time.Since(began).Microseconds())
	}
	return others, err
}

// disks looks at the disks of the folders. One that cannot be looked at is not known.
func (w *Watch) disks() (data, media blob.Space) {
	data, _ = blob.SpaceAt(w.Data)
	media, _ = blob.SpaceAt(w.Media)
	if media.Total == data.Total && media.Free/(64<<20) == data.Free/(64<<20) {
		media = blob.Space{}
	}
	return data, media
}

// alone forgets what processes before this one left, where there can only be one.
func (w *Watch) alone(ctx context.Context) error {
	if w.DB.Dialect() != store.SQLite {
		return nil
	}
	return w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM node WHERE id <> ?`, w.node)
		return err
	})
}

func (w *Watch) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM node WHERE id = ?`, w.node)
		return err
	}); err != nil {
		w.Log.Info("this node's leave is not written down; it is forgotten in a while", "err", err)
	}
}

// Nodes lists the processes that were seen lately, by machine.
func (w *Watch) Nodes(ctx context.Context) ([]Node, error) { return Nodes(ctx, w.DB) }

// Nodes lists the processes that were seen lately, by machine, to somebody who is none of them.
func Nodes(ctx context.Context, db *store.DB) (all []Node, err error) {
	err = db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT id, machine, version, nats, made_at, seen_at, commit_us, data_free, data_total, media_free, media_total FROM node ORDER BY machine, made_at, id`, nil,
			func(scan func(into ...any) error, n *Node) error {
				var nats int
				var began, seen, commit int64
				err := scan(&n.ID, &n.Name, &n.Version, &nats, &began, &seen, &commit, &n.Data.Free, &n.Data.Total, &n.Media.Free, &n.Media.Total)
				n.NATS, n.Began, n.Seen, n.Commit = nats != 0, store.Time(began), store.Time(seen), time.Duration(commit)*time.Microsecond
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("watch: nodes: %w", err)
	}
	return all, nil
}

// Misfit is what does not fit together between the processes of one house.
type Misfit struct {
	Deaf  bool // not all have NATS: each learns a second later what happened at the others
	Mixed bool // they are of different versions
}

// MisfitOf looks at those that are not lost.
func MisfitOf(all []Node, now time.Time) (m Misfit) {
	live, deaf, versions := 0, false, map[string]bool{}
	for _, n := range all {
		if !n.Lost(now) {
			live, deaf, versions[n.Version] = live+1, deaf || !n.NATS, true
		}
	}
	return Misfit{Deaf: live > 1 && deaf, Mixed: len(versions) > 1}
}
