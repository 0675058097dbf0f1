// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/hilft/hilft/internal/app/apptest"
)

// collector takes what the house traces. Names and values of spans stand in what it is sent as they are.
type collector struct {
	server *httptest.Server
	mu     sync.Mutex
	got    bytes.Buffer
	spans  []*trace.Span
	news   chan struct{}
}

func openCollector() *collector {
	c := &collector{news: make(chan struct{}, 1)}
	c.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent trace.TracesData // as an export request begins
		if err != nil || proto.Unmarshal(body, &sent) != nil {
			return
		}
		c.mu.Lock()
		c.got.Write(body)
		for _, from := range sent.GetResourceSpans() {
			for _, scope := range from.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
		c.mu.Unlock()
		select {
		case c.news <- struct{}{}:
		default:
		}
	}))
	return c
}

func (c *collector) has(word string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.got.Bytes(), []byte(word))
}

// leads tells whether a span by one name goes on with the trace of one by the other, or is linked to it.
func (c *collector) leads(from, to string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	begun := map[string]bool{}
	for _, s := range c.spans {
		if s.GetName() == from {
			begun[string(s.GetTraceId())] = true
		}
	}
	for _, s := range c.spans {
		if s.GetName() != to {
			continue
		}
		if begun[string(s.GetTraceId())] {
			return true
		}
		for _, l := range s.GetLinks() {
			if begun[string(l.GetTraceId())] {
				return true
			}
		}
	}
	return false
}

// opensWatched opens the house with a collector of its traces.
func (w *world) opensWatched(ctx context.Context, settings []string) error {
	w.collector = openCollector()
	w.onClose(w.collector.server.Close)
	return w.opens(ctx, append(settings, "otlp_endpoint="+w.collector.server.URL))
}

// traced waits until the collector knows spans by these names.
func (w *world) traced(ctx context.Context, names []string) error {
	for _, name := range names {
		if !w.collector.until(ctx, func() bool { return w.collector.has(name) }) {
			return fmt.Errorf("no span is called %q", name)
		}
	}
	return nil
}

// tracedFrom waits until the collector can tell that one span came of another.
func (w *world) tracedFrom(ctx context.Context, from, to string) error {
	if !w.collector.until(ctx, func() bool { return w.collector.leads(from, to) }) {
		return fmt.Errorf("no span %q leads to %q", from, to)
	}
	return nil
}

// until waits for what the collector is told.
func (c *collector) until(ctx context.Context, there func() bool) bool {
	for !there() {
		select {
		case <-c.news:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// discreet looks whether what the house says to those who run it has a word in it.
func (w *world) discreet(ctx context.Context, words ...string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.house.URL()+"/metrics", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	figures, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(figures), "hilft_deliveries_total") {
		return fmt.Errorf("it shows no figures: %w", err)
	}
	for _, word := range words {
		for _, line := range w.house.Said() {
			if strings.Contains(line, word) && !strings.Contains(line, "/setup#") { // that is for who started it
				return fmt.Errorf("its log says %q: %s", word, line)
			}
		}
		if strings.Contains(string(figures), word) {
			return fmt.Errorf("its figures say %q", word)
		}
		if w.collector.has(word) {
			return fmt.Errorf("its traces say %q", word)
		}
	}
	return nil
}

// failsToSignIn is what somebody does who does not know the password.
func (w *world) failsToSignIn(ctx context.Context, password string) error {
	if _, err := w.house.SignIn(ctx, apptest.AdministratorEmail, password); err == nil {
		return fmt.Errorf("it let them in")
	}
	return nil
}

// sendsRubbish posts what is signed and makes no sense.
func (w *world) sendsRubbish(ctx context.Context, word string) error {
	for body, want := range map[string]int{
		`{"id": "` + word + `", "text": 7}`: http.StatusBadRequest, `{"` + word + `": `: http.StatusBadRequest, "\xff" + word: http.StatusBadRequest,
	} {
		req, err := w.shop.Request(ctx, w.accounts["api"].HookURL, []byte(body), time.Now())
		if err != nil {
			return err
		}
		if status, err := apptest.Status(http.DefaultClient, req); err != nil || status != want {
			return fmt.Errorf("it was told %d: %w", status, err)
		}
	}
	return nil
}
