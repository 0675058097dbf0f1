// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/watch"
)

// Check says in plain words what the settings are and whether the house could open with them. It changes nothing that
// is there; a database or key that is not there yet is made when the house first opens, and Check says so. It tells
// whether all is well.
func Check(ctx context.Context, s Settings, out io.Writer) bool {
	c := &checker{out: out, ok: true}
	c.say("data folder", s.Data, folder(s.Data))
	c.say("listens on", s.Listen, address(ctx, s.Listen))
	c.say("public address", s.PublicURL, publicURL(s.PublicURL))
	switch s.MediaURL {
	case "":
		c.say("media", "at the public address, in a sandbox", nil)
	default:
		c.say("media", s.MediaURL, apart(s.MediaURL, s.PublicURL))
	}
	ready := c.database(ctx, s)
	c.say("secret key", s.SecretKeyFile, key(ctx, s, ready))
	if ready {
		c.company(ctx, s)
	}
	c.wakeUps(ctx, s.NATSURL)
	c.say("proxies", strings.Join(s.TrustedProxies, ", "), noProxies(s.TrustedProxies))
	c.say("metrics for", strings.Join(s.MetricsFrom, ", "), noReaders(s.MetricsFrom))
	if s.OTLPEndpoint != "" {
		c.say("traces to", redacted(s.OTLPEndpoint), nil)
	}
	if len(s.AllowHosts) > 0 {
		c.say("private hosts", strings.Join(s.AllowHosts, ", "), nil)
	}
	return c.ok
}

type checker struct {
	out io.Writer
	ok  bool
}

// later is what is not there yet, and need not be.
type later string

func (l later) Error() string { return string(l) }

func (c *checker) say(what, value string, err error) {
	verdict := "ok"
	switch e := err.(type) { //nolint:errorlint // later is never wrapped
	case nil:
	case later:
		verdict = e.Error()
	default:
		c.ok, verdict = false, "WRONG: "+strings.Join(strings.Fields(err.Error()), " ")
	}
	_, _ = fmt.Fprintf(c.out, "%-15s %s (%s)\n", what, value, verdict)
}

func folder(path string) error {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return later("made at the first start")
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	f, err := os.CreateTemp(path, "check-*")
	if err != nil {
		return fmt.Errorf("cannot write there: %w", err)
	}
	_ = f.Close()
	return os.Remove(f.Name())
}

// address tries to listen there, for a moment.
func address(ctx context.Context, listen string) error {
	at, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return later("taken: by hilft itself, if it runs now, else by another program")
	}
	if err != nil {
		return err
	}
	return at.Close()
}

// apart looks whether media have another host than the desk, without which they are on no origin of their own.
func apart(media, public string) error {
	m, err := url.Parse(media)
	if err != nil {
		return err
	}
	if p, err := url.Parse(public); err == nil && m.Host == p.Host {
		return later("the desk's own host: strangers' files are in a sandbox there, but not kept apart")
	}
	return nil
}

func publicURL(v string) error {
	u, err := url.Parse(v)
	if err != nil {
		return err
	}
	if u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1" {
		return later("without https: sign-ins and customers' words can be read on the way; put a proxy with https before it")
	}
	return nil
}

func noProxies(all []string) error {
	if len(all) == 0 {
		return later("none is trusted: behind one, everybody shares one limit for signing in")
	}
	return nil
}

func noReaders(all []string) error {
	if len(all) == 0 {
		return later("nobody: /metrics is closed")
	}
	return nil
}

// key looks whether the key can be read, and whether it is the one that the database was sealed with, if that is ready to
// be asked.
func key(ctx context.Context, s Settings, ready bool) error {
	var keys *access.Keys
	_, missing := os.Stat(s.SecretKeyFile)
	if !os.IsNotExist(missing) {
		var err error
		if keys, err = access.OpenKeys(s.SecretKeyFile); err != nil {
			return err
		}
	}
	if ready {
		db, err := store.Open(ctx, databaseOf(s))
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		if err := access.New(access.Deps{DB: db}).Knows(ctx, keys); err != nil {
			return err
		}
	}
	if keys == nil {
		return later("made at the first start; keep a copy of it with your backups, apart from the database")
	}
	return nil
}

