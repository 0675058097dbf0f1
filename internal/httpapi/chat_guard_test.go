// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func TestOnlyTheAccountsWebsitesGetASocket(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	for _, origin := range []string{
		"", "null", "https://evil.example", "http://shop.example.org", "https://shop.example.org:8443", "https://shop.example.org.evil.example",
		"https://shop.example.org/", "https://a.shop.example.org", "http://localhost", h.server.URL,
	} {
		conn, status, err := h.dial(t.Context(), origin, nil)
		require.Error(t, err, "%q", origin)
		require.Nil(t, conn)
		require.Equal(t, http.StatusForbidden, status, "%q", origin)
	}
	for _, origin := range []string{shopOrigin, "http://localhost:8081"} {
		conn, _, err := h.dial(t.Context(), origin, nil)
		require.NoError(t, err, "%q", origin)
		require.NoError(t, conn.CloseNow())
	}
}

func TestAForgedTokenIsNobody(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	_, welcome := h.visit(t, "", 0)
	good := welcome.Token
	now := time.Now()
	other := newVisitor(now).sign(h.lines.AccountKey("another account", visitorTokenPurpose))
	old := visitorToken{visitor: "v", issued: now.Add(-visitorTokenLasts - time.Hour)}.sign(h.lines.AccountKey(h.account, visitorTokenPurpose))
	for name, token := range map[string]string{
		"of another account": other, "too old": old, "cut": good[:len(good)-1], "longer": good + "A", "garbage": "v1.v.1.",
		"of another visitor": strings.Replace(good, visitorOf(good), hilft.NewID(), 1), "no MAC": good[:strings.LastIndexByte(good, '.')],
		"very long": strings.Repeat("a", 5000),
	} {
		p, f := h.visit(t, token, 0)
		require.Equal(t, "error", f.T, name)
		require.Equal(t, "token", f.Code, name)
		require.Empty(t, f.Token, name)
		require.Equal(t, websocket.StatusPolicyViolation, p.closed(), name)
	}
	_, f := h.visit(t, good, 0)
	require.Equal(t, "welcome", f.T)
}

func TestATokenIsRenewedInTime(t *testing.T) {
	t.Parallel()
	key, begin := []byte("a key of the account's own"), time.Now()
	token := newVisitor(begin).sign(key)
	visitor := visitorOf(token)
	for now := begin; now.Before(begin.Add(2 * 365 * 24 * time.Hour)); now = now.Add(100 * 24 * time.Hour) {
		read, err := readVisitorToken(key, token, now)
		require.NoError(t, err)
		require.Equal(t, visitor, read.visitor, "the same visitor for years, if they come now and then")
		token = read.renewed(now).sign(key)
	}
}

func FuzzReadToken(f *testing.F) {
	key := []byte("a key of the account's own")
	good := visitorToken{visitor: "0193d2a4", issued: time.Unix(1_800_000_000, 0)}.sign(key) // the same in every process
	for _, seed := range []string{good, "", ".", "v1...", "v1.a.1.AAAA", strings.Repeat(".", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := readVisitorToken(key, token, time.Unix(1_800_000_001, 0)); err == nil && token != good {
			t.Errorf("%q was not made by us", token)
		}
	})
}

func TestWhoDoesNotSpeakTheLanguageIsToldSoAndNoMore(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	p, _ := h.visit(t, "", 0)
	for _, frame := range []string{`{"t":"admin"}`, `{"t":"hello"}`, `[]`, `nonsense`, "\xff\x00", `{"t":7}`, strings.Repeat("[", 10_000)} {
		p.sendBytes([]byte(frame))
		f := p.next()
		require.Equal(t, chatTold{T: "error", Code: "unknown"}, f, "%s", frame)
	}
	p.say("w1", "")
	require.Equal(t, "empty", p.next().Code)
	p.say("", "Hallo")
	require.Equal(t, "bad", p.next().Code)
	require.Zero(t, h.stored(t))

	for range chatWrongMax {
		p.sendBytes([]byte(`{}`))
	}
	require.Equal(t, websocket.StatusPolicyViolation, p.closed(), "and at some time that was enough")
}

