// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/api"
)

// callback is a server at which the other side takes our messages.
func callback(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server
}

// open opens a line with the clock at noon.
func open(t *testing.T, settings ...string) channel.Line {
	t.Helper()
	env := channeltest.NewEnv(t)
	env.Now = func() time.Time { return noon }
	line, err := api.Connector{}.Open(t.Context(), account(settings...), env)
	require.NoError(t, err)
	t.Cleanup(func() { _ = line.Close() })
	return line
}

func TestSendPostsTheMessageSigned(t *testing.T) {
	t.Parallel()
	type request struct {
		header http.Header
		body   []byte
	}
	got := make(chan request, 1)
	server := callback(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, body}
		_, _ = io.WriteString(w, `{"id":"r-1","thread":"t-2","url":"https://shop.example/r-1"}`)
	})
	line := open(t, "callback_url", server.URL, "secret", "the new secret of both", "previous_secret", "the old secret of both")
	receipt, err := line.Send(t.Context(), channel.Outgoing{
		Key: "key-1", Thread: "t-1", Visibility: hilft.Private, InReplyTo: "1", To: channel.Author{ID: "c-1", Handle: "mira", Name: "Mira"}, Subject: "Re: Störung",
		Text: "Läuft <wieder> & schnell", Files: []channel.File{{Name: "a.txt", Type: "text/plain", Alt: "ein A", Data: []byte("a")}}, First: noon.Add(-time.Hour),
	})
	require.NoError(t, err)
	require.Equal(t, channel.Receipt{ID: "r-1", Thread: "t-2", URL: "https://shop.example/r-1", At: noon}, receipt)

	r := <-got
	stamp := r.header.Get("X-Hilft-Timestamp")
	require.Equal(t, "1795348800", stamp)
	require.Equal(t, signature("the new secret of both", stamp, string(r.body))+","+signature("the old secret of both", stamp, string(r.body)), r.header.Get("X-Hilft-Signature"))
	require.Equal(t, "key-1", r.header.Get("X-Hilft-Delivery"))
	require.Equal(t, "key-1", r.header.Get("Idempotency-Key"))
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	var body map[string]any
	require.NoError(t, json.Unmarshal(r.body, &body))
	require.Empty(t, cmp.Diff(map[string]any{
		"id": "key-1", "kind": "message", "thread": "t-1", "visibility": "private", "reply_to": "1", "subject": "Re: Störung",
		"to": map[string]any{"id": "c-1", "handle": "mira", "name": "Mira"}, "text": "Läuft <wieder> & schnell", "at": "2026-11-22T11:00:00Z",
		"files": []any{map[string]any{"name": "a.txt", "type": "text/plain", "alt": "ein A", "data": "YQ=="}},
	}, body))
}

