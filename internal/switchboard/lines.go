// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	lineLease    = 15 * time.Second
	lineRenew    = 5 * time.Second
	pollFor      = 5 * time.Minute // one call of a Poll
	backoffLeast = time.Second
	backoffMost  = 2 * time.Minute
	steady       = time.Minute // a stream that held so long begins its backoff anew
)

// Run opens the lines of all accounts and looks after them until the context ends. A line is listened to by the node
// that holds its lease; each lease carries a fence, so that a node that slept cannot store what another has read on
// from.
func (s *Switchboard) Run(ctx context.Context) {
	cancel := s.Bus.Subscribe(accountSubject, func(_ string, id []byte) { s.dropped(hilft.AccountID(id)) })
	defer cancel()
	lines := map[hilft.AccountID]*line{}
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(lineRenew)
	defer tick.Stop()
	s.freeLeases(ctx)
	for {
		s.look(ctx, lines, &wg)
		if err := s.canaries(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("sending signs of life", "err", err)
		}
		select {
		case <-ctx.Done():
			for _, l := range lines {
				l.cancel()
			}
			wg.Wait()
			s.giveBack(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		case <-s.poke:
		}
	}
}

// freeLeases takes over at once what a process before us held, where there can only be one process.
func (s *Switchboard) freeLeases(ctx context.Context) {
	if s.DB.Dialect() != store.SQLite {
		return
	}
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET line_until = 0 WHERE line_until <> 0`)
		return err
	}); err != nil {
		s.Log.Error("taking over lines", "err", err)
	}
}

func (s *Switchboard) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET line_until = 0 WHERE line_node = ?`, s.node)
		return err
	}); err != nil {
		s.Log.Warn("giving lines back; their leases will end", "err", err)
	}
}

// line is an account that this node listens to.
type line struct {
	s      *Switchboard
	acc    Account
	stamp  string // what of the account it was opened with
	fence  int64
	until  time.Time // when its lease ends at the earliest, by what this node counts itself
	cancel context.CancelFunc
	poll   chan struct{}
	over   chan struct{} // closed when it listens no more
}

// ended tells whether the line listens no more.
func (l *line) ended() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}

// look renews the leases held, takes those that are free, and opens and closes lines accordingly.
func (s *Switchboard) look(ctx context.Context, lines map[hilft.AccountID]*line, wg *sync.WaitGroup) {
	var all []Account
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, accountColumns+`WHERE removed_at = 0 AND state NOT IN ('paused', 'sign_in') ORDER BY id`, nil, s.scanAccount)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("looking after lines", "err", err)
		}
		hangUp(lines)
		return
	}
	s.rest(all)
	wanted := map[hilft.AccountID]bool{}
	for _, a := range all {
		con, ok := s.connectors[a.Network]
		if !ok || !listens(con.Describe()) || a.State == hilft.AccountSignIn {
			continue
		}
		l, open := lines[a.ID]
		// Asked before the lease: a line that ended has written down why, and the lease is not given for what needs a
		// person. Else it would be opened again by what was read of its account before.
		on := open && !l.ended()
		until := time.Now().Add(lineLease)
		fence, err := s.lease(ctx, a.ID)
		if err != nil {
			if ctx.Err() == nil {
				s.Log.Error("leasing a line", "account_id", string(a.ID), "err", err)
			}
			wanted[a.ID] = open && time.Now().Before(l.until)
			continue
		}
		if fence == 0 {
			continue // another node has it, or it needs a person
		}
		wanted[a.ID] = true
		if on && l.stamp == stampOf(a) && l.fence == fence {
			l.until = until
			continue
		}
		if open {
			l.cancel()
		}
		l = s.open(ctx, con, a, fence, wg)
		l.until = until
		lines[a.ID] = l
	}
	for id, l := range lines {
		if !wanted[id] {
			l.cancel()
			delete(lines, id)
		}
	}
}

// hangUp closes the lines whose leases have ended because this node could not renew them: by now another may have them.
// What such a line would still store is refused in any case.
func hangUp(lines map[hilft.AccountID]*line) {
	for id, l := range lines {
		if !time.Now().Before(l.until) {
			l.cancel()
			delete(lines, id)
		}
	}
}

