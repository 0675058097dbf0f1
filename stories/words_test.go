// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	connections = 4  // that carry words at a time
	twice       = 10 // one word in so many is sent twice
	apart       = 20 // how far words may be shuffled

	threads = 6   // at a time
	long    = 100 // words in a thread, until another customer comes
)

// words are what customers say, and the ledger of what was acknowledged. It stands outside the house and outlives it.
type words struct {
	shop   *apptest.Shop
	hooks  []string // addresses of one webhook, one a node
	client *http.Client

	mu    sync.Mutex
	said  []string // in order
	acked map[string]bool
	told  map[int]int // how often each status was the answer
}

func newWords(shop *apptest.Shop, hooks ...string) *words {
	return &words{shop: shop, hooks: hooks, told: map[int]int{}, acked: map[string]bool{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}}
}

// add lets a customer say one more word, in the next thread.
func (w *words) add() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf("Wort %d", len(w.said)))
}

func (w *words) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said)
}

func (w *words) unacked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.said), func(word string) bool { return w.acked[word] })
}

// send sends what is not acknowledged, on several connections, shuffled, some of it twice, until the house is dead. What
// was acknowledged before is not sent again: if the house lost it, nobody makes that good.
func (w *words) send(ctx context.Context, dead <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if dead != nil {
		go func() {
			select {
			case <-dead:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	todo := make(chan string)
	var posts sync.WaitGroup
	for range connections {
		posts.Go(func() {
			for word := range todo {
				w.post(ctx, word, w.hooks[rand.IntN(len(w.hooks))])
			}
		})
	}
	for _, word := range shuffled(w.unacked()) {
		select {
		case todo <- word:
		case <-ctx.Done():
		}
	}
	close(todo)
	posts.Wait()
}

// shuffled moves words about, not too far, and repeats some.
func shuffled(all []string) (order []string) {
	for _, word := range all {
		order = append(order, word)
		if rand.IntN(twice) == 0 {
			order = append(order, word)
		}
	}
	for i := range order {
		j := min(len(order)-1, i+rand.IntN(apart))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// threadOf is the thread in which a word is said.
func threadOf(word string) string {
	n, _ := strconv.Atoi(strings.TrimPrefix(word, "Wort "))
	return strconv.Itoa(n/(threads*long)*threads + n%threads)
}

// sendEverywhere sends what is not acknowledged to all nodes at the same time.
func (w *words) sendEverywhere(ctx context.Context) {
	for _, word := range w.unacked() {
		var posts sync.WaitGroup
		for _, hook := range w.hooks {
			posts.Go(func() { w.post(ctx, word, hook) })
		}
		posts.Wait()
	}
}

// post sends a word and returns the status of the answer; 0: there was none.
func (w *words) post(ctx context.Context, word, hook string) int {
	thread := threadOf(word)
	said := apptest.Said{ID: word, Thread: "t-" + thread, Text: word, From: map[string]string{"id": "c-" + thread}}
	status, err := w.shop.Post(ctx, w.client, hook, said.Body())
	if err != nil {
		status = 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told[status]++
	if status == http.StatusOK {
		w.acked[word] = true
	}
	return status
}

// broken is how often the answer was that something is wrong with the house.
func (w *words) broken() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for status, times := range w.told {
		if status >= http.StatusInternalServerError {
			n += times
		}
	}
	return n
}
