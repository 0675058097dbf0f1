// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package shop_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/sandbox/shop"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	site := shop.Handler(shop.Site{
		Script: "http://127.0.0.1:8080/chat/1/widget.js", Desk: "http://127.0.0.1:8080", Mastodon: "http://127.0.0.1:9000/@nordnetz", Mail: "hilfe@nordnetz.example",
		Mailboxes: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("mailbox " + r.URL.Path)) }),
	})
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestThePagesAreThereInBothLanguages(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/":                                 {`<html lang="de">`, "Auch bei Windstärke acht.", "hilfe@nordnetz.example"},
		"/en":                               {`<html lang="en">`, "Even when it blows.", "hilfe@nordnetz.example"},
		shop.Privacy:                        {`<html lang="de">`, "<h1>Datenschutz</h1>"},
		"/en/privacy":                       {`<html lang="en">`, "<h1>Privacy</h1>"},
		shop.Mailboxes:                      {"mailbox /"},
		shop.Mailboxes + "mira@example.org": {"mailbox /mira@example.org"},
		"/icon.svg":                         {"<svg"},
		"/style.css":                        {"prefers-color-scheme: dark"},
	} {
		w := get(t, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		for _, text := range want {
			require.Contains(t, w.Body.String(), text, path)
		}
	}
	require.Equal(t, http.StatusNotFound, get(t, "/nothing").Code)
}

// The page is the customer's side of the handbook: it stands under a strict policy, and the chat works all the same.
func TestThePageLoadsNothingButTheChat(t *testing.T) {
	t.Parallel()
	w := get(t, "/")
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src http://127.0.0.1:8080; connect-src http://127.0.0.1:8080 ws://127.0.0.1:8080")
	require.Equal(t, 1, strings.Count(w.Body.String(), "<script"))
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		require.Regexp(t, `^(/|#|http://127\.0\.0\.1:)`, m[1])
	}
}