// rest closes lines for sending whose account was removed, paused or changed.
func (s *Switchboard) rest(all []Account) {
	stamps := make(map[hilft.AccountID]string, len(all))
	for _, a := range all {
		stamps[a.ID] = stampOf(a)
	}
	var idle []*sendLine
	s.mu.Lock()
	for id, l := range s.sending {
		if stamps[id] == l.stamp {
			continue
		}
		delete(s.sending, id)
		if l.old = true; l.users == 0 {
			idle = append(idle, l)
		}
	}
	s.mu.Unlock()
	for _, l := range idle {
		_ = l.line.Close()
	}
}

func listens(d channel.Description) bool {
	return d.Can.Poll != channel.No || d.Can.Stream != channel.No
}

// stampOf changes when a line has to be opened anew: whenever an administrator has changed its account, which is sealed
// anew each time.
func stampOf(a Account) string { return string(a.sealed) }

// lease takes or renews the right to listen to an account. 0: another node has it, or it is not to be listened to. No
// lease runs longer than leases do: one that seems to was taken by a clock that has been set back since.
func (s *Switchboard) lease(ctx context.Context, id hilft.AccountID) (fence int64, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		err := tx.Row(ctx, `UPDATE account SET line_fence = line_fence + CASE WHEN line_node = ? AND line_until > ? THEN 0 ELSE 1 END, line_node = ?, line_until = ?
			WHERE id = ? AND (line_node = ? OR line_until NOT BETWEEN ? AND ?) AND removed_at = 0 AND state NOT IN ('paused', 'sign_in') RETURNING line_fence`,
			[]any{s.node, now, s.node, store.Micros(tx.Now().Add(lineLease)), string(id), s.node, now + 1, store.Micros(tx.Now().Add(2 * lineLease))}, &fence)
		if store.IsNoRows(err) {
			fence, err = 0, nil
		}
		return err
	})
	return fence, err
}

func (s *Switchboard) open(ctx context.Context, con channel.Connector, a Account, fence int64, wg *sync.WaitGroup) *line {
	ctx, cancel := context.WithCancel(ctx)
	l := &line{s: s, acc: a, stamp: stampOf(a), fence: fence, cancel: cancel, poll: make(chan struct{}, 1), over: make(chan struct{})}
	wg.Go(func() {
		defer close(l.over)
		defer cancel()
		l.run(ctx, con)
	})
	return l
}

// run keeps the line open, with backoff, until the context ends or an administrator is needed.
func (l *line) run(ctx context.Context, con channel.Connector) {
	for n := 1; ctx.Err() == nil; n++ {
		began := time.Now()
		err := l.listen(ctx, con)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			n = 1
		}
		if errors.Is(err, errFenced) {
			return // the other node looks after it; should that end, it is opened anew
		}
		if l.trouble(ctx, err); errors.Is(err, channel.ErrSignIn) {
			return // it is opened again when somebody has signed in
		}
		if !pause(ctx, wait(err, n, l.s.DB.Now())) {
			return
		}
	}
}

// trouble writes down why a line does not work.
func (l *line) trouble(ctx context.Context, err error) {
	state, reason := hilft.AccountTrouble, clipWhy(err)
	if errors.Is(err, channel.ErrSignIn) {
		state, reason = hilft.AccountSignIn, channel.ReasonSignIn
	} else if _, ok := errors.AsType[*channel.RateLimited](err); ok {
		reason = channel.ReasonRateLimit
	}
	l.s.Log.Warn("a line does not work", "account_id", string(l.acc.ID), "network", l.acc.Network, "state", string(state), "err", err)
	l.s.setState(ctx, l.acc, state, reason)
}

func clipWhy(err error) string {
	s := err.Error()
	return cleanWhy(s[:min(len(s), 300)])
}

// guard keeps a connector that panics from ending the house.
func (s *Switchboard) guard(a Account, verb string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("a connector panicked", "network", a.Network, "account_id", string(a.ID), "verb", verb, "panic", hilft.Panicked(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("%s panicked", verb)
		}
	}()
	return call()
}

