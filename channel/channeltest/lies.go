// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Networks that are spoken to over HTTP answer strangely at times, and what stands between us and them more often: the
// request was done, and what comes back is not its answer. These tests need nothing of the stand-in, as they change its
// answers on the way. A connector that speaks no HTTP skips them.
var lieTests = func() (tests []test) {
	for _, l := range lies {
		tests = append(tests,
			test{"send, " + l.name, func(t *testing.T, b *bench) { sendLiedTo(t, b, l) }},
			test{"poll, " + l.name, func(t *testing.T, b *bench) { pollLiedTo(t, b, l) }},
			test{"look, " + l.name, func(t *testing.T, b *bench) { lookLiedTo(t, b, l) }})
	}
	// Who asks for what is gone gets the network's word for it; this is not that word.
	no := lie{name: "a page with 404", status: http.StatusNotFound, body: aPage}
	return append(tests, test{"look, " + no.name, func(t *testing.T, b *bench) { lookLiedTo(t, b, no) }})
}()

// lie is an answer in the place of the true one.
type lie struct {
	name   string
	status int                                               // 0: the true one
	body   func(ctx context.Context, truth []byte) io.Reader // what is read instead
	hangs  bool                                              // until the caller goes away
}

const page = "<!DOCTYPE html><html><head><title>Wartung</title></head><body>Wir sind gleich wieder da.</body></html>"

var lies = []lie{
	{name: "500", status: http.StatusInternalServerError, body: aPage},
	{name: "502", status: http.StatusBadGateway, body: aPage},
	{name: "504", status: http.StatusGatewayTimeout, body: aPage},
	{name: "a page with 200", status: http.StatusOK, body: aPage},
	{name: "half of it", body: func(_ context.Context, truth []byte) io.Reader { return bytes.NewReader(truth[:len(truth)/2]) }},
	{name: "broken off", body: func(_ context.Context, truth []byte) io.Reader {
		return io.MultiReader(bytes.NewReader(truth[:len(truth)/2]), failing{io.ErrUnexpectedEOF})
	}},
	{name: "without end", body: func(_ context.Context, truth []byte) io.Reader {
		return io.MultiReader(bytes.NewReader(truth[:len(truth)/2]), endless{})
	}},
	{name: "drop by drop", hangs: true, body: func(ctx context.Context, truth []byte) io.Reader {
		return io.MultiReader(bytes.NewReader(truth[:len(truth)/2]), stalled{ctx})
	}},
}

func aPage(context.Context, []byte) io.Reader { return strings.NewReader(page) }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// stalled is a body of which nothing more comes.
type stalled struct{ ctx context.Context } //nolint:containedctx // the request's, for as long as its body is read

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// liar is the way to the network: it carries requests there, and says something else than was answered.
type liar struct {
	way  http.RoundTripper
	lie  atomic.Pointer[lie] // nil: the truth
	told atomic.Int64
	read atomic.Int64 // bytes of lies that were read
	gets bool         // lies about reading; else about everything but
}

func (l *liar) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := l.way.RoundTrip(req)
	lie := l.lie.Load()
	if err != nil || lie == nil || l.gets != (req.Method == http.MethodGet) {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	l.told.Add(1)
	if lie.status != 0 {
		res.StatusCode, res.Status = lie.status, http.StatusText(lie.status)
		res.Header.Set("Content-Type", "text/html; charset=utf-8")
	}
	res.Header.Del("Content-Length")
	res.ContentLength = -1
	res.Body = io.NopCloser(&counted{lie.body(req.Context(), body), &l.read})
	return res, nil
}

// CloseIdleConnections closes those of the way.
func (l *liar) CloseIdleConnections() {
	if c, ok := l.way.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// readMost is how much of one answer a connector may read.
const readMost = 64 << 20

// lied puts a liar on the way to the network.
func (b *bench) lied(gets bool) *liar {
	l := &liar{way: b.env.HTTP.Transport, gets: gets}
	if l.way == nil {
		l.way = http.DefaultTransport
	}
	client := *b.env.HTTP
	client.Transport = l
	b.env.HTTP = &client
	return l
}

// soonFor is how long a call may take that is lied to.
func (b *bench) soonFor(t testing.TB, l lie) context.Context {
	t.Helper()
	if l.hangs {
		return within(t, brief)
	}
	return within(t, soon)
}

func sendLiedTo(t *testing.T, b *bench, l lie) {
	way := b.lied(false)
	line, item := b.asked(t, b.room())
	way.lie.Store(&l)
	quick(t, "Send", func() {
		_, err := line.Send(b.soonFor(t, l), b.answer(item, "key-lie", "Wir kümmern uns darum."))
		if way.told.Load() == 0 {
			return
		}
		if MeaningOf(err) != Open {
			broken(t, "ErrUnknownOutcome when the message may have gone out", "the network has it, the answer was %q, and Send says %q: %v", l.name, MeaningOf(err), err)
		}
	})
	if way.told.Load() == 0 {
		t.Skip("this network is not spoken to over HTTP")
	}
	require.Len(t, b.Arrived(t), 1, "one Send, one message at the network")
	way.bounded(t)
}

func pollLiedTo(t *testing.T, b *bench, l lie) {
	way := b.lied(true)
	p := b.poller(t)
	_, cursor := pollAll(t, p, "")
	id := b.Say(t, b.speech("mira", b.room()))
	way.lie.Store(&l)
	quick(t, "Poll", func() {
		batch, err := p.Poll(b.soonFor(t, l), cursor)
		if way.told.Load() == 0 {
			return
		}
		b.means(t, "Poll", err, Temporary)
		if len(batch.Raws) > 0 {
			broken(t, "Batch and cursor are stored in one transaction", "there is an error, and a batch of %d", len(batch.Raws))
		}
	})
	if way.told.Load() == 0 {
		t.Skip("this network is not read over HTTP")
	}
	way.bounded(t)
	way.lie.Store(nil)
	if raws, _ := pollAll(t, p, cursor); !b.tells(t, raws, id) {
		broken(t, afterCursor, "%s was said while the answers were lies (%s), and does not come afterwards", id, l.name)
	}
}

func lookLiedTo(t *testing.T, b *bench, l lie) {
	way := b.lied(true)
	look, have := b.seen(t)
	way.lie.Store(&l)
	quick(t, "Look", func() {
		raws, err := look.Look(b.soonFor(t, l), have)
		if way.told.Load() > 0 && (err == nil || len(raws) > 0) {
			broken(t, surelyGone, "the answers were lies (%s), and it says %d things, %v", l.name, len(raws), err)
		}
	})
	if way.told.Load() == 0 {
		t.Skip("this network is not read over HTTP")
	}
	way.bounded(t)
}

// bounded holds a connector to reading no more of an answer than it could need.
func (l *liar) bounded(t testing.TB) {
	t.Helper()
	if n := l.read.Load(); n > readMost {
		broken(t, "a connector bounds what it reads", "it read %d bytes of an answer without end", n)
	}
}
