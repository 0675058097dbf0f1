// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Intake gives an item its place. It is the one thing that the switchboard asks of a room above it.
type Intake interface {
	// Prepare does what must not happen inside a transaction: it stores files. Its result goes to Take.
	Prepare(ctx context.Context, from Source, item channel.Item) (Prepared, error)
	// Take gives items their places, in their order, in the transaction that ends their deliveries.
	Take(ctx context.Context, tx *store.Tx, from Source, items ...Prepared) error
}

// Prepared is an item that is ready to be taken; only the intake looks into it.
type Prepared any

// Source is where an item comes from.
type Source struct {
	Account hilft.AccountID
	Brand   hilft.BrandID
	Network string
	Policy  channel.Policy
}

// Deps is what the switchboard works with.
type Deps struct {
	DB         *store.DB
	Jobs       *jobs.Jobs
	Bus        *bus.Bus
	Blobs      *blob.Folder
	Keys       *access.Keys
	Connectors []channel.Connector
	Env        channel.Env // Mailbox is set per account
	// Folders are those that what we receive ends up in. When their disks are nearly full, nothing more is received.
	Folders []string
	// OnwardAfter is how long an answer waits for somebody to collect it before it goes on in a letter; 0: it waits for them.
	OnwardAfter time.Duration
	Log         *slog.Logger
	Tracer      trace.Tracer // nil: nobody looks
}

// Switchboard runs the lines. It is safe for concurrent use.
type Switchboard struct {
	Deps
	intake     Intake
	connectors map[string]channel.Connector
	policies   map[string]channel.Policy // of Describe, which is too large to be asked for every delivery
	limits     map[string]channel.Limits
	node       string
	receiver   *receiver
	room       *room

	mu       sync.Mutex
	accounts map[hilft.AccountID]*entry // what is known of accounts, for a short time
	news     int                        // how often an account changed
	sending  map[hilft.AccountID]*sendLine
	turns    map[hilft.AccountID]*turns
	atIt     map[hilft.MessageID]chan struct{} // what this process is delivering; closed when that is over
	heard    map[hilft.AccountID]time.Time     // when account.heard_at was last written
	poke     chan struct{}

	received atomic.Int64                     // deliveries stored
	ended    map[hilft.Delivery]*atomic.Int64 // messages, by what became of them
}

// New makes the switchboard and takes over the jobs that are meant for it.
func New(d Deps, in Intake) *Switchboard {
	if d.Tracer == nil {
		d.Tracer = noop.NewTracerProvider().Tracer("")
	}
	s := &Switchboard{
		Deps: d, intake: in, node: hilft.NewID(), connectors: map[string]channel.Connector{}, policies: map[string]channel.Policy{}, limits: map[string]channel.Limits{},
		accounts: map[hilft.AccountID]*entry{}, sending: map[hilft.AccountID]*sendLine{}, turns: map[hilft.AccountID]*turns{}, atIt: map[hilft.MessageID]chan struct{}{}, heard: map[hilft.AccountID]time.Time{},
		poke:  make(chan struct{}, 1),
		ended: map[hilft.Delivery]*atomic.Int64{hilft.Sent: {}, hilft.Failed: {}, hilft.Unknown: {}},
	}
	for _, c := range d.Connectors {
		about := c.Describe()
		s.connectors[about.ID], s.policies[about.ID], s.limits[about.ID] = c, about.Policy, about.Limits
	}
	s.receiver = startReceiver(s)
	s.room = &room{folders: d.Folders, look: blob.SpaceAt}
	d.Jobs.HandleErrands(hilft.JobIntake, jobs.Terms{Workers: 4, Attempts: 20}, s.placeMany, s.place)
	d.Jobs.HandleErrand(hilft.JobDeliver, jobs.Terms{Workers: senders, Claim: senders, Lease: 2 * time.Minute, Attempts: 1 << 30, Base: 2 * time.Second, Most: 5 * time.Minute}, s.deliver)
	d.Jobs.HandleErrand(hilft.JobCanary, jobs.Terms{Attempts: 3}, s.sing)
	d.Jobs.HandleEnd(hilft.JobIntake, s.discarded)
	d.Jobs.HandleEnd(hilft.JobDeliver, s.undelivered)
	d.Jobs.HandleErrand(hilft.JobLook, jobs.Terms{Workers: 2, Lease: 2 * time.Minute, Attempts: 20}, s.lookAfter)
	return s
}

// Counts tells how many deliveries this process has stored, and what became of the messages whose delivery ended in it.
func (s *Switchboard) Counts() (received int64, ended map[hilft.Delivery]int64) {
	ended = map[hilft.Delivery]int64{}
	for state, n := range s.ended {
		ended[state] = n.Load()
	}
	return s.received.Load(), ended
}

// Networks describes every network that is built in, in a fixed order.
func (s *Switchboard) Networks() []channel.Description {
	all := make([]channel.Description, 0, len(s.Connectors))
	for _, c := range s.Connectors {
		all = append(all, c.Describe())
	}
	return all
}

// Close waits for what is being received and closes the lines used for sending.
func (s *Switchboard) Close() {
	s.receiver.stop()
	s.mu.Lock()
	idle := s.sending
	s.sending = map[hilft.AccountID]*sendLine{}
	s.mu.Unlock()
	for _, l := range idle {
		_ = l.line.Close()
	}
}
