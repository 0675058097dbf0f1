// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Shop is somebody else's system that speaks with the house as docs/api-channel.md says: it signs what it posts, and
// takes answers at an address of its own. Its ledger is its own: what it took, and how often. It is safe for concurrent
// use.
type Shop struct {
	Secret string
	URL    string // where it takes answers; LookupURL where it is asked for them

	server *http.Server
	mu     sync.Mutex
	taken  []Taken
	know   map[string]bool
	behave func(Taken) Manner
	news   chan struct{} // closed, and made anew, at every change
}

// Taken is one message, or sign of life, that the shop was given by the house.
type Taken struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Thread     string `json:"thread"`
	Visibility string `json:"visibility"`
	ReplyTo    string `json:"reply_to"`
	Subject    string `json:"subject"`
	Text       string `json:"text"`
}

// Manner is how the shop answers.
type Manner int

const (
	Takes       Manner = iota // and says so
	TakesSilent               // takes it, and the connection ends without an answer
	Refuses                   // "too_long", for good
	Expired                   // 401: the secret is not right any more
	TakesSlowly               // and says so a while later
	Busy                      // 503: takes nothing for two seconds
)

// slowly is how long after a message came a slow shop says that it has it.
const slowly = 2 * time.Second

// OpenShop opens a shop on 127.0.0.1.
func OpenShop() (*Shop, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("apptest: shop: %w", err)
	}
	s := &Shop{
		Secret: rand.Text(), URL: "http://" + at.Addr().String() + "/answers", know: map[string]bool{}, news: make(chan struct{}),
		behave: func(Taken) Manner { return Takes },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /answers", s.take)
	mux.HandleFunc("GET /lookup", s.lookup)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(at) }()
	return s, nil
}

// Close closes the shop.
func (s *Shop) Close() { _ = s.server.Close() }

// Behave says how the shop answers from now on.
func (s *Shop) Behave(how func(Taken) Manner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = how
}

// Settings are those of its account. With lookup the house may ask what arrived.
func (s *Shop) Settings(lookup bool) map[string]string {
	all := map[string]string{"callback_url": s.URL, "secret": s.Secret}
	if lookup {
		all["lookup_url"] = s.URL[:len(s.URL)-len("answers")] + "lookup"
	}
	return all
}

// Sign is the signature of a body posted at a time, in seconds.
func (s *Shop) Sign(at string, signed []byte) string {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	_, _ = fmt.Fprintf(mac, "%s.%s", at, signed)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Shop) genuine(r *http.Request, signed []byte) bool {
	return hmac.Equal([]byte(r.Header.Get("X-Hilft-Signature")), []byte(s.Sign(r.Header.Get("X-Hilft-Timestamp"), signed)))
}

func (s *Shop) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m Taken
	if err != nil || json.Unmarshal(body, &m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	how := s.behave(m)
	genuine := how != Expired && s.genuine(r, body)
	if genuine && (m.Kind == "message" || m.Kind == "canary") && how != Refuses && how != Busy {
		s.taken = append(s.taken, m)
		s.know[m.ID] = true
		close(s.news)
		s.news = make(chan struct{})
	}
	s.mu.Unlock()
	if how == TakesSlowly {
		select {
		case <-time.After(slowly):
		case <-r.Context().Done():
		}
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case !genuine:
		w.WriteHeader(http.StatusUnauthorized)
	case how == Busy:
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
	case how == TakesSilent:
		panic(http.ErrAbortHandler)
	case how == Refuses:
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"reason":"too_long","detail":"at most ten words, please"}`)
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "shop-" + m.ID})
	}
}

func (s *Shop) lookup(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	s.mu.Lock()
	known := s.know[id]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case !s.genuine(r, []byte(r.URL.RawQuery)):
		w.WriteHeader(http.StatusUnauthorized)
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "{}")
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": "shop-" + id})
	}
}

// Forget lets the shop not have been given some messages, as when time is turned back before them.
func (s *Shop) Forget(these func(Taken) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = slices.DeleteFunc(s.taken, these)
	clear(s.know)
	for _, m := range s.taken {
		s.know[m.ID] = true
	}
}

// Taken is what the shop was given, in order, as often as it was given it.
func (s *Shop) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// Wait returns when the shop was given a message that is wanted.
func (s *Shop) Wait(ctx context.Context, wanted func(Taken) bool) (Taken, error) {
	for {
		s.mu.Lock()
		i, news := slices.IndexFunc(s.taken, wanted), s.news
		s.mu.Unlock()
		if i >= 0 {
			return s.Taken()[i], nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return Taken{}, fmt.Errorf("apptest: shop: it was given %d messages, not this one: %w", len(s.Taken()), ctx.Err())
		}
	}
}

// Said is what a customer says in the shop.
type Said struct {
	ID         string            `json:"id"`
	Thread     string            `json:"thread"`
	From       map[string]string `json:"from"`
	Subject    string            `json:"subject,omitempty"`
	Text       string            `json:"text"`
	Visibility string            `json:"visibility,omitempty"`
}

// Body is how it travels.
func (s Said) Body() []byte {
	b, _ := json.Marshal(s) // strings only
	return b
}

// Request makes the signed request that posts a body to a webhook address.
func (s *Shop) Request(ctx context.Context, hook string, body []byte, at time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("apptest: shop: %w", err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hilft-Timestamp", stamp)
	req.Header.Set("X-Hilft-Signature", s.Sign(stamp, body))
	return req, nil
}

// Post posts a body to a webhook address and returns the status of the answer.
func (s *Shop) Post(ctx context.Context, client *http.Client, hook string, body []byte) (int, error) {
	req, err := s.Request(ctx, hook, body, time.Now())
	if err != nil {
		return 0, err
	}
	return Status(client, req)
}

// Status sends a request and returns the status of its answer.
func Status(client *http.Client, req *http.Request) (int, error) {
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
