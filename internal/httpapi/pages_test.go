// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store/storetest"
)

func openPages(t *testing.T) (*house, *browser) {
	t.Helper()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) {
		d.Pages = fstest.MapFS{
			"index.html":         {Data: []byte("<!doctype html><title>hilft</title>")},
			"index.html.gz":      {Data: []byte("packed page")},
			"icon.svg":           {Data: []byte("<svg/>")},
			"sw.js":              {Data: []byte("self")},
			"de.webmanifest":     {Data: []byte("{}")},
			"assets/app-1.js":    {Data: []byte("app()")},
			"assets/app-1.js.br": {Data: []byte("brotli")},
			"assets/app-1.js.gz": {Data: []byte("gzip")},
		}
	})
	return h, h.browser(t)
}

func TestEveryAddressOfTheAppIsItsPage(t *testing.T) {
	t.Parallel()
	_, b := openPages(t)
	const plain = "identity"
	for _, path := range []string{"/", "/inbox", "/inbox/mine", "/cases/" + strings.Repeat("a", 36), "/channels/new/some", "/sign-in", "/setup", "/health", "/assets", "/assets/", "/index.html", "/a%2fb", "/%3Cscript%3E"} {
		a := b.say(http.MethodGet, path, nil, "Accept-Encoding", plain)
		require.Equal(t, 200, a.status, path)
		require.Equal(t, "<!doctype html><title>hilft</title>", a.body)
		require.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
		require.Equal(t, "no-cache", a.header.Get("Cache-Control"))
		policy := a.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			require.Contains(t, policy, part)
		}
		require.NotContains(t, policy[strings.Index(policy, "script-src"):strings.Index(policy, "style-src")], "unsafe")
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Equal(t, "same-origin", a.header.Get("Referrer-Policy"))
		require.Equal(t, 304, b.say(http.MethodGet, path, nil, "If-None-Match", a.header.Get("ETag"), "Accept-Encoding", plain).status)
		head := b.say(http.MethodHead, path, nil, "Accept-Encoding", plain)
		require.Equal(t, 200, head.status)
		require.Equal(t, "35", head.header.Get("Content-Length"))
	}
	a := b.say(http.MethodPost, "/inbox", nil)
	require.Equal(t, 405, a.status)
	require.Equal(t, "GET, HEAD", a.header.Get("Allow"))
}

// What a browser installs of the app is asked for anew each time, and may do no more than it must.
func TestTheAppIsInstalledAsItIsNow(t *testing.T) {
	t.Parallel()
	_, b := openPages(t)
	worker := b.say(http.MethodGet, "/sw.js", nil)
	require.Equal(t, 200, worker.status)
	require.Equal(t, "text/javascript; charset=utf-8", worker.header.Get("Content-Type"))
	require.Equal(t, "no-cache", worker.header.Get("Cache-Control"))
	require.Equal(t, "default-src 'none'; connect-src 'self'", worker.header.Get("Content-Security-Policy"))
	manifest := b.say(http.MethodGet, "/de.webmanifest", nil)
	require.Equal(t, 200, manifest.status)
	require.Equal(t, "application/manifest+json", manifest.header.Get("Content-Type"))
	require.Contains(t, b.say(http.MethodGet, "/", nil).header.Get("Content-Security-Policy"), "manifest-src 'self'")
}

func TestAssetsAreKeptForeverAndSentPacked(t *testing.T) {
	t.Parallel()
	_, b := openPages(t)
	for accepted, want := range map[string]struct{ encoding, body string }{
		"":                       {"", "app()"},
		"identity":               {"", "app()"},
		"gzip, deflate, br":      {"br", "brotli"},
		"gzip":                   {"gzip", "gzip"},
		"GZIP;q=0.5":             {"gzip", "gzip"},
		"br;q=0, gzip":           {"gzip", "gzip"},
		"br;q=0.000,gzip; q = 0": {"", "app()"},
		"brotli, gzipped":        {"", "app()"},
	} {
		a := b.say(http.MethodGet, "/assets/app-1.js", nil, "Accept-Encoding", accepted)
		require.Equal(t, 200, a.status)
		require.Equal(t, want.body, a.body, accepted)
		require.Equal(t, want.encoding, a.header.Get("Content-Encoding"), accepted)
		require.Equal(t, "public, max-age=31536000, immutable", a.header.Get("Cache-Control"))
		require.Contains(t, a.header.Get("Content-Type"), "javascript")
		require.Equal(t, "Accept-Encoding", a.header.Get("Vary"))
	}
	require.Equal(t, "<svg/>", b.say(http.MethodGet, "/icon.svg", nil).body)
	for _, nothing := range []string{"/assets/app-2.js", "/assets/x", "/favicon.ico", "/robots.txt", "/wp-login.php", "/assets/../../etc/passwd.x"} {
		a := b.say(http.MethodGet, nothing, nil)
		require.Contains(t, []int{404, 301, 307}, a.status, nothing)
		require.NotContains(t, a.body, "app()")
	}
}

func TestNoPathLeadsOutOfThePages(t *testing.T) {
	t.Parallel()
	h, b := openPages(t)
	for _, path := range []string{"/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/..%5c..%5cetc%5cpasswd", "/assets/..%2f..%2f..%2fetc/passwd", "//etc/passwd", "/./etc/passwd"} {
		a := b.say(http.MethodGet, path, nil)
		require.NotContains(t, a.body, "root:", path)
		// As a client without manners would ask.
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = strings.NewReplacer("%2e", ".", "%2f", "/", "%5c", `\`).Replace(path)
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		require.NotContains(t, w.Body.String(), "root:", path)
	}
	require.Equal(t, "page.not_found", refused(t, b.say(http.MethodGet, "/%00", nil), 404).Code)
	require.Equal(t, "page.not_found", refused(t, b.say(http.MethodGet, "/%ff%fe", nil), 404).Code)
}
