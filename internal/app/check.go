// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/store"
)

// Check says in plain words what the settings are and whether the house could open with them. It changes nothing that
// is there; a database or key that is not there yet is made when the house first opens, and Check says so. It tells
// whether all is well.
func Check(ctx context.Context, s Settings, out io.Writer) bool {
	c := &checker{out: out, ok: true}
	c.say("data folder", s.Data, folder(s.Data))
	c.say("listens on", s.Listen, nil)
	c.say("public address", s.PublicURL, publicURL(s.PublicURL))
	switch s.MediaURL {
	case "":
		c.say("media", "at the public address, in a sandbox", nil)
	default:
		c.say("media", s.MediaURL, nil)
	}
	c.say("secret key", s.SecretKeyFile, key(s.SecretKeyFile))
	c.database(ctx, s)
	c.wakeUps(ctx, s.NATSURL)
	c.say("proxies", strings.Join(s.TrustedProxies, ", "), noProxies(s.TrustedProxies))
	c.say("metrics for", strings.Join(s.MetricsFrom, ", "), noReaders(s.MetricsFrom))
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

func key(path string) error {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return later("made at the first start; keep a copy of it with your backups, apart from the database")
	}
	_, err := access.OpenKeys(path)
	return err
}

func (c *checker) database(ctx context.Context, s Settings) {
	where := filepath.Join(s.Data, "hilft.db")
	if s.DatabaseURL != "" {
		where = redacted(s.DatabaseURL)
	} else if _, err := os.Stat(where); os.IsNotExist(err) {
		c.say("database", where, later("made at the first start"))
		return
	}
	state, err := store.Look(ctx, store.Options{URL: s.DatabaseURL, Path: filepath.Join(s.Data, "hilft.db"), Log: slog.New(slog.DiscardHandler)})
	if err == nil && state != "" {
		err = later(state)
	}
	c.say("database", where, err)
}

// wakeUps does not wait for a cluster: the house opens without it, and is a second slower.
func (c *checker) wakeUps(ctx context.Context, url string) {
	if url == "" {
		c.say("wake-ups", "inside this process", nil)
		return
	}
	b, err := bus.Open(ctx, bus.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		b.Close()
	}
	c.say("wake-ups", redacted(url), err)
}

// redacted is an address, or several with commas between, without passwords.
func redacted(v string) string {
	all := strings.Split(v, ",")
	for i, one := range all {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Scheme == "" || u.Host == "" {
			return "an address that cannot be read"
		}
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
