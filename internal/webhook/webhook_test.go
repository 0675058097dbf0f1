// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/webhook"
)

// house is the room at work, with a clock that only the test moves.
type house struct {
	db    *store.DB
	clock *storetest.Clock
	jobs  *jobs.Jobs
	*webhook.Webhooks
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		log := slog.New(slog.DiscardHandler)
		b, err := bus.Open(t.Context(), bus.Options{Log: log})
		require.NoError(t, err)
		keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "secret.key"))
		require.NoError(t, err)
		h := &house{db: db, clock: clock, jobs: jobs.New(db, b, log)}
		h.Webhooks = webhook.New(webhook.Deps{DB: db, Jobs: h.jobs, Bus: b, Keys: keys, HTTP: &http.Client{}, Log: log})
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { h.jobs.Run(ctx) })
		wg.Go(func() { h.Run(ctx) })
		t.Cleanup(func() { stop(); wg.Wait(); b.Close() })
		test(t, h)
	})
}

// happens writes events as a room does.
func (h *house) happens(t *testing.T, events ...jobs.Event) {
	t.Helper()
	require.NoError(t, h.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return h.jobs.Record(ctx, tx, events...) }))
}

func opened(brand hilft.BrandID, of string) jobs.Event {
	return jobs.Event{Kind: hilft.EventCaseOpened, Brand: brand, Case: hilft.CaseID(of), Subject: of}
}

func solved(brand hilft.BrandID, of string) jobs.Event {
	return jobs.Event{Kind: hilft.EventCaseSolved, Brand: brand, Case: hilft.CaseID(of), Subject: of, Agent: "ben", Data: map[string]string{"from": "1", "to": "2"}}
}

func (h *house) adds(t *testing.T, brand hilft.BrandID, at string, types ...webhook.Type) (secret, id string) {
	t.Helper()
	if len(types) == 0 {
		types = webhook.Types
	}
	secret, e, err := h.Add(t.Context(), brand, webhook.NewEndpoint{URL: at, Types: types})
	require.NoError(t, err)
	return secret, e.ID
}

func (h *house) log(t *testing.T, brand hilft.BrandID, id string) []webhook.Delivery {
	t.Helper()
	all, _, err := h.Deliveries(t.Context(), brand, id, "", "", 200)
	require.NoError(t, err)
	return all
}

func (h *house) endpoint(t *testing.T, brand hilft.BrandID, id string) webhook.Endpoint {
	t.Helper()
	all, err := h.Endpoints(t.Context(), brand)
	require.NoError(t, err)
	for _, e := range all {
		if e.ID == id {
			return e
		}
	}
	t.Fatal("there is no such endpoint")
	return webhook.Endpoint{}
}

// until waits for what the room does by itself. While it waits, time passes in the house at the pace that is asked for.
func (h *house) until(t *testing.T, pace time.Duration, met func() bool) {
	t.Helper()
	late := time.After(60 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-late:
			t.Fatal("it does not happen")
		case <-tick.C:
			h.clock.Forward(pace)
		}
	}
}

// received is one request, as the receiver got it.
type received struct {
	header http.Header
	body   string
	Type   string
	Data   struct {
		Brand   string            `json:"brand_id"`
		Case    string            `json:"case_id"`
		Message string            `json:"message_id"`
		Agent   string            `json:"agent_id"`
		Details map[string]string `json:"details"`
	}
}

// shop is a receiver that answers as it is told.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(r received) int // nil: 204
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		r := received{header: req.Header, body: string(body)}
		if err == nil {
			err = json.Unmarshal(body, &r)
		}
		s.mu.Lock()
		s.got = append(s.got, r)
		answer := s.answer
		s.mu.Unlock()
		status := http.StatusNoContent
		if answer != nil {
			status = answer(r)
		}
		if err != nil {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		if status >= 300 {
			_, _ = io.WriteString(w, "Das\x00 geht\n nicht: "+strings.Repeat("x", 10_000))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) answers(f func(r received) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *shop) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received{}, s.got...)
}

