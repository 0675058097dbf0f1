// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

// toMira is an answer to a post of mira.
func toMira(p sandbox.Post, in hilft.Visibility, text string) channel.Outgoing {
	return channel.Outgoing{
		Key: "key-" + p.ID, Visibility: in, InReplyTo: p.ID, Refs: []string{p.ID}, Text: text, First: time.Now(),
		To: channel.Author{ID: "mira@elsewhere.example", Handle: "@mira@elsewhere.example"},
	}
}

func (n *network) asks(t testing.TB, v sandbox.Visibility) sandbox.Post {
	t.Helper()
	p, err := n.server.Post("mira@elsewhere.example", "@nordnetz Störung!", v, "")
	require.NoError(t, err)
	return p
}

func (n *network) last() sandbox.Post {
	posts := n.server.State().Posts
	return posts[len(posts)-1]
}

func TestAnAnswerIsAsPublicAsTheQuestion(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	_, l := n.connected(t)
	for _, c := range []struct {
		asked sandbox.Visibility
		in    hilft.Visibility
		want  sandbox.Visibility
	}{
		{sandbox.Public, hilft.Public, sandbox.Public},
		{sandbox.Unlisted, hilft.Public, sandbox.Unlisted},
		{sandbox.Public, hilft.Private, sandbox.Direct},
		{sandbox.Followers, hilft.Private, sandbox.Direct},
		{sandbox.Direct, hilft.Private, sandbox.Direct},
		{sandbox.Public, "", sandbox.Direct}, // what is not said to be for everybody is not
	} {
		r, err := l.Send(t.Context(), toMira(n.asks(t, c.asked), c.in, "Wir sehen nach."))
		require.NoError(t, err)
		require.Equal(t, c.want, n.last().Visibility)
		require.Equal(t, n.last().ID, r.ID)
		require.Equal(t, n.last().URL, r.URL)
	}
	for _, secret := range []sandbox.Visibility{sandbox.Followers, sandbox.Direct} {
		_, err := l.Send(t.Context(), toMira(n.asks(t, secret), hilft.Public, "Ihre Kundennummer 4711 …"))
		var no *channel.Rejected
		require.ErrorAs(t, err, &no, "what was asked in private is not answered to the world")
		require.Equal(t, channel.ReasonNotAllowed, no.Reason)
	}
}

func TestAnAnswerMentionsThePersonOnce(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	_, l := n.connected(t)
	for text, want := range map[string]string{
		"Wir sehen nach.": "@mira@elsewhere.example Wir sehen nach.",
		"Hallo @mira@elsewhere.example, läuft es?":            "Hallo @mira@elsewhere.example, läuft es?",
		"@mira Wir sehen nach.":                               "@mira@elsewhere.example @mira Wir sehen nach.",
		"Zu https://social.example/@mira@elsewhere.example/1": "@mira@elsewhere.example Zu https://social.example/@mira@elsewhere.example/1",
	} {
		_, err := l.Send(t.Context(), toMira(n.asks(t, sandbox.Public), hilft.Public, text))
		require.NoError(t, err)
		require.Equal(t, want, n.last().Text)
	}

	// Without a name it is taken from what is answered.
	out := toMira(n.asks(t, sandbox.Public), hilft.Public, "Es läuft wieder.")
	out.To = channel.Author{}
	_, err := l.Send(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, "@mira@elsewhere.example Es läuft wieder.", n.last().Text)

	out = channel.Outgoing{Key: "k", Visibility: hilft.Private, Text: "an niemanden", First: time.Now()}
	_, err = l.Send(t.Context(), out)
	var no *channel.Rejected
	require.ErrorAs(t, err, &no)
	require.Equal(t, channel.ReasonNoRecipient, no.Reason)
}

func TestTheServerDecidesHowLongAPostMayBe(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{MaxCharacters: 60})
	_, l := n.connected(t)
	limits, err := l.Limits(t.Context())
	require.NoError(t, err)
	require.Equal(t, 60, limits.TextMax)
	require.Equal(t, channel.CountGraphemes, limits.Counting)

	mention := len("@mira ")
	fits := strings.Repeat("ü", 60-mention)
	_, err = l.Send(t.Context(), toMira(n.asks(t, sandbox.Public), hilft.Public, fits))
	require.NoError(t, err)
	link := "https://nordnetz.example/" + strings.Repeat("x", 100)
	_, err = l.Send(t.Context(), toMira(n.asks(t, sandbox.Public), hilft.Public, link+" hilft"))
	require.NoError(t, err, "a link counts as 23")

	before := len(n.server.State().Posts)
	_, err = l.Send(t.Context(), toMira(n.asks(t, sandbox.Public), hilft.Public, fits+"!"))
	var no *channel.Rejected
	require.ErrorAs(t, err, &no)
	require.Equal(t, channel.ReasonTooLong, no.Reason)
	require.Len(t, n.server.State().Posts, before+1, "only the question has come")
}

