// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/all"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/intake"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/push"
	"github.com/hilft/hilft/internal/search"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
	"github.com/hilft/hilft/internal/webhook"
	"github.com/hilft/hilft/web"
)

const (
	reachedIn  = time.Minute      // a database that is started together with the house, or is just being moved, is there by then
	closeFor   = 30 * time.Second // what is under way gets so long to end
	headersFor = 10 * time.Second
	idleFor    = 2 * time.Minute
	writeFor   = 5 * time.Minute // the longest download; streams set their own
)

// House is all rooms, opened.
type House struct {
	Settings    Settings
	Access      *access.Access
	Desk        *desk.Desk
	Search      *search.Search
	Switchboard *switchboard.Switchboard
	Watch       *watch.Watch
	API         *httpapi.API
	log         *slog.Logger
	keys        *access.Keys
	jobs        *jobs.Jobs
	trail       *audit.Trail
	webhooks    *webhook.Webhooks
	push        *push.Push
	close       []func() // from the ground up; closed the other way round
}

// Options are what the settings do not say.
type Options struct {
	Version string
	Log     *slog.Logger
	Demo    *httpapi.Demo
	Dial    channel.Dial // the way out of the house; nil: guarded, with the settings' AllowHosts
}

// Open opens the rooms. Nothing is listened to and nobody is served before Run.
func Open(ctx context.Context, s Settings, o Options) (_ *House, err error) {
	h := &House{Settings: s, log: o.Log}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if s.DatabaseURL == "" {
		unlock, err := lock(filepath.Join(s.Data, "lock"))
		if err != nil {
			return nil, err
		}
		h.onClose(unlock)
	}
	proxies, errProxies := prefixes(s.TrustedProxies)
	readers, errReaders := prefixes(s.MetricsFrom)
	if err := errors.Join(errProxies, errReaders); err != nil {
		return nil, err
	}
	keys, err := access.OpenKeys(s.SecretKeyFile)
	if err != nil {
		return nil, err
	}
	h.keys = keys
	database := databaseOf(s)
	database.Patience = reachedIn
	database.Waits = func(err error) {
		o.Log.Warn("the database cannot be reached yet; it is tried again", "for", reachedIn.String(), "err", err)
	}
	db, err := store.Open(ctx, database)
	if err != nil {
		return nil, err
	}
	h.onClose(func() { _ = db.Close() })
	b, err := bus.Open(ctx, bus.Options{URL: s.NATSURL, Log: o.Log})
	if err != nil {
		return nil, err
	}
	h.onClose(b.Close)
	spans, endSpans, err := tracer(ctx, s.OTLPEndpoint, o.Version, o.Log)
	if err != nil {
		return nil, err
	}
	h.onClose(endSpans)
	blobs, err := blob.Open(mediaOf(s))
	if err != nil {
		return nil, err
	}
	dial := o.Dial
	if dial == nil {
		dial = dialer(s.AllowHosts)
	}
	out := client(dial, s.AllowHosts)
	h.jobs = jobs.New(db, b, o.Log)
	h.Access = access.New(access.Deps{DB: db, Jobs: h.jobs, Keys: keys, Log: o.Log, HTTP: out, PublicURL: s.PublicURL})
	if err := h.Access.Recognise(ctx, keys); err != nil {
		return nil, err
	}
	if err := recogniseMedia(ctx, h.Access, blobs, mediaOf(s)); err != nil {
		return nil, err
	}
	h.Desk = desk.New(db, h.jobs, access.AnswerIn)
	h.Search = search.New(db, h.jobs)
	networks := all.Connectors()
	media := filepath.Join(s.Data, "media")
	h.Switchboard = switchboard.New(switchboard.Deps{
		DB: db, Jobs: h.jobs, Bus: b, Blobs: blobs, Keys: keys, Connectors: networks, Log: o.Log, Tracer: spans,
		Folders: []string{s.Data, media}, OnwardAfter: s.OnwardAfter,
		Env: channel.Env{HTTP: out, Dial: dial, Now: db.Now, PublicURL: s.PublicURL},
	}, intake.New(blobs, h.Desk, db.Now))
	h.onClose(h.Switchboard.Close)
	if err := mindRestored(ctx, db, h.jobs, h.Switchboard, o.Log); err != nil {
		return nil, err
	}
	h.Watch = watch.New(watch.Deps{
		DB: db, Jobs: h.jobs, Access: h.Access, Keys: keys, Desk: h.Desk, Switchboard: h.Switchboard, HTTP: out, Data: s.Data, Media: media,
		NATS: s.NATSURL != "", PublicURL: s.PublicURL, Version: o.Version, Log: o.Log,
		Backup: func(ctx context.Context) (watch.LastBackup, error) { return lastBackup(ctx, db) },
	})
	h.webhooks = webhook.New(webhook.Deps{DB: db, Jobs: h.jobs, Bus: b, Keys: keys, HTTP: out, Log: o.Log})
	if h.push, err = push.New(push.Deps{DB: db, Jobs: h.jobs, Bus: b, Keys: keys, HTTP: out, Log: o.Log, PublicURL: s.PublicURL}); err != nil {
		return nil, err
	}
	h.trail = audit.New(db, keys.Derive(audit.Purpose, 32), o.Log)
	h.API = httpapi.New(httpapi.Deps{
		DB: db, Trail: h.trail, Webhooks: h.webhooks, Push: h.push, Bus: b, Jobs: h.jobs, Access: h.Access, Keys: keys, Blobs: blobs, Desk: h.Desk, Search: h.Search, Switchboard: h.Switchboard, Watch: h.Watch, Connectors: networks,
		Pages: web.Files(), Widget: web.Widget(), PublicURL: s.PublicURL, MediaURL: s.MediaURL, TrustedProxies: proxies, MetricsFrom: readers, Rates: httpapi.RatesOf(s.RequestRate),
		Version: o.Version, Demo: o.Demo, Log: o.Log, Tracer: spans,
	})
	return h, nil
}

