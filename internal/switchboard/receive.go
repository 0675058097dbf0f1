// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

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
	return s.receive(ctx, id, refuseBad, raws)
}

// bad says what becomes of deliveries that are too large or have no proper key. Whoever calls us is refused; what we
// fetched ourselves is kept among those that cannot be read, for one bad delivery must not hold up all behind it.
type bad bool

const (
	refuseBad bad = false
	keepBad   bad = true
)

func (s *Switchboard) receive(ctx context.Context, id hilft.AccountID, b bad, raws []channel.Raw) (err error) {
	if len(raws) == 0 {
		return nil
	}
	ctx, span := s.Tracer.Start(ctx, "store", trace.WithAttributes(attribute.String("account_id", string(id)), attribute.Int("deliveries", len(raws))))
	defer func() { endSpan(span, err) }()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("switchboard: receive: %w", hilft.Fail(hilft.Unavailable, "house.busy", err))
	}
	if err := s.room.left(); err != nil {
		return fmt.Errorf("switchboard: receive: %w", err)
	}
	rows, err := s.rows(ctx, id, raws, b)
	if err != nil {
		return fmt.Errorf("switchboard: receive: %w", err)
	}
	if err := s.receiver.put(ctx, rows); err != nil {
		return fmt.Errorf("switchboard: receive: %w", err)
	}
	faults.Point(faults.ReceiveDurable)
	s.received.Add(int64(len(raws)))
	return nil
}

// row is a delivery as it is stored.
type row struct {
	account hilft.AccountID
	brand   hilft.BrandID
	raw     channel.Raw
	blob    string
	stuck   string // why it is kept without being read
	trace   string // the span that stored it
	canary  string // the mark of our own sign of life: it is written down that it came back, and nothing else
}