func TestSendReadsTheAnswer(t *testing.T) {
	t.Parallel()
	const out = channeltest.Open
	for name, test := range map[string]struct {
		status  int
		header  string // Retry-After
		body    string
		meaning channeltest.Meaning
		id      string
		detail  string
		until   time.Time
	}{
		"taken and named":              {status: 201, body: `{"id":"r-1"}`, meaning: channeltest.Done, id: "r-1"},
		"taken":                        {status: 204, meaning: channeltest.Done, id: "key-1"},
		"taken, without a name":        {status: 200, body: `{"ok":true}`, meaning: channeltest.Done, id: "key-1"},
		"taken, and a bad address":     {status: 200, body: `{"id":"r-1","url":"javascript:x"}`, meaning: channeltest.Done, id: "r-1"},
		"a page":                       {status: 200, body: `<html>`, meaning: out},
		"a number as id":               {status: 200, body: `{"id":1}`, meaning: out},
		"control characters as id":     {status: 200, body: `{"id":"\u0000"}`, meaning: out},
		"an endless answer":            {status: 200, body: `{"id":"` + strings.Repeat("x", 70_000) + `"}`, meaning: out},
		"elsewhere":                    {status: 308, meaning: channeltest.Rejected, detail: "308: redirects are not followed"},
		"elsewhere, perhaps taken":     {status: 303, meaning: out},
		"wrong secret":                 {status: 401, meaning: channeltest.SignIn},
		"forbidden":                    {status: 403, body: `{"gone":true}`, meaning: channeltest.SignIn},
		"gone":                         {status: 410, body: `{"gone":true}`, meaning: channeltest.Lost},
		"gone, by 404":                 {status: 404, body: `{"gone":true}`, meaning: channeltest.Lost},
		"a wrong address":              {status: 404, body: `not found`, meaning: channeltest.Rejected, detail: "answered 404"},
		"refused":                      {status: 422, body: `{"reason":"too_long","detail":"at most 100"}`, meaning: channeltest.Rejected, id: "too_long", detail: "at most 100"},
		"refused for an odd reason":    {status: 400, body: `{"reason":"bad_settings","detail":"a\u202eb\n\u0000c"}`, meaning: channeltest.Rejected, id: "other", detail: "ab c"},
		"refused with many words":      {status: 400, body: `{"detail":"` + strings.Repeat("ä", 400) + `"}`, meaning: channeltest.Rejected, detail: strings.Repeat("ä", 299) + "…"},
		"too slowly sent":              {status: 408, meaning: out},
		"too many":                     {status: 429, header: "30", meaning: channeltest.Limited, until: noon.Add(30 * time.Second)},
		"too many, until a date":       {status: 429, header: "Sun, 22 Nov 2026 12:10:00 GMT", meaning: channeltest.Limited, until: noon.Add(10 * time.Minute)},
		"too many, until yesterday":    {status: 429, header: "Sat, 21 Nov 2026 12:00:00 GMT", meaning: channeltest.Limited, until: noon.Add(time.Second)},
		"too many, for ever":           {status: 429, header: "999999999999", meaning: channeltest.Limited, until: noon.Add(24 * time.Hour)},
		"too many, who knows":          {status: 429, header: "soon", meaning: channeltest.Limited, until: noon.Add(time.Minute)},
		"broken":                       {status: 500, meaning: out},
		"broken behind a proxy":        {status: 502, meaning: out},
		"overloaded":                   {status: 503, meaning: out},
		"overloaded, and took nothing": {status: 503, header: "30", meaning: channeltest.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := callback(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					t.Errorf("a redirect was followed")
				}
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			receipt, err := open(t, "callback_url", server.URL+"/").Send(t.Context(), channel.Outgoing{Key: "key-1", Text: "Hallo"})
			require.Equal(t, test.meaning, channeltest.MeaningOf(err), "%v", err)
			switch test.meaning {
			case channeltest.Done:
				require.Equal(t, test.id, receipt.ID)
				require.Empty(t, strings.TrimPrefix(receipt.URL, "https://"))
			case channeltest.Rejected:
				rejected, _ := errors.AsType[*channel.Rejected](err)
				require.Equal(t, test.detail, rejected.Detail)
				if test.id != "" {
					require.Equal(t, test.id, rejected.Reason)
				}
			case channeltest.Limited:
				limited, _ := errors.AsType[*channel.RateLimited](err)
				require.Equal(t, test.until, limited.Until)
			case channeltest.Open, channeltest.SignIn, channeltest.Lost, channeltest.Temporary:
				require.NotContains(t, err.Error(), server.URL, "addresses are not for the log")
			}
		})
	}
}

func TestSendNeverRepeatsByItself(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := callback(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if calls.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	})
	line := open(t, "callback_url", server.URL)
	_, err := line.Send(t.Context(), channel.Outgoing{Key: "key-1", Text: "eins"})
	require.NoError(t, err)
	_, err = line.Send(t.Context(), channel.Outgoing{Key: "key-2", Text: "zwei"})
	require.ErrorIs(t, err, channel.ErrUnknownOutcome)
	require.EqualValues(t, 2, calls.Load(), "the transport repeats a request with an Idempotency-Key by itself, unless it is kept from it")
}

