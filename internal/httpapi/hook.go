// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// hookFor is how long a network may take to say what it has to say. It loses patience with us about then, too.
const hookFor = 15 * time.Second

// hook takes a request of a network. It is answered with 200 when what it brought is durable, and never before.
func (a *API) hook(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(hookFor))
	id := hilft.AccountID(r.PathValue("account"))
	most, err := a.Switchboard.HookMost(r.Context(), id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	body, err := hookBody(w, r, most)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer, err := a.Switchboard.Hook(r.Context(), id, channel.HookRequest{
		Method: r.Method, Query: r.URL.Query(), Header: r.Header, Body: body, Now: a.DB.Now(),
	})
	if err != nil {
		a.metrics.hook(err)
		a.fail(w, r, err)
		return
	}
	a.metrics.hook(nil)
	if answer.Type != "" {
		w.Header().Set("Content-Type", answer.Type)
	}
	_, _ = w.Write(answer.Body)
}

// hookBody reads a request of at most so many bytes, also once it is unpacked.
func hookBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, tooLarge()
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		zip, err := gzip.NewReader(from)
		if err != nil {
			return nil, hilft.Fail(hilft.Invalid, "hook.unreadable", err)
		}
		from = zip
	default:
		return nil, hilft.Fail(hilft.Invalid, "hook.encoding", nil)
	}
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(from, most+1))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || n > most {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, hilft.Fail(hilft.Invalid, "hook.unreadable", err)
	}
	return b.Bytes(), nil
}

// webURL is a link that strangers gave us, if it is one that a person may follow; else nothing.
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
