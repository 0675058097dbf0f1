// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/store/storetest"
)

// each runs a test on one node with SQLite, and on two that share Postgres. It is given the webhook address of each.
func each(t *testing.T, test func(t *testing.T, s *site, hooks []string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := open(t, plan{calm: true})
		test(t, s, []string{s.hook})
	})
	t.Run("two nodes on postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.PostgresURL(t)
		s := open(t, plan{database: url, calm: true})
		second, err := apptest.NewHouse(program, s.house.Data, url) // they share the folder of media and key
		require.NoError(t, err)
		t.Cleanup(second.Kill)
		require.NoError(t, second.Open(t.Context()))
		test(t, s, []string{s.hook, strings.Replace(s.hook, s.house.URL(), second.URL(), 1)})
	})
}

func nodes(hooks []string) string {
	return map[int]string{1: "SQLite", 2: "Postgres, two nodes"}[len(hooks)]
}

// Everything comes up to fifty times, at the same time, over sixteen connections and on all nodes. DUPLICATES says how
// many posts there are.
func TestTheSameComesOften(t *testing.T) {
	t.Parallel()
	posts := dose(t, "DUPLICATES", 600, 100_000)
	each(t, func(t *testing.T, s *site, hooks []string) {
		began := time.Now()
		c := &crowd{s: s, hooks: hooks}
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 30 * time.Second}
		defer client.CloseIdleConnections()
		sent := 0
		for i := 0; sent < posts; i++ {
			w := word{fmt.Sprintf("often%d", i/longTalk), i % longTalk}
			times := 2 + rand.IntN(49)
			sent += times
			s.led.note(said, 0, w.String())
			body := c.body(w)
			var all sync.WaitGroup
			var took atomic.Int64
			todo := make(chan int)
			for range 16 {
				all.Go(func() {
					for n := range todo {
						if c.post(t.Context(), client, hooks[n%len(hooks)], body) {
							took.Add(1)
						}
					}
				})
			}
			for n := range times {
				todo <- n
			}
			close(todo)
			all.Wait()
			require.EqualValues(t, times, took.Load(), "each is answered as the first is")
			s.led.note(acked, 0, w.String())
		}
		s.verdict(row{Fault: "the same 2 to 50 times at once", Database: nodes(hooks), Dose: fmt.Sprintf("%d posts, 16 connections", sent)}, began)
	})
}

// Five events about one conversation come in every order that there is, some on one node, some on the other: in the end
// the case reads the same. ORDERS says how often all orders are tried.
func TestEventsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	rounds := dose(t, "ORDERS", 1, 160)
	each(t, func(t *testing.T, s *site, hooks []string) {
		began := time.Now()
		orders := permutations(5)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 30 * time.Second}
		defer client.CloseIdleConnections()
		todo := make(chan int)
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for i := range todo {
					thread := fmt.Sprint("order-", i)
					for n, e := range orders[i%len(orders)] {
						status, err := s.shop.Post(t.Context(), client, hooks[(i+n)%len(hooks)], event(thread, e))
						if err != nil || status != http.StatusOK {
							t.Errorf("event %d of %s: answered %d, %v", e, thread, status, err)
						}
					}
				}
			})
		}
		for i := range rounds * len(orders) {
			todo <- i
		}
		close(todo)
		all.Wait()
		require.NoError(t, settle(t.Context(), s.agent))
		rows, err := s.agent.AllCases(t.Context())
		require.NoError(t, err)
		require.Len(t, rows, rounds*len(orders), "each conversation is one case")
		for _, row := range rows {
			c, err := s.agent.Case(t.Context(), row.ID)
			require.NoError(t, err)
			var reads []string
			for _, m := range c.Messages {
				reads = append(reads, m.Body)
			}
			require.Equal(t, []string{"Die zweite Fassung zählt", ""}, reads, "case %d", c.Number)
		}
		report(t, row{
			Fault: "events in any order", Database: nodes(hooks), Dose: fmt.Sprintf("%d scripts of 5 events, all 120 orders", rounds*len(orders)),
			Acked: 5 * rounds * len(orders), Note: "every case reads the same", Took: time.Since(began),
		})
	})
}

// event is one of the five: a question and what its author adds; the question edited twice, the addition deleted.
func event(thread string, n int) []byte {
	at := func(s int) string { return opened.Add(time.Duration(s) * time.Second).Format(time.RFC3339) }
	from := fmt.Sprintf(`"from":{"id":"of-%s"}`, thread)
	head := fmt.Sprintf(`"thread":%q,`, thread)
	return []byte(`{` + head + []string{
		fmt.Sprintf(`"id":"%s-a","at":%q,%s,"text":"Das Netz ist weg"`, thread, at(1), from),
		fmt.Sprintf(`"id":"%s-b","at":%q,%s,"reply_to":"%s-a","text":"Schon wieder!"`, thread, at(2), from, thread),
		fmt.Sprintf(`"id":"%s-a","kind":"edited","at":%q,"text":"Die erste Fassung"`, thread, at(3)),
		fmt.Sprintf(`"id":"%s-a","kind":"edited","at":%q,"text":"Die zweite Fassung zählt"`, thread, at(4)),
		fmt.Sprintf(`"id":"%s-b","kind":"deleted","at":%q`, thread, at(5)),
	}[n] + `}`)
}

