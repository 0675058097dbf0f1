// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

const secret = "sechzehn Zeichen und mehr"

// house is one node, with a webhook and a postbox outside.
type house struct {
	*Watch
	t     *testing.T
	clock *storetest.Clock
	out   *outside
	brand hilft.BrandID
}

// outside is who is told.
type outside struct {
	channel.Connector
	mu     sync.Mutex
	posted []notice
	mailed []channel.Outgoing
	broken bool
}

func (o *outside) Describe() channel.Description {
	return channel.Description{
		ID: "post", Name: channel.Text{"de": "Post", "en": "Post"}, Can: channel.Abilities{Begin: channel.Full},
		Rooms: []channel.Room{{Visibility: hilft.Private}},
	}
}

func (o *outside) Check(context.Context, channel.Account, channel.Env) (channel.Self, error) {
	return channel.Self{ID: "desk@nordnetz.example", Handle: "desk@nordnetz.example"}, nil
}

func (o *outside) Open(context.Context, channel.Account, channel.Env) (channel.Line, error) {
	return mailer{o}, nil
}

type mailer struct{ *outside }

func (m mailer) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return channel.Receipt{}, errors.New("no connection")
	}
	m.mailed = append(m.mailed, out)
	return channel.Receipt{ID: out.Key}, nil
}

func (m mailer) Close() error { return nil }

// told are the kinds of what the webhook got.
func (o *outside) told() (all []step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.posted {
		all = append(all, n.Kind)
	}
	return all
}

func (o *outside) mails() []channel.Outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]channel.Outgoing{}, o.mailed...)
}

func (o *outside) listen(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(r.Header.Get("X-Hilft-Timestamp") + "."))
		m.Write(body)
		var n notice
		if json.Unmarshal(body, &n) != nil || r.Header.Get("X-Hilft-Signature") != "v1="+hex.EncodeToString(m.Sum(nil)) || r.Header.Get("X-Hilft-Delivery") != n.ID {
			n.Kind = "forged"
		}
		o.mu.Lock()
		o.posted = append(o.posted, n)
		o.mu.Unlock()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// nobody takes what comes in: nothing does.
type nobody struct{ switchboard.Intake }

// inHouse runs a test on both databases, with a clock that stands still.
func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "key"))
		require.NoError(t, err)
		h := node(t, db, keys, clock, &outside{})
		_, err = h.Access.SetUp(t.Context(), access.Brand{Name: "Nordnetz", Language: "de"}, access.Administrator{Name: "Rosa", Email: "rosa@nordnetz.example", Password: "Leuchtturm-am-Deich-7", Language: "de"})
		require.NoError(t, err)
		brands, err := h.Access.Brands(t.Context())
		require.NoError(t, err)
		h.brand = brands[0].ID
		test(t, h)
	})
}

func node(t *testing.T, db *store.DB, keys *access.Keys, clock *storetest.Clock, out *outside) *house {
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	data := t.TempDir()
	blobs, err := blob.Open(filepath.Join(data, "media"))
	require.NoError(t, err)
	q := jobs.New(db, b, log)
	q.HandleWork("hopeless", jobs.Terms{}, func(context.Context, *store.Tx, jobs.Job) error { return jobs.Dead(errors.New("nobody can")) })
	d := desk.New(db, q, access.AnswerIn)
	board := switchboard.New(switchboard.Deps{DB: db, Jobs: q, Bus: b, Blobs: blobs, Keys: keys, Connectors: []channel.Connector{out}, Log: log}, nobody{})
	t.Cleanup(board.Close)
	w := New(Deps{
		DB: db, Jobs: q, Access: access.New(access.Deps{DB: db, Jobs: q, Keys: keys}), Keys: keys, Desk: d, Switchboard: board, HTTP: &http.Client{},
		Data: data, Media: data, PublicURL: "https://desk.example", Version: "test", Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { q.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return &house{Watch: w, t: t, clock: clock, out: out}
}

// looks lets every node look, after so much time, and not before what is under way, or is about to be, has ended: its lease would end first.
func (h *house) looks(after time.Duration, others ...*house) {
	h.t.Helper()
	h.see(func() bool {
		return storetest.Count(h.t, h.DB, `SELECT COUNT(*) FROM job WHERE dead_at = 0 AND (claim <> 0 OR run_at <= ?)`, store.Micros(h.clock.Now())) == 0
	})
	h.clock.Forward(after)
	for _, one := range append([]*house{h}, others...) {
		require.NoError(h.t, one.look(h.t.Context()))
	}
}

func (h *house) fails() (id int64) {
	h.t.Helper()
	require.NoError(h.t, h.DB.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: "hopeless"})
	}))
	h.see(func() bool {
		letters, err := h.Jobs.Letters(h.t.Context(), 1)
		if err != nil || len(letters) == 0 {
			return false
		}
		id = letters[0].ID
		return true
	})
	return id
}