func TestWhoDoesNotSayHelloIsDismissed(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), func(d *ChatDeps) { d.Limits.Patience = 2 * time.Second })
	conn, _, err := h.dial(t.Context(), shopOrigin, nil)
	require.NoError(t, err)
	p := &chatPage{t: t, conn: conn}
	p.say("w1", "Hallo?")
	require.Equal(t, "unknown", p.next().Code)
	require.Equal(t, websocket.StatusPolicyViolation, p.closed())

	conn, _, err = h.dial(t.Context(), shopOrigin, nil)
	require.NoError(t, err)
	(&chatPage{t: t, conn: conn}).closed() // who says nothing
	require.Zero(t, h.stored(t))
}

func TestAFrameTooLargeEndsTheSocket(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	p, _ := h.visit(t, "", 0)
	p.say("w1", strings.Repeat("a", chatFrameMax-100))
	require.Equal(t, "ack", p.next().T)
	p.say("w2", strings.Repeat("a", chatFrameMax))
	require.Equal(t, websocket.StatusMessageTooBig, p.closed())
	require.Equal(t, 1, h.stored(t))
}

func TestOneWhoShoutsIsSlowedDown(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := openChat(t, storetest.Open(t, "", clock.Now), func(d *ChatDeps) { d.Limits.WordsMinute, d.Now = 3, clock.Now })
	p, welcome := h.visit(t, "", 0)
	for _, id := range []string{"w1", "w2", "w3"} {
		p.say(id, "Hallo!")
		require.Equal(t, "ack", p.next().T)
	}
	q, _ := h.visit(t, welcome.Token, 0) // a second page of the same visitor does not help
	q.say("w4", "HALLO!")
	f := q.next()
	require.Equal(t, "slow_down", f.Code)
	require.Equal(t, "w4", f.id())
	require.Equal(t, 20, f.Retry)
	require.Equal(t, 3, h.stored(t))

	other, _ := h.visit(t, "", 0)
	other.say("w1", "Guten Tag")
	require.Equal(t, "ack", other.next().T, "others are not held up")

	clock.Forward(20 * time.Second)
	q.say("w4", "HALLO!")
	require.Equal(t, "ack", q.next().T, "later it is taken")
}

func TestNewVisitorsFromOneHouseholdAreCounted(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	ip := make(chan string, 1)
	h := openChat(t, storetest.Open(t, "", clock.Now), func(d *ChatDeps) {
		d.Limits.VisitorsMinute, d.Now = 2, clock.Now
		d.IP = func(*http.Request) string { return <-ip }
	})
	come := func(from, token string) chatTold {
		ip <- from
		_, f := h.visit(t, token, 0)
		return f
	}
	first := come("2001:db8:1:2:3::1", "")
	require.Equal(t, "welcome", first.T)
	require.Equal(t, "welcome", come("2001:db8:1:2:4::1", "").T)
	require.Equal(t, "busy", come("2001:db8:1:2:5::1", "").Code, "a provider gives a household a /64")
	require.Equal(t, "welcome", come("2001:db8:1:3::1", "").T)
	require.Equal(t, "welcome", come("192.0.2.1", "").T)
	require.Equal(t, "welcome", come("2001:db8:1:2:5::1", first.Token).T, "who has been here is no newcomer")
	clock.Forward(30 * time.Second)
	require.Equal(t, "welcome", come("2001:db8:1:2:5::1", "").T)
}

