// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"

	"github.com/hilft/hilft"
)

// How many statements a connection to SQLite keeps ready. Texts that vary with their number of placeholders would grow
// them without end, and readers are several.
const (
	writerStatements = 1024
	readerStatements = 256
)

// session is a connection to SQLite with its prepared statements: to read and plan the text of a question takes longer
// than to answer most.
type session struct {
	conn  *sql.Conn
	ready map[string]*sql.Stmt
	most  int
}

func newSession(conn *sql.Conn, most int) *session {
	return &session{conn: conn, ready: map[string]*sql.Stmt{}, most: most}
}

// Planned is asked about every statement before SQLite prepares it. Tests set it, before any database is open, and find out how
// the statement would be answered.
var Planned func(ctx context.Context, conn *sql.Conn, query string) error

func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.ready[query]; ok {
		return st, nil
	}
	if Planned != nil {
		if err := Planned(ctx, s.conn, query); err != nil {
			return nil, err
		}
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(s.ready) >= s.most {
		for q, old := range s.ready {
			_ = old.Close()
			delete(s.ready, q)
			break
		}
	}
	s.ready[query] = st
	return st, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepare(ctx, query) //nolint:sqlclosecheck // kept ready; close closes them
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *session) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepare(ctx, query) //nolint:sqlclosecheck // kept ready; close closes them
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (s *session) close() {
	for _, st := range s.ready {
		_ = st.Close()
	}
	_ = s.conn.Close()
}

// abandon closes the connection itself, instead of leaving it to the next who asks for one.
func (s *session) abandon() {
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	s.close()
}

// lending are SQLite's readers, each lent to one at a time. Who comes last is lent what came back last, so that in quiet
// hours few of them keep anything.
type lending struct {
	pool *sql.DB
	may  chan struct{} // as many as there may be
	over chan struct{} // closed: nobody is lent any more

	close func() error // may be called again

	mu   sync.Mutex
	back []*session
}

func newLending(pool *sql.DB, most int) *lending {
	l := &lending{pool: pool, may: make(chan struct{}, most), over: make(chan struct{})}
	l.close = sync.OnceValue(l.end)
	return l
}

// lend runs fn on a session of its own. snapshot: all that fn asks is answered as of one moment.
func (l *lending) lend(ctx context.Context, snapshot bool, fn func(s *session) error) error {
	select {
	case l.may <- struct{}{}:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case <-l.over:
		return hilft.Fail(hilft.Unavailable, "database.closed", nil)
	}
	defer func() { <-l.may }()
	s, err := l.take(ctx)
	if err != nil {
		return unavailable(err)
	}
	whole := false // else fn panicked, or the connection may still be in the middle of something
	defer func() {
		if !whole {
			s.abandon()
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.back = append(l.back, s)
	}()
	if !snapshot {
		err = fn(s)
		whole = true
		return err
	}
	// Whoever asks may lose patience at any time. That must not leave a transaction behind of which nobody knows.
	unhurried := context.WithoutCancel(ctx)
	if _, err := s.exec(unhurried, "BEGIN"); err != nil {
		return unavailable(err)
	}
	err = fn(s)
	_, failed := s.exec(unhurried, "ROLLBACK")
	whole = failed == nil
	return err
}

func (l *lending) take(ctx context.Context) (*session, error) {
	if s := l.last(); s != nil {
		return s, nil
	}
	conn, err := l.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return newSession(conn, readerStatements), nil
}

// last is what came back last; nil: nothing is there.
func (l *lending) last() (s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.back); n > 0 {
		s, l.back = l.back[n-1], l.back[:n-1]
	}
	return s
}

// end waits for who still reads.
func (l *lending) end() error {
	close(l.over)
	for range cap(l.may) {
		l.may <- struct{}{}
	}
	for _, s := range l.back {
		s.close()
	}
	return l.pool.Close()
}
