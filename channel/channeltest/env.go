// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hilft/hilft/channel"
)

// NewEnv returns an environment for tests: a client and a dialer of its own that reach loopback, a log that goes to the
// test, the real clock, and an empty Mailbox. Change in it what a network needs otherwise.
func NewEnv(t testing.TB) channel.Env {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4}
	t.Cleanup(transport.CloseIdleConnections)
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return channel.Env{
		Log:  slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
		HTTP: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		Dial: func(ctx context.Context, network, address string) (channel.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		Now:       time.Now,
		PublicURL: "https://desk.example.org",
		Mailbox:   &Mailbox{},
	}
}

// Renew is a channel.Env's Renew over settings in memory, which it changes.
func Renew(kept channel.Settings) func(ctx context.Context, with channel.Renewal) (channel.Settings, error) {
	var mu sync.Mutex
	return func(ctx context.Context, with channel.Renewal) (channel.Settings, error) {
		mu.Lock()
		defer mu.Unlock()
		more, err := with(ctx, maps.Clone(kept))
		maps.Copy(kept, more)
		return maps.Clone(kept), err
	}
}

// Mailbox is a channel.Mailbox in memory: it stands where the connector meets the house. The zero value is empty and
// ready; it may be used by many goroutines.
type Mailbox struct {
	mu      sync.Mutex
	letters []Letter
	down    error
}

// Letter is one message that waits to be collected.
type Letter struct {
	ID     string
	Thread string
	Key    string
	Body   []byte
}

// Put keeps a message. The same key gives the same id, and what was kept first stays.
func (m *Mailbox) Put(ctx context.Context, thread, key string, body []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return "", m.down
	}
	for _, l := range m.letters {
		if l.Key == key {
			return l.ID, nil
		}
	}
	id := fmt.Sprintf("letter-%d", len(m.letters)+1)
	m.letters = append(m.letters, Letter{ID: id, Thread: thread, Key: key, Body: append([]byte(nil), body...)})
	return id, nil
}

// Letters returns what is kept, oldest first.
func (m *Mailbox) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Letter(nil), m.letters...)
}

// Break makes every Put fail with err, keeping nothing; nil makes it well again.
func (m *Mailbox) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}