// Many visitors from one address are one who plays many.
func TestOneAddressIsNoCrowd(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	ip := make(chan string, 1)
	h := openChat(t, storetest.Open(t, "", clock.Now), func(d *ChatDeps) {
		d.Limits.PlaceMinute, d.Limits.PlaceSockets, d.Now = 3, 4, clock.Now
		d.IP = func(*http.Request) string { return <-ip }
	})
	come := func(from string) (*chatPage, chatTold) {
		ip <- from
		return h.visit(t, "", 0)
	}
	var crowd []*chatPage
	for i, want := range []string{"ack", "ack", "ack", "error"} {
		p, _ := come(fmt.Sprintf("2001:db8:1:2:3::%x", i))
		p.say("w1", "Hallo!")
		require.Equal(t, want, p.next().T)
		crowd = append(crowd, p)
	}
	_, f := come("2001:db8:1:2:4::1")
	require.Equal(t, "busy", f.Code, "nor does it hold every place")
	other, _ := come("192.0.2.1")
	other.say("w1", "Guten Tag")
	require.Equal(t, "ack", other.next().T, "others are not held up")

	clock.Forward(20 * time.Second)
	crowd[3].say("w1", "Hallo!")
	require.Equal(t, "ack", crowd[3].next().T)
	_ = crowd[0].conn.CloseNow()
	require.Eventually(t, func() bool { _, f := come("2001:db8:1:2:4::1"); return f.T == "welcome" }, time.Minute, 10*time.Millisecond)
}

func TestWhoHasLongBeenQuietIsForgotten(t *testing.T) {
	t.Parallel()
	g, now := newChatGate(2), time.Now()
	for _, key := range []string{"a", "b", "c"} {
		require.Zero(t, g.pass(key, now))
	}
	require.Zero(t, g.pass("a", now))
	require.Equal(t, 30*time.Second, g.pass("a", now))
	require.Zero(t, g.pass("d", now.Add(3*time.Minute)))
	require.Len(t, g.keys, 1)
}

func TestAPageThatDoesNotReadIsDropped(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), func(d *ChatDeps) { d.Limits.Patience = time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), chatSoon)
	defer cancel()
	narrow := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4096)
		}
		return conn, err
	}}}
	conn, _, err := h.dial(ctx, shopOrigin, narrow)
	require.NoError(t, err)
	defer func() { _ = conn.CloseNow() }()
	p := &chatPage{t: t, conn: conn}
	p.send(map[string]any{"t": "hello"})
	visitor := visitorOf(p.next().Token)

	big := strings.Repeat("a", 64<<10)
	for range 150 {
		h.answer(t, visitor, big)
	}
	require.Eventually(t, func() bool {
		h.chat.mu.Lock()
		defer h.chat.mu.Unlock()
		return len(h.chat.rooms) == 0
	}, chatSoon, 20*time.Millisecond, "it holds a socket, and nothing else, for as long as we are patient")
}

func TestASilentPageIsTried(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), func(d *ChatDeps) { d.Limits.Beat, d.Limits.Patience = 20*time.Millisecond, 300*time.Millisecond })
	p, _ := h.visit(t, "", 0)
	for range 3 { // reading answers the pings
		f, err := p.read()
		require.NoError(t, err)
		require.Equal(t, "beat", f.T)
	}
	require.Eventually(t, func() bool { // nobody reads any more: the browser is gone
		h.chat.mu.Lock()
		defer h.chat.mu.Unlock()
		return len(h.chat.rooms) == 0
	}, chatSoon, 20*time.Millisecond)
}

func TestTheScriptIsTheSameForEverybody(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	get := func(header http.Header) (status int, told http.Header, body string) {
		mux := http.NewServeMux()
		h.chat.Register(mux)
		answer := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/chat/"+string(h.account)+"/widget.js", nil)
		req.Header = header
		mux.ServeHTTP(answer, req)
		return answer.Code, answer.Header(), answer.Body.String()
	}
	status, plain, body := get(http.Header{})
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, `(front=>{})({"brand":"Nordnetz"});`+"\n", body)
	require.Equal(t, "text/javascript; charset=utf-8", plain.Get("Content-Type"))
	require.Equal(t, "cross-origin", plain.Get("Cross-Origin-Resource-Policy"))
	require.Contains(t, plain.Get("Cache-Control"), "public")
	require.Empty(t, plain.Get("Set-Cookie"))

	_, zipped, short := get(http.Header{"Accept-Encoding": {"br;q=1, gzip"}})
	require.Equal(t, "gzip", zipped.Get("Content-Encoding"))
	unzip, err := gzip.NewReader(strings.NewReader(short))
	require.NoError(t, err)
	long, err := io.ReadAll(unzip)
	require.NoError(t, err)
	require.Equal(t, body, string(long))
	require.NotEqual(t, plain.Get("ETag"), zipped.Get("ETag"))
	_, refused, _ := get(http.Header{"Accept-Encoding": {"gzip; q=0"}})
	require.Empty(t, refused.Get("Content-Encoding"))

	status, _, nothing := get(http.Header{"If-None-Match": {`"other", W/` + plain.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, status)
	require.Empty(t, nothing)
	status, _, _ = get(http.Header{"If-None-Match": {`"other"`}})
	require.Equal(t, http.StatusOK, status)
}

func TestWhereThereIsNoChatThereIsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		for _, account := range []string{"nobody", hilft.NewID(), "%00", "%ff", "..", strings.Repeat("a", 5000)} {
			for _, file := range []string{"widget.js", "ws"} {
				answer := httptest.NewRecorder()
				mux := http.NewServeMux()
				h.chat.Register(mux)
				mux.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/chat/"+account+"/"+file, nil))
				require.NotEqual(t, http.StatusServiceUnavailable, answer.Code, "%s", account)
				require.GreaterOrEqual(t, answer.Code, 300, "%s", account)
			}
		}
	})
}

