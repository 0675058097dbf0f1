// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store/storetest"
)

// The smallest files of their kinds.
var (
	png  = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 100)...)
	svg  = []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`)
	page = []byte(`<!doctype html><script>alert(document.cookie)</script>`)
)

func attached(name, claimed string, data []byte) m {
	return m{"name": name, "type": claimed, "data": base64.StdEncoding.EncodeToString(data)}
}

// withFiles is a case whose customer has sent a picture, and what calls itself one.
func withFiles(t *testing.T, h *house) (*browser, messageAnswer) {
	t.Helper()
	b := h.administrator(t)
	acc := h.connect(t, h.brand(t), "shop", openShop(t))
	id := h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Bilder", "attachments": []m{
		attached("Foto.png", "image/png", png), attached("Foto\u202egnp.svg", "image/svg+xml", svg), attached("../../seite.png", "image/png", page),
	}})
	c := b.opens(h.caseOf(t, id))
	require.Len(t, c.Messages[0].Files, 3)
	return b, c.Messages[0]
}

func TestFilesOfStrangersAreNeverPages(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	b, said := withFiles(t, h)
	for i, want := range []struct {
		inline      bool
		mediaType   string
		disposition string
		body        []byte
	}{
		{true, "image/png", "inline", png},
		{false, "application/octet-stream", "attachment", svg},
		{false, "application/octet-stream", "attachment", page},
	} {
		f := said.Files[i]
		require.Equal(t, want.inline, f.Inline, f.Name)
		require.NotContains(t, f.Name, "\u202e")
		require.NotContains(t, f.Name, "/")
		// The address says all by itself: whoever has it needs no session.
		a := h.browser(t).say(http.MethodGet, f.Href, nil)
		require.Equal(t, 200, a.status)
		require.Equal(t, string(want.body), a.body)
		require.Equal(t, want.mediaType, a.header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), want.disposition), a.header)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Contains(t, a.header.Get("Content-Security-Policy"), "sandbox; default-src 'none'")
		require.Equal(t, "same-site", a.header.Get("Cross-Origin-Resource-Policy"))
		require.Contains(t, a.header.Get("Cache-Control"), "private")

		require.Equal(t, 304, b.say(http.MethodGet, f.Href, nil, "If-None-Match", a.header.Get("ETag")).status)
		part := b.say(http.MethodGet, f.Href, nil, "Range", "bytes=2-5")
		require.Equal(t, 206, part.status)
		require.Equal(t, string(want.body[2:6]), part.body)
		require.Equal(t, fmt.Sprintf("bytes 2-5/%d", len(want.body)), part.header.Get("Content-Range"))
		require.Equal(t, 416, b.say(http.MethodGet, f.Href, nil, "Range", "bytes=9999-").status)
		head := b.say(http.MethodHead, f.Href, nil)
		require.Equal(t, 200, head.status)
		require.Empty(t, head.body)

		// Another name in the address changes what it is saved as, and nothing else.
		token := strings.Split(f.Href, "/")[2]
		renamed := b.say(http.MethodGet, "/media/"+token+"/x.html", nil)
		require.Equal(t, want.mediaType, renamed.header.Get("Content-Type"))
	}

	f := said.Files[0]
	token := strings.Split(f.Href, "/")[2]
	text, sign, _ := strings.Cut(token, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(decoded(t, text), "image/png", "text/html", 1)))
	for _, wrong := range []string{text, text + ".", "." + sign, forged + "." + sign, text + "A." + sign, text + "." + sign[:len(sign)-2], "x.y", strings.ToUpper(token), sign + "." + text} {
		a := b.say(http.MethodGet, "/media/"+wrong+"/Foto.png", nil)
		require.Equal(t, 404, a.status, wrong)
		require.NotContains(t, a.body, "PNG")
	}

	clock.forward(13 * time.Hour)
	require.Equal(t, "media.not_found", refused(t, b.say(http.MethodGet, f.Href, nil), 404).Code, "the address has expired")
}

func decoded(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}

func TestAFileThatHasChangedOnTheDiskIsNotShown(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b, said := withFiles(t, h)
	damage(t, h)
	p := refused(t, b.say(http.MethodGet, said.Files[0].Href, nil), 500)
	require.Equal(t, "internal", p.Code)
}

func TestMediaHaveAnOriginOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) {
		d.PublicURL, d.MediaURL = "https://desk.example", "https://media.desk.example:8443"
	})
	h.server.Config.Handler = overPlainHTTP(h.api)
	b, said := withFiles(t, h)
	href := said.Files[0].Href
	require.True(t, strings.HasPrefix(href, "https://media.desk.example:8443/media/"), href)
	path := strings.TrimPrefix(href, "https://media.desk.example:8443")
	for _, host := range []string{"media.desk.example:8443", "MEDIA.desk.example:8443"} {
		a := b.say(http.MethodGet, path, nil, "Host", host)
		require.Equal(t, 200, a.status)
		require.Equal(t, "cross-origin", a.header.Get("Cross-Origin-Resource-Policy"))
		for _, other := range []string{"/", "/index.html", "/api/me", "/api/setup", "/healthz", "/metrics", "/hooks/x", "/chat/x/widget.js", "/inbox", "//media/../api/me"} {
			a := b.say(http.MethodGet, other, nil, "Host", host)
			require.Contains(t, []int{404, 301, 307}, a.status, other)
			require.NotContains(t, a.body, "<title>hilft")
		}
		require.Equal(t, 404, b.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}, "Host", host).status)
	}
	for _, host := range []string{"desk.example", "DESK.example:443"} {
		require.Equal(t, 404, b.say(http.MethodGet, path, nil, "Host", host).status, "strangers' files stay away from the desk")
		require.Equal(t, 200, b.say(http.MethodGet, "/inbox", nil, "Host", host).status)
	}
	// A proxy that does not pass the host on does not break the house.
	require.Equal(t, 200, b.say(http.MethodGet, path, nil, "Host", "127.0.0.1:8080").status)
	require.Equal(t, 200, b.say(http.MethodGet, "/inbox", nil, "Host", "127.0.0.1:8080").status)
	require.Contains(t, b.say(http.MethodGet, "/inbox", nil).header.Get("Content-Security-Policy"), "img-src 'self' https://media.desk.example:8443")
}