func databaseOf(s Settings) store.Options {
	return store.Options{URL: s.DatabaseURL, Path: filepath.Join(s.Data, "hilft.db"), Wall: faults.Wall, Log: slog.New(slog.DiscardHandler)}
}

func mediaOf(s Settings) string { return filepath.Join(s.Data, "media") }

func (h *House) onClose(f func()) { h.close = append(h.close, f) }

// Close closes what Open opened. It may be called twice.
func (h *House) Close() {
	for i := len(h.close) - 1; i >= 0; i-- {
		h.close[i]()
	}
	h.close = nil
}

// Invitation is the address at which the house is set up, with the code that lets somebody do so. It is for the one who
// runs the program. Empty: the house has been set up.
func (h *House) Invitation(ctx context.Context) (string, error) {
	needed, err := h.Access.NeedsSetUp(ctx)
	if err != nil || !needed {
		return "", err
	}
	// Behind the #, so that no proxy on the way writes it down.
	return h.Settings.PublicURL + "/setup#" + h.keys.SetUpCode(), nil
}

// Run serves at the listener and works until the context ends; then it says that it leaves, goes on for as long as the
// settings say, so that whoever sends it requests notices, finishes the requests and jobs under way, begins no new ones,
// and closes the house.
func (h *House) Run(ctx context.Context, at net.Listener) error {
	defer h.Close()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var wg sync.WaitGroup
	wg.Go(func() { h.jobs.Run(work) })
	wg.Go(func() { h.Switchboard.Run(work) })
	wg.Go(func() { h.Watch.Run(work) })
	wg.Go(func() { h.Desk.Run(work, h.log) })
	wg.Go(func() { h.Search.Run(work, h.log) })
	wg.Go(func() { h.webhooks.Run(work) })
	wg.Go(func() { h.push.Run(work) })
	wg.Go(func() { h.trail.Run(work) }) // it ends after the last request, and writes what that read
	live, stopLive := context.WithCancel(work)
	defer stopLive()
	wg.Go(func() { h.API.Run(live) })
	server := &http.Server{
		Handler: h.API, ReadHeaderTimeout: headersFor, WriteTimeout: writeFor, IdleTimeout: idleFor, MaxHeaderBytes: headerMost,
		ErrorLog: log.New(errorLog(h.log), "", 0),
	}
	silent := newSilent()
	server.ConnState = silent.watch
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(at) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		h.API.Leave()
		select {
		case err = <-failed:
		case <-time.After(h.Settings.LeaveAfter):
		}
	}
	stopLive() // streams end first: they would hold up everything else
	silent.close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	if e := server.Shutdown(end); e != nil {
		h.log.Warn("some requests did not end in time", "err", e)
		_ = server.Close()
	}
	stopWork()
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-end.Done():
		h.log.Warn("some work did not end in time; it is taken up again at the next start")
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// silent knows the connections that have not asked for anything yet, as browsers open them ahead of need. Shutdown would
// wait for them to speak.
type silent struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
	over  bool
}

func newSilent() *silent { return &silent{conns: map[net.Conn]struct{}{}} }

func (s *silent) watch(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, c)
	case s.over:
		_ = c.Close()
	default:
		s.conns[c] = struct{}{}
	}
}

func (s *silent) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for c := range s.conns {
		_ = c.Close()
	}
}