func TestAPausedChatStandsNowhere(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	open, _ := h.visit(t, "", 0)
	_, err := h.lines.Pause(t.Context(), h.brand, h.account)
	require.NoError(t, err)
	open.say("w1", "Noch da?")
	f := open.next()
	require.Equal(t, "unavailable", f.Code, "nor does it go on where it stood before")
	require.Equal(t, "w1", f.id())
	require.Positive(t, f.Retry)
	require.Zero(t, h.stored(t))
	_, status, err := h.dial(t.Context(), shopOrigin, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusNotFound, status)

	_, err = h.lines.Resume(t.Context(), h.brand, h.account)
	require.NoError(t, err)
	open.say("w1", "Noch da?")
	require.Equal(t, "ack", open.next().T)
	require.NoError(t, h.lines.Remove(t.Context(), h.brand, h.account))
	open.say("w2", "Und jetzt?")
	require.Equal(t, "unavailable", open.next().Code)
	require.Equal(t, 1, h.stored(t))
}

// FuzzHeard: whatever a browser says after its hello, it gets one answer out of a short list.
func FuzzHeard(f *testing.F) {
	h := openChat(f, storetest.Open(f, "", nil), func(d *ChatDeps) { d.Limits.WordsMinute, d.Limits.PlaceMinute = 1<<30, 1<<30 })
	for _, seed := range []string{`{"t":"say","id":"w1","text":"Hallo"}`, `{"t":"say"}`, `{"t":"hello"}`, `{"T":"say","id":7}`, "\xff", `{"t":"say","id":"\u0000","text":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	s := &chatSocket{chat: h.chat, con: h.parlour, account: h.account, origin: shopOrigin, visitor: "v"}
	f.Fuzz(func(t *testing.T, frame []byte) {
		answer := s.heard(t.Context(), frame)
		require.Contains(t, []string{"ack", "error"}, answer.T)
		if answer.T == "error" {
			require.Contains(t, []string{"unknown", "bad", "empty"}, answer.Code)
		}
		_, err := json.Marshal(answer)
		require.NoError(t, err)
	})
}

func TestWhoWritesAllTheTimeIsPassedOnNowAndThen(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	h := openChat(t, db, func(d *ChatDeps) { d.Limits.TypingMinute = 2 })
	told := make(chan struct{}, 100)
	cancel := h.chat.Bus.Subscribe(writingSubject, func(string, []byte) { told <- struct{}{} })
	defer cancel()
	p, _ := h.visit(t, "", 0)
	for range 3 {
		p.send(map[string]string{"t": "typing"})
	}
	p.say("1", "Jetzt")
	require.Equal(t, "ack", p.next().T, "it is not answered, and does no harm")
	h.chat.Bus.Publish(writingSubject, nil) // behind all that was passed on
	for range 3 {
		<-told
	}
	require.Empty(t, told)
	for range chatWrongMax + 1 {
		p.send(map[string]string{"t": "typing"})
	}
	_, err := p.read()
	require.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), "but a flood ends")
}
