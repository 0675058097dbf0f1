// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	longTalk = 20                    // words of one conversation
	twice    = 10                    // one word in so many is sent twice, at the same time
	patience = 20 * time.Millisecond // until a word that was not taken is sent again
)

// crowd is customers who talk to the house over many connections. What was acknowledged is not sent again: if the house
// lost it, nobody makes that good.
type crowd struct {
	s           *site
	connections int
	words       int      // altogether
	large       int      // one word in so many is larger than the database keeps in a row; 0: none
	hooks       []string // of several nodes; empty: the site's
	name        string   // so that two crowds do not say the same

	wrong  atomic.Int64 // by how much the clock of all is wrong
	acked  atomic.Int64
	busy   atomic.Int64 // answered 503: not taken, to be sent again
	broken atomic.Int64 // not answered
	odd    sync.Map     // any other answer
}

// said is one word: conversation and place in it.
type word struct {
	talk string
	n    int
}

func (w word) String() string { return fmt.Sprintf("%s-%d", w.talk, w.n) }

// late tells whether a word is sent before the one that was said before it: one pair in five, so that one word in ten
// comes out of order.
func late(talk string, n int) bool {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%d", talk, n/2)
	return h.Sum32()%5 == 0
}

// talkers are over how many connections a crowd talks beside other tests: in make soak there is room for more.
func talkers() int {
	if long() {
		return 8
	}
	return 4
}

// talk says all words and returns when they are acknowledged, or the context ends.
func (c *crowd) talk(ctx context.Context) {
	if len(c.hooks) == 0 {
		c.hooks = []string{c.s.hook}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * c.connections}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range c.connections {
		words := c.words/c.connections + min(1, max(0, c.words%c.connections-i))
		all.Go(func() { c.converse(ctx, client, i, words) })
	}
	all.Wait()
}

// converse has one conversation after another on one connection. A word waits until the one before it is acknowledged,
// but for those that come out of order.
func (c *crowd) converse(ctx context.Context, client *http.Client, connection, words int) {
	for i := 0; i < words && ctx.Err() == nil; i += 2 {
		talk := fmt.Sprintf("%sc%d-%d", c.name, connection, i/longTalk)
		pair := []word{{talk, i % longTalk}}
		if i+1 < words {
			pair = append(pair, word{talk, i%longTalk + 1})
		}
		if len(pair) == 2 && late(talk, pair[0].n) {
			pair[0], pair[1] = pair[1], pair[0]
		}
		for _, w := range pair {
			c.say(ctx, client, connection, w)
		}
	}
}

// say sends a word until it is acknowledged. Some are sent twice at the same time, where there are several nodes to two
// of them.
func (c *crowd) say(ctx context.Context, client *http.Client, connection int, w word) {
	c.s.led.note(said, c.s.at(), w.String())
	body := c.body(w)
	if rand.IntN(twice) == 0 {
		var both sync.WaitGroup
		both.Go(func() { c.post(ctx, client, c.hooks[(connection+1)%len(c.hooks)], body) })
		defer both.Wait()
	}
	for ctx.Err() == nil {
		if c.post(ctx, client, c.hooks[connection%len(c.hooks)], body) {
			c.s.led.note(acked, c.s.at(), w.String())
			c.acked.Add(1)
			return
		}
		if !pause(ctx, patience) {
			return
		}
	}
}

// opened is when conversations began.
var opened = time.Now().Add(-time.Hour).UTC().Truncate(time.Second)

// filler makes a word larger than what the database keeps in a row.
var filler = strings.Repeat(" Seit gestern geht das Internet nicht.", 4000)

func (c *crowd) body(w word) []byte {
	text := w.String()
	if c.large > 0 && w.n%c.large == c.large-1 {
		text += filler
	}
	return fmt.Appendf(nil, `{"id":%q,"thread":%q,"at":%q,"from":{"id":%q},"text":%q}`,
		w.String(), w.talk, opened.Add(time.Duration(w.n)*time.Second).Format(time.RFC3339), "of-"+w.talk, text)
}

// post sends a body once and tells whether it was acknowledged.
func (c *crowd) post(ctx context.Context, client *http.Client, hook string, body []byte) bool {
	req, err := c.s.shop.Request(ctx, hook, body, time.Now().Add(time.Duration(c.wrong.Load())))
	if err != nil {
		c.s.t.Error(err)
		return false
	}
	status, err := answerOf(client, req)
	switch {
	case err != nil:
		c.broken.Add(1)
	case status == http.StatusOK:
		return true
	case status == http.StatusServiceUnavailable:
		c.busy.Add(1)
	default:
		c.odd.Store(status, true)
	}
	return false
}

// answerOf is the status of an answer that was read to its end. A connection is not asked to try by itself.
func answerOf(client *http.Client, req *http.Request) (int, error) {
	req.GetBody = nil
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// oddOnes are answers that no sender of a good word should get.
func (c *crowd) oddOnes() (all []int) {
	c.odd.Range(func(status, _ any) bool {
		all = append(all, status.(int))
		return true
	})
	return all
}

// desk is agents who answer while the house may die at any time. As browsers do, they ask again with the same key until
// they are answered.
type desk struct {
	s    *site
	name string
	n    int
}

// answer writes replies until there are so many or the context ends, with a pause between them.
func (d *desk) answer(ctx context.Context, replies int, every time.Duration) {
	for ; d.n < replies && pause(ctx, every); d.n++ {
		c, ok := d.any(ctx)
		if !ok {
			d.n--
			continue
		}
		what, ok := c.Answer("", fmt.Sprintf("Antwort%s %d", d.name, d.n))
		if !ok {
			d.n--
			continue
		}
		what.Anyway = true
		d.s.led.note(wrote, d.s.at(), what.Text)
		key := fmt.Sprintf("browser-%s-%d", d.name, d.n)
		for ctx.Err() == nil {
			if _, err := d.s.agent.Reply(ctx, key, c.ID, what); err == nil {
				d.s.led.note(told, d.s.at(), what.Text)
				break
			}
			if !pause(ctx, 10*patience) {
				return
			}
		}
	}
}

// any is one of the cases that must be answered first.
func (d *desk) any(ctx context.Context) (c apptest.Case, ok bool) {
	var page struct{ Cases []apptest.Row }
	if err := d.s.agent.Do(ctx, http.MethodGet, "/api/inbox?view=open&limit=50", nil, &page); err != nil || len(page.Cases) == 0 {
		return c, false
	}
	c, err := d.s.agent.Case(ctx, page.Cases[rand.IntN(len(page.Cases))].ID)
	return c, err == nil
}
