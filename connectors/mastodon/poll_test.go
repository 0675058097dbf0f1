// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

func TestAStrangersDirectMessageIsFoundThoughItIsHeldBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	_, err := n.server.CreateAccount(sandbox.Profile{Name: "stadtwerke", FiltersPrivate: true})
	require.NoError(t, err)
	n.token, err = n.server.Token("stadtwerke")
	require.NoError(t, err)
	acc, l := n.connected(t)
	p, err := n.server.Post("mira@elsewhere.example", "@stadtwerke Zählerstand?", sandbox.Direct, "")
	require.NoError(t, err)
	items, _ := heard(t, acc, l, "")
	got := find(items, p.ID)
	require.NotNil(t, got)
	require.Equal(t, hilft.Private, got.Visibility)
	require.Equal(t, "Zählerstand?", got.Text)
}

func TestACaseAnsweredInMastodonIsHeardAsAnswered(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	acc, l := n.connected(t)
	question := n.asks(t, sandbox.Public)
	reply, err := n.server.Post("nordnetz", "@mira@elsewhere.example Um 11 Uhr.", sandbox.Public, question.ID)
	require.NoError(t, err)
	direct, err := n.server.Post("nordnetz", "@mira@elsewhere.example Die Kundennummer?", sandbox.Direct, "")
	require.NoError(t, err)
	news, err := n.server.Post("nordnetz", "Unser neuer Tarif", sandbox.Public, "")
	require.NoError(t, err)

	items, at := heard(t, acc, l, "")
	require.Equal(t, question.ID, items[0].ID, "the question comes before the answer")
	got := find(items, reply.ID)
	require.NotNil(t, got)
	require.True(t, got.From.Us)
	require.Equal(t, []string{question.ID}, got.Refs)
	require.True(t, find(items, direct.ID).From.Us)
	require.Nil(t, find(items, news.ID), "what we tell the world is no case")
	again, _ := heard(t, acc, l, at)
	require.Empty(t, again)
}

func TestAnEditIsFoundByPolling(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	acc, l := n.connected(t)
	p := n.asks(t, sandbox.Public)
	_, at := heard(t, acc, l, "")
	_, err := n.server.Edit(p.ID, "@nordnetz Störung, im ganzen Haus!")
	require.NoError(t, err)
	items, at := heard(t, acc, l, at)
	require.Len(t, items, 2)
	require.Equal(t, channel.Edited, items[1].Kind)
	require.Equal(t, "Störung, im ganzen Haus!", items[1].Text)
	items, _ = heard(t, acc, l, at)
	require.Empty(t, items)
}

func TestAFirstReadWalksBackOnlyAsFarAsItMust(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	const old, fresh = 3 * mentionPage, (walkPages + 1) * mentionPage
	for i := range old {
		_, err := n.server.Publish("jon", sandbox.Draft{Text: "@nordnetz früher", At: n.since.Add(-time.Duration(old-i) * time.Minute)})
		require.NoError(t, err)
	}
	for i := range fresh {
		_, err := n.server.Publish("jon", sandbox.Draft{Text: fmt.Sprintf("@nordnetz Nr. %d", i), At: n.since.Add(time.Duration(i) * time.Second)})
		require.NoError(t, err)
	}
	acc, l := n.connected(t)
	items, _ := heard(t, acc, l, "")
	require.Len(t, items, fresh)
	for i, item := range items {
		require.Equal(t, fmt.Sprintf("Nr. %d", i), item.Text)
	}
}

// Other servers let people write as much as they like, and a page may be larger than an answer that is read.
func TestAPageThatIsTooLargeIsReadInParts(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	long := strings.Repeat("Seit gestern ohne Strom. ", 700<<10/25)
	var said []string
	for i := range bodyMax/len(long) + 2 {
		p, err := n.server.Publish("jon", sandbox.Draft{Text: "@nordnetz " + long, At: n.since.Add(time.Duration(i) * time.Minute)})
		require.NoError(t, err)
		said = append(said, p.ID)
	}
	acc, l := n.connected(t)
	items, _ := heard(t, acc, l, "")
	var got []string
	for _, it := range items {
		got = append(got, it.ID)
	}
	require.Equal(t, said, got)
}

// A server's notifications get their ids before they can be seen, so that one may appear behind one that was read.
func TestWhatBecomesVisibleLateIsNotMissed(t *testing.T) {
	t.Parallel()
	note := func(id, status string) string {
		return fmt.Sprintf(`{"id":%q,"type":"mention","created_at":"2026-11-22T10:00:00Z","status":{"id":%q,"created_at":"2026-11-22T10:00:00Z","visibility":"public","account":{"acct":"mira"}}}`, id, status)
	}
	late := false
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		min := r.URL.Query().Get("min_id")
		switch {
		case strings.HasSuffix(r.URL.Path, "verify_credentials"):
			_, _ = io.WriteString(w, `{"id":"5","acct":"nordnetz"}`)
		case !strings.HasSuffix(r.URL.Path, "notifications") || r.URL.Query().Get("max_id") != "" || min == "11":
			_, _ = io.WriteString(w, `[]`)
		case late:
			_, _ = io.WriteString(w, "["+note("11", "s11")+","+note("10", "s10")+"]")
		default:
			_, _ = io.WriteString(w, "["+note("11", "s11")+"]")
		}
	})
	items, at := heard(t, brand, l, "")
	require.Len(t, items, 1)
	late = true
	items, at = heard(t, brand, l, at)
	require.Len(t, items, 1)
	require.Equal(t, "s10", items[0].ID)
	items, _ = heard(t, brand, l, at)
	require.Empty(t, items)
}

func TestAnEntryThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "verify_credentials"):
			_, _ = io.WriteString(w, `{"id":"5","acct":"nordnetz"}`)
		case strings.HasSuffix(r.URL.Path, "notifications") && r.URL.Query().Get("min_id") == "0":
			_, _ = io.WriteString(w, `[{"id":"7","type":"mention","created_at":"2026-11-22T10:00:00Z","status":{"id":7}}]`)
		default:
			_, _ = io.WriteString(w, `[]`)
		}
	})
	batch, err := l.Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, batch.Raws, 1)
	require.True(t, strings.HasPrefix(batch.Raws[0].Key, "unread:"))
	_, err = Connector{}.Translate(brand, batch.Raws[0])
	require.Error(t, err)
}