// wait is how long to leave a network alone after an error.
func wait(err error, n int, now time.Time) time.Duration {
	if r, ok := errors.AsType[*channel.RateLimited](err); ok {
		if d := min(r.Until.Sub(now), limitMost); d > 0 {
			return d + rand.N(d/10+time.Second)
		}
	}
	return jobs.Backoff(n, backoffLeast, backoffMost)
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// listen opens the line and hears until something fails. A stream that breaks is not the end: what it might have missed
// is polled for, which is also why every stream and every hook has a poll beside it.
func (l *line) listen(ctx context.Context, con channel.Connector) error {
	var open channel.Line
	err := l.s.guard(l.acc, "Open", func() (err error) {
		open, err = con.Open(ctx, l.s.channel(l.acc), l.s.env(l.acc))
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }()
	if lim, ok := open.(channel.Limiter); ok {
		if err := l.limits(ctx, lim); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	p, polls := open.(channel.Poller)
	if polls {
		wg.Go(func() { cancel(l.polls(ctx, p, con.Describe().Policy.PollEvery)) })
	} else {
		l.s.setState(ctx, l.acc, hilft.AccountOK, "")
	}
	if st, ok := open.(channel.Streamer); ok {
		wg.Go(func() {
			if err := l.streams(ctx, st, polls); err != nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	_ = open.Close() // whoever waits on the network wakes up
	wg.Wait()
	return context.Cause(ctx)
}

func (l *line) limits(ctx context.Context, lim channel.Limiter) error {
	var limits channel.Limits
	lctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	err := l.s.guard(l.acc, "Limits", func() (err error) {
		limits, err = lim.Limits(lctx)
		return err
	})
	if err != nil {
		return err
	}
	if limits == l.acc.Limits {
		return nil
	}
	l.acc.Limits = limits
	return l.s.saveLimits(ctx, l.acc.ID, limits)
}

// polls asks for what is new: now, when a stream says so, and from time to time whatever a stream says.
func (l *line) polls(ctx context.Context, p channel.Poller, every time.Duration) error {
	if every == 0 {
		every = time.Minute
	}
	for {
		for {
			more, err := l.pollOnce(ctx, p)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		l.s.setState(ctx, l.acc, hilft.AccountOK, "")
		t := time.NewTimer(every - every/10 + rand.N(every/5+1))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-l.poll:
			t.Stop()
		case <-t.C:
		}
	}
}

// errFenced says that another node listens to the account now.
var errFenced = errors.New("another node listens to this account")

func (l *line) pollOnce(ctx context.Context, p channel.Poller) (more bool, err error) {
	if err := l.s.room.left(); err != nil {
		return false, err // what is not fetched stays at the network
	}
	var cursor string
	err = l.s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT cursor FROM account WHERE id = ?`, []any{string(l.acc.ID)}, &cursor)
	})
	if err != nil {
		return false, err
	}
	pctx, cancel := context.WithTimeout(ctx, pollFor)
	var b channel.Batch
	err = l.s.guard(l.acc, "Poll", func() (err error) {
		b, err = p.Poll(pctx, cursor)
		return err
	})
	cancel()
	if err != nil {
		return false, err
	}
	rows, err := l.s.rows(ctx, l.acc.ID, b.Raws, keepBad)
	if err != nil {
		return false, err
	}
	err = l.s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE account SET cursor = ?, polled_at = ? WHERE id = ? AND line_node = ? AND line_fence = ? AND cursor = ?`,
			cleanWhy(b.Cursor), store.Micros(tx.Now()), string(l.acc.ID), l.s.node, l.fence, cursor)
		if err != nil {
			return err
		}
		if n == 0 {
			return errFenced
		}
		return l.s.insertRows(ctx, tx, rows)
	})
	if err == nil {
		l.s.received.Add(int64(len(rows)))
	}
	return b.More && b.Cursor != cursor, err // more of the same is no more
}

// streams hears what is new as it happens. It returns only what ends the line as a whole: without a poll beside it,
// everything does.
func (l *line) streams(ctx context.Context, st channel.Streamer, polled bool) error {
	for n := 1; ; n++ {
		began := time.Now()
		err := l.s.guard(l.acc, "Stream", func() error { return st.Stream(ctx, ear{l}) })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		if err == nil {
			err = errors.New("the stream ended")
		}
		if !polled || errors.Is(err, channel.ErrSignIn) {
			return err
		}
		if time.Since(began) > steady {
			n = 1
		}
		l.s.Log.Info("a stream broke; polling goes on", "account_id", string(l.acc.ID), "network", l.acc.Network, "err", err)
		ear{l}.PollNow()
		if !pause(ctx, wait(err, n, l.s.DB.Now())) {
			return nil
		}
		ear{l}.PollNow() // again: for what came while nobody listened
	}
}

// ear is where a stream puts what it hears.
type ear struct{ l *line }

func (e ear) Take(ctx context.Context, raws ...channel.Raw) error {
	return e.l.s.receive(ctx, e.l.acc.ID, keepBad, raws)
}

func (e ear) PollNow() {
	select {
	case e.l.poll <- struct{}{}:
	default:
	}
}
