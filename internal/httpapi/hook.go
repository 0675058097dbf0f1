// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// hook takes a request of a network. It is answered with 200 when what it brought is durable, and never before.
func (a *API) hook(w http.ResponseWriter, r *http.Request) {
	ctx, span := a.Tracer.Start(r.Context(), "hook")
	r = r.WithContext(ctx)
	answer, err := a.taken(w, r)
	if err != nil {
		span.SetStatus(codes.Error, hilft.KindOf(err).String())
	}
	span.End()
	a.metrics.hook(err)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if answer.Type != "" {
		w.Header().Set("Content-Type", answer.Type)
	}
	_, _ = w.Write(answer.Body)
}

func (a *API) taken(w http.ResponseWriter, r *http.Request) (channel.HookAnswer, error) {
	id := hilft.AccountID(r.PathValue("account"))
	most, err := a.Switchboard.HookMost(r.Context(), id)
	if err != nil {
		return channel.HookAnswer{}, err
	}
	body, err := hookBody(w, r, most)
	if err != nil {
		return channel.HookAnswer{}, err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // what has been heard is taken, however long that takes
	return a.Switchboard.Hook(r.Context(), id, channel.HookRequest{
		Method: r.Method, Query: r.URL.Query(), Header: r.Header, Body: body, Now: a.DB.Now(),
	})
}

// hookBody reads a request of at most so many bytes, also once it is unpacked.
func hookBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, tooLarge()
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
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
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return nil, tooSlow()
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