func (h *house) see(ok func() bool) {
	h.t.Helper()
	require.Eventually(h.t, ok, time.Minute, 5*time.Millisecond)
}

func TestAnAlertIsToldOnceThenDailyAndWhenItIsOver(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		other := node(t, h.DB, h.Keys, h.clock, h.out)
		_, err := h.AddTarget(t.Context(), Target{Brand: h.brand, Kind: Webhook, Address: h.out.listen(t)}, secret)
		require.NoError(t, err)
		id := h.fails()
		for range 4 {
			h.looks(lookEvery, other)
		}
		h.see(func() bool { return len(h.out.told()) > 0 })
		h.looks(24*time.Hour, other)
		h.see(func() bool { return len(h.out.told()) > 1 })

		require.NoError(t, h.Jobs.Discard(t.Context(), "", id))
		h.looks(lookEvery, other)
		require.Equal(t, 0, storetest.Count(t, h.DB, `SELECT COUNT(*) FROM alert WHERE resolved_at <> 0`), "it may come back in a moment")
		h.looks(calm, other)
		h.looks(lookEvery, other)
		h.see(func() bool { return len(h.out.told()) > 2 })
		require.Equal(t, []step{raised, reminded, resolved}, h.out.told())
		n := h.out.posted[0]
		require.Equal(t, "Aufgegebene Arbeit: 1 × hopeless", n.Title)
		require.Equal(t, "https://desk.example/health", n.URL)
		all, err := h.Alerts(t.Context(), h.brand, 9)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.False(t, all[0].ResolvedAt.IsZero())

		h.fails()
		h.looks(lookEvery, other)
		h.see(func() bool { return len(h.out.told()) > 3 })
		require.Equal(t, raised, h.out.told()[3], "what comes again after that is news")
	})
}

// What comes back before anybody was told that it was over is held against what people were told: there may be more of it.
func TestWhatComesBackAndIsMoreIsTold(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.AddTarget(t.Context(), Target{Brand: h.brand, Kind: Webhook, Address: h.out.listen(t)}, secret)
		require.NoError(t, err)
		id := h.fails()
		h.looks(lookEvery)
		h.see(func() bool { return len(h.out.told()) == 1 })
		require.NoError(t, h.Jobs.Discard(t.Context(), "", id))
		h.looks(lookEvery)
		for n := range 3 {
			h.fails()
			h.see(func() bool { return storetest.Count(t, h.DB, `SELECT COUNT(*) FROM job WHERE dead_at <> 0`) == n+1 })
		}
		h.looks(lookEvery)
		h.looks(worseAfter)
		h.see(func() bool { return len(h.out.told()) == 2 })
		require.Equal(t, []step{raised, reminded}, h.out.told())
	})
}

// Nobody waits until the time comes at which a wrong clock was looked at.
func TestAHouseWhoseClockWasAheadIsLookedAfter(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		turn := func() string {
			mine, err := h.turn(t.Context())
			require.NoError(t, err)
			return mine
		}
		h.clock.Forward(24 * time.Hour)
		require.NotEmpty(t, turn())
		h.clock.Forward(-24 * time.Hour)
		require.NotEmpty(t, turn())
		require.Empty(t, turn())
	})
}