// verified is written from https://www.standardwebhooks.com alone, as a receiver would: it tells whether a request was
// signed with a secret, and not long ago.
func verified(secret string, r received, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return errors.New("a secret is whsec_ and 24 to 64 bytes in base64")
	}
	id, at := r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" || strings.Contains(id, ".") {
		return errors.New("no id or no timestamp")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > 5*time.Minute || age < -5*time.Minute {
		return fmt.Errorf("it is %s old", age)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, r.body)
	for _, one := range strings.Split(r.header.Get("Webhook-Signature"), " ") {
		version, sum, _ := strings.Cut(one, ",")
		given, err := base64.StdEncoding.DecodeString(sum)
		if version == "v1" && err == nil && hmac.Equal(given, mac.Sum(nil)) {
			return nil
		}
	}
	return errors.New("it is signed by somebody else")
}

func TestWhatHappensIsPostedAndSigned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		h.happens(t, opened("b1", "before"))
		secret, id := h.adds(t, "b1", s.URL, webhook.CaseOpened, webhook.CaseAssigned, webhook.ReplyFailed)
		h.happens(t, opened("b1", "c1"), solved("b1", "c1"),
			jobs.Event{Kind: hilft.EventCaseAssigned, Brand: "b1", Case: "c1", Subject: "c1", Agent: "lena", Data: map[string]string{"from": "", "to": "ben"}},
			jobs.Event{Kind: hilft.EventMessageMoved, Brand: "b1", Case: "c1", Subject: "m1", Data: map[string]string{"delivery": "sending", "reason": ""}},
			jobs.Event{Kind: hilft.EventMessageMoved, Brand: "b1", Case: "c1", Subject: "m1", Data: map[string]string{"delivery": "unknown", "reason": "crash", "detail": "secret"}},
			opened("b2", "another brand's"))
		h.until(t, 0, func() bool { return len(s.all()) >= 3 })
		h.happens(t, opened("b1", "c2"))
		h.until(t, 0, func() bool { return len(s.all()) >= 4 })
		all := s.all()
		require.Len(t, all, 4)
		require.Equal(t, []string{"case.opened", "case.assigned", "reply.failed", "case.opened"}, []string{all[0].Type, all[1].Type, all[2].Type, all[3].Type})
		require.Equal(t, "c1", all[0].Data.Case, "what was before it was registered is not posted")
		require.Equal(t, "lena", all[1].Data.Agent)
		require.Equal(t, map[string]string{"to": "ben"}, all[1].Data.Details)
		require.Equal(t, "m1", all[2].Data.Message)
		require.Equal(t, map[string]string{"delivery": "unknown", "reason": "crash"}, all[2].Data.Details)
		for _, r := range all {
			require.NoError(t, verified(secret, r, h.clock.Now()))
			require.Error(t, verified("whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)), r, h.clock.Now()))
			r.body += " "
			require.Error(t, verified(secret, r, h.clock.Now()))
			require.Equal(t, "b1", r.Data.Brand)
			require.Equal(t, "application/json", r.header.Get("Content-Type"))
		}
		log := h.log(t, "b1", id)
		require.Len(t, log, 4)
		require.Equal(t, webhook.Delivered, log[3].State)
		require.Equal(t, 204, log[3].Status)
		require.Equal(t, "msg_"+log[3].ID, all[0].header.Get("Webhook-Id"))
		_, _, err := h.Deliveries(t.Context(), "b2", id, "", "", 10)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
	})
}

// More than is read at once comes through, on both databases: what was read is not read again.
func TestManyEventsComeThrough(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		_, _ = h.adds(t, "b1", s.URL, webhook.CaseOpened)
		quiet := make([]jobs.Event, 600)
		for i := range quiet {
			quiet[i] = opened("b2", "another brand's")
		}
		h.happens(t, quiet...)
		h.happens(t, opened("b1", "c1"))
		h.until(t, 0, func() bool { return len(s.all()) == 1 })
	})
}

