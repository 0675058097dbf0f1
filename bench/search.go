// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// questions are how many different ones of a kind are asked.
const questions = 300

// measureSearch asks a house for what agents look for, one question after another.
func measureSearch(ctx context.Context, b *bench, database string) ([]result, error) {
	f, err := b.full(ctx, database)
	if err != nil {
		return nil, err
	}
	messages := float64(b.size * wordsUsual)
	out := []result{{
		What: "making the index of words, CPU per message", Database: database, Value: f.made.CPU * 1e6 / messages, Unit: "µs", Wall: f.made.Wall, CPU: f.made.CPU,
		Note: number(messages) + " messages",
	}}
	most := 20.0
	if b.size > 200_000 {
		most = 100
	}
	if database == "postgres" {
		most *= 3
	}
	for _, kind := range []struct {
		what string
		ask  func(n int) string
	}{
		{"one word", func(n int) string { return vocabulary[n*7%len(vocabulary)] + " " }},
		{"three words", func(n int) string { return strings.Join(strings.Fields(prose(n * 131))[3:6], " ") }},
		{"a phrase of two words", func(n int) string { return `"` + strings.Join(strings.Fields(prose(n * 131))[3:5], " ") + `"` }},
		{"two words never in a row", func(n int) string { return `"` + vocabulary[n%50] + " " + vocabulary[len(vocabulary)-1-n] + `"` }},
		{"a part of compounds", func(n int) string { return strings.ToLower(nouns[n%len(nouns)]) + " " }},
		{"two parts of compounds", func(n int) string { return strings.ToLower(nouns[n%len(nouns)] + " " + nouns[(n*5+1)%len(nouns)]) }},
		{"a word that nobody said", func(n int) string { return fmt.Sprint("kauderwelsch", n, " netz") }},
		{"a word of open cases", func(n int) string { return vocabulary[n*7%len(vocabulary)] + " status:offen" }},
		{"a word of a person", func(n int) string { return vocabulary[n%50] + " von:" + fmt.Sprintf("%06x", n*97) }},
		{"a word of half a year ago", func(n int) string {
			return vocabulary[n*7%len(vocabulary)] + " vor:" + time.Now().AddDate(0, -6, -n%28).Format("2006-01-02")
		}},
	} {
		var paths []string
		for n := range questions {
			paths = append(paths, "/api/search?limit=25&zone=Europe/Berlin&q="+url.QueryEscape(kind.ask(n)))
		}
		all, cpu, wall, err := f.ask(ctx, b, paths, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.what, err)
		}
		r := result{
			What: "search: " + kind.what, Database: database, Value: float64(len(all)) / wall, Unit: "/s", P50: all.at(0.5), P99: all.at(0.99), Wall: wall, CPU: cpu,
			Note: number(messages) + " messages", Target: fmt.Sprintf("p99 ≤ %s ms", number(most)),
		}
		r.Met = r.P99 <= most
		out = append(out, r)
	}
	return out, nil
}

// indexed waits until everything can be found, and tells what that took since the house was opened.
func (f *filled) indexed(ctx context.Context) (result, error) {
	began := time.Now()
	for {
		var page struct {
			Behind int `json:"behind"`
		}
		if err := f.site.agent.Do(ctx, http.MethodGet, "/api/search?limit=1&q=kauderwelsch", nil, &page); err != nil {
			return result{}, err
		}
		if page.Behind == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return result{}, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	use, err := f.site.house.Use()
	return result{CPU: use.CPU.Seconds(), Wall: time.Since(began).Seconds()}, err
}