func TestAnAlertWaitsForItsTarget(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a, err := h.Switchboard.Connect(t.Context(), h.brand, "post", "", nil)
		require.NoError(t, err)
		g, err := h.AddTarget(t.Context(), Target{Brand: h.brand, Kind: Email, Address: "rosa@nordnetz.example", Account: a.ID}, "")
		require.NoError(t, err)
		broken := func(is bool) {
			h.out.mu.Lock()
			defer h.out.mu.Unlock()
			h.out.broken = is
		}
		jobs := func(which string, args ...any) int {
			return storetest.Count(t, h.DB, `SELECT COUNT(*) FROM job WHERE kind = 'alert'`+which, args...)
		}
		putOff := func() bool { return jobs(` AND claim = 0 AND run_at > ?`, store.Micros(h.clock.Now())) == 1 }
		broken(true)
		h.fails()
		h.looks(lookEvery)
		for jobs(` AND attempt > 13`) == 0 { // for hours
			h.see(putOff)
			h.clock.Forward(15 * time.Minute)
		}
		broken(false)
		h.see(func() bool {
			if putOff() {
				h.clock.Forward(15 * time.Minute)
			}
			return len(h.out.mails()) == 1
		})

		// What is a day old is not told any more: of what is still so, people are told anew.
		broken(true)
		require.NoError(t, h.TryTarget(t.Context(), h.brand, g.ID))
		h.see(putOff)
		broken(false)
		h.clock.Forward(remindAfter)
		h.see(func() bool { return jobs(``) == 0 })
		require.Len(t, h.out.mails(), 1)
	})
}

// A node that was slow to look does not tell of what another has seen end.
func TestWhatASlowNodeHasSeenCountsNoMore(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.clock.Forward(lookEvery)
		mine, err := h.turn(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, mine)
		again, err := h.turn(t.Context())
		require.NoError(t, err)
		require.Empty(t, again, "one looks at a time")
		h.clock.Forward(lookEvery)
		theirs, err := h.turn(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, theirs)
		err = h.settle(t.Context(), mine, []Finding{{Condition: Dead, Subject: "x"}})
		require.NoError(t, err)
		require.Zero(t, storetest.Count(t, h.DB, `SELECT COUNT(*) FROM alert`))
		require.NoError(t, h.settle(t.Context(), theirs, []Finding{{Condition: Dead, Subject: "x"}}))
		require.Equal(t, 1, storetest.Count(t, h.DB, `SELECT COUNT(*) FROM alert`))
	})
}

