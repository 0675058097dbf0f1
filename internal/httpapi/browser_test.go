// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
)

const (
	rosa     = "rosa@nordnetz.example"
	ben      = "ben@nordnetz.example"
	password = "ein Leuchtturm im Nebel"
	secret   = "what the shop and we know"
)

// browser is somebody's browser, with their cookies.
type browser struct {
	t    testing.TB
	at   string
	http *http.Client
}

func (h *house) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{DisableCompression: true, MaxConnsPerHost: 32, MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t, h.server.URL, &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what the house said to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// as reads an answer as what it should be.
func as[T any](t testing.TB, a answer, status int) T {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	var v T
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

type problem struct {
	Status int
	Title  string
	Detail string
	Code   string
	Errors []struct{ Location, Message, Code string }
}

// refused checks that an answer is a problem, and tells which.
func refused(t testing.TB, a answer, status int) problem {
	t.Helper()
	p := as[problem](t, a, status)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), a.body)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Code)
	require.NotEmpty(t, p.Title)
	return p
}

// say makes a request. Header comes as names and values in turns; a body is bytes, or something that becomes JSON.
func (b *browser) say(method, path string, body any, header ...string) answer {
	b.t.Helper()
	a, err := b.try(method, path, body, header...)
	require.NoError(b.t, err)
	return a
}

func (b *browser) try(method, path string, body any, header ...string) (answer, error) {
	req := request(b.t, method, b.at+path, body, header...)
	res, err := b.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(said)}, err
}

func request(t testing.TB, method, url string, body any, header ...string) *http.Request {
	t.Helper()
	var from io.Reader
	switch v := body.(type) {
	case nil:
	case io.Reader:
		from = v
	case []byte:
		from = bytes.NewReader(v)
	case string:
		from = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		require.NoError(t, err)
		from = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, from)
	require.NoError(t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

type m = map[string]any

// administrator sets the house up, as Rosa.
func (h *house) administrator(t testing.TB) *browser {
	t.Helper()
	b := h.browser(t)
	a := b.say(http.MethodPost, "/api/setup", m{
		"code":          h.keys.SetUpCode(),
		"brand":         m{"name": "Nordnetz", "language": "de"},
		"administrator": m{"name": "Rosa Weiß", "email": rosa, "password": password},
	})
	require.Equal(t, http.StatusCreated, a.status, a.body)
	return b
}

// agent lets Ben work here, and signs him in.
func (h *house) agent(t testing.TB, administrator *browser) *browser {
	t.Helper()
	a := administrator.say(http.MethodPost, "/api/agents", m{"name": "Ben Özil", "email": ben, "password": password, "role": "agent"})
	require.Equal(t, http.StatusCreated, a.status, a.body)
	b := h.browser(t)
	a = b.say(http.MethodPost, "/api/session", m{"email": ben, "password": password})
	require.Equal(t, http.StatusOK, a.status, a.body)
	return b
}

// shop is a system at the other end of a signed channel. It takes all that we send it.
type shop struct {
	*httptest.Server
	mu    sync.Mutex
	heard []string
	files []string      // name and content
	wait  chan struct{} // it answers when this is closed; nil: at once
}

func openShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var said struct {
			Kind, Text string
			Files      []struct {
				Name string
				Data []byte
			}
		}
		_ = json.Unmarshal(body, &said)
		s.mu.Lock()
		if said.Kind != "check" {
			s.heard = append(s.heard, said.Text)
			for _, f := range said.Files {
				s.files = append(s.files, f.Name+": "+string(f.Data))
			}
		}
		wait := s.wait
		s.mu.Unlock()
		if wait != nil {
			select {
			case <-wait:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) attached() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.files...)
}

func (s *shop) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.heard...)
}

// connect connects a shop to a brand.
func (h *house) connect(t testing.TB, brand hilft.BrandID, name string, s *shop) switchboard.Account {
	t.Helper()
	acc, err := h.board.Connect(context.Background(), brand, "api", name, channel.Settings{"secret": secret, "callback_url": s.URL + "/" + name})
	require.NoError(t, err)
	return acc
}

func (h *house) brand(t testing.TB) hilft.BrandID {
	t.Helper()
	all, err := h.access.Brands(context.Background())
	require.NoError(t, err)
	return all[0].ID
}

