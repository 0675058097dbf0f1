// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	outMax = 4096 // wake-ups on their way out; more than that means that NATS is stuck
	inMax  = 1024 // wake-ups that one subscriber has not yet looked at
)

// Options say which NATS to use.
type Options struct {
	URL string       // of an external cluster, several separated by commas; empty: a server inside this process
	Log *slog.Logger // must be set
}

// Bus carries wake-ups. Its methods may be called by many goroutines at once.
type Bus struct {
	log    *slog.Logger
	server *server.Server // nil with an external cluster

	out     chan wakeUp
	changed chan struct{} // there is something in asked
	ready   chan struct{} // closed by the first connection
	gone    chan struct{} // closed when the connection will never come back: after Close
	end     context.CancelFunc
	pump    sync.WaitGroup // the one goroutine that touches the connection
	callers sync.WaitGroup // one goroutine a subscription

	mu     sync.Mutex
	asked  []func(*nats.Conn) // subscriptions to begin and to end
	closed bool

	connected atomic.Bool
	published atomic.Uint64
	dropped   atomic.Uint64
}

type wakeUp struct {
	subject string
	data    []byte
}

// Health is how the bus is doing.
type Health struct {
	Embedded  bool
	Connected bool
	Published uint64 // wake-ups handed to NATS since Open
	Dropped   uint64 // wake-ups that were not
}

// Open starts the embedded server and connects to it, or begins to connect to an external cluster and returns without
// waiting for it. The context bounds the start only. A URL that makes no sense is an error of kind Invalid.
func Open(ctx context.Context, o Options) (*Bus, error) {
	b := &Bus{
		log:     o.Log,
		out:     make(chan wakeUp, outMax),
		changed: make(chan struct{}, 1),
		ready:   make(chan struct{}),
		gone:    make(chan struct{}),
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	b.end = end

	options := b.options(life)
	urls, err := addresses(o.URL)
	if err == nil && urls == "" {
		if b.server, err = embed(); err == nil {
			options = append(options, nats.InProcessServer(b.server))
		}
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("bus: open: %w", err)
	}

	b.pump.Go(func() { b.run(life, urls, options) })
	if b.server != nil {
		select {
		case <-b.ready:
		case <-ctx.Done():
			b.Close()
			return nil, fmt.Errorf("bus: open: %w", context.Cause(ctx))
		}
	}
	return b, nil
}

// Publish sends a wake-up to everybody who has subscribed to its subject, here and on the other nodes. It never waits
// and never fails: what cannot go out is dropped and counted. The data is copied.
func (b *Bus) Publish(subject string, data []byte) {
	select {
	case b.out <- wakeUp{subject, slices.Clone(data)}:
	default:
		b.dropped.Add(1)
	}
}

// Subscribe calls fn for every wake-up on subject, one at a time, until cancel or Close. It does not wait for the
// network, but what this bus publishes after Subscribe returned is heard. While fn takes its time wake-ups queue up,
// and are lost when there are too many. After cancel no call begins; one that had begun may still run. Close waits
// for it, so fn must not call Close.
func (b *Bus) Subscribe(subject string, fn func(subject string, data []byte)) (cancel func()) {
	in := make(chan *nats.Msg, inMax)
	done := make(chan struct{})
	var sub *nats.Subscription // touched by the pump only

	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return func() {}
	}
	b.callers.Go(func() { call(in, done, b.gone, fn) })
	b.ask(func(nc *nats.Conn) {
		var err error
		if sub, err = nc.ChanSubscribe(subject, in); err != nil {
			b.log.Error("bus: subscribe", "subject", subject, "err", err)
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ask(func(*nats.Conn) {
			if sub != nil {
				_ = sub.Unsubscribe() // fails on a closed connection, which has no subscriptions
			}
		})
	})
}

// Health tells how the bus is doing. A bus without a connection is degraded, not broken.
func (b *Bus) Health() Health {
	return Health{
		Embedded:  b.server != nil,
		Connected: b.connected.Load(),
		Published: b.published.Load(),
		Dropped:   b.dropped.Load(),
	}
}

// Close ends all subscriptions and waits for the calls under way. Wake-ups that are still on their way out are lost. It
// may be called twice.
func (b *Bus) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.end()
	b.pump.Wait()
	b.callers.Wait()
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

// ask leaves something for the pump to do with the connection. The caller holds b.mu.
func (b *Bus) ask(do func(*nats.Conn)) {
	b.asked = append(b.asked, do)
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// run owns the connection. The client library holds its lock while it resolves names, connects and writes; that
// nobody else calls it is what keeps Publish and Subscribe from ever waiting for the network.
func (b *Bus) run(ctx context.Context, urls string, options []nats.Option) {
	defer close(b.gone)
	nc, err := nats.Connect(urls, options...)
	if err != nil {
		// Only options that contradict each other end up here: a server that cannot be reached is tried again.
		b.log.Error("bus: connect", "err", err)
		return
	}
	defer nc.Close()
	if !nc.IsConnected() {
		b.log.Warn("bus: nothing answers, trying again", "err", nc.LastError())
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.changed:
			b.doAsked(nc)
		case w := <-b.out:
			b.doAsked(nc) // first: who subscribed before this was published must hear it
			if err := nc.Publish(w.subject, w.data); err != nil {
				b.dropped.Add(1)
			} else {
				b.published.Add(1)
			}
		}
	}
}

func (b *Bus) doAsked(nc *nats.Conn) {
	b.mu.Lock()
	asked := b.asked
	b.asked = nil
	b.mu.Unlock()
	for _, do := range asked {
		do(nc)
	}
}

// call hands one subscription's wake-ups to fn until done or gone.
func call(in <-chan *nats.Msg, done, gone <-chan struct{}, fn func(string, []byte)) {
	for {
		select {
		case <-done:
			return
		case <-gone:
			return
		case m := <-in:
			select { // a closed channel wins over one that has something
			case <-done:
				return
			default:
			}
			fn(m.Subject, m.Data)
		}
	}
}