// database tells also whether it is there with all its tables, so that it can be asked.
func (c *checker) database(ctx context.Context, s Settings) (ready bool) {
	where := filepath.Join(s.Data, "hilft.db")
	if s.DatabaseURL != "" {
		where = redacted(s.DatabaseURL)
	} else if _, err := os.Stat(where); os.IsNotExist(err) {
		c.say("database", where, later("made at the first start"))
		return false
	}
	state, err := store.Look(ctx, databaseOf(s))
	ready = err == nil && state == ""
	if err == nil && !ready {
		err = later(state)
	}
	c.say("database", where, err)
	return ready
}

// company says whether this node fits to the database and to the others that run on it.
func (c *checker) company(ctx context.Context, s Settings) {
	db, err := store.Open(ctx, databaseOf(s))
	if err != nil {
		c.say("media folder", mediaOf(s), err)
		return
	}
	defer func() { _ = db.Close() }()
	kept, err := access.New(access.Deps{DB: db}).Media(ctx)
	if err == nil && kept != "" {
		err = knowsMedia(mediaOf(s), kept)
	}
	c.say("media folder", mediaOf(s), err)
	if db.Dialect() == store.SQLite {
		return
	}
	all, err := watch.Nodes(ctx, db)
	if err != nil {
		c.say("nodes running", "", err)
		return
	}
	var names, wrong []string
	for _, n := range all {
		if !n.Lost(db.Now()) {
			names = append(names, n.Name+" "+n.Version)
		}
	}
	misfit := watch.MisfitOf(all, db.Now())
	if misfit.Deaf {
		wrong = append(wrong, "not all have NATS: each learns a second later what happened at the others; set nats_url everywhere")
	}
	if misfit.Mixed {
		wrong = append(wrong, "they are of different versions: bring all to the same")
	}
	if wrong != nil {
		err = later(strings.Join(wrong, "; "))
	}
	c.say("nodes running", strings.Join(names, ", "), err)
}

// answersIn is how long a check waits for a cluster to answer.
const answersIn = 2 * time.Second

// wakeUps does not insist on a cluster that answers: the house opens without it, and is a second slower.
func (c *checker) wakeUps(ctx context.Context, url string) {
	if url == "" {
		c.say("wake-ups", "inside this process", nil)
		return
	}
	b, err := bus.Open(ctx, bus.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		defer b.Close()
		err = answering(ctx, b)
	}
	c.say("wake-ups", redacted(url), err)
}

func answering(ctx context.Context, b *bus.Bus) error {
	ctx, cancel := context.WithTimeout(ctx, answersIn)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !b.Health().Connected {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return later("nothing answers there: the house opens without it, and everything is a second slower")
		}
	}
	return nil
}

// redacted is an address, or several with commas between, without passwords. An address may have several hosts with
// commas between, as those of Postgres do.
func redacted(v string) string {
	var all []string
	for part := range strings.SplitSeq(v, ",") {
		if last := len(all) - 1; last < 0 || strings.Contains(part, "://") {
			all = append(all, strings.TrimSpace(part))
		} else {
			all[last] += "," + part
		}
	}
	for i, one := range all {
		scheme, rest, _ := strings.Cut(one, "://")
		authority := rest
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			authority = rest[:end]
		}
		hosts := authority[strings.LastIndexByte(authority, '@')+1:]
		first, _, _ := strings.Cut(hosts, ",")
		u, err := url.Parse(scheme + "://" + strings.TrimSuffix(authority, hosts) + first + rest[len(authority):])
		if err != nil || scheme == "" || first == "" || strings.Contains(u.Path, "@") {
			return "an address that cannot be read"
		}
		u.Host = hosts
		q := u.Query()
		for name := range q {
			if strings.Contains(strings.ToLower(name), "password") {
				q.Set(name, "xxxxx")
			}
		}
		u.RawQuery = q.Encode()
		if _, set := u.User.Password(); !set && u.User != nil && strings.HasPrefix(u.Scheme, "nats") {
			u.User = url.User("xxxxx") // a token stands where elsewhere the name does
		}
		all[i] = u.Redacted()
	}
	return strings.Join(all, ",")
}
