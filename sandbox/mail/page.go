// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// shown is one mail as the page shows it.
type shown struct {
	From, Subject, Text string
	At                  time.Time
	Files               []string
}

// Handler shows a person what lies in the mailboxes, as plain text, newest first: "/" lists them, "/mira@example.org" is
// one of them. It changes nothing.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { s.show(w, Box{}) })
	mux.HandleFunc("GET /{address}", func(w http.ResponseWriter, r *http.Request) {
		for _, b := range s.Mailboxes() {
			if b.Address == strings.ToLower(r.PathValue("address")) {
				s.show(w, b)
				return
			}
		}
		http.NotFound(w, r)
	})
	return mux
}

func (s *Server) show(w http.ResponseWriter, open Box) {
	boxes := s.Mailboxes()
	for i := range boxes {
		boxes[i].Password = ""
	}
	var mails []shown
	if open.Address != "" {
		for _, m := range s.Mailbox(open.Address) {
			mails = append(mails, read(m))
		}
		slices.Reverse(mails)
	}
	var body bytes.Buffer
	if err := page.Execute(&body, map[string]any{"Boxes": boxes, "Open": open.Address, "Name": open.Name, "Mails": mails}); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes()) // the reader may have gone
}

// read makes a mail readable; one that is no mail is shown as it is.
func read(m Message) shown {
	v := shown{From: m.From, At: m.At}
	env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		v.Text = string(m.Raw)
		return v
	}
	if from := env.GetHeader("From"); from != "" {
		v.From = from
	}
	v.Subject, v.Text = env.GetHeader("Subject"), strings.TrimSpace(strings.ReplaceAll(env.Text, "\r\n", "\n"))
	for _, f := range slices.Concat(env.Attachments, env.Inlines) {
		v.Files = append(v.Files, f.FileName)
	}
	return v
}
