// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	lookers   = 8 // connections that ask for pages
	pageSize  = 25
	pagesMost = 1000 // different ones that are asked for
)

// filled is a house that has been used for a year, in which everything can be found. It is filled once and then only looked at.
type filled struct {
	site *site
	made result // what its index of words took
}

func (b *bench) full(ctx context.Context, database string) (*filled, error) {
	if f := b.filled[database]; f != nil {
		return f, nil
	}
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	b.filled[database] = &filled{site: s}
	if err := s.house.Stop(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := fill(ctx, s.house.Data, s.house.Settings["database_url"], b.size); err != nil {
		return nil, fmt.Errorf("fill: %w", err)
	}
	fmt.Fprintf(os.Stderr, "filled with %s cases in %s\n", number(float64(b.size)), time.Since(began).Round(time.Second))
	if err := s.house.Open(ctx); err != nil {
		return nil, err
	}
	b.filled[database].made, err = b.filled[database].indexed(ctx) // no page is asked for beside it
	return b.filled[database], err
}

// request is what a browser sends for a page of the API.
func (f *filled) request(path string) ([]byte, error) {
	u, err := url.Parse(f.site.house.URL())
	if err != nil {
		return nil, err
	}
	var cookies []string
	for _, c := range f.site.agent.Browser().Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\nCookie: %s\r\n\r\n", path, u.Host, strings.Join(cookies, "; ")), nil
}

// ask asks for paths in turn over so many connections.
func (f *filled) ask(ctx context.Context, b *bench, paths []string, lookers int) (all latencies, cpu, wall float64, err error) {
	requests := make([][]byte, len(paths))
	for i, p := range paths {
		if requests[i], err = f.request(p); err != nil {
			return nil, 0, 0, err
		}
	}
	u, err := url.Parse(f.site.house.URL())
	if err != nil {
		return nil, 0, 0, err
	}
	from := time.Now().Add(warmUp)
	until := from.Add(b.duration / 4)
	took, errs := make([]latencies, lookers), make([]error, lookers)
	var wg sync.WaitGroup
	for i := range lookers {
		wg.Go(func() {
			l, err := dialLine(ctx, u.Host)
			if err != nil {
				errs[i] = err
				return
			}
			defer l.close()
			for n := i; time.Now().Before(until) && ctx.Err() == nil; n += lookers {
				began := time.Now()
				if err := l.ask(requests[n%len(requests)]); err != nil {
					errs[i] = err
					return
				}
				if began.After(from) {
					took[i] = append(took[i], time.Since(began))
				}
			}
		})
	}
	used, err := f.site.cpuBetween(ctx, from, until)
	wg.Wait()
	if err != nil {
		return nil, 0, 0, err
	}
	for i := range lookers {
		if errs[i] != nil {
			return nil, 0, 0, errs[i]
		}
		all = append(all, took[i]...)
	}
	return all, used.Seconds(), until.Sub(from).Seconds(), ctx.Err()
}

// target is what a page must reach: these bind SQLite, Postgres a third of the rate.
func target(r result, perSecond float64) result {
	if r.Database == "postgres" {
		perSecond /= 3
	}
	r.Target = fmt.Sprintf("≥ %s/s, p99 ≤ 15 ms", number(perSecond))
	r.Met = r.Value >= perSecond && r.P99 <= 15
	return r
}

func (f *filled) measure(ctx context.Context, b *bench, database, what string, perSecond float64, paths []string) (result, error) {
	all, cpu, wall, err := f.ask(ctx, b, paths, lookers)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", what, err)
	}
	return target(result{
		What: what, Database: database, Value: float64(len(all)) / wall, Unit: "/s", P50: all.at(0.5), P99: all.at(0.99), Wall: wall, CPU: cpu,
		Note: number(float64(b.size)) + " cases",
	}, perSecond), nil
}

// measureInbox asks for the first page of who must be answered, and for any later page of any list.
func measureInbox(ctx context.Context, b *bench, database string) ([]result, error) {
	f, err := b.full(ctx, database)
	if err != nil {
		return nil, err
	}
	first := fmt.Sprintf("/api/inbox?view=open&limit=%d", pageSize)
	var later []string
	for _, view := range []string{"open", "mine", "unassigned", "waiting", "solved"} {
		cursors, err := f.cursors(ctx, view)
		if err != nil {
			return nil, err
		}
		for _, c := range cursors {
			later = append(later, fmt.Sprintf("/api/inbox?view=%s&limit=%d&cursor=%s", view, pageSize, url.QueryEscape(c)))
		}
	}
	var out []result
	for _, m := range []struct {
		what  string
		paths []string
	}{{"the inbox, first page of 25, 8 connections", []string{first}}, {"the inbox, any later page", later}} {
		r, err := f.measure(ctx, b, database, m.what, 3000, m.paths)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// cursors walks a list to its end and keeps so many places of it, from everywhere.
func (f *filled) cursors(ctx context.Context, view string) ([]string, error) {
	var all []string
	for cursor := ""; ; {
		var page struct {
			Next string `json:"next"`
		}
		if err := f.site.agent.Do(ctx, http.MethodGet, "/api/inbox?limit=200&view="+view+"&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return nil, err
		}
		if page.Next == "" {
			break
		}
		cursor = page.Next
		all = append(all, cursor)
	}
	every := len(all)/pagesMost + 1
	var some []string
	for i := 0; i < len(all); i += every {
		some = append(some, all[i])
	}
	return some, nil
}

// measureCase opens cases of fifty messages, and usual ones.
func measureCase(ctx context.Context, b *bench, database string) ([]result, error) {
	f, err := b.full(ctx, database)
	if err != nil {
		return nil, err
	}
	var long, usual []string
	every := max(1, b.size/longCases)
	for n := 0; n < b.size; n += every {
		long = append(long, "/api/cases/"+idOf(idCase, n))
		for k := 1; k <= 5 && k < every; k++ {
			usual = append(usual, "/api/cases/"+idOf(idCase, n+k*every/6+1))
		}
	}
	var c apptest.Case
	if err := f.site.agent.Do(ctx, http.MethodGet, long[0], nil, &c); err != nil {
		return nil, err
	}
	if len(c.Messages) != wordsLong {
		return nil, fmt.Errorf("a case has %d messages, want %d", len(c.Messages), wordsLong)
	}
	r, err := f.measure(ctx, b, database, "a case of 50 messages, 8 connections", 2000, long)
	if err != nil {
		return nil, err
	}
	u, err := f.measure(ctx, b, database, "a case of 4 messages", 2000, usual)
	return []result{r, u}, err
}