func (s *Switchboard) rows(ctx context.Context, id hilft.AccountID, raws []channel.Raw, b bad) ([]row, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.connector(a.Network); err != nil {
		return nil, err
	}
	most := s.policies[a.Network].RawMax
	if most == 0 {
		most = rawMax
	}
	here := spanHere(ctx)
	rows := make([]row, 0, len(raws))
	for _, raw := range raws {
		r := row{account: id, brand: a.Brand, raw: raw, trace: here}
		r.raw.Kind, r.raw.Lane = cleanWhy(raw.Kind), laneOf(raw.Lane)
		if r.canary = s.canaryIn(a, raw); r.canary != "" {
			rows = append(rows, r)
			continue
		}
		if b == keepBad {
			keep(&r, most)
		}
		switch {
		case badKey(r.raw.Key):
			return nil, hilft.Fail(hilft.Invalid, "delivery.bad_key", nil)
		case int64(len(raw.Body)) > most && r.stuck == "":
			return nil, hilft.Fail(hilft.TooLarge, "delivery.too_large", nil)
		case len(raw.Body) > inRow:
			ref, err := s.Blobs.Put(ctx, bytes.NewReader(raw.Body), int64(len(raw.Body)))
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

// keep makes a bad delivery one that is kept without being read.
func keep(r *row, most int64) {
	if n := len(r.raw.Body); int64(n) > most {
		r.stuck = fmt.Sprintf("%d bytes: more than the network's ever have", n)
	}
	if badKey(r.raw.Key) {
		sum := sha256.Sum256(append([]byte(r.raw.Key+"\x00"), r.raw.Body...))
		r.raw.Key = "bad:" + hex.EncodeToString(sum[:])
		r.stuck = "it has no proper key"
	}
}

// laneMost bounds the name of a lane: databases do not index long ones.
const laneMost = 256

func laneOf(lane string) string {
	if lane = cleanWhy(lane); len(lane) <= laneMost {
		return lane
	}
	sum := sha256.Sum256([]byte(lane))
	return "#" + hex.EncodeToString(sum[:])
}

func badKey(key string) bool {
	return key == "" || len(key) > keyMax || !utf8.ValidString(key) || strings.ContainsRune(key, 0)
}

// insertRows stores deliveries and the jobs that read them. Those that are there already are left as they are.
func (s *Switchboard) insertRows(ctx context.Context, tx *store.Tx, rows []row) error {
	now := store.Micros(tx.Now())
	orders := make([]jobs.Order, 0, len(rows))
	var stuck []jobs.Event
	stamp := map[hilft.AccountID]bool{}
	for _, r := range rows {
		stamp[r.account] = true
	}
	// In one order, and before what is inserted, as a poll does: so that two who write do not wait for each other.
	for _, id := range slices.Sorted(maps.Keys(stamp)) {
		if err := s.stampHeard(ctx, tx, id); err != nil {
			return err
		}
	}
	args := make([][]any, 0, len(rows))
	byKey := make(map[[2]string]row, len(rows))
	for _, r := range rows {
		if r.canary != "" {
			if err := s.heardCanary(ctx, tx, r.account, r.canary); err != nil {
				return err
			}
			continue
		}
		state := "kept"
		if r.stuck != "" {
			state = "stuck"
		}
		args = append(args, []any{string(r.account), r.raw.Key, r.raw.Kind, r.raw.Body, r.blob, now, state, r.stuck})
		if key := [2]string{string(r.account), r.raw.Key}; byKey[key].account == "" {
			byKey[key] = r
		}
	}
	err := tx.InsertRows(ctx, `INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error)`, args, `ON CONFLICT DO NOTHING RETURNING id, account_id, key`,
		func(scan func(into ...any) error) error {
			var id int64
			var key [2]string
			if err := scan(&id, &key[0], &key[1]); err != nil {
				return err
			}
			if r := byKey[key]; r.stuck == "" {
				orders = append(orders, jobs.Order{Kind: hilft.JobIntake, Lane: "in:" + key[0] + ":" + r.raw.Lane, Args: intakeArgs{Inbox: id, Trace: r.trace}})
			} else {
				stuck = append(stuck, jobs.Event{Kind: hilft.EventItemStuck, Brand: r.brand, Subject: fmt.Sprint(id)})
			}
			return nil
		})
	if err != nil {
		return err
	}
	if err := s.Jobs.Enqueue(ctx, tx, orders...); err != nil {
		return err
	}
	if len(stuck) > 0 {
		if err := s.Jobs.Record(ctx, tx, stuck...); err != nil {
			return err
		}
	}
	return nil
}

// heardEvery is how exactly account.heard_at is kept.
const heardEvery = time.Second

func (s *Switchboard) stampHeard(ctx context.Context, tx *store.Tx, id hilft.AccountID) error {
	s.mu.Lock()
	old := s.heard[id]
	due := tx.Now().Sub(old) >= heardEvery
	s.mu.Unlock()
	if !due {
		return nil
	}
	now := tx.Now()
	tx.After(func() {
		s.mu.Lock()
		s.heard[id] = now
		s.mu.Unlock()
	})
	return tx.Defer(ctx, `UPDATE account SET heard_at = ? WHERE id = ?`, store.Micros(tx.Now()), string(id))
}

// receiver gathers what is received at the same time, so that it shares a commit. It is what makes an acknowledgement
// durable and cheap at once.
type receiver struct {
	s     *Switchboard
	queue chan *reception
	quit  chan struct{}
	over  chan struct{} // closed when nobody writes any more
	wg    sync.WaitGroup
	once  sync.Once
	here  atomic.Int64 // deliveries that wait to be stored
}

type reception struct {
	rows []row
	err  error
	done chan struct{}
}

func startReceiver(s *Switchboard) *receiver {
	r := &receiver{s: s, queue: make(chan *reception, shareMax), quit: make(chan struct{}), over: make(chan struct{})}
	writers := 1
	if s.DB.Dialect() == store.Postgres {
		writers = 2
	}
	for range writers {
		r.wg.Go(r.run)
	}
	return r
}

func (r *receiver) stop() {
	r.once.Do(func() {
		close(r.quit)
		r.wg.Wait()
		close(r.over)
	})
}

var errClosed = hilft.Fail(hilft.Unavailable, "house.closing", errors.New("the switchboard is closed"))

func (r *receiver) put(ctx context.Context, rows []row) error {
	rec := &reception{rows: rows, done: make(chan struct{})}
	r.here.Add(1)
	defer r.here.Add(-1)
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
	select {
	case <-rec.done:
		return rec.err
	case <-r.over: // it came when the last writer had just gone
		select {
		case <-rec.done:
			return rec.err
		default:
			return errClosed
		}
	}
}

// In a rush, what is stored already can wait a moment for what is not: networks lose patience, the inbox does not.
const (
	rush     = 16                     // deliveries that wait to be stored at the same time
	giveWay  = 250 * time.Millisecond // how long one delivery waits for a rush at the most
	lookAway = 5 * time.Millisecond
)

// calm returns when there is no rush, and after a moment in any case.
func (r *receiver) calm(ctx context.Context) {
	for end := time.Now().Add(giveWay); r.here.Load() >= rush && time.Now().Before(end); {
		if !pause(ctx, lookAway) {
			return
		}
	}
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
	err := r.write(batch)
	for _, rec := range batch {
		rec.err = err
		// Unless the database is away, one of them is bad, and the others must not suffer for it.
		if err != nil && len(batch) > 1 && hilft.KindOf(err) != hilft.Unavailable {
			rec.err = r.write([]*reception{rec})
		}
		close(rec.done)
	}
}

func (r *receiver) write(batch []*reception) error {
	var rows []row
	for _, rec := range batch {
		rows = append(rows, rec.rows...)
	}
	return r.s.DB.WriteFirst(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if err := r.s.insertRows(ctx, tx, rows); err != nil {
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
	if _, err := s.connector(a.Network); err != nil {
		return 0, err
	}
	return max(rawMax, s.policies[a.Network].RawMax), nil
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
	var answer channel.HookAnswer
	err = s.guard(a, "Hook", func() (err error) {
		answer, err = hooker.Hook(s.channel(a), req)
		return err
	})
	if err != nil {
		return channel.HookAnswer{}, s.refused(ctx, id, err)
	}
	faults.Point(faults.HookVerified)
	if err := s.Receive(ctx, id, answer.Raws...); err != nil {
		return channel.HookAnswer{}, err
	}
	if a.State == hilft.AccountStarting && len(answer.Raws) > 0 {
		s.setState(ctx, a, hilft.AccountOK, "")
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