// net/http repeats a request with an Idempotency-Key by itself when a kept connection breaks, and a server may have
// forgotten the key.
func TestABrokenConnectionNeverPostsTwice(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{ForgetsKeys: true})
	_, l := n.connected(t)
	for range 5 { // the connection is kept between the question about what is answered and the post
		out := toMira(n.asks(t, sandbox.Public), hilft.Public, "Wir sehen nach.")
		require.NoError(t, n.server.Fail(sandbox.LostAnswer))
		before := len(n.server.State().Posts)
		_, err := l.Send(t.Context(), out)
		require.ErrorIs(t, err, channel.ErrUnknownOutcome)
		require.Len(t, n.server.State().Posts, before+1)
		require.NoError(t, n.server.Fail(sandbox.NoFault))
		r, err := l.ReadBack(t.Context(), out)
		require.NoError(t, err)
		require.Equal(t, n.last().ID, r.ID)
	}
}

func TestWhatAServerSaysToAPost(t *testing.T) {
	t.Parallel()
	const parent = `{"id":"1","created_at":"2026-11-22T10:00:00Z","visibility":"public","account":{"acct":"mira@elsewhere.example"}}`
	const long = "2026-11-22T12:05:00Z"
	for name, c := range map[string]struct {
		code    int
		header  map[string]string
		body    string
		meaning channeltest.Meaning
		reason  string
	}{
		"taken":                      {code: 200, body: parent, meaning: channeltest.Done},
		"taken, answer cut off":      {code: 200, body: parent[:40], meaning: channeltest.Open},
		"taken, answer without id":   {code: 200, body: `{}`, meaning: channeltest.Open},
		"accepted for later":         {code: 202, meaning: channeltest.Open},
		"moved":                      {code: 301, header: map[string]string{"Location": "/elsewhere"}, meaning: channeltest.Temporary},
		"bad request":                {code: 400, meaning: channeltest.Rejected, reason: channel.ReasonBadMessage},
		"token revoked":              {code: 401, meaning: channeltest.SignIn},
		"suspended":                  {code: 403, body: `{"error":"Your login is currently disabled"}`, meaning: channeltest.Rejected, reason: channel.ReasonNotAllowed},
		"what is answered is gone":   {code: 404, meaning: channeltest.Lost},
		"took too long":              {code: 408, meaning: channeltest.Open},
		"gone":                       {code: 410, meaning: channeltest.Lost},
		"too large":                  {code: 413, meaning: channeltest.Rejected, reason: channel.ReasonTooLong},
		"refused":                    {code: 422, body: `{"error":"Validation failed"}`, meaning: channeltest.Rejected, reason: channel.ReasonBadMessage},
		"too many":                   {code: 429, header: map[string]string{"X-RateLimit-Reset": long}, meaning: channeltest.Limited},
		"failed":                     {code: 500, meaning: channeltest.Open},
		"behind a proxy, unanswered": {code: 502, meaning: channeltest.Open},
		"temporary, as it says":      {code: 503, meaning: channeltest.Open},
		"proxy gave up":              {code: 504, meaning: channeltest.Open},
		"a teapot":                   {code: 418, meaning: channeltest.Rejected, reason: channel.ReasonOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, parent)
					return
				}
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(c.code)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := l.Send(t.Context(), channel.Outgoing{Key: "k", Text: "Guten Tag", InReplyTo: "1", Visibility: hilft.Public})
			require.Equal(t, c.meaning, channeltest.MeaningOf(err), "%v", err)
			if no := (*channel.Rejected)(nil); c.reason != "" {
				require.ErrorAs(t, err, &no)
				require.Equal(t, c.reason, no.Reason)
			}
		})
	}
}

func TestARefusalBecauseTheQuestionIsGoneSaysSo(t *testing.T) {
	t.Parallel()
	posted := false
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/v1/statuses/1" && !posted:
			_, _ = io.WriteString(w, `{"id":"1","created_at":"2026-11-22T10:00:00Z","visibility":"public","account":{"acct":"mira"}}`)
		case r.Method == http.MethodPost:
			posted = true
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"error":"Ungültig"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	_, err := l.Send(t.Context(), channel.Outgoing{Key: "k", Text: "Guten Tag", InReplyTo: "1", Visibility: hilft.Public})
	require.ErrorIs(t, err, channel.ErrGone)
}

