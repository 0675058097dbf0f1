// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// shown is one event as a browser gets it; a comment has its text as its kind.
type shown struct{ id, kind, data string }

// stream is a live stream that a browser has open.
type stream struct {
	t      testing.TB
	events chan shown // closed when the stream has ended
	leave  func()
}

func (b *browser) listen(t testing.TB, lastID string) *stream {
	t.Helper()
	return b.listenIn(t, "", lastID)
}

// listenIn is listen for a page that names itself.
func (b *browser) listenIn(t testing.TB, tab, lastID string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req := request(t, http.MethodGet, b.at+"/api/events?tab="+tab, nil).WithContext(ctx)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := b.http.Do(req)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	s := &stream{t, make(chan shown), sync.OnceFunc(cancel)}
	t.Cleanup(s.leave)
	go func() {
		defer close(s.events)
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		var e shown
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.kind = value
			case "data":
				e.data = value
			case "":
				if value != "" {
					e.kind = ":" + value
				}
				if e.kind == "" {
					continue
				}
				select {
				case s.events <- e:
				case <-ctx.Done():
					return
				}
				e = shown{}
			}
		}
	}()
	return s
}

// next is the next event, but for signs of life.
func (s *stream) next() shown {
	s.t.Helper()
	for {
		e, ok := s.read(time.Minute)
		require.True(s.t, ok, "the stream has ended")
		if !strings.HasPrefix(e.kind, ":") {
			return e
		}
	}
}

func (s *stream) read(within time.Duration) (shown, bool) {
	s.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case e, ok := <-s.events:
		return e, ok
	case <-late.C:
		s.t.Fatal("nothing comes")
		return shown{}, false
	}
}

// ends waits until the stream has ended.
func (s *stream) ends(within time.Duration) {
	s.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		select {
		case _, ok := <-s.events:
			if !ok {
				return
			}
		case <-late.C:
			s.t.Fatal("the stream does not end")
		}
	}
}

// record lets events happen, in one transaction.
func (h *house) record(t testing.TB, events ...jobs.Event) {
	t.Helper()
	require.NoError(t, h.db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		return h.jobs.Record(ctx, tx, events...)
	}))
}

func TestChangesAreShownAsTheyHappen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		live := s.ben.listen(t, "")
		hello := live.next()
		require.Equal(t, "hello", hello.kind)
		require.NotEmpty(t, hello.id)

		const canary = "Kanarienvogel"
		s.posts(t, s.other.account, m{"id": "o", "thread": "o", "text": canary})
		id := s.posts(t, s.own.account, m{"id": "l", "thread": "l", "text": canary, "from": m{"id": "jo", "name": canary}})
		seen := map[string]string{}
		last := hello.id
		for seen[hilft.EventMessageHeard] == "" || seen[hilft.EventCaseOpened] == "" {
			e := live.next()
			require.Equal(t, "change", e.kind)
			var data map[string]string
			require.NoError(t, json.Unmarshal([]byte(e.data), &data))
			require.Len(t, data, 3)
			require.NotContains(t, []string{s.other.caseID, string(s.other.account.ID)}, data["case_id"])
			require.NotEqual(t, string(s.other.account.ID), data["subject"], "nothing of another brand's")
			if data["case_id"] == "" { // about an account, or the whole house
				continue
			}
			require.Equal(t, s.caseOf(t, id), data["case_id"], "nothing of another brand's")
			require.NotContains(t, e.data, canary)
			require.Greater(t, number(t, e.id), number(t, last))
			seen[data["kind"]], last = data["subject"], e.id
		}
		require.Equal(t, string(id), seen[hilft.EventMessageHeard])
	})
}

// Who is taken out of a brand hears no more of it within moments, though their stream stands.
func TestWhoIsTakenOutOfABrandHearsNoMoreOfIt(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.Pace.Alive = 20 * time.Millisecond })
	rosas := h.administrator(t)
	bens := h.agent(t, rosas)
	live := bens.listen(t, "")
	require.Equal(t, "hello", live.next().kind)
	brand := h.brand(t)
	// told lets something happen in the brand, and then in the house, and says whether Ben hears of the first.
	told := func() (heard bool) {
		t.Helper()
		inside, after := hilft.NewID(), hilft.NewID()
		h.record(t, jobs.Event{Kind: hilft.EventMessageHeard, Brand: brand, Subject: inside})
		h.record(t, jobs.Event{Kind: hilft.EventMessageHeard, Subject: after})
		for {
			e := live.next()
			heard = heard || strings.Contains(e.data, inside)
			if strings.Contains(e.data, after) {
				return heard
			}
		}
	}
	require.True(t, told())
	a := rosas.say(http.MethodPut, "/api/agents/"+string(h.agentID(t, ben))+"/role", m{"role": "none"})
	require.Equal(t, 200, a.status, a.body)
	h.until(t, func() bool { return !told() })
	require.Equal(t, "access.not_your_role", refused(t, bens.say(http.MethodGet, "/api/inbox", nil), 403).Code)
	require.Equal(t, 200, bens.say(http.MethodGet, "/api/me", nil).status)
}

func number(t testing.TB, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	require.NoError(t, err)
	return n
}

