// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	rawMax   = 1 << 20   // bytes of one delivery where the network's policy says nothing
	inRow    = 128 << 10 // larger bodies go to the blob folder
	keyMax   = 512       // bytes of a delivery's key
	shareMax = 256       // deliveries that share a commit
)

// Receive stores deliveries of an account durably before it returns. What was stored before, by its key, is left as it
// is. After an error nothing of the call is stored. TooLarge: a delivery is larger than its network's ever are.
func (s *Switchboard) Receive(ctx context.Context, id hilft.AccountID, raws ...channel.Raw) error {
	if len(raws) == 0 {
		return nil
	}
	rows, err := s.rows(ctx, id, raws)
	if err != nil {
		return fmt.Errorf("switchboard: receive: %w", err)
	}
	if err := s.receiver.put(ctx, rows); err != nil {
		return fmt.Errorf("switchboard: receive: %w", err)
	}
	faults.Point(faults.ReceiveDurable)
	return nil
}

// row is a delivery as it is stored.
type row struct {
	account hilft.AccountID
	raw     channel.Raw
	blob    string
}

func (s *Switchboard) rows(ctx context.Context, id hilft.AccountID, raws []channel.Raw) ([]row, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return nil, err
	}
	most := con.Describe().Policy.RawMax
	if most == 0 {
		most = rawMax
	}
	rows := make([]row, 0, len(raws))
	for _, raw := range raws {
		r := row{account: id, raw: raw}
		switch {
		case raw.Key == "" || len(raw.Key) > keyMax || !utf8.ValidString(raw.Key) || strings.ContainsRune(raw.Key, 0):
			return nil, hilft.Fail(hilft.Invalid, "delivery.bad_key", nil)
		case int64(len(raw.Body)) > most:
			return nil, hilft.Fail(hilft.TooLarge, "delivery.too_large", nil)
		case len(raw.Body) > inRow:
			ref, err := s.Blobs.Put(ctx, bytes.NewReader(raw.Body), most)
			if err != nil {
				return nil, err
			}
			r.blob, r.raw.Body = ref.Hash, nil
		}
		if r.raw.Body == nil {
			r.raw.Body = []byte{}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// insertRows stores deliveries and the jobs that read them. It returns how many are new.
func (s *Switchboard) insertRows(ctx context.Context, tx *store.Tx, rows []row) (fresh int, err error) {
	now := store.Micros(tx.Now())
	orders := make([]jobs.Order, 0, len(rows))
	stamp := map[hilft.AccountID]bool{}
	for len(rows) > 0 {
		n := chunk(len(rows))
		args := make([]any, 0, 6*n)
		lanes := make(map[[2]string]string, n)
		for _, r := range rows[:n] {
			args = append(args, string(r.account), r.raw.Key, r.raw.Kind, r.raw.Body, r.blob, now)
			lanes[[2]string{string(r.account), r.raw.Key}] = "in:" + string(r.account) + ":" + r.raw.Lane
			stamp[r.account] = true
		}
		err := tx.Rows(ctx, `INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error) VALUES `+
			strings.TrimSuffix(strings.Repeat(`(?,?,?,?,?,?,'new',''),`, n), ",")+` ON CONFLICT DO NOTHING RETURNING id, account_id, key`, args,
			func(scan func(into ...any) error) error {
				var id int64
				var key [2]string
				if err := scan(&id, &key[0], &key[1]); err != nil {
					return err
				}
				orders = append(orders, jobs.Order{Kind: hilft.JobIntake, Lane: lanes[key], Args: intakeArgs{Inbox: id}})
				return nil
			})
		if err != nil {
			return 0, err
		}
		rows = rows[n:]
	}
	if err := s.Jobs.Enqueue(ctx, tx, orders...); err != nil {
		return 0, err
	}
	for id := range stamp {
		if err := s.stampHeard(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return len(orders), nil
}

// chunk is how many rows one statement takes: few sizes, so that statements stay prepared.
func chunk(n int) int {
	for _, size := range []int{64, 16, 4} {
		if n >= size {
			return size
		}
	}
	return 1
}

// heardEvery is how exactly account.heard_at is kept.
const heardEvery = time.Second

func (s *Switchboard) stampHeard(ctx context.Context, tx *store.Tx, id hilft.AccountID) error {
	s.mu.Lock()
	old := s.heard[id]
	due := tx.Now().Sub(old) >= heardEvery
	if due {
		s.heard[id] = tx.Now()
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE account SET heard_at = ? WHERE id = ?`, store.Micros(tx.Now()), string(id))
	return err
}

// receiver gathers what is received at the same time, so that it shares a commit. It is what makes an acknowledgement
// durable and cheap at once.
type receiver struct {
	s     *Switchboard
	queue chan *reception
	quit  chan struct{}
	wg    sync.WaitGroup
	once  sync.Once
}

type reception struct {
	rows []row
	err  error
	done chan struct{}
}

func startReceiver(s *Switchboard) *receiver {
	r := &receiver{s: s, queue: make(chan *reception, shareMax), quit: make(chan struct{})}
	writers := 1
	if s.DB.Dialect() == store.Postgres {
		writers = 2
	}
	for range writers {
		r.wg.Go(r.run)
	}
	return r
}

func (r *receiver) stop() { r.once.Do(func() { close(r.quit) }); r.wg.Wait() }

var errClosed = hilft.Fail(hilft.Unavailable, "house.closing", errors.New("the switchboard is closed"))

func (r *receiver) put(ctx context.Context, rows []row) error {
	rec := &reception{rows: rows, done: make(chan struct{})}
	select {
	case <-r.quit:
		return errClosed
	default:
	}
	select {
	case r.queue <- rec:
	case <-ctx.Done():
		return hilft.Fail(hilft.Unavailable, "house.busy", ctx.Err()) // full: refused before it is accepted, never after
	case <-r.quit:
		return errClosed
	}
	<-rec.done
	return rec.err
}

func (r *receiver) run() {
	for {
		select {
		case first := <-r.queue:
			r.share(first)
		case <-r.quit:
			for {
				select {
				case rec := <-r.queue:
					rec.err = errClosed
					close(rec.done)
				default:
					return
				}
			}
		}
	}
}

func (r *receiver) share(first *reception) {
	batch := []*reception{first}
	n := len(first.rows)
gather:
	for n < shareMax {
		select {
		case rec := <-r.queue:
			batch = append(batch, rec)
			n += len(rec.rows)
		default:
			break gather
		}
	}
	if err := r.write(batch); err != nil && len(batch) > 1 {
		for _, rec := range batch { // one of them is bad: the others must not suffer for it
			rec.err = r.write([]*reception{rec})
		}
	} else {
		for _, rec := range batch {
			rec.err = err
		}
	}
	for _, rec := range batch {
		close(rec.done)
	}
}

func (r *receiver) write(batch []*reception) error {
	var rows []row
	for _, rec := range batch {
		rows = append(rows, rec.rows...)
	}
	return r.s.DB.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := r.s.insertRows(ctx, tx, rows); err != nil {
			return err
		}
		faults.Point(faults.ReceiveInserted)
		return nil
	})
}

// HookMost is how many bytes one request of an account's network may have.
func (s *Switchboard) HookMost(ctx context.Context, id hilft.AccountID) (int64, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return 0, err
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return 0, err
	}
	return max(rawMax, con.Describe().Policy.RawMax), nil
}

// Hook takes one request of a network. The answer may be given only when err is nil: then what the request brought is
// stored. Unauthenticated: it does not prove to be the network's; that is counted, and nothing of it is kept.
func (s *Switchboard) Hook(ctx context.Context, id hilft.AccountID, req channel.HookRequest) (channel.HookAnswer, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return channel.HookAnswer{}, err
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return channel.HookAnswer{}, err
	}
	hooker, ok := con.(channel.Hooker)
	if !ok {
		return channel.HookAnswer{}, hilft.Fail(hilft.NotFound, "account.no_hook", nil)
	}
	if a.State == hilft.AccountPaused {
		return channel.HookAnswer{}, hilft.Fail(hilft.Unavailable, "account.paused", nil)
	}
	answer, err := hooker.Hook(s.channel(a), req)
	if err != nil {
		return channel.HookAnswer{}, s.refused(ctx, id, err)
	}
	faults.Point(faults.HookVerified)
	if err := s.Receive(ctx, id, answer.Raws...); err != nil {
		return channel.HookAnswer{}, err
	}
	if a.State != hilft.AccountOK && len(answer.Raws) > 0 {
		s.setState(ctx, id, hilft.AccountOK, "")
	}
	return answer, nil
}

// refused counts a request that proved nothing, and says what a refusal means.
func (s *Switchboard) refused(ctx context.Context, id hilft.AccountID, cause error) error {
	if r, ok := errors.AsType[*channel.Rejected](cause); ok {
		return hilft.Fail(hilft.Invalid, "hook.bad_message", r)
	}
	if !errors.Is(cause, channel.ErrSignature) {
		return hilft.Fail(hilft.Invalid, "hook.unreadable", cause)
	}
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET refused = refused + 1 WHERE id = ?`, string(id))
		return err
	}); err != nil {
		s.Log.Error("counting a refused hook", "account_id", string(id), "err", err)
	}
	return hilft.Fail(hilft.Unauthenticated, "hook.signature", cause)
}