func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return all
}

// Whoever cannot prove to be the network gets a 401, and nothing of what they say is kept but that somebody tried.
// FORGED says how often.
func TestWhoCannotProveIt(t *testing.T) {
	t.Parallel()
	n := dose(t, "FORGED", 60, 10_000)
	each(t, func(t *testing.T, s *site, hooks []string) {
		began := time.Now()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 30 * time.Second}
		defer client.CloseIdleConnections()
		other, err := apptest.OpenShop()
		require.NoError(t, err)
		t.Cleanup(other.Close)
		var all sync.WaitGroup
		todo := make(chan int)
		for range 16 {
			all.Go(func() {
				for i := range todo {
					req := forged(t, s.shop, other, hooks[i%len(hooks)], i)
					if status, err := answerOf(client, req); err != nil || status != http.StatusUnauthorized {
						t.Errorf("forgery %d: answered %d, %v", i%len(forgeries), status, err)
					}
				}
			})
		}
		for i := range n {
			todo <- i
		}
		close(todo)
		all.Wait()
		accounts, err := s.agent.Accounts(t.Context())
		require.NoError(t, err)
		require.Equal(t, n, accounts[0].Refused, "each is counted")
		rows, err := s.agent.AllCases(t.Context())
		require.NoError(t, err)
		require.Empty(t, rows, "nothing is kept")
		h, err := s.agent.Health(t.Context())
		require.NoError(t, err)
		require.Empty(t, h.Stuck, "nothing is kept")
		require.Zero(t, h.Work())
		report(t, row{
			Fault: "wrong signatures", Database: nodes(hooks), Dose: fmt.Sprintf("%d posts, %d kinds of forgery", n, len(forgeries)),
			Note: "all answered 401, counted, and not kept", Took: time.Since(began),
		})
	})
}

// forgeries are what can be wrong with a request that was right.
var forgeries = []func(req *http.Request, body []byte, s, other *apptest.Shop){
	func(req *http.Request, _ []byte, _, _ *apptest.Shop) { req.Header.Del("X-Hilft-Signature") },
	func(req *http.Request, _ []byte, _, _ *apptest.Shop) { req.Header.Del("X-Hilft-Timestamp") },
	func(req *http.Request, _ []byte, _, _ *apptest.Shop) {
		req.Header.Set("X-Hilft-Signature", "v1="+strings.Repeat("0", 64))
	},
	func(req *http.Request, body []byte, _, other *apptest.Shop) { // somebody else's secret
		req.Header.Set("X-Hilft-Signature", other.Sign(req.Header.Get("X-Hilft-Timestamp"), body))
	},
	func(req *http.Request, body []byte, s, _ *apptest.Shop) { // another body
		req.Header.Set("X-Hilft-Signature", s.Sign(req.Header.Get("X-Hilft-Timestamp"), append([]byte(" "), body...)))
	},
	func(req *http.Request, body []byte, s, _ *apptest.Shop) { // too old
		at := fmt.Sprint(time.Now().Add(-10 * time.Minute).Unix())
		req.Header.Set("X-Hilft-Timestamp", at)
		req.Header.Set("X-Hilft-Signature", s.Sign(at, body))
	},
	func(req *http.Request, body []byte, s, _ *apptest.Shop) { // signed for another time than it says
		req.Header.Set("X-Hilft-Signature", s.Sign(fmt.Sprint(time.Now().Add(time.Minute).Unix()), body))
	},
	func(req *http.Request, _ []byte, _, _ *apptest.Shop) { // several, and none fits
		req.Header["X-Hilft-Signature"] = []string{"v1=" + strings.Repeat("1", 64), "v1=" + strings.Repeat("2", 64)}
	},
}

func forged(t *testing.T, s, other *apptest.Shop, hook string, i int) *http.Request {
	body := fmt.Appendf(nil, `{"id":"forged-%d","thread":"forged","from":{"id":"x"},"text":"Bitte kündigen"}`, i)
	req, err := s.Request(context.WithoutCancel(t.Context()), hook, body, time.Now())
	if err != nil {
		t.Error(err)
	}
	forgeries[i%len(forgeries)](req, body, s, other)
	return req
}