// Events rain while a browser's connection breaks again and again: it gets every one, once, in order.
func TestNothingIsLostBetweenTwoConnections(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		b := h.agent(t, h.administrator(t))
		brand := h.brand(t)
		live := b.listen(t, "")
		last := live.next().id
		const writers, each = 4, 60
		var rain sync.WaitGroup
		for w := range writers {
			rain.Go(func() {
				for i := range each {
					h.record(t, jobs.Event{Kind: "drop", Brand: "another", Subject: "x"}, jobs.Event{Kind: "drop", Brand: brand, Subject: fmt.Sprintf("%d/%d", w, i)})
				}
			})
		}
		got := map[string]int{}
		for n := 0; len(got) < writers*each; {
			e := live.next()
			switch e.kind {
			case "change":
				var data struct{ Subject string }
				require.NoError(t, json.Unmarshal([]byte(e.data), &data))
				got[data.Subject]++
				require.Equal(t, 1, got[data.Subject], "shown twice: %s", data.Subject)
				require.NotEqual(t, "x", data.Subject)
				require.Greater(t, number(t, e.id), number(t, last))
				last = e.id
				if n++; n%7 == 0 { // the line breaks
					live.leave()
					live = b.listen(t, last)
				}
			case "hello":
				require.Empty(t, e.id, "a hello that moves on would lose what comes between")
			default:
				t.Fatalf("%v", e)
			}
		}
		rain.Wait()
	})
}

func TestWhoHasMissedTooMuchReadsAnew(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b := h.administrator(t)
	live := b.listen(t, "")
	first := live.next().id
	live.leave()
	many := make([]jobs.Event, 600)
	for i := range many {
		many[i] = jobs.Event{Kind: "drop", Brand: h.brand(t), Subject: strconv.Itoa(i)}
	}
	h.record(t, many...)
	// The relay has read all of it when somebody who comes new is told of the end of it.
	h.until(t, func() bool {
		fresh := b.listen(t, "")
		defer fresh.leave()
		return number(t, fresh.next().id) >= number(t, first)+600
	})
	for _, missed := range []string{first, "0", "-5"} {
		live = b.listen(t, missed)
		require.Equal(t, "hello", live.next().kind)
		e := live.next()
		require.Equal(t, "reload", e.kind)
		require.GreaterOrEqual(t, number(t, e.id), number(t, first)+600)
		h.record(t, jobs.Event{Kind: "drop", Brand: h.brand(t), Subject: "after " + missed})
		require.Contains(t, live.next().data, "after "+missed)
		live.leave()
	}
	for _, foreign := range []string{"999999999", "nonsense", "99999999999999999999999"} { // of another database, or nobody's
		live = b.listen(t, foreign)
		require.Equal(t, "hello", live.next().kind)
		require.Equal(t, "reload", live.next().kind)
		live.leave()
	}
	near := b.listen(t, strconv.FormatInt(number(t, first)+590, 10))
	require.Equal(t, "hello", near.next().kind)
	require.Equal(t, "change", near.next().kind, "who has missed little is told of it")
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.Pace.Alive, d.Pace.Beat = 50*time.Millisecond, 20*time.Millisecond })
	rosa := h.administrator(t)
	agent := h.agent(t, rosa)
	of, stays := agent.listen(t, ""), rosa.listen(t, "")
	require.Equal(t, "hello", of.next().kind)
	for e, ok := of.read(5 * time.Second); e.kind != ":beat"; e, ok = of.read(5 * time.Second) {
		require.True(t, ok)
	}
	require.Equal(t, 204, agent.say(http.MethodDelete, "/api/session", nil).status)
	of.ends(5 * time.Second)

	require.Equal(t, 200, agent.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}).status)
	of = agent.listen(t, "")
	require.Equal(t, "hello", of.next().kind)
	require.NoError(t, h.access.CloseAgent(h.asRosa(t), h.agentID(t, ben)))
	of.ends(5 * time.Second)

	require.Equal(t, "hello", stays.next().kind)
	h.record(t, jobs.Event{Kind: "drop", Brand: h.brand(t), Subject: "still here"})
	require.Contains(t, stays.next().data, "still here")
}

func TestStreamsEndWhenTheHouseCloses(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	rosa := h.administrator(t)
	live := rosa.listen(t, "")
	require.Equal(t, "hello", live.next().kind)
	go h.end()
	live.ends(5 * time.Second)
}

// A browser that does not read is left behind; everybody else is told all the same.
func TestASlowReaderHurtsNobody(t *testing.T) {
	t.Parallel()
	const patience = time.Second
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.Pace.Patience = patience })
	rosa := h.administrator(t)
	at, err := url.Parse(h.server.URL)
	require.NoError(t, err)
	cookie := rosa.http.Jar.Cookies(at)[0]
	slow, err := net.Dial("tcp", at.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = slow.Close() })
	_, err = fmt.Fprintf(slow, "GET /api/events HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\n\r\n", at.Host, cookie.Name, cookie.Value)
	require.NoError(t, err)
	first := make([]byte, 12)
	_, err = io.ReadFull(slow, first)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200", string(first))

	live := rosa.listen(t, "")
	last := live.next().id
	const parts, each = 60, 50
	long := strings.Repeat("x", 8<<10)
	n := 0
	// More than lies between the house and somebody who does not read, and for longer than they are waited for.
	for began := time.Now(); n < parts*each || time.Since(began) < 3*patience; {
		events := make([]jobs.Event, each)
		for j := range events {
			events[j] = jobs.Event{Kind: "drop", Brand: h.brand(t), Subject: strconv.Itoa(n+j) + long}
		}
		h.record(t, events...)
		for range events {
			e := live.next()
			require.Contains(t, e.data, fmt.Sprintf(`"subject":"%dx`, n), "the %d. event is missing", n)
			require.Greater(t, number(t, e.id), number(t, last))
			last = e.id
			n++
		}
	}
	require.NoError(t, slow.SetReadDeadline(time.Now().Add(10*time.Second)))
	got, err := io.Copy(io.Discard, slow)
	require.False(t, isTimeout(err), "the house waits for a browser that does not read")
	require.Less(t, got, int64(n*len(long)), "it was let go before it had everything")
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // as the connection gives it
	return ok && e.Timeout()
}
