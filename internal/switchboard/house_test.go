// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const brand = hilft.BrandID("nordnetz")

// house is one node: a switchboard with its queue, and above it somebody who only writes down what comes up.
type house struct {
	*Switchboard
	t     *testing.T
	net   *wire
	clock *storetest.Clock
	path  string // of the SQLite file

	mu    sync.Mutex
	told  []report                    // what the desk was told, in the order of the queue
	fails func(it channel.Item) error // what the room above says of an item
}

// report is what the desk was told, and by which job. Jobs of one lane end in order, but who did one may write it down here
// after who did the next.
type report struct {
	job int64
	channel.Report
}

// inHouse runs a test on both databases, with a clock that stands still.
func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			path := filepath.Join(t.TempDir(), "hilft.db")
			db := storetest.OnAt(t, name, path, clock.Now)
			keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "key"))
			require.NoError(t, err)
			test(t, node(t, db, keys, clock, newWire(), path))
		})
	}
}

// another is one more node of the same house, with a bus of its own: no wake-up reaches it.
func (h *house) another() *house { return node(h.t, h.DB, h.Keys, h.clock, h.net, h.path) }

func node(t *testing.T, db *store.DB, keys *access.Keys, clock *storetest.Clock, net *wire, path string) *house {
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	blobs, err := blob.Open(filepath.Join(filepath.Dir(path), "blobs"))
	require.NoError(t, err)
	h := &house{t: t, net: net, clock: clock, path: path}
	q := jobs.New(db, b, log)
	h.Switchboard = New(Deps{DB: db, Jobs: q, Bus: b, Blobs: blobs, Keys: keys, Connectors: []channel.Connector{net}, Log: log}, h)
	t.Cleanup(h.Close)
	q.HandleWork(hilft.JobDelivery, jobs.Terms{}, func(_ context.Context, tx *store.Tx, j jobs.Job) error {
		var r channel.Report
		if err := j.Read(&r); err != nil {
			return err
		}
		tx.After(func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			at, _ := slices.BinarySearchFunc(h.told, j.ID, func(r report, id int64) int { return cmp.Compare(r.job, id) })
			h.told = slices.Insert(h.told, at, report{j.ID, r})
		})
		return nil
	})
	return h
}

// Prepare and Take are the room above: an item's place is an event.
func (h *house) Prepare(_ context.Context, _ Source, it channel.Item) (Prepared, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fails != nil {
		return it, h.fails(it)
	}
	return it, nil
}

func (h *house) Take(ctx context.Context, tx *store.Tx, from Source, items ...Prepared) error {
	for _, p := range items {
		if err := h.Jobs.Record(ctx, tx, jobs.Event{Kind: "placed", Brand: from.Brand, Subject: p.(channel.Item).ID}); err != nil {
			return err
		}
	}
	return nil
}

// works lets the queue work until the test ends.
func (h *house) works() *house {
	h.background(h.Jobs.Run)
	return h
}

// listens lets the lines run until the test ends, or until stop.
func (h *house) listens() (stop func()) { return h.background(h.Run) }

func (h *house) background(run func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { run(ctx) })
	stop = func() { cancel(); wg.Wait() }
	h.t.Cleanup(stop)
	return stop
}

// forward moves the clock and wakes everybody, as another node would.
func (h *house) forward(d time.Duration) {
	h.clock.Forward(d)
	for _, kind := range []string{hilft.JobIntake, hilft.JobDeliver, hilft.JobDelivery} {
		h.Bus.Publish("hilft.job."+kind, nil)
	}
}

// await waits for a signal.
func (h *house) await(signal <-chan struct{}) {
	h.t.Helper()
	select {
	case <-signal:
	case <-time.After(90 * time.Second):
		h.t.Fatal("it never happened")
	}
}

