// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// Logger logs JSON, one line an event. What is logged are constant words, ids and figures; only errors come from
// elsewhere, from networks, drivers and parsers, and those like to quote what they were given. So of what is said in an
// error neither quotations are logged, nor what looks like somebody's address, nor more of a web address than its host.
// The whole of an error stands with what it is about, in the database, for those who may read that.
func Logger(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: discreet}))
}

func discreet(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case error:
		a.Value = slog.StringValue(Discreet(v.Error()))
	case string:
		if a.Key == slog.MessageKey || a.Key == "err" {
			a.Value = slog.StringValue(Discreet(v))
		}
	}
	return a
}

var (
	quoted  = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|“[^”]*”|„[^“”]*[“”]|«[^»]*»|'[^' ]{2,}'")
	webAt   = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>]+`)
	mailAt  = regexp.MustCompile(`[^\s<>,;:"'()\[\]]+@[^\s<>,;:"'()\[\]]+`)
	handles = regexp.MustCompile(`(^|[\s(,;:])@[\pL\pN_.-]+`)
	queryAt = regexp.MustCompile(`\?[^\s"'<>]*=[^\s"'<>]*`)
)

// Discreet is an error's text without what may be a customer's words, name or address, or somebody's secret.
func Discreet(s string) string {
	s = quoted.ReplaceAllStringFunc(s, func(q string) string {
		if inner := strings.Trim(q, "\"`'"); webAt.FindString(inner) == inner && inner != "" {
			return host(inner)
		}
		return "…"
	})
	s = webAt.ReplaceAllStringFunc(s, host)
	s = mailAt.ReplaceAllLiteralString(s, "…@…")
	s = handles.ReplaceAllString(s, "$1@…")
	return queryAt.ReplaceAllLiteralString(s, "?…")
}

// host is a web address without what stands before and behind its host.
func host(at string) string {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return "…"
	}
	return u.Scheme + "://" + u.Host
}

// errorLog is where the HTTP server complains: of connections, in its own words.
func errorLog(log *slog.Logger) io.Writer { return complaints{log} }

type complaints struct{ log *slog.Logger }

var errServer = errors.New("http server")

func (c complaints) Write(b []byte) (int, error) {
	c.log.Debug("a connection went wrong", "err", fmt.Errorf("%w: %s", errServer, strings.TrimSpace(string(b))))
	return len(b), nil
}
