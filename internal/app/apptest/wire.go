// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// Wire is the way from a node to a server, such as its database, that can be cut, and can swallow everything. It is safe
// for concurrent use.
type Wire struct {
	at net.Listener
	to string

	mu    sync.Mutex
	state WireState
	conns map[net.Conn]struct{}
	all   sync.WaitGroup
}

// WireState is how a wire is.
type WireState int

const (
	Whole  WireState = iota
	Cut              // connections end, and new ones are refused
	Silent           // connections stand, and nothing comes through
)

// OpenWire opens a wire to a server, "host:port".
func OpenWire(to string) (*Wire, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("apptest: wire: %w", err)
	}
	w := &Wire{at: at, to: to, conns: map[net.Conn]struct{}{}}
	w.all.Go(w.accept)
	return w, nil
}

// Addr is where the wire begins.
func (w *Wire) Addr() string { return w.at.Addr().String() }

// Set changes how the wire is. What it swallowed is gone, so connections that were silent end when it is whole again.
func (w *Wire) Set(s WireState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
	if s == Silent {
		return
	}
	for c := range w.conns {
		_ = c.Close()
	}
}

// Close ends the wire.
func (w *Wire) Close() {
	_ = w.at.Close()
	w.Set(Cut)
	w.all.Wait()
}

func (w *Wire) is() WireState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

func (w *Wire) accept() {
	for {
		near, err := w.at.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil || !w.keep(near, far) {
			_ = near.Close()
			if far != nil {
				_ = far.Close()
			}
			continue
		}
		w.all.Go(func() { w.carry(near, far) })
		w.all.Go(func() { w.carry(far, near) })
	}
}

func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == Cut {
		return false
	}
	for _, c := range conns {
		w.conns[c] = struct{}{}
	}
	return true
}

func (w *Wire) carry(from, to net.Conn) {
	defer func() {
		_, _ = from.Close(), to.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, from)
	}()
	_, _ = io.Copy(swallowing{w, to}, from)
}

// swallowing passes on what is written unless the wire is silent.
type swallowing struct {
	w  *Wire
	to net.Conn
}

func (s swallowing) Write(p []byte) (int, error) {
	if s.w.is() == Silent {
		return len(p), nil
	}
	return s.to.Write(p)
}
