// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wire stands between the house and a Postgres server. It can be slow, cut, or lose one question or one answer.
type wire struct {
	t  *testing.T
	at net.Listener
	to string

	mu    sync.Mutex
	conns map[net.Conn]bool
	slow  time.Duration // before every question
	dead  bool          // nobody is let in
	n     int           // the question that is lost, counted down; 0: none
	late  bool          // it is answered, and the answer is lost
	name  string
	fired map[string]string
}

// newWire makes a wire to the server of a database URL, and returns the URL by way of it.
func newWire(t *testing.T, database string) (w *wire, byWire string) {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	w = &wire{t: t, to: u.Host, conns: map[net.Conn]bool{}, fired: map[string]string{}}
	w.at, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := w.at.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { w.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = w.at.Close()
		w.cut()
		serving.Wait()
	})
	u.Host = w.at.Addr().String()
	return w, u.String()
}

// carry carries one connection to its end.
func (w *wire) carry(house net.Conn) {
	defer func() { _ = house.Close() }()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if !w.keep(house, server) {
		return
	}
	defer w.forget(house, server)
	var answers sync.WaitGroup
	defer answers.Wait()
	lost := make(chan struct{}) // closed: the next answer does not arrive
	lose := sync.OnceFunc(func() { close(lost) })
	answers.Go(func() {
		defer func() { _ = house.Close() }()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if err != nil {
				return
			}
			select {
			case <-lost:
				return
			default:
			}
			if _, err := house.Write(b[:n]); err != nil {
				return
			}
		}
	})
	b := make([]byte, 64<<10)
	for first := true; ; first = false {
		n, err := house.Read(b)
		if err != nil {
			_ = server.Close()
			return
		}
		slow, drop, late := w.question(first)
		time.Sleep(slow)
		if drop {
			_ = server.Close()
			return
		}
		if late { // a long question has more to come before it is answered
			lose()
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
	}
}

// question is asked for each question: how long it is held up, and whether it or its answer is lost. What opens a
// connection is none.
func (w *wire) question(opens bool) (slow time.Duration, drop, late bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n > 0 && !opens {
		if w.n--; w.n == 0 {
			w.fired[w.name] = "questions lost"
			if w.late {
				w.fired[w.name] = "answers lost"
			}
			return w.slow, !w.late, w.late
		}
	}
	return w.slow, false, false
}

func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = true
	}
	return !w.dead
}

func (w *wire) forget(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

// cut cuts all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

// set makes the wire slow, or lets nobody in.
func (w *wire) set(slow time.Duration, dead bool) {
	w.mu.Lock()
	w.slow, w.dead = slow, dead
	w.mu.Unlock()
	if dead {
		w.cut()
	}
}

// trouble loses the n-th question, and every other time its answer.
func (w *wire) trouble() trouble {
	return trouble{
		order: func(n int, name string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.n, w.name, w.late = (n+1)/2, name, n%2 == 0
		},
		fired: func(name string) (string, bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			what, ok := w.fired[name]
			return what, ok
		},
		heal: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.n = 0
		},
	}
}