// signed are the headers of a request of a shop.
func signed(body string) []string {
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, at+"."+body)
	return []string{"X-Hilft-Timestamp", at, "X-Hilft-Signature", "v1=" + hex.EncodeToString(mac.Sum(nil))}
}

// posts lets a customer say something in the shop, and waits until it has its place.
func (h *house) posts(t testing.TB, acc switchboard.Account, said m) hilft.MessageID {
	t.Helper()
	if _, ok := said["from"]; !ok {
		said["from"] = m{"id": "mira", "handle": "@mira", "name": "Mira"}
	}
	body, err := json.Marshal(said)
	require.NoError(t, err)
	a := h.browser(t).say(http.MethodPost, "/hooks/"+string(acc.ID), body, signed(string(body))...)
	require.Equal(t, http.StatusOK, a.status, a.body)
	return h.heard(t, acc, said["id"].(string))
}

// heard waits until a message has its place.
func (h *house) heard(t testing.TB, acc switchboard.Account, remote string) (id hilft.MessageID) {
	t.Helper()
	h.until(t, func() bool {
		err := h.db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Row(ctx, `SELECT id FROM message WHERE account_id = ? AND remote_id = ?`, []any{string(acc.ID), remote}, &id)
		})
		return err == nil
	})
	return id
}

// until waits for a condition that events bring about.
func (h *house) until(t testing.TB, met func() bool) {
	t.Helper()
	bell := make(chan struct{}, 1)
	cancel := h.bus.Subscribe(jobs.EventSubject, func(string, []byte) {
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond) // not everything has an event, and wake-ups may be lost
	defer tick.Stop()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for !met() {
		select {
		case <-bell:
		case <-tick.C:
		case <-late.C:
			t.Fatal("it has not happened")
		}
	}
}

// change runs a statement in the database: for what the rooms would need hours, or a fault, to come to.
func (h *house) change(t testing.TB, query string, args ...any) {
	t.Helper()
	require.NoError(t, h.db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// otherBrand is a second brand of the house, which nobody who signs in may see.
func (h *house) otherBrand(t testing.TB) hilft.BrandID {
	t.Helper()
	id := hilft.NewID()
	h.change(t, `INSERT INTO brand (id, name, language, answer_in, made_at) VALUES (?, 'Südnetz', 'de', 60, ?)`, id, store.Micros(time.Now()))
	return hilft.BrandID(id)
}

func (h *house) agentID(t testing.TB, email string) hilft.AgentID {
	t.Helper()
	all, err := h.access.Agents(context.Background())
	require.NoError(t, err)
	for _, g := range all {
		if g.Email == email {
			return g.ID
		}
	}
	t.Fatal("nobody has the address " + email)
	return ""
}

// asRosa is a context in which the administrator acts.
func (h *house) asRosa(t testing.TB) context.Context {
	t.Helper()
	g, err := h.access.Agent(context.Background(), h.agentID(t, rosa))
	require.NoError(t, err)
	return access.As(context.Background(), g)
}

// The parts of answers that tests look at.
type (
	caseAnswer struct {
		ID       string
		Number   int
		State    string
		Agent    *struct{ ID, Name string }
		Trouble  int
		Person   struct{ ID, Name string }
		Messages []messageAnswer
		Ways     []struct {
			ConversationID string `json:"conversation_id"`
			Visibility     string
			Starts         bool
			Blocked        string
			Typing         bool
		}
		Events []struct {
			ID   int64
			Kind string
			Data map[string]string
		}
	}
	messageAnswer struct {
		ID             string
		ConversationID string `json:"conversation_id"`
		Direction      string
		Body           string
		Reason         string
		Delivery       string
		HTML           bool
		Files          []struct {
			Name, Type, Href string
			Inline           bool
		}
	}
	inboxAnswer struct {
		Cases  []caseAnswer
		Next   string
		Counts map[string]int
	}
)

// caseOf is the case of a message.
func (h *house) caseOf(t testing.TB, id hilft.MessageID) (c string) {
	t.Helper()
	require.NoError(t, h.db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT case_id FROM message WHERE id = ?`, []any{string(id)}, &c)
	}))
	return c
}

func (b *browser) opens(id string) caseAnswer {
	b.t.Helper()
	return as[caseAnswer](b.t, b.say(http.MethodGet, "/api/cases/"+id, nil), http.StatusOK)
}
