// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
)

const (
	beatEvery = 5 * time.Second
	goneAfter = 6 * beatEvery // who has not been seen for so long does not run
	keptFor   = time.Hour     // and is forgotten
)

// node is this process among those that are the house, on a database that several may share. The table is only for
// people to look at: nobody's work depends on it.
type node struct {
	db      *store.DB
	log     *slog.Logger
	id      string
	machine string
	version string
	nats    bool
}

func newNode(db *store.DB, version string, nats bool, log *slog.Logger) *node {
	machine, err := os.Hostname()
	if err != nil {
		machine = "?"
	}
	return &node{db: db, log: log, id: hilft.NewID(), machine: machine, version: version, nats: nats}
}

// run shows that the process runs until the context ends.
func (n *node) run(ctx context.Context) {
	if n.db.Dialect() == store.SQLite {
		return // which has one process, and a lock that says so
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	warned := false
	for {
		others, err := n.beat(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			n.log.Warn("showing that this node runs", "err", err)
		case others > 0 && !n.nats && !warned:
			warned = true
			n.log.Warn("other nodes run, and no NATS carries wake-ups between them: each learns a second later what happened at the others; set nats_url", "others", others)
		}
		select {
		case <-ctx.Done():
			n.leave(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
	}
}

// beat tells also how many others run.
func (n *node) beat(ctx context.Context) (others int, err error) {
	err = n.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		if err := tx.Defer(ctx, `INSERT INTO node (id, machine, version, nats, made_at, seen_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
			n.id, n.machine, n.version, store.Bit(n.nats), store.Micros(now), store.Micros(now)); err != nil {
			return err
		}
		if err := tx.Defer(ctx, `DELETE FROM node WHERE seen_at < ?`, store.Micros(now.Add(-keptFor))); err != nil {
			return err
		}
		return tx.Row(ctx, `SELECT COUNT(*) FROM node WHERE id <> ? AND seen_at > ?`, []any{n.id, store.Micros(now.Add(-goneAfter))}, &others)
	})
	return others, err
}

func (n *node) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := n.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM node WHERE id = ?`, n.id)
		return err
	}); err != nil {
		n.log.Info("this node's leave is not written down; it is forgotten in a while", "err", err)
	}
}

// company is what people should know of the nodes that run: each as "machine version", and what does not fit together.
func company(ctx context.Context, db *store.DB) (names []string, misfit string, err error) {
	deaf := false
	versions := map[string]bool{}
	err = db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT machine, version, nats FROM node WHERE seen_at > ? ORDER BY machine, made_at`, []any{store.Micros(tx.Now().Add(-goneAfter))},
			func(scan func(into ...any) error) error {
				var machine, version string
				var nats int
				err := scan(&machine, &version, &nats)
				names, deaf, versions[version] = append(names, machine+" "+version), deaf || nats == 0, true
				return err
			})
	})
	var all []string
	if len(names) > 1 && deaf {
		all = append(all, "not all have NATS: each learns a second later what happened at the others; set nats_url everywhere")
	}
	if len(versions) > 1 {
		all = append(all, "they are of different versions: bring all to the same")
	}
	return names, strings.Join(all, "; "), err
}

// recogniseMedia makes sure, at every start, that the media folder is the one in which the files of this database lie. A
// folder that is not shared between nodes, or was not restored, would be found out when a customer's picture is missing.
func recogniseMedia(ctx context.Context, a *access.Access, f *blob.Folder, dir string) error {
	kept, err := a.Media(ctx)
	if err == nil && kept == "" {
		var word string
		if word, err = f.Mark(); err == nil {
			kept, err = a.KeepMedia(ctx, word)
		}
	}
	if err != nil {
		return err
	}
	return knowsMedia(dir, kept)
}

func knowsMedia(dir, kept string) error {
	word, file, err := blob.MarkOf(dir)
	if err == nil && word != kept {
		err = fmt.Errorf("%s is not the media folder of this database: every node needs the same one, on a disk that they share, and a restored database the one that belongs to it; "+
			"if its files are lost for good, write %s into %s and start again", dir, kept, file)
	}
	return err
}
