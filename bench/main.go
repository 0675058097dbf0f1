// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the house and prints a table of what it found. It runs the real binary on this machine, over
// loopback, with a client of its own beside it, so the client's work is paid for by the same processors.
//
//	make bench
//	make bench ARGS='-only acks,through -database sqlite -duration 5m -runs 1 -json speeds.json'
//
// Postgres is measured where HILFT_TEST_POSTGRES names a server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

// measure is one question about the house.
type measure struct {
	name  string
	run   func(ctx context.Context, b *bench, database string) ([]result, error)
	alone bool // the answer does not depend on the database
}

var measures = []measure{
	{name: "start", run: measureStart},
	{name: "size", run: measureSize, alone: true},
	{name: "store", run: measureStore},
	{name: "acks", run: measureAcks},
	{name: "through", run: measureThrough},
	{name: "screen", run: measureScreen},
	{name: "steady", run: measureSteady},
	{name: "burst", run: measureBurst},
	{name: "mail", run: measureMail},
	{name: "nodes", run: measureNodes},
	{name: "inbox", run: measureInbox},
	{name: "case", run: measureCase},
	{name: "search", run: measureSearch},
	{name: "browser", run: measureBrowser},
}

// bench is one run of all that was asked for.
type bench struct {
	bin      string
	dir      string
	server   string // Postgres
	duration time.Duration
	steady   time.Duration
	burst    time.Duration
	mails    int
	size     int
	runs     int

	filled map[string]*filled // by database
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var names []string
	for _, m := range measures {
		names = append(names, m.name)
	}
	b := &bench{server: os.Getenv(apptest.PostgresEnv), filled: map[string]*filled{}}
	only := flag.String("only", strings.Join(names, ","), "what to measure")
	database := flag.String("database", "both", "sqlite, postgres or both")
	out := flag.String("json", "", "write the results to this file as well")
	flag.DurationVar(&b.duration, "duration", 20*time.Second, "how long load is kept up in one run of through; the others take a quarter of it")
	flag.DurationVar(&b.steady, "steady", 20*time.Second, "how long steady keeps up 200 webhooks a second")
	flag.DurationVar(&b.burst, "burst", 5*time.Second, "how long burst sends 2,000 webhooks a second")
	flag.IntVar(&b.mails, "mails", 2000, "how many mails lie in the mailbox that mail reads")
	flag.IntVar(&b.size, "size", 100_000, "how many cases there are in the house whose pages are asked for")
	flag.IntVar(&b.runs, "runs", 3, "how often everything is measured; the table has the medians")
	flag.Parse()

	var databases []string
	switch *database {
	case "sqlite", "postgres":
		databases = []string{*database}
	case "both":
		databases = []string{"sqlite", "postgres"}
	default:
		return fmt.Errorf("no database is called %q", *database)
	}
	if b.server == "" && *database == "postgres" {
		return fmt.Errorf("%s names no server", apptest.PostgresEnv)
	}
	if b.server == "" && slices.Contains(databases, "postgres") {
		fmt.Fprintf(os.Stderr, "bench: %s is not set: Postgres is left out\n", apptest.PostgresEnv)
		databases = slices.DeleteFunc(databases, func(d string) bool { return d == "postgres" })
	}
	asked := strings.Split(*only, ",")
	for _, name := range asked {
		if !slices.Contains(names, name) {
			return fmt.Errorf("nothing to measure is called %q; there are %s", name, strings.Join(names, ", "))
		}
	}

	var err error
	if b.dir, err = os.MkdirTemp("", "hilft-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	defer func() {
		for _, f := range b.filled {
			f.site.close()
		}
	}()
	if b.bin, err = apptest.Binary(ctx, b.dir); err != nil {
		return err
	}
	r := report{Machine: about(b.dir), At: time.Now().UTC().Truncate(time.Second)}
	for _, m := range measures {
		if !slices.Contains(asked, m.name) {
			continue
		}
		of := databases
		if m.alone {
			of = []string{""}
		}
		for _, d := range of {
			all, err := b.repeat(ctx, m, d)
			if err != nil {
				r.print(os.Stdout) // hours may lie behind it
				return fmt.Errorf("%s on %s: %w", m.name, d, err)
			}
			r.Results = append(r.Results, all...)
		}
	}
	r.print(os.Stdout)
	if *out == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o600)
}

// repeat measures several times and keeps the medians.
func (b *bench) repeat(ctx context.Context, m measure, database string) ([]result, error) {
	var runs [][]result
	for i := range b.runs {
		fmt.Fprintf(os.Stderr, "%s, run %d of %d\n", strings.TrimSpace(m.name+" "+database), i+1, b.runs)
		all, err := m.run(ctx, b, database)
		if err != nil {
			return nil, err
		}
		runs = append(runs, all)
	}
	if len(runs) == 0 {
		return nil, errors.New("no runs")
	}
	return medians(runs), nil
}

// open opens a house of its own, set up and with one account of somebody else's system.
func (b *bench) open(ctx context.Context, database string) (*site, error) {
	s := &site{}
	h, err := b.house(ctx, database, &s.closers)
	if err != nil {
		s.close()
		return nil, err
	}
	s.house = h
	s.closers = append(s.closers, h.Kill)
	if err := s.furnish(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// house makes a house that is not open yet.
func (b *bench) house(ctx context.Context, database string, closers *[]func()) (*apptest.House, error) {
	data, err := os.MkdirTemp(b.dir, "house-")
	if err != nil {
		return nil, err
	}
	*closers = append(*closers, func() { _ = os.RemoveAll(data) })
	url := ""
	if database == "postgres" {
		at, drop, err := apptest.NewDatabase(ctx, b.server)
		if err != nil {
			return nil, err
		}
		*closers = append(*closers, drop)
		url = at
	}
	return apptest.NewHouse(b.bin, filepath.Join(data, "data"), url)
}

// site is an open house with somebody who works there, and a system that sends to it.
type site struct {
	house   *apptest.House
	agent   *apptest.Agent
	shop    *apptest.Shop
	hook    string
	closers []func()
}

func (s *site) furnish(ctx context.Context) (err error) {
	if err := s.house.Open(ctx); err != nil {
		return err
	}
	if s.agent, err = s.house.SetUp(ctx); err != nil {
		return err
	}
	if s.shop, err = apptest.OpenShop(); err != nil {
		return err
	}
	s.closers = append(s.closers, s.shop.Close)
	acc, err := s.agent.Connect(ctx, "api", "Shop", s.shop.Settings(false))
	s.hook = acc.HookURL
	return err
}

func (s *site) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}