// see waits for something to come true. When that takes long the clock goes on a little now and then: a job that met another
// of its lane is put off for a moment, and with a clock that stands still that moment never comes.
func (h *house) see(what string, ok func() bool) {
	h.t.Helper()
	n := 0
	require.Eventually(h.t, func() bool {
		if n++; n > 2000 && n%50 == 0 {
			h.forward(100 * time.Millisecond)
			h.later(time.Second)
		}
		return ok()
	}, 90*time.Second, 5*time.Millisecond, what)
}

func (h *house) connect(host string) Account {
	h.t.Helper()
	a, err := h.Connect(h.t.Context(), brand, "wire", "", channel.Settings{"host": host, "password": "geheim-4711"})
	require.NoError(h.t, err)
	return a
}

func (h *house) account(id hilft.AccountID) Account {
	h.t.Helper()
	h.dropped(id)
	a, err := h.Account(h.t.Context(), id)
	require.NoError(h.t, err)
	return a
}

func (h *house) stands(a Account, state hilft.AccountState) {
	h.t.Helper()
	h.see("the account is "+string(state), func() bool { return h.account(a.ID).State == state })
}

func (h *house) count(q string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.DB, q, args...)
}

// placed waits until so many items have their place, and tells which.
func (h *house) placed(n int) (ids []string) {
	h.t.Helper()
	h.see(fmt.Sprint(n, " items placed"), func() bool { return h.count(`SELECT COUNT(*) FROM event WHERE kind = 'placed'`) >= n })
	require.NoError(h.t, h.DB.Read(h.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		ids, err = store.All(ctx, tx, `SELECT subject FROM event WHERE kind = 'placed' ORDER BY id`, nil, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	require.Len(h.t, ids, n)
	return ids
}

// raw is a delivery of items.
func raw(key string, ids ...string) channel.Raw {
	var items []channel.Item
	for _, id := range ids {
		items = append(items, channel.Item{Kind: channel.Said, ID: id, At: time.Unix(1e9, 0), Visibility: hilft.Public, From: channel.Author{ID: "mira"}, Text: "Hello"})
	}
	b, err := json.Marshal(items)
	if err != nil {
		panic(err)
	}
	return channel.Raw{Key: key, Kind: "items", Body: b}
}

// says asks for the delivery of messages in one conversation.
func (h *house) says(a Account, lane string, ids ...string) {
	h.t.Helper()
	h.dispatch(a, lane, false, ids...)
}

func (h *house) dispatch(a Account, lane string, again bool, ids ...string) {
	h.t.Helper()
	for _, id := range ids {
		h.order(lane, channel.Dispatch{Brand: brand, Account: a.ID, Message: hilft.MessageID(id), Again: again, Out: channel.Outgoing{Key: id, Text: "Hello"}})
	}
}

// anew lets a message that came back go out once more, as another one to its network.
func (h *house) anew(a Account, lane, id string) {
	h.t.Helper()
	h.order(lane, channel.Dispatch{Brand: brand, Account: a.ID, Message: hilft.MessageID(id), Again: true, Anew: true, Out: channel.Outgoing{Key: id + "-again", Text: "Hello"}})
}

func (h *house) order(lane string, d channel.Dispatch) {
	h.t.Helper()
	require.NoError(h.t, h.DB.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDeliver, Lane: lane, Args: d})
	}))
}

// word is the last that the desk was told of a message.
func (h *house) word(id string) (last channel.Report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.told {
		if string(r.Message) == id {
			last = r.Report
		}
	}
	return last
}

func (h *house) hears(id string, d hilft.Delivery, reason string) channel.Report {
	h.t.Helper()
	h.see(fmt.Sprintf("%s is %s (%s)", id, d, reason), func() bool { w := h.word(id); return w.Delivery == d && w.Reason == reason })
	return h.word(id)
}

// at are the states that the desk was told of a message, in order.
func (h *house) at(id string) (all []hilft.Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.told {
		if string(r.Message) == id {
			all = append(all, r.Delivery)
		}
	}
	return all
}
