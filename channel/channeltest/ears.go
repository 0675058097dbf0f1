// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

// ear is one way in which the connector hears its network.
type ear struct {
	name string
	// fetch returns what has come since its last call. A stream waits until the message want has come; the others have
	// it at once, or never.
	fetch func(t testing.TB, want string) []channel.Raw
}

// ears opens every way in which this connector can hear.
func (b *bench) ears(t testing.TB, line channel.Line) []ear {
	t.Helper()
	all := b.stillEars(line)
	if s, ok := line.(channel.Streamer); ok {
		all = append(all, b.streamEar(t, s, line))
	}
	require.NotEmpty(t, all, "the connector cannot hear")
	return all
}

// anEar opens one way to hear: a stream only where there is no other, for a stream keeps running.
func (b *bench) anEar(t testing.TB, line channel.Line) []ear {
	t.Helper()
	if still := b.stillEars(line); len(still) > 0 {
		return still[:1]
	}
	return b.ears(t, line)[:1]
}

// stillEars are the ways to hear that run only while they are asked.
func (b *bench) stillEars(line channel.Line) []ear {
	var all []ear
	if hooker, ok := b.con.(channel.Hooker); ok {
		all = append(all, ear{"hook", func(t testing.TB, _ string) []channel.Raw {
			t.Helper()
			var raws []channel.Raw
			for _, req := range b.Hooks(t) {
				answer, err := hooker.Hook(b.acc, req)
				require.NoError(t, err, "Hook refuses what the network signed")
				raws = append(raws, answer.Raws...)
			}
			return raws
		}})
	}
	if pushing, ok := b.Network.(Pushing); ok {
		all = append(all, ear{"push", func(t testing.TB, _ string) []channel.Raw { return pushing.Pushed(t) }})
	}
	if p, ok := line.(channel.Poller); ok {
		cursor := ""
		all = append(all, ear{"poll", func(t testing.TB, _ string) []channel.Raw {
			t.Helper()
			var raws []channel.Raw
			raws, cursor = pollAll(t, p, cursor)
			return raws
		}})
	}
	return all
}

// streamEar runs the stream until the test ends.
func (b *bench) streamEar(t testing.TB, s channel.Streamer, line channel.Line) ear {
	t.Helper()
	streaming, ok := b.Network.(Streaming)
	require.True(t, ok, "the connector has a stream, so its stand-in must be a Streaming")
	in := newIntray()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Stream(ctx, in) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(soon):
			broken(t, "Stream runs until the context ends", "it still runs %s later", soon)
		}
	})
	streaming.AwaitStream(t)

	cursor := ""
	return ear{"stream", func(t testing.TB, want string) []channel.Raw {
		t.Helper()
		var raws []channel.Raw
		deadline := time.After(soon)
		for {
			raws = append(raws, in.empty()...)
			if want == "" || b.tells(t, raws, want) {
				return raws
			}
			select {
			case <-in.news:
			case <-in.ask:
				p, ok := line.(channel.Poller)
				require.True(t, ok, "the stream asks for a Poll, and the line is no Poller")
				var polled []channel.Raw
				polled, cursor = pollAll(t, p, cursor)
				raws = append(raws, polled...)
			case err := <-ended:
				ended <- err
				require.Failf(t, "the stream has ended", "with %v", err)
			case <-deadline:
				require.Failf(t, "the stream is deaf", "%s was said and has not come within %s", want, soon)
			}
		}
	}}
}

// tells reports whether one of the deliveries is about the message id.
func (b *bench) tells(t testing.TB, raws []channel.Raw, id string) bool {
	t.Helper()
	for _, raw := range raws {
		for _, item := range b.translate(t, raw) {
			if item.ID == id {
				return true
			}
		}
	}
	return false
}

// hear fetches from every way, and returns what has come, each key once.
func (b *bench) hear(t testing.TB, ears []ear, want string) []channel.Raw {
	t.Helper()
	seen := map[string]bool{}
	var raws []channel.Raw
	for _, e := range ears {
		for _, raw := range e.fetch(t, want) {
			if !seen[raw.Key] {
				seen[raw.Key] = true
				raws = append(raws, raw)
			}
		}
	}
	return raws
}

// listen lets a customer speak and returns the item that came of it.
func (b *bench) listen(t testing.TB, ears []ear, s Speech) channel.Item {
	t.Helper()
	id := b.Say(t, s)
	for _, raw := range b.hear(t, ears, id) {
		for _, item := range b.translate(t, raw) {
			if item.ID == id && item.Kind == channel.Said {
				return item
			}
		}
	}
	require.Failf(t, "the connector is deaf", "a customer said %s, and no delivery tells it", id)
	return channel.Item{}
}

// translate reads a delivery of the network itself.
func (b *bench) translate(t testing.TB, raw channel.Raw) []channel.Item {
	t.Helper()
	items, err := translate(b.con, b.acc, raw)
	require.NoError(t, err, "Translate cannot read what the network itself sent")
	return items
}

// errPanic is what translate and Hook make of a panic.
var errPanic = errors.New("it panics")

func translate(con channel.Connector, acc channel.Account, raw channel.Raw) (items []channel.Item, err error) {
	defer recovered(&err)
	return con.Translate(acc, raw)
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errPanic, p)
	}
}

// pollAll polls until there is no more.
func pollAll(t testing.TB, p channel.Poller, cursor string) ([]channel.Raw, string) {
	t.Helper()
	var raws []channel.Raw
	for range 1000 {
		batch, err := p.Poll(within(t, soon), cursor)
		require.NoError(t, err, "Poll fails though the network is well")
		raws = append(raws, batch.Raws...)
		if batch.More && batch.Cursor == cursor {
			broken(t, "Batch.More asks to be called again at once, with the cursor behind the batch", "the cursor has not moved")
			return raws, batch.Cursor
		}
		cursor = batch.Cursor
		if !batch.More {
			return raws, cursor
		}
	}
	require.Fail(t, "a thousand polls, and Batch.More is still set")
	return nil, ""
}

// intray is a Receiver in memory.
type intray struct {
	mu   sync.Mutex
	raws []channel.Raw
	err  error
	news chan struct{} // something was taken
	ask  chan struct{} // a poll was asked for
}

func newIntray() *intray {
	return &intray{news: make(chan struct{}, 1), ask: make(chan struct{}, 1)}
}

// Take keeps deliveries, or refuses them with the error that was set.
func (in *intray) Take(_ context.Context, raws ...channel.Raw) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.raws = append(in.raws, raws...)
	}
	knock(in.news)
	return in.err
}

// PollNow notes that a poll was asked for.
func (in *intray) PollNow() { knock(in.ask) }

func (in *intray) empty() []channel.Raw {
	in.mu.Lock()
	defer in.mu.Unlock()
	raws := in.raws
	in.raws = nil
	return raws
}

func (in *intray) refuse(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.err = err
}

func knock(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
