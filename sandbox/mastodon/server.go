// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say what kind of server this is. The zero value is a usual one.
type Options struct {
	Domain        string           // of its accounts; default "social.example"
	Title         string           // default "Social"
	MaxCharacters int              // of a status; default 500
	CallLimit     int              // calls of one token in five minutes; default 300
	Heartbeat     time.Duration    // of a stream; default 15 seconds
	MaxPosts      int              // the oldest are forgotten beyond; default 10,000
	MediaWaits    int              // how often a file that was uploaded is asked for before it is ready; default 0
	OneByOne      bool             // statuses cannot be asked for together, as on servers before 4.3
	ForgetsKeys   bool             // Idempotency-Key is not honoured, as on a server whose cache was emptied
	StreamingURL  string           // what the instance names as base of streaming; default: this server, as ws://
	Now           func() time.Time // default time.Now
}

// Server is one stand-in. All methods may be called by many goroutines at once.
type Server struct {
	opt Options
	mux *http.ServeMux

	mu      sync.Mutex
	w       world
	changed chan struct{} // closed and replaced whenever anything has changed
	fault   Fault
	base    string // "http://127.0.0.1:1234", as the first request or Start has told
	address string
	web     *http.Server
	closed  chan struct{}
	serving sync.WaitGroup
}

const (
	limitWindow = 5 * time.Minute
	bodyMax     = 1 << 20
)

// New makes a server in which nobody lives yet. It does not listen: use it as an http.Handler, or Start it.
func New(opt Options) *Server {
	opt.Domain = cmp.Or(opt.Domain, "social.example")
	opt.Title = cmp.Or(opt.Title, "Social")
	opt.MaxCharacters = cmp.Or(opt.MaxCharacters, 500)
	opt.CallLimit = cmp.Or(opt.CallLimit, 300)
	opt.Heartbeat = cmp.Or(opt.Heartbeat, 15*time.Second)
	opt.MaxPosts = cmp.Or(opt.MaxPosts, 10_000)
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := &Server{opt: opt, w: newWorld(), changed: make(chan struct{}), closed: make(chan struct{})}
	s.mux = s.routes()
	return s
}

func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /api/v1/apps", s.createApp)
	m.HandleFunc("GET /oauth/authorize", s.authorizePage)
	m.HandleFunc("POST /oauth/authorize", s.authorize)
	m.HandleFunc("POST /oauth/token", s.token)
	m.HandleFunc("GET /api/v2/instance", s.instance)
	m.HandleFunc("GET /api/v1/accounts/verify_credentials", s.signedIn("read:accounts", s.verifyCredentials))
	m.HandleFunc("GET /api/v1/accounts/lookup", s.lookup)
	m.HandleFunc("GET /api/v1/accounts/{id}/statuses", s.perhapsSignedIn(s.accountStatuses))
	m.HandleFunc("GET /api/v1/notifications", s.signedIn("read:notifications", s.notifications))
	m.HandleFunc("GET /api/v1/conversations", s.signedIn("read:statuses", s.conversations))
	m.HandleFunc("POST /api/v1/statuses", s.signedIn("write:statuses", s.createStatus))
	m.HandleFunc("POST /api/v2/media", s.signedIn("write:media", s.createMedia))
	m.HandleFunc("GET /api/v1/media/{id}", s.signedIn("write:media", s.getMedia))
	m.HandleFunc("GET /system/media_attachments/{id}", s.servePicture)
	if !s.opt.OneByOne {
		m.HandleFunc("GET /api/v1/statuses", s.perhapsSignedIn(s.getStatuses))
	}
	m.HandleFunc("GET /api/v1/statuses/{id}", s.perhapsSignedIn(s.getStatus))
	m.HandleFunc("PUT /api/v1/statuses/{id}", s.signedIn("write:statuses", s.editStatus))
	m.HandleFunc("DELETE /api/v1/statuses/{id}", s.signedIn("write:statuses", s.deleteStatus))
	m.HandleFunc("GET /api/v1/statuses/{id}/context", s.perhapsSignedIn(s.statusContext))
	m.HandleFunc("GET /api/v1/streaming/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) })
	m.HandleFunc("GET /api/v1/streaming/user", s.signedIn("read:statuses", s.streamEvents(streamUser)))
	m.HandleFunc("GET /api/v1/streaming/user/notification", s.signedIn("read:notifications", s.streamEvents(streamNotifications)))
	m.HandleFunc("GET /api/v1/streaming", s.signedIn("", s.streamSocket))
	m.HandleFunc("GET /{$}", s.homePage)
	m.HandleFunc("GET /{at}", s.profilePage)
	m.HandleFunc("GET /{at}/{id}", s.postPage)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			refuse(w, http.StatusNotFound, "The page you are looking for isn't here")
			return
		}
		s.nothingPage(w)
	})
	return m
}

// ServeHTTP answers one request, or fails as the current Fault wants.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.base == "" {
		s.base = "http://" + r.Host
	}
	s.mu.Unlock()
	most := int64(bodyMax)
	if r.URL.Path == "/api/v2/media" {
		most = uploadMax
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if s.fails(w, r) {
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/v1/streaming") {
		s.mux.ServeHTTP(w, r)
		return
	}
	// Handlers answer under the lock. A caller that reads slowly must not hold up the others, so the answer is
	// collected first.
	page := &collected{header: w.Header(), code: http.StatusOK}
	s.mux.ServeHTTP(page, r)
	w.WriteHeader(page.code)
	_, _ = w.Write(page.body.Bytes())
}

// collected is an answer that has not gone out yet.
type collected struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (c *collected) Header() http.Header         { return c.header }
func (c *collected) WriteHeader(code int)        { c.code = code }
func (c *collected) Write(b []byte) (int, error) { return c.body.Write(b) }

// Start listens on address ("127.0.0.1:0" for a free port) and returns the base URL. Only loopback is allowed.
func (s *Server) Start(address string) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("sandbox mastodon: start: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("sandbox mastodon: start: %s is not loopback", address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.web != nil {
		return "", errors.New("sandbox mastodon: start: already started")
	}
	if err := s.listen(address); err != nil {
		return "", fmt.Errorf("sandbox mastodon: start: %w", err)
	}
	s.base = "http://" + s.address
	return s.base, nil
}

// listen opens the port and serves it. The caller holds the lock.
func (s *Server) listen(address string) error {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	s.address = ln.Addr().String()
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.web = web
	s.serving.Go(func() { _ = web.Serve(ln) })
	return nil
}

// Close ends all connections and streams, and the listener. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	web := s.web
	s.web = nil
	s.endStreams()
	s.touch()
	s.mu.Unlock()
	var err error
	if web != nil {
		err = web.Close()
	}
	s.serving.Wait()
	return err
}

// URL is the base URL: known after Start, or after the first request.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// Wait returns when what is true of the state: at once, or after the change that makes it so. It returns the context's
// error when that never happens.
func (s *Server) Wait(ctx context.Context, what func(State) bool) error {
	for {
		s.mu.Lock()
		state, changed := s.state(), s.changed
		s.mu.Unlock()
		if what(state) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("sandbox mastodon: wait: %w", ctx.Err())
		}
	}
}

// touch wakes those who Wait. The caller holds the lock.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}
