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

	"github.com/hilft/hilft/internal/app/apptest"
)

// collector takes what the house traces. Names and values of spans stand in what it is sent as they are.
type collector struct {
	server *httptest.Server
	mu     sync.Mutex
	got    bytes.Buffer
	news   chan struct{}
}

func openCollector() *collector {
	c := &collector{news: make(chan struct{}, 1)}
	c.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.got.Write(body)
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

// opensWatched opens the house with a collector of its traces.
func (w *world) opensWatched(ctx context.Context, settings []string) error {
	w.collector = openCollector()
	w.onClose(w.collector.server.Close)
	return w.opens(ctx, append(settings, "otlp_endpoint="+w.collector.server.URL))
}

// traced waits until the collector knows spans by these names.
func (w *world) traced(ctx context.Context, names []string) error {
	for _, name := range names {
		for !w.collector.has(name) {
			select {
			case <-w.collector.news:
			case <-ctx.Done():
				return fmt.Errorf("no span is called %q", name)
			}
		}
	}
	return nil
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