func TestAnAlertGoesOutByMailAndSurvivesAFailure(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a, err := h.Switchboard.Connect(t.Context(), h.brand, "post", "", nil)
		require.NoError(t, err)
		for field, g := range map[string]Target{
			"address":    {Kind: Email, Address: "desk@nordnetz.example", Account: a.ID},
			"account_id": {Kind: Email, Address: "rosa@nordnetz.example", Account: "none"},
			"kind":       {Kind: "pigeon", Address: "x"},
		} {
			g.Brand = h.brand
			_, err := h.AddTarget(t.Context(), g, secret)
			wrong, ok := errors.AsType[*hilft.Error](err)
			require.True(t, ok, field)
			require.Equal(t, field, wrong.Field)
		}
		g, err := h.AddTarget(t.Context(), Target{Brand: h.brand, Kind: Email, Address: "rosa@nordnetz.example", Account: a.ID}, "")
		require.NoError(t, err)
		_, err = h.AddTarget(t.Context(), Target{Brand: "another", Kind: Webhook, Address: h.out.listen(t)}, secret)
		require.NoError(t, err)

		h.out.broken = true
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET state = 'trouble', reason = 'geheime Worte', state_at = ? WHERE id = ?`, store.Micros(tx.Now().Add(-time.Hour)), string(a.ID))
			return err
		}))
		h.looks(lookEvery)
		h.see(func() bool {
			all, err := h.Targets(t.Context(), h.brand)
			return err == nil && all[0].Error != ""
		})
		h.out.mu.Lock()
		h.out.broken = false
		h.out.mu.Unlock()
		h.see(func() bool { return storetest.Count(t, h.DB, `SELECT COUNT(*) FROM job WHERE claim = 0`) == 1 })
		h.clock.Forward(time.Minute)
		h.see(func() bool { return len(h.out.mails()) == 1 })
		m := h.out.mails()[0]
		require.Equal(t, "hilft: Konto desk@nordnetz.example ist seit 60 min gestört", m.Subject)
		require.Equal(t, "rosa@nordnetz.example", m.To.Handle)
		require.NotContains(t, m.Text, "geheime Worte", "what the network said may hold what a customer did")
		require.Empty(t, h.out.told(), "another brand does not hear of it")

		require.NoError(t, h.TryTarget(t.Context(), h.brand, g.ID))
		h.see(func() bool { return len(h.out.mails()) == 2 })
		require.Equal(t, "hilft: Probe", h.out.mails()[1].Subject)
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.RemoveTarget(t.Context(), "another", g.ID)))
		require.NoError(t, h.RemoveTarget(t.Context(), h.brand, g.ID))
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.TryTarget(t.Context(), h.brand, g.ID)))
	})
}

func (h *house) beats(others int) {
	h.t.Helper()
	got, err := h.beat(h.t.Context())
	require.NoError(h.t, err)
	require.Equal(h.t, others, got)
}

func TestNodesShowThemselvesAndTakeLeave(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		other := node(t, h.DB, h.Keys, h.clock, h.out)
		h.machine, other.machine = "helgoland", "sylt"
		h.beats(0)
		h.clock.Forward(2 * lostAfter)
		other.beats(0)
		all, err := h.Nodes(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, []bool{true, false}, []bool{all[0].Lost(h.clock.Now()), all[1].Lost(h.clock.Now())})
		require.Equal(t, "helgoland", all[0].Name)
		require.Positive(t, all[0].Data.Total)
		h.beats(1)
		other.leave(t.Context())
		h.clock.Forward(2 * forgetAfter)
		h.beats(0)
		all, err = h.Nodes(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 1, "it lives again, and the other is gone")
		require.False(t, all[0].Lost(h.clock.Now()))
	})
}

func TestNodesThatDoNotFitTogether(t *testing.T) {
	t.Parallel()
	now := time.Now()
	one, two := Node{Version: "v1", NATS: true, Seen: now}, Node{Version: "v1", NATS: true, Seen: now}
	for _, c := range []struct {
		all  []Node
		want Misfit
	}{
		{nil, Misfit{}},
		{[]Node{{Version: "v1", Seen: now}}, Misfit{}}, // whom should it hear?
		{[]Node{one, two}, Misfit{}},
		{[]Node{one, {Version: "v1", Seen: now}}, Misfit{Deaf: true}},
		{[]Node{one, {Version: "v2", NATS: true, Seen: now}}, Misfit{Mixed: true}},
		{[]Node{one, {Version: "v2", Seen: now.Add(-2 * lostAfter)}}, Misfit{}},
	} {
		require.Equal(t, c.want, MisfitOf(c.all, now))
	}
}

func TestANodeShowsItselfAsLongAsItRuns(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			h.Run(ctx)
		}()
		there := func() int { return storetest.Count(t, h.DB, `SELECT COUNT(*) FROM node`) }
		h.see(func() bool { return there() == 1 })
		cancel()
		<-over
		require.Zero(t, there())
	})
}

func TestLimitsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		l, err := h.Limits(t.Context())
		require.NoError(t, err)
		require.Equal(t, usual, l)
		require.Equal(t, hilft.Invalid, hilft.KindOf(h.SetLimits(t.Context(), Limits{})))
		l.DiskMB = 5000
		require.NoError(t, h.SetLimits(t.Context(), l))
		got, err := h.Limits(t.Context())
		require.NoError(t, err)
		require.Equal(t, l, got)
	})
}
