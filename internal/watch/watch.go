// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
)

// Deps is what the room works with.
type Deps struct {
	DB          *store.DB
	Jobs        *jobs.Jobs
	Access      *access.Access
	Keys        *access.Keys
	Desk        *desk.Desk
	Switchboard *switchboard.Switchboard
	HTTP        *http.Client // guarded against private addresses
	Data, Media string       // folders
	NATS        bool         // wake-ups reach other nodes
	PublicURL   string
	Version     string
	// Backup tells of the last backup with all that belongs to the house. nil: nobody makes backups here.
	Backup func(ctx context.Context) (LastBackup, error)
	Log    *slog.Logger
}

// Watch is the room. It is safe for concurrent use.
type Watch struct {
	Deps
	node    string
	machine string
	began   time.Time
	commit  atomic.Int64 // microseconds of the last beat
}

// New makes the room and takes over the jobs that are meant for it.
func New(d Deps) *Watch {
	machine, err := os.Hostname()
	if err != nil {
		machine = "?"
	}
	w := &Watch{Deps: d, node: hilft.NewID(), machine: machine, began: d.DB.Now()}
	d.Jobs.HandleErrand(hilft.JobAlert, jobs.Terms{Workers: 2, Base: 5 * time.Second, Attempts: noMatterHowOften}, w.tell)
	d.Jobs.HandleErrand(hilft.JobLink, jobs.Terms{Workers: 2, Base: 5 * time.Second, Attempts: linkTries}, w.link)
	return w
}

// noMatterHowOften: an alert that is given up would be told of by another that takes the same way.
const noMatterHowOften = 1 << 30

const (
	beatEvery = 10 * time.Second
	lookEvery = 30 * time.Second // on one node of all
)

// Run shows that this process lives, and looks after the house, until the context ends.
func (w *Watch) Run(ctx context.Context) {
	if err := w.alone(ctx); err != nil && ctx.Err() == nil {
		w.Log.Warn("forgetting processes before this one", "err", err)
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	warned := false
	for {
		others, err := w.beat(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.Log.Warn("showing that this node lives", "err", err)
		case others > 0 && !w.NATS && !warned:
			warned = true
			w.Log.Warn("other nodes run, and no NATS carries wake-ups between them: each learns a second later what happened at the others; set nats_url", "others", others)
		}
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("looking after the house", "err", err)
		}
		select {
		case <-ctx.Done():
			w.leave(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
	}
}
