// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// pages serves the browser app. Files under assets/ have their content's hash in their names and are kept forever; an
// address that names no file is the app's own, so it gets the one page. What was compressed when it was built is sent
// as it is.
func pages(files fs.FS, mediaOrigin string) http.Handler {
	policy := pagePolicy(mediaOrigin)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		b, err := fs.ReadFile(files, name)
		if err != nil || name == "" || name == "." {
			if strings.HasPrefix(name, "assets/") || path.Ext(name) != "" {
				http.NotFound(w, r)
				return
			}
			name = "index.html"
			if b, err = fs.ReadFile(files, name); err != nil {
				http.NotFound(w, r)
				return
			}
		}
		h := w.Header()
		h.Set("Content-Type", typeByName(name))
		h.Add("Vary", "Accept-Encoding")
		if strings.HasPrefix(name, "assets/") {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		switch {
		case strings.HasSuffix(name, ".html"):
			h.Set("Content-Security-Policy", policy)
		case name == "sw.js":
			h.Set("Content-Security-Policy", workerPolicy)
		}
		b = compressed(files, name, b, r, h)
		sum := sha256.Sum256(b)
		h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	})
}

// workerPolicy lets the service worker fetch the app's own pieces, and nothing else.
const workerPolicy = "default-src 'none'; connect-src 'self'"

func typeByName(name string) string {
	if strings.HasSuffix(name, ".webmanifest") {
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressed(files fs.FS, name string, plain []byte, r *http.Request, h http.Header) []byte {
	for _, c := range []struct{ encoding, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(r.Header.Values("Accept-Encoding"), c.encoding) {
			continue
		}
		if b, err := fs.ReadFile(files, name+c.ext); err == nil {
			h.Set("Content-Encoding", c.encoding)
			return b
		}
	}
	return plain
}

// accepts tells whether a browser has named an encoding, and not to refuse it.
func accepts(headers []string, encoding string) bool {
	for _, c := range strings.Split(strings.ToLower(strings.Join(headers, ",")), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(c, " ", ""), ";")
		if name == encoding {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// pagePolicy lets the app load what it is made of, and nothing else.
func pagePolicy(mediaOrigin string) string {
	media := strings.TrimSpace("'self' " + mediaOrigin)
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src " + media + "; media-src " + media +
		"; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
}
