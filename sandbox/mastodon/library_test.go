// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	gomastodon "github.com/mattn/go-mastodon"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/sandbox/mastodon"
)

// A library that others wrote for real servers meets the stand-in: it signs in, streams, reads, posts, edits, deletes.
func TestALibraryForRealServersWorksHere(t *testing.T) {
	t.Parallel()
	s := mastodon.New(mastodon.Options{})
	base, err := s.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for _, name := range []string{"nordnetz", "mira"} {
		_, err := s.CreateAccount(mastodon.Profile{Name: name})
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	app, err := gomastodon.RegisterApp(ctx, &gomastodon.AppConfig{Server: base, ClientName: "library", Scopes: "read write"})
	require.NoError(t, err)
	c := gomastodon.NewClient(&gomastodon.Config{Server: base, ClientID: app.ClientID, ClientSecret: app.ClientSecret})
	require.NoError(t, c.GetUserAccessToken(ctx, codeFor(t, app.AuthURI, "@nordnetz@social.example"), app.RedirectURI))

	me, err := c.GetAccountCurrentUser(ctx)
	require.NoError(t, err)
	require.Equal(t, "nordnetz", me.Acct)

	hears, stop := context.WithCancel(ctx)
	events, err := c.StreamingUser(hears)
	require.NoError(t, err)
	require.NoError(t, s.Wait(ctx, func(st mastodon.State) bool { return len(st.Streams) == 1 }))
	question, err := s.Post("mira", "@nordnetz Störung?", mastodon.Public, "")
	require.NoError(t, err)
	heard := next[*gomastodon.NotificationEvent](t, ctx, events)
	require.Equal(t, "mention", heard.Notification.Type)
	require.Equal(t, question.ID, string(heard.Notification.Status.ID))

	list, err := c.GetNotifications(ctx, nil)
	require.NoError(t, err)
	require.Len(t, list, 1)

	reply, err := c.PostStatus(ctx, &gomastodon.Toot{Status: "@mira Wir sehen nach.", InReplyToID: gomastodon.ID(question.ID), Visibility: gomastodon.VisibilityUnlisted})
	require.NoError(t, err)
	require.Equal(t, question.ID, reply.InReplyToID)
	require.Equal(t, reply.ID, next[*gomastodon.UpdateEvent](t, ctx, events).Status.ID)
	thread, err := c.GetStatusContext(ctx, gomastodon.ID(question.ID))
	require.NoError(t, err)
	require.Len(t, thread.Descendants, 1)

	edited, err := c.UpdateStatus(ctx, &gomastodon.Toot{Status: "@mira Es läuft wieder."}, reply.ID)
	require.NoError(t, err)
	require.False(t, edited.EditedAt.IsZero())
	require.Equal(t, reply.ID, next[*gomastodon.UpdateEditEvent](t, ctx, events).Status.ID)
	require.NoError(t, c.DeleteStatus(ctx, reply.ID))
	require.Equal(t, reply.ID, next[*gomastodon.DeleteEvent](t, ctx, events).ID)

	file, err := c.UploadMediaFromMedia(ctx, &gomastodon.Media{File: strings.NewReader("\x89PNG\r\n\x1a\n"), Description: "Die linke Buchse"})
	require.NoError(t, err)
	shown, err := c.PostStatus(ctx, &gomastodon.Toot{Status: "@mira So", MediaIDs: []gomastodon.ID{file.ID}, SpoilerText: "Offene Leitungen"})
	require.NoError(t, err)
	require.Equal(t, "Offene Leitungen", shown.SpoilerText)
	require.Equal(t, "Die linke Buchse", shown.MediaAttachments[0].Description)
	require.NoError(t, s.Spread(string(shown.ID), 3, 12))
	shown, err = c.GetStatus(ctx, shown.ID)
	require.NoError(t, err)
	require.Equal(t, [2]int64{3, 12}, [2]int64{shown.ReblogsCount, shown.FavouritesCount})
	require.Equal(t, shown.ID, next[*gomastodon.UpdateEvent](t, ctx, events).Status.ID)
	require.NoError(t, c.DeleteStatus(ctx, shown.ID))
	require.Equal(t, string(shown.ID), string(next[*gomastodon.DeleteEvent](t, ctx, events).ID))

	_, err = c.PostStatus(ctx, &gomastodon.Toot{Status: strings.Repeat("a", 501)})
	var refused *gomastodon.APIError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	require.Contains(t, refused.Message, "character limit of 500")

	own, err := c.GetAccountStatuses(ctx, me.ID, nil)
	require.NoError(t, err)
	require.Empty(t, own)
	talks, err := c.GetConversations(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, talks)

	stop()
	for range events { // until the library has gone
	}
}

func TestALibraryHearsOverAWebSocket(t *testing.T) {
	t.Parallel()
	s := mastodon.New(mastodon.Options{})
	base, err := s.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for _, name := range []string{"nordnetz", "mira"} {
		_, err := s.CreateAccount(mastodon.Profile{Name: name})
		require.NoError(t, err)
	}
	token, err := s.Token("nordnetz")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hears, stop := context.WithCancel(ctx)
	events, err := gomastodon.NewClient(&gomastodon.Config{Server: base, AccessToken: token}).NewWSClient().StreamingWSUser(hears)
	require.NoError(t, err)
	require.NoError(t, s.Wait(ctx, func(st mastodon.State) bool { return len(st.Streams) == 1 && st.Streams[0].Socket }))
	_, err = s.Post("mira", "@nordnetz Störung?", mastodon.Direct, "")
	require.NoError(t, err)
	require.Equal(t, "direct", next[*gomastodon.NotificationEvent](t, ctx, events).Notification.Status.Visibility)
	stop()
	for range events {
	}
}

// next waits for the next event, which must be of kind E.
func next[E gomastodon.Event](t *testing.T, ctx context.Context, events <-chan gomastodon.Event) E {
	t.Helper()
	select {
	case e := <-events:
		got, ok := e.(E)
		require.True(t, ok, "got %T %v", e, e)
		return got
	case <-ctx.Done():
		t.Fatal("the stream is deaf")
	}
	var none E
	return none
}

// codeFor signs in at the page to which the library would send a person, and copies the code.
func codeFor(t *testing.T, page, as string) string {
	t.Helper()
	person := &http.Client{}
	res, err := person.Get(page)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	require.NoError(t, err)
	form := url.Values{"account": {as}, "answer": {"authorise"}}
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(string(body), -1) {
		if m[1] != "account" {
			form.Set(m[1], m[2])
		}
	}
	u, err := url.Parse(page)
	require.NoError(t, err)
	u.RawQuery = ""
	res, err = person.PostForm(u.String(), form)
	require.NoError(t, err)
	body, err = io.ReadAll(res.Body)
	_ = res.Body.Close()
	require.NoError(t, err)
	code := regexp.MustCompile(`<code>([^<]+)</code>`).FindSubmatch(body)
	require.NotNil(t, code, string(body))
	return string(code[1])
}