func TestReadBackReadsToTheEndBeforeItSaysNo(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{ForgetsKeys: true})
	_, l := n.connected(t)
	out := toMira(n.asks(t, sandbox.Public), hilft.Public, "Sehen Sie hier: https://nordnetz.example/hilfe/router/neustart?schritt=1\n\nIhr Team & #Nordnetz")
	_, err := l.Send(t.Context(), out)
	require.NoError(t, err)
	arrived := n.last()
	for i := range 3 * ownPage { // much is posted after it
		_, err := n.server.Post("nordnetz", "Neuigkeit "+strconv.Itoa(i), sandbox.Public, "")
		require.NoError(t, err)
	}
	r, err := l.ReadBack(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, arrived.ID, r.ID)

	for name, other := range map[string]func(*channel.Outgoing){
		"other words":    func(o *channel.Outgoing) { o.Text = "Sehen Sie nach" },
		"another room":   func(o *channel.Outgoing) { o.Visibility = hilft.Private },
		"another parent": func(o *channel.Outgoing) { o.InReplyTo = "1" },
		"known already":  func(o *channel.Outgoing) { o.Refs = append(o.Refs, arrived.ID) },
		"sent later":     func(o *channel.Outgoing) { o.First = time.Now().Add(time.Hour) },
	} {
		o := out
		other(&o)
		_, err := l.ReadBack(t.Context(), o)
		require.ErrorIs(t, err, channel.ErrNotThere, name)
	}
}

// What is not recognised would be sent again, in public.
func TestReadBackKnowsItsWordsAsTheServerShowsThem(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{ForgetsKeys: true})
	_, l := n.connected(t)
	for _, text := range []string{
		"Zu https://social.example/@mira@elsewhere.example/113000000000000001 schreiben wir noch.",
		"Hallo @mira@elsewhere.example,\nauch @jon@elsewhere.example und @niemand@nirgends.example fragen das.",
		"a < b && \"c\" ist 'd' &amp; <b>e</b>",
		"  Mail an hilfe@nordnetz.example,\n\n\n oder:\thttps://nordnetz.example/(hilfe)?a=1&b=@mira ",
		"👩‍👩‍👧 #Störung2026 https://www.nordnetz.example/ein/weg/der/laenger/ist/als/dreissig/zeichen#stelle",
	} {
		out := toMira(n.asks(t, sandbox.Public), hilft.Public, text)
		sent, err := l.Send(t.Context(), out)
		require.NoError(t, err)
		got, err := l.ReadBack(t.Context(), out)
		require.NoError(t, err, text)
		require.Equal(t, sent.ID, got.ID, text)
	}
}

func TestReadBackKnowsNothingOfAListThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	at := 1_000_000
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "verify_credentials") {
			_, _ = io.WriteString(w, `{"id":"5","acct":"nordnetz"}`)
			return
		}
		at--
		_, _ = io.WriteString(w, `[{"id":"`+strconv.Itoa(at)+`","created_at":"2100-01-01T00:00:00Z","account":{"acct":"nordnetz"}}]`)
	})
	_, err := l.ReadBack(t.Context(), channel.Outgoing{Text: "Guten Tag", First: time.Now()})
	require.Error(t, err)
	require.NotErrorIs(t, err, channel.ErrNotThere)
}

func TestWhenAServerTakesCallsAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"as a time":          {http.Header{"X-Ratelimit-Reset": {"2026-11-22T12:03:00.123456Z"}}, 3*time.Minute + 123456*time.Microsecond},
		"in seconds":         {http.Header{"Retry-After": {"90"}}, 90 * time.Second},
		"as a date":          {http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:10:00 GMT"}}, 10 * time.Minute},
		"not said":           {http.Header{}, 5 * time.Minute},
		"in the past":        {http.Header{"X-Ratelimit-Reset": {"2026-11-22T11:00:00Z"}}, time.Minute},
		"in a hundred years": {http.Header{"X-Ratelimit-Reset": {"2126-11-22T11:00:00Z"}}, 24 * time.Hour},
		"nonsense":           {http.Header{"X-Ratelimit-Reset": {"soon"}, "Retry-After": {"later"}}, 5 * time.Minute},
	} {
		require.Equal(t, c.want, limitEnds(c.header, now).Sub(now), name)
	}
}

// scripted is a line to a server that answers as told.
func scripted(t *testing.T, answer http.HandlerFunc) *line {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	acc := brand
	acc.Settings = channel.Settings{setURL: server.URL, setToken: "token"}
	opened, err := Connector{}.Open(t.Context(), acc, channeltest.NewEnv(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	return opened.(*line)
}
