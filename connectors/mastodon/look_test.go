// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

// looked is what a look tells, in order.
func looked(t testing.TB, acc channel.Account, l *line, have ...channel.Standing) (items []channel.Item) {
	t.Helper()
	raws, err := l.Look(t.Context(), have)
	require.NoError(t, err)
	for _, raw := range raws {
		some, err := Connector{}.Translate(acc, raw)
		require.NoError(t, err)
		items = append(items, some...)
	}
	return items
}

func TestAnEditThatTakesEverythingAwayIsSeen(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	acc, l := n.connected(t)
	p, err := n.server.Publish("mira@elsewhere.example", sandbox.Draft{
		Text: "@nordnetz Seht selbst", Spoiler: "Nasser Keller", Files: []sandbox.Attachment{{Type: "image", URL: "https://files.elsewhere.example/a.png", Description: "Wasser"}},
	})
	require.NoError(t, err)
	// The mention goes too: it is no word to us any more, and still what we have reads otherwise.
	_, err = n.server.Rewrite(p.ID, sandbox.Draft{Text: "Schon gut"})
	require.NoError(t, err)
	items := looked(t, acc, l, channel.Standing{ID: p.ID})
	require.Len(t, items, 2)
	require.Equal(t, channel.Edited, items[1].Kind)
	require.Equal(t, "Schon gut", items[1].Text)
	require.Empty(t, items[1].Warning)
	require.NotNil(t, items[1].Attachments, "that there are none any more is another word than nothing")
	require.Empty(t, items[1].Attachments)
}

func TestAServerThatKnowsNoManyAtOnceIsAskedForAFew(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{OneByOne: true})
	acc, l := n.connected(t)
	var have []channel.Standing
	for range 2 * singly {
		p, err := n.server.Post("jon", "@nordnetz Hallo?", sandbox.Public, "")
		require.NoError(t, err)
		have = append(have, channel.Standing{ID: p.ID})
		require.NoError(t, n.server.Delete(p.ID))
	}
	items := looked(t, acc, l, have...)
	require.Len(t, items, singly)
	require.Equal(t, channel.Deleted, items[0].Kind)
}

// A list may leave out what the server would show by itself: what a filter hides is not gone.
func TestWhatAListLeavesOutIsAskedForByItself(t *testing.T) {
	t.Parallel()
	const there = `{"id":"7","created_at":"2026-11-22T10:00:00Z","visibility":"public","account":{"acct":"mira"}}`
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]string{"/api/v1/statuses": `[]`, "/api/v1/statuses/7": there}[r.URL.Path]
		if answer == "" {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"error":"Record not found"}`
		}
		_, _ = w.Write([]byte(answer))
	})
	raws, err := l.Look(t.Context(), []channel.Standing{{ID: "7"}, {ID: "8"}, {ID: "not an id"}})
	require.NoError(t, err)
	require.Len(t, raws, 1)
	require.Equal(t, "gone:8", raws[0].Key)
}

func TestOnlyWhatTextCannotShowKeepsItsOriginal(t *testing.T) {
	t.Parallel()
	for markup, whole := range map[string]bool{
		`<p>Hallo<br>du</p><p>Und <a href="https://a.example/">hier</a> #<span>tag</span></p>`: true,
		`<p class="quote-inline">RE: x</p><p>Nein</p>`:                                         true,
		`<ul><li>eins</li></ul>`:         true,
		`<p>Das ist <em>alles</em>?</p>`: false,
		`<pre><code>ping</code></pre>`:   false,
		`<ol><li>eins</li></ol>`:         false,
	} {
		_, got := readText(markup, nil)
		require.Equal(t, whole, got, markup)
	}
}

func TestFilesGoBeforeTheirStatus(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{MediaWaits: 1})
	_, l := n.connected(t)
	p, err := n.server.Post("jon", "@nordnetz Welche Buchse?", sandbox.Public, "")
	require.NoError(t, err)
	out := channel.Outgoing{
		Key: "k", Visibility: "public", InReplyTo: p.ID, Files: []channel.File{{Name: "Buchse \"links\".png", Type: "image/png", Alt: "Die linke Buchse", Data: []byte("\x89PNG\r\n\x1a\n")}},
	}
	r, err := l.Send(t.Context(), out) // a picture says enough
	require.NoError(t, err)
	last := n.server.State().Posts[1]
	require.Equal(t, r.ID, last.ID)
	require.Equal(t, "@jon@social.example", last.Text)
	require.Equal(t, "Die linke Buchse", last.Files[0].Description)

	out.First = n.since
	found, err := l.ReadBack(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, r.ID, found.ID)
	out.Files = nil
	_, err = l.ReadBack(t.Context(), out)
	require.ErrorIs(t, err, channel.ErrNotThere, "one without a file is another one")

	// What is no picture is refused, with the server's words, and nothing is said.
	out.Files = []channel.File{{Name: "a.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7")}}
	_, err = l.Send(t.Context(), out)
	var no *channel.Rejected
	require.ErrorAs(t, err, &no)
	require.Equal(t, channel.ReasonBadMessage, no.Reason)
	require.Contains(t, no.Detail, "content type is invalid")

	// Who signed in before files could be sent is not signed out for it.
	old, err := n.server.Token("nordnetz", strings.Fields(strings.ReplaceAll(scopes, "write:media", ""))...)
	require.NoError(t, err)
	l.c.token = old
	_, err = l.Send(t.Context(), out)
	require.ErrorAs(t, err, &no)
	require.Equal(t, channel.ReasonNotAllowed, no.Reason)
	require.Len(t, n.server.State().Posts, 2)
}