// Of one case everything comes in order, however often it fails; what fails holds up no other case, and comes under one id.
func TestOfOneCaseEverythingComesInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		_, id := h.adds(t, "b1", s.URL)
		refusals := 0
		s.answers(func(r received) int {
			if r.Data.Case == "odd" && r.Type == "case.opened" && refusals < 3 {
				refusals++
				return http.StatusUnprocessableEntity
			}
			return http.StatusOK
		})
		h.happens(t, opened("b1", "odd"), solved("b1", "odd"), opened("b1", "even"), solved("b1", "even"))
		h.until(t, 0, func() bool { return len(s.all()) >= 3 })
		h.until(t, time.Second, func() bool { return len(s.all()) >= 7 })
		order := map[string][]string{}
		ids := map[string]map[string]bool{}
		for _, r := range s.all() {
			order[r.Data.Case] = append(order[r.Data.Case], r.Type)
			if ids[r.Data.Case+r.Type] == nil {
				ids[r.Data.Case+r.Type] = map[string]bool{}
			}
			ids[r.Data.Case+r.Type][r.header.Get("Webhook-Id")] = true
		}
		require.Equal(t, []string{"case.opened", "case.solved"}, order["even"])
		require.Equal(t, []string{"case.opened", "case.opened", "case.opened", "case.opened", "case.solved"}, order["odd"])
		for _, of := range ids {
			require.Len(t, of, 1)
		}
		require.True(t, h.endpoint(t, "b1", id).FailingSince.IsZero(), "it takes others")
		h.until(t, 0, func() bool {
			log := h.log(t, "b1", id)
			return log[3].Attempts == 4 && log[3].State == webhook.Delivered
		})
	})
}

// Who takes nothing for three days is switched off, with what waits for it; when it is switched on again, it begins with
// what happens then, and what it missed can be posted again.
func TestWhoTakesNothingForThreeDaysIsSwitchedOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		secret, id := h.adds(t, "b1", s.URL)
		s.answers(func(received) int { return http.StatusServiceUnavailable })
		h.happens(t, opened("b1", "c1"))
		h.until(t, time.Second, func() bool { return len(s.all()) >= 3 })
		failing := h.endpoint(t, "b1", id)
		require.False(t, failing.FailingSince.IsZero())
		require.True(t, failing.OffAt.IsZero())
		d := h.log(t, "b1", id)[0]
		require.Equal(t, 503, d.Status)
		require.Equal(t, "answered 503", d.Error)
		require.True(t, strings.HasPrefix(d.Answer, "Das geht nicht: x"), d.Answer)
		require.Less(t, len(d.Answer), 400)
		for h.endpoint(t, "b1", id).OffAt.IsZero() {
			tried := len(s.all())
			h.clock.Forward(11 * time.Hour)
			// Time goes on: one that was under way when it jumped is tried again only some time later.
			h.until(t, time.Minute, func() bool {
				return len(s.all()) > tried && h.endpoint(t, "b1", id).RetryAt.After(h.clock.Now().Add(-time.Minute))
			})
		}
		off := h.endpoint(t, "b1", id)
		require.Equal(t, webhook.Failing, off.OffWhy)
		require.WithinDuration(t, failing.FailingSince.Add(72*time.Hour), off.OffAt, 12*time.Hour)
		require.Less(t, len(s.all()), 200, "more and more seldom")
		told, err := webhook.Off(t.Context(), h.db)
		require.NoError(t, err)
		require.Len(t, told, 1)
		h.until(t, time.Minute, func() bool { return h.log(t, "b1", id)[0].State == webhook.Failed })

		h.happens(t, opened("b1", "while it was off"))
		require.Equal(t, hilft.Conflict, hilft.KindOf(h.Replay(t.Context(), "b1", id, d.ID)))
		s.answers(nil)
		_, err = h.Change(t.Context(), "b1", id, webhook.NewEndpoint{URL: s.URL, Types: webhook.Types}, true)
		require.NoError(t, err)
		before := len(s.all())
		require.NoError(t, h.Replay(t.Context(), "b1", id, d.ID))
		h.happens(t, opened("b1", "c2"))
		h.until(t, 0, func() bool { return len(s.all()) >= before+2 })
		var again, fresh bool
		for _, r := range s.all()[before:] {
			require.NoError(t, verified(secret, r, h.clock.Now()))
			again = again || r.Data.Case == "c1" && r.header.Get("Webhook-Id") == "msg_"+d.ID
			fresh = fresh || r.Data.Case == "c2"
			require.NotEqual(t, "while it was off", r.Data.Case)
		}
		require.True(t, again && fresh)
	})
}

func TestWhoIsGoneIsSwitchedOffAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		_, id := h.adds(t, "b1", s.URL)
		s.answers(func(received) int { return http.StatusGone })
		h.happens(t, opened("b1", "c1"))
		h.until(t, time.Second, func() bool { return h.endpoint(t, "b1", id).OffWhy == webhook.Gone })
	})
}

// Whoever hangs holds up themselves. The others get what is theirs meanwhile.
func TestWhoHangsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		hangs, s := openShop(t), openShop(t)
		release := make(chan struct{})
		hangs.answers(func(received) int { <-release; return http.StatusOK })
		defer close(release)
		h.adds(t, "b1", hangs.URL)
		h.adds(t, "b1", s.URL)
		h.adds(t, "b2", s.URL)
		var events []jobs.Event
		for i := range 40 {
			events = append(events, opened("b1", fmt.Sprint("c", i)), opened("b2", fmt.Sprint("d", i)))
		}
		h.happens(t, events...)
		h.until(t, 20*time.Millisecond, func() bool { return len(s.all()) >= 80 })
		require.LessOrEqual(t, len(hangs.all()), 3)
	})
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		redirects := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusTemporaryRedirect))
		t.Cleanup(redirects.Close)
		_, id := h.adds(t, "b1", redirects.URL)
		h.happens(t, opened("b1", "c1"))
		h.until(t, 0, func() bool { return len(h.log(t, "b1", id)) == 1 && h.log(t, "b1", id)[0].Attempts > 0 })
		require.Equal(t, 307, h.log(t, "b1", id)[0].Status)
		require.Equal(t, webhook.Waiting, h.log(t, "b1", id)[0].State)
		require.Empty(t, s.all())
	})
}

// A secret that was renewed signs with the one before it for a day; neither lies readable in the database.
func TestASecretIsRenewedWithoutAGap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		s := openShop(t)
		old, id := h.adds(t, "b1", s.URL)
		renewed, err := h.Renew(t.Context(), "b1", id)
		require.NoError(t, err)
		require.NotEqual(t, old, renewed)
		require.NoError(t, h.Try(t.Context(), "b1", id))
		h.until(t, 0, func() bool { return len(s.all()) == 1 })
		r := s.all()[0]
		require.Equal(t, "webhook.test", r.Type)
		require.NoError(t, verified(old, r, h.clock.Now()))
		require.NoError(t, verified(renewed, r, h.clock.Now()))
		h.clock.Forward(25 * time.Hour)
		require.NoError(t, h.Try(t.Context(), "b1", id))
		h.until(t, 0, func() bool { return len(s.all()) == 2 })
		require.Error(t, verified(old, s.all()[1], h.clock.Now()))
		require.NoError(t, verified(renewed, s.all()[1], h.clock.Now()))
		require.Error(t, verified(renewed, r, h.clock.Now()), "one that somebody recorded is too old a day later")
		require.Zero(t, storetest.Count(t, h.db, `SELECT COUNT(*) FROM webhook WHERE CAST(sealed AS TEXT) LIKE ?`, "%"+strings.TrimPrefix(renewed, "whsec_")+"%"))
		_, err = h.Renew(t.Context(), "b2", id)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
	})
}

func TestAnEndpointMustMakeSense(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for _, bad := range []string{"", "erp.example", "ftp://erp.example", "https://", "https://me:pw@erp.example", "https://erp.example/#x", "https://erp.example/" + strings.Repeat("x", 2000)} {
			_, _, err := h.Add(t.Context(), "b1", webhook.NewEndpoint{URL: bad, Types: webhook.Types})
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), bad)
		}
		for _, types := range [][]webhook.Type{nil, {"case.closed"}, {webhook.Test}} {
			_, _, err := h.Add(t.Context(), "b1", webhook.NewEndpoint{URL: "https://erp.example", Types: types})
			require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		}
		var err error
		for range 21 {
			_, _, err = h.Add(t.Context(), "b1", webhook.NewEndpoint{URL: "https://erp.example", Types: webhook.Types})
		}
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
	})
}
