// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/api"
	"github.com/hilft/hilft/connectors/webchat"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/intake"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/push"
	"github.com/hilft/hilft/internal/search"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
	"github.com/hilft/hilft/internal/webhook"
)

// house is all rooms below HTTP, and the door.
type house struct {
	db       *store.DB
	bus      *bus.Bus
	media    string // folder
	log      *lines
	jobs     *jobs.Jobs
	access   *access.Access
	keys     *access.Keys
	desk     *desk.Desk
	search   *search.Search
	board    *switchboard.Switchboard
	watch    *watch.Watch
	trail    *audit.Trail
	webhooks *webhook.Webhooks
	push     *push.Push
	api      *httpapi.API
	server   *httptest.Server
	end      func() // closes the house before the test ends
}

func openHouse(t *testing.T) *house { return openHouseOn(t, storetest.Open(t, "", nil)) }

// hopeless is a kind of job that ends as a dead letter.
const hopeless = "hopeless"

// openHouseOn opens the house on a database, at work until the test ends. Some tests want something else of the door.
func openHouseOn(t *testing.T, db *store.DB, otherwise ...func(d *httpapi.Deps)) *house {
	t.Helper()
	h := &house{db: db, log: &lines{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	h.media = filepath.Join(t.TempDir(), "media")
	blobs, err := blob.Open(h.media)
	require.NoError(t, err)
	keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "secret.key"))
	require.NoError(t, err)
	networks := []channel.Connector{api.Connector{}, webchat.New()}
	h.bus = b
	h.keys = keys
	h.jobs = jobs.New(db, b, log)
	h.access = access.New(access.Deps{DB: db, Jobs: h.jobs, Keys: keys, Log: log, HTTP: trusting(t), PublicURL: "https://desk.example", Weak: true})
	h.jobs.HandleWork(hopeless, jobs.Terms{}, func(context.Context, *store.Tx, jobs.Job) error {
		return jobs.Dead(errors.New("nobody can do this"))
	})
	h.desk = desk.New(db, h.jobs, access.AnswerIn)
	h.search = search.New(db, h.jobs)
	env := channeltest.NewEnv(t)
	h.server = httptest.NewUnstartedServer(nil)
	env.PublicURL = "http://" + h.server.Listener.Addr().String()
	h.board = switchboard.New(switchboard.Deps{DB: db, Jobs: h.jobs, Bus: b, Blobs: blobs, Keys: keys, Connectors: networks, Env: env, Log: log},
		intake.New(blobs, h.desk, db.Now))
	h.watch = watch.New(watch.Deps{
		DB: db, Jobs: h.jobs, Access: h.access, Keys: keys, Desk: h.desk, Switchboard: h.board, HTTP: env.HTTP, Data: t.TempDir(), Media: h.media,
		PublicURL: env.PublicURL, Version: "test", Log: log,
	})
	h.trail = audit.New(db, keys.Derive(audit.Purpose, 32), log)
	h.webhooks = webhook.New(webhook.Deps{DB: db, Jobs: h.jobs, Bus: b, Keys: keys, HTTP: env.HTTP, Log: log})
	h.push, err = push.New(push.Deps{DB: db, Jobs: h.jobs, Bus: b, Keys: keys, HTTP: trusting(t), Log: log, PublicURL: env.PublicURL})
	require.NoError(t, err)
	deps := httpapi.Deps{
		DB: db, Trail: h.trail, Webhooks: h.webhooks, Push: h.push, Bus: b, Jobs: h.jobs, Access: h.access, Keys: keys, Blobs: blobs, Desk: h.desk, Search: h.search, Switchboard: h.board, Watch: h.watch, Connectors: networks,
		Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>hilft</title>")}}, PublicURL: env.PublicURL, Version: "test", Log: log,
		MetricsFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	}
	for _, change := range otherwise {
		change(&deps)
	}
	h.api = httpapi.New(deps)
	h.server.Config.Handler = h.api
	h.server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { h.jobs.Run(ctx) })
	wg.Go(func() { h.board.Run(ctx) })
	wg.Go(func() { h.watch.Run(ctx) })
	wg.Go(func() { h.desk.Run(ctx, log) })
	wg.Go(func() { h.webhooks.Run(ctx) })
	wg.Go(func() { h.push.Run(ctx) })
	wg.Go(func() { h.api.Run(ctx) })
	h.end = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		h.server.Close()
		h.board.Close()
		b.Close()
	})
	t.Cleanup(h.end)
	return h
}

// lines are what the house logs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// movable is the real clock, moved forward.
type movable struct {
	mu sync.Mutex
	by time.Duration
}

func (c *movable) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *movable) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

// damage changes a byte of every file that the house keeps.
func damage(t *testing.T, h *house) {
	t.Helper()
	changed := 0
	require.NoError(t, filepath.WalkDir(h.media, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[0] ^= 1
		changed++
		return os.WriteFile(path, b, 0o600)
	}))
	require.NotZero(t, changed)
}

// overPlainHTTP lets a browser without TLS keep the cookie of a house that has it.
func overPlainHTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(&plainly{w}, r) })
}

type plainly struct{ http.ResponseWriter }

func (p *plainly) WriteHeader(status int) {
	cookies := p.Header()["Set-Cookie"]
	for i, c := range cookies {
		cookies[i] = strings.Replace(c, "; Secure", "", 1)
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *plainly) Unwrap() http.ResponseWriter { return p.ResponseWriter }
