// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/api"
)

const ourSecret = "a secret of the shop and us"

// shop is a stand-in for a system at the other end, written from docs/api-channel.md: it signs what it calls us with,
// checks what we call it with, and keeps our messages by their id.
type shop struct {
	server *httptest.Server
	over   <-chan struct{} // the test is over

	mu     sync.Mutex
	fault  channeltest.Fault
	said   int
	calls  []channel.HookRequest
	kept   []letter
	thread map[string]string // message → thread
}

// letter is a message of ours as it travels.
type letter struct {
	ID         string                            `json:"id"`
	Kind       string                            `json:"kind"`
	Thread     string                            `json:"thread"`
	Visibility hilft.Visibility                  `json:"visibility"`
	ReplyTo    string                            `json:"reply_to"`
	To         struct{ ID, Handle, Name string } `json:"to"`
	Subject    string                            `json:"subject"`
	Text       string                            `json:"text"`
	Files      []struct {
		Name, Type, Alt string
		Data            []byte
	} `json:"files"`
	At time.Time `json:"at"`
}

func openShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{over: t.Context().Done(), thread: map[string]string{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func signature(secret, timestamp, signed string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, timestamp+"."+signed)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// signed makes a request of the shop to us.
func signed(secret string, now time.Time, body string) channel.HookRequest {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return channel.HookRequest{Method: http.MethodPost, Now: now, Body: []byte(body), Header: http.Header{
		"Content-Type":      {"application/json"},
		"X-Hilft-Timestamp": {timestamp},
		"X-Hilft-Signature": {signature(secret, timestamp, body)},
	}}
}

func (s *shop) Connector() channel.Connector { return api.Connector{} }

func (s *shop) Account(testing.TB) channel.Account {
	return channel.Account{ID: "account-1", Since: time.Now().Add(-time.Hour), Key: []byte("0123456789abcdef0123456789abcdef"), Settings: channel.Settings{
		"secret": ourSecret, "callback_url": s.server.URL + "/callback", "lookup_url": s.server.URL + "/lookup",
	}}
}

func (s *shop) Stranger(t testing.TB) (channel.Account, bool) {
	acc := s.Account(t)
	acc.ID, acc.Key = "account-2", []byte("abcdef0123456789abcdef0123456789")
	acc.Settings["secret"] = "a secret of somebody else"
	return acc, true
}

func (s *shop) Env(t testing.TB) channel.Env {
	env := channeltest.NewEnv(t)
	var dialer net.Dialer
	env.HTTP.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if s.failing() == channeltest.Down {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return dialer.DialContext(ctx, network, address)
	}
	return env
}

func (s *shop) Features() channeltest.Features {
	return channeltest.Features{SendsOnce: true, HookProof: "X-Hilft-Signature", HookWindow: 5 * time.Minute}
}

func (s *shop) failing() channeltest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

func (s *shop) Fault(_ testing.TB, f channeltest.Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	return true
}

func (s *shop) Say(t testing.TB, speech channeltest.Speech) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said++
	id := fmt.Sprintf("word-%d", s.said)
	s.thread[id] = "thread-of-" + id
	if speech.ReplyTo != "" {
		s.thread[id] = s.thread[speech.ReplyTo]
	}
	s.call(t, map[string]any{
		"id": id, "thread": s.thread[id], "reply_to": speech.ReplyTo, "visibility": speech.Visibility, "subject": speech.Subject,
		"text": speech.Text, "from": map[string]string{"id": "c-" + speech.From, "handle": speech.From, "name": strings.ToUpper(speech.From)},
	})
	return id
}

func (s *shop) Edit(t testing.TB, id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.call(t, map[string]any{"kind": "edited", "id": id, "text": text, "thread": s.thread[id]})
}

func (s *shop) Delete(t testing.TB, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.call(t, map[string]any{"kind": "deleted", "id": id, "thread": s.thread[id]})
}

func (s *shop) call(t testing.TB, message map[string]any) {
	message["at"] = time.Now().UTC().Format(time.RFC3339Nano)
	body, err := json.Marshal(message)
	require.NoError(t, err)
	s.calls = append(s.calls, signed(ourSecret, time.Now(), string(body)))
}

func (s *shop) Hooks(testing.TB) []channel.HookRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *shop) Arrived(testing.TB) []channeltest.Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []channeltest.Arrival
	for _, l := range s.kept {
		a := channeltest.Arrival{
			ID: "shop-" + l.ID, InReplyTo: l.ReplyTo, Visibility: l.Visibility, To: strings.TrimPrefix(l.To.ID, "c-"), Subject: l.Subject, Text: l.Text,
		}
		for _, f := range l.Files {
			a.Files = append(a.Files, channel.File{Name: f.Name, Type: f.Type, Alt: f.Alt, Data: f.Data})
		}
		all = append(all, a)
	}
	return all
}

// ServeHTTP is the shop's own web server.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	proven, message := string(body), r.Method == http.MethodPost
	if !message {
		proven = r.URL.RawQuery
	}
	var l letter
	if message && json.Unmarshal(body, &l) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	genuine := r.Header.Get("X-Hilft-Signature") == signature(ourSecret, r.Header.Get("X-Hilft-Timestamp"), proven)
	message = message && l.Kind == "message"
	switch fault := s.failing(); {
	case fault == channeltest.RateLimited:
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	case fault == channeltest.Slow:
		s.hold(r)
	case fault == channeltest.Garbage:
		_, _ = io.WriteString(w, "<!doctype html><title>Please sign in</title>")
	case fault == channeltest.SignInExpired || !genuine:
		w.WriteHeader(http.StatusUnauthorized)
	case message && fault == channeltest.LostRequest:
		panic(http.ErrAbortHandler)
	case message && fault == channeltest.Refused:
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"reason":"too_long","detail":"at most 100 characters"}`)
	case message && fault == channeltest.Gone:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"gone":true}`)
	case message:
		s.keep(l)
		switch fault {
		case channeltest.LostAnswer:
			panic(http.ErrAbortHandler)
		case channeltest.HeldAnswer:
			s.hold(r)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "shop-" + l.ID})
	case r.Method == http.MethodGet && !s.has(r.URL.Query().Get("id")):
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "shop-" + r.URL.Query().Get("id")})
	}
}

// hold keeps a caller waiting, until he goes or the test is over.
func (s *shop) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.over:
	}
	panic(http.ErrAbortHandler)
}

func (s *shop) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.kept {
		if l.ID == id {
			return true
		}
	}
	return false
}

func (s *shop) keep(l letter) {
	if s.has(l.ID) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, l)
	s.thread["shop-"+l.ID] = l.Thread
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t testing.TB) channeltest.Network { return openShop(t) })
}
