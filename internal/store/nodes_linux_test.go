// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// A node vanishes from the network while its question is on the way: half has come, and nobody says that the rest will
// not. Others wait for the same row no longer than they wait for an answer.
func TestANodeThatVanishesInTheMiddleOfAQuestionDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	direct := storetest.PostgresURL(t)
	l := newLossyLink(t, direct)
	lost, other := storetest.Open(t, l.url, nil), storetest.Open(t, direct, nil)
	require.NoError(t, other.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, "p") }))
	defer close(l.over)
	go func() {
		_ = lost.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE person SET name = 'lost' WHERE id = 'p'`); err != nil {
				return err
			}
			l.lossy.Store(true)
			if err := tx.Defer(ctx, `UPDATE person SET name = 'still here' WHERE id = 'p'`); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE person SET name = ? WHERE id = 'p'`, strings.Repeat("x", 1<<10))
			return err
		})
	}()
	if err := <-l.lost; err != nil {
		t.Skipf("only who may repair connections can let one vanish: %v", err)
	}
	require.NoError(t, other.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE person SET name = 'in time' WHERE id = 'p'`)
		return err
	}))
	require.Equal(t, 1, storetest.Count(t, other, `SELECT COUNT(*) FROM person WHERE name = 'in time'`))
}

// lossyLink lies between a node and its database.
type lossyLink struct {
	url   string
	to    string
	lossy atomic.Bool // the next long question is lost halfway, with its connection, and neither end is told
	lost  chan error  // why it could not be
	over  chan struct{}
}

func newLossyLink(t *testing.T, database string) *lossyLink {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	at, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = at.Close() })
	l := &lossyLink{to: u.Host, lost: make(chan error, 1), over: make(chan struct{})}
	u.Host = at.Addr().String()
	l.url = u.String()
	go func() {
		for {
			node, err := at.Accept()
			if err != nil {
				return
			}
			go l.carry(node)
		}
	}()
	return l
}

func (l *lossyLink) carry(node net.Conn) {
	defer func() { _ = node.Close() }()
	var gone atomic.Bool
	server, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(node, server)
		if !gone.Load() {
			_ = node.Close()
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := node.Read(b)
		if err != nil {
			_ = server.Close()
			return
		}
		if n > 1<<10 && l.lossy.CompareAndSwap(true, false) {
			if _, err = server.Write(b[:n/2]); err == nil {
				gone.Store(true)
				err = vanish(server.(*net.TCPConn))
			}
			l.lost <- err
			<-l.over
			return
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
	}
}

// vanish closes a connection without telling the other end.
func vanish(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	taken := func(fd uintptr) bool { // else what the other end says to that is told that nobody is there
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		failed = err
		return err != nil || info.Unacked == 0
	}
	for is := false; !is && err == nil && failed == nil; runtime.Gosched() {
		err = raw.Control(func(fd uintptr) { is = taken(fd) })
	}
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_REPAIR, 1)
	}); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	return c.Close()
}
