// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package shop is the website of Nordnetz, a telecom company that does not exist: a small page in German and English
// with the chat on it, as it would stand on anybody's pages, and the way to what the demo's customers see. It needs no
// script of its own and loads nothing from elsewhere.
package shop

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed page.html style.css icon.svg
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// Site says what stands around the page.
type Site struct {
	Script    string // address of the chat's widget
	Desk      string // address of the desk, for who looks behind the scenes
	Mastodon  string // address of the company's page at Mastodon
	Mail      string // the company's mail address
	Mailboxes http.Handler
}

// Mailboxes is where the customers' mailboxes stand on the site.
const Mailboxes = "/postfaecher/"

type view struct {
	Site
	English bool
	Privacy bool
	Boxes   string
}

// Privacy is the path of the page that the chat links to.
const Privacy = "/datenschutz"

// Handler serves the site.
func Handler(s Site) http.Handler {
	mux := http.NewServeMux()
	show := func(path string, v view) {
		v.Site, v.Boxes = s, Mailboxes
		var body bytes.Buffer
		err := page.Execute(&body, v)
		policy := policy(s.Script)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			if err != nil {
				http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Security-Policy", policy)
			send(w, "text/html; charset=utf-8", body.Bytes())
		})
	}
	show("/{$}", view{})
	show("/en", view{English: true})
	show(Privacy, view{Privacy: true})
	show("/en/privacy", view{English: true, Privacy: true})
	for path, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		data, err := files.ReadFile(path)
		mux.HandleFunc("GET /"+path, func(w http.ResponseWriter, r *http.Request) {
			if err != nil {
				http.NotFound(w, r)
				return
			}
			send(w, kind, data)
		})
	}
	if s.Mailboxes != nil {
		mux.Handle("GET "+Mailboxes, http.StripPrefix(strings.TrimSuffix(Mailboxes, "/"), s.Mailboxes))
	}
	return mux
}

func send(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(body) // the reader may have gone
}

// policy allows the page its own style and the chat, and nothing else: what the handbook tells websites to allow.
func policy(script string) string {
	p := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	u, err := url.Parse(script)
	if err != nil || u.Host == "" {
		return p
	}
	socket := "ws://"
	if u.Scheme == "https" {
		socket = "wss://"
	}
	origin := u.Scheme + "://" + u.Host
	return p + "; script-src " + origin + "; connect-src " + origin + " " + socket + u.Host
}