func TestReadBackKnowsWhatItCannotKnow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		id     string
		absent bool
	}{
		"there":                        {200, `{"id":"r-1"}`, "r-1", false},
		"there, it says, but not what": {200, `{}`, "", false},
		"a page":                       {200, `<html>`, "", false},
		"not there":                    {404, ``, "", true},
		"not there, with a reason":     {404, `{"detail":"no such message"}`, "", true},
		"no such address":              {404, "404 page not found\n", "", false},
		"broken":                       {500, ``, "", false},
		"wrong secret":                 {401, ``, "", false},
		"too many":                     {429, ``, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := callback(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query(); r.Method != http.MethodGet || got.Get("id") != "key 1/ä" || got.Get("tenant") != "7" {
					t.Errorf("asked for %s %s", r.Method, r.URL)
				}
				if r.Header.Get("X-Hilft-Signature") != signature(ourSecret, r.Header.Get("X-Hilft-Timestamp"), r.URL.RawQuery) {
					t.Errorf("the query is not signed")
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			receipt, err := open(t, "lookup_url", server.URL+"/?tenant=7").(channel.ReadBacker).ReadBack(t.Context(), channel.Outgoing{Key: "key 1/ä"})
			require.Equal(t, test.id, receipt.ID)
			require.Equal(t, test.id == "", err != nil, "%v", err)
			require.Equal(t, test.absent, errors.Is(err, channel.ErrNotThere), "%v", err)
		})
	}
	_, can := open(t).(channel.ReadBacker)
	require.False(t, can, "without a lookup address nothing can be known, and a person is asked at once")
}

func TestCheckNamesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	ok := callback(t, func(http.ResponseWriter, *http.Request) {})
	page := callback(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	missing := callback(t, http.NotFound)
	for name, test := range map[string]struct {
		settings []string
		field    string
	}{
		"no secret":                         {[]string{"secret", ""}, "secret"},
		"a short secret":                    {[]string{"secret", "fünfzehn Zeichn"}, "secret"},
		"a short previous secret":           {[]string{"previous_secret", "short"}, "previous_secret"},
		"no callback":                       {[]string{"callback_url", ""}, "callback_url"},
		"a callback on the disk":            {[]string{"callback_url", "file:///etc/passwd"}, "callback_url"},
		"a callback that is a page":         {[]string{"callback_url", page.URL}, "callback_url"},
		"a callback that is not there":      {[]string{"callback_url", missing.URL}, "callback_url"},
		"a callback where nobody is":        {[]string{"callback_url", "http://127.0.0.1:1/"}, "callback_url"},
		"a lookup that is no address":       {[]string{"callback_url", ok.URL, "lookup_url", "shop"}, "lookup_url"},
		"a lookup that knows everything":    {[]string{"callback_url", ok.URL, "lookup_url", ok.URL}, "lookup_url"},
		"a lookup that is not there either": {[]string{"callback_url", ok.URL, "lookup_url", missing.URL}, "lookup_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := api.Connector{}.Check(t.Context(), account(test.settings...), channeltest.NewEnv(t))
			rejected, ok := errors.AsType[*channel.Rejected](err)
			require.True(t, ok, "got %v", err)
			require.Equal(t, test.field, rejected.Field)
			_, err = api.Connector{}.Open(t.Context(), account(test.settings...), channeltest.NewEnv(t))
			if strings.Contains(name, "secret") || strings.Contains(name, "no ") {
				require.Error(t, err, "Open refuses settings that make no sense")
			}
		})
	}
	self, err := api.Connector{}.Check(t.Context(), account("callback_url", ok.URL, "name", "Nordnetz-App"), channeltest.NewEnv(t))
	require.NoError(t, err)
	require.Equal(t, "Nordnetz-App", self.Name)
}
