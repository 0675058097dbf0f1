// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

// started is a server at which a brand and two customers live, one of them elsewhere.
func started(t *testing.T, opt Options) (*Server, string) {
	t.Helper()
	s := New(opt)
	base, err := s.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for _, p := range []Profile{
		{Name: "nordnetz", Display: "Nordnetz hilft"},
		{Name: "mira", Display: "Mira Petersen"},
		{Name: "jon@elsewhere.example", Display: "Jon"},
	} {
		_, err := s.CreateAccount(p)
		require.NoError(t, err)
	}
	return s, base
}

func tokenFor(t *testing.T, s *Server, name string) string {
	t.Helper()
	token, err := s.Token(name)
	require.NoError(t, err)
	return token
}

// head is what stands above an answer.
type head struct {
	code   int
	header http.Header
}

// get reads an answer as JSON.
func get[T any](t *testing.T, url, token string) (T, head) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := person.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	var v T
	require.NoError(t, json.NewDecoder(res.Body).Decode(&v))
	return v, head{res.StatusCode, res.Header}
}

// person looks at pages and is not sent on.
var person = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func text(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := person.Get(url)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// authorise does what a person does at the sign-in page, and returns what the app gets.
func authorise(t *testing.T, base string, ask url.Values, as string) url.Values {
	t.Helper()
	ask.Set("response_type", "code")
	code, page := text(t, base+"/oauth/authorize?"+ask.Encode())
	require.Equal(t, http.StatusOK, code, page)
	form := url.Values{"account": {as}, "answer": {"authorise"}}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	res, err := person.PostForm(base+"/oauth/authorize", form)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusOK { // out of band: the code is on the page
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		m := regexp.MustCompile(`<code>([^<]+)</code>`).FindSubmatch(body)
		require.NotNil(t, m, string(body))
		return url.Values{"code": {string(m[1])}}
	}
	require.Equal(t, http.StatusFound, res.StatusCode)
	to, err := res.Location()
	require.NoError(t, err)
	return to.Query()
}

// listen opens a stream and returns what it says, as it says it.
func listen(t *testing.T, s *Server, base, path, token string) <-chan event {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := person.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.Wait(ctx, func(st State) bool { return len(st.Streams) > 0 }))
	events := make(chan event, 100)
	go func() {
		defer close(events)
		defer func() { _ = res.Body.Close() }()
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "event":
				e.Event = value
			case name == "data":
				e.Payload = value
			case lines.Text() == "":
				events <- e
			case strings.HasPrefix(lines.Text(), ":"):
				events <- event{Event: lines.Text()}
			}
		}
	}()
	require.Equal(t, ":)", (<-events).Event, "a stream begins with a comment")
	return events
}

func TestTextLooksAsMastodonShowsIt(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	for text, want := range map[string]string{
		"a < b & c":             `<p>a &lt; b &amp; c</p>`,
		"eins\nzwei\n\n\ndrei":  `<p>eins<br />zwei</p><p>drei</p>`,
		"frag @niemand":         `<p>frag @niemand</p>`,
		"mail an mira@firma.de": `<p>mail an mira@firma.de</p>`,
		"@mira hallo": `<p><span class="h-card" translate="no"><a href="` + base +
			`/@mira" class="u-url mention">@<span>mira</span></a></span> hallo</p>`,
		"(@jon@elsewhere.example)": `<p>(<span class="h-card" translate="no"><a href="https://elsewhere.example/@jon" class="u-url mention">@<span>jon</span></a></span>)</p>`,
		"siehe https://nordnetz.example/hilfe.": `<p>siehe <a href="https://nordnetz.example/hilfe" target="_blank" rel="nofollow noopener" translate="no">` +
			`<span class="invisible">https://</span><span class="">nordnetz.example/hilfe</span><span class="invisible"></span></a>.</p>`,
	} {
		p, err := s.Post("nordnetz", text, Public, "")
		require.NoError(t, err)
		require.Equal(t, want, p.HTML)
	}
}

func TestLengthIsWhatAPersonSees(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Grüße":                         5,
		"👩‍👩‍👧 da":                      4,
		"@mira@elsewhere.example hallo": 11,
		"https://nordnetz.example/ein/sehr/langer/weg?zu=der&hilfe=seite so": urlLength + 3,
		"mail an mira@firma.de": 21,
	} {
		require.Equal(t, want, length(text), text)
	}
}

func TestAMentionIsNotifiedToWhomItNames(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	brand := tokenFor(t, s, "nordnetz")
	events := listen(t, s, base, "/api/v1/streaming/user/notification", brand)
	p, err := s.Post("jon@elsewhere.example", "@nordnetz@social.example geht nicht", Direct, "")
	require.NoError(t, err)
	require.Equal(t, "notification", (<-events).Event)
	list, _ := get[[]notificationJSON](t, base+"/api/v1/notifications", brand)
	require.Len(t, list, 1)
	require.Equal(t, p.ID, list[0].Status.ID)
	require.Equal(t, "jon@elsewhere.example", list[0].Account.Acct)
	code, _ := text(t, base+"/api/v1/statuses/"+p.ID)
	require.Equal(t, http.StatusNotFound, code, "nobody else may read it")
}

func TestStrangersPrivateMentionsAreHeldBack(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	_, err := s.CreateAccount(Profile{Name: "stadtwerke", FiltersPrivate: true})
	require.NoError(t, err)
	token := tokenFor(t, s, "stadtwerke")
	_, err = s.Post("mira", "@stadtwerke Zählerstand?", Direct, "")
	require.NoError(t, err)
	list, _ := get[[]notificationJSON](t, base+"/api/v1/notifications", token)
	require.Empty(t, list)
	list, _ = get[[]notificationJSON](t, base+"/api/v1/notifications?include_filtered=true", token)
	require.Len(t, list, 1)

	ours, err := s.Post("stadtwerke", "@mira Ja, bitte.", Direct, list[0].Status.ID)
	require.NoError(t, err)
	_, err = s.Post("mira", "@stadtwerke 4711", Direct, ours.ID)
	require.NoError(t, err)
	list, _ = get[[]notificationJSON](t, base+"/api/v1/notifications", token)
	require.Len(t, list, 1, "an answer to our own private mention is not held back")
}

func TestPagesGoBothWays(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	token := tokenFor(t, s, "nordnetz")
	for range 5 {
		_, err := s.Post("mira", "@nordnetz noch eins", Public, "")
		require.NoError(t, err)
	}
	ids := func(query string) []string {
		list, _ := get[[]notificationJSON](t, base+"/api/v1/notifications?"+query, token)
		var all []string
		for _, n := range list {
			all = append(all, n.ID)
		}
		return all
	}
	all := ids("")
	require.Len(t, all, 5)
	require.Equal(t, all[:2], ids("limit=2"), "the newest first")
	require.Equal(t, all[2:4], ids("limit=2&max_id="+all[1]), "what is older")
	require.Equal(t, all[:2], ids("limit=2&since_id="+all[4]), "the newest of what is newer")
	require.Equal(t, all[2:4], ids("limit=2&min_id="+all[4]), "what is newer, at once")
	require.Empty(t, ids("types[]=follow"))
	_, res := get[[]notificationJSON](t, base+"/api/v1/notifications?limit=2", token)
	require.Contains(t, res.header.Get("Link"), `max_id=`+all[1]+`>; rel="next"`)
	require.Contains(t, res.header.Get("Link"), `min_id=`+all[0]+`>; rel="prev"`)
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 1, 0, 0, time.UTC)
	s, base := started(t, Options{CallLimit: 2, Now: func() time.Time { return now }})
	token := tokenFor(t, s, "nordnetz")
	for want := range 2 {
		_, res := get[any](t, base+"/api/v1/notifications", token)
		require.Equal(t, http.StatusOK, res.code, "call %d", want)
	}
	_, res := get[any](t, base+"/api/v1/notifications", token)
	require.Equal(t, http.StatusTooManyRequests, res.code)
	require.Equal(t, "0", res.header.Get("X-RateLimit-Remaining"))
	require.Equal(t, "2026-11-22T12:05:00.000000Z", res.header.Get("X-RateLimit-Reset"))
}

func TestTheSameKeyPostsOnce(t *testing.T) {
	t.Parallel()
	for _, forgets := range []bool{false, true} {
		s, base := started(t, Options{ForgetsKeys: forgets})
		token := tokenFor(t, s, "nordnetz")
		for range 2 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/statuses", strings.NewReader(`{"status":"Es läuft wieder."}`))
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Idempotency-Key", "key-1")
			res, err := person.Do(req)
			require.NoError(t, err)
			_ = res.Body.Close()
			require.Equal(t, http.StatusOK, res.StatusCode)
		}
		want := 1
		if forgets {
			want = 2
		}
		require.Len(t, s.State().Posts, want)
	}
}

func TestAThreadLosesWhatIsDeleted(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	a, err := s.Post("mira", "eins", Public, "")
	require.NoError(t, err)
	b, err := s.Post("nordnetz", "@mira zwei", Public, a.ID)
	require.NoError(t, err)
	c, err := s.Post("mira", "@nordnetz drei", Public, b.ID)
	require.NoError(t, err)
	thread, _ := get[contextJSON](t, base+"/api/v1/statuses/"+b.ID+"/context", "")
	require.Equal(t, a.ID, thread.Ancestors[0].ID)
	require.Equal(t, c.ID, thread.Descendants[0].ID)
	require.NoError(t, s.Delete(a.ID))
	left, _ := get[statusJSON](t, base+"/api/v1/statuses/"+b.ID, "")
	require.Nil(t, left.InReplyToID)
	require.ErrorIs(t, s.Delete(a.ID), ErrUnknown)
}

func TestOnlyTheNewestPostsAreKept(t *testing.T) {
	t.Parallel()
	s, _ := started(t, Options{MaxPosts: 3})
	var last Post
	for range 10 {
		p, err := s.Post("mira", "@nordnetz wieder", Public, last.ID)
		require.NoError(t, err)
		last = p
	}
	posts := s.State().Posts
	require.Len(t, posts, 3)
	require.Equal(t, last.ID, posts[2].ID)
	require.Empty(t, posts[0].InReplyTo, "what it answered is gone")
}

func TestAWebSocketHearsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	token := tokenFor(t, s, "nordnetz")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+"/api/v1/streaming?access_token="+token, nil)
	require.NoError(t, err)
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte(`{"type":"subscribe","stream":"user"}`)))
	require.NoError(t, s.Wait(ctx, func(st State) bool {
		return len(st.Streams) == 1 && slices.Equal(st.Streams[0].Names, []string{"user"})
	}))
	_, err = s.Post("mira", "@nordnetz hört ihr mich?", Public, "")
	require.NoError(t, err)
	_, text, err := conn.Read(ctx)
	require.NoError(t, err)
	var e event
	require.NoError(t, json.Unmarshal(text, &e))
	require.Equal(t, "notification", e.Event)
	require.Equal(t, []string{"user"}, e.Stream)
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte(`{"type":"unsubscribe","stream":"user"}`)))
	require.NoError(t, s.Wait(ctx, func(st State) bool { return len(st.Streams) == 1 && len(st.Streams[0].Names) == 0 }))
}

func TestARevokedTokenEndsItsStream(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{Heartbeat: time.Millisecond})
	token := tokenFor(t, s, "nordnetz")
	events := listen(t, s, base, "/api/v1/streaming/user", token)
	require.Equal(t, ":thump", (<-events).Event)
	s.Revoke(token)
	for range events { // until it ends
	}
	_, res := get[any](t, base+"/api/v1/notifications", token)
	require.Equal(t, http.StatusUnauthorized, res.code)
}

func TestDownRefusesConnectionsUntilItIsUpAgain(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	require.NoError(t, s.Fail(Down))
	res, err := person.Get(base + "/api/v2/instance")
	if err == nil {
		_ = res.Body.Close()
	}
	require.Error(t, err)
	require.NoError(t, s.Fail(NoFault))
	code, _ := text(t, base+"/api/v2/instance")
	require.Equal(t, http.StatusOK, code)
}

func TestPeopleSeeWhatIsPublic(t *testing.T) {
	t.Parallel()
	s, base := started(t, Options{})
	p, err := s.Post("mira", "@nordnetz <script>alert(1)</script>", Public, "")
	require.NoError(t, err)
	reply, err := s.Post("nordnetz", "@mira Wir sehen nach.", Unlisted, p.ID)
	require.NoError(t, err)
	secret, err := s.Post("nordnetz", "@mira Kundennummer?", Direct, p.ID)
	require.NoError(t, err)

	code, page := text(t, base+"/@nordnetz/"+reply.ID)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "Wir sehen nach.")
	require.Contains(t, page, "&lt;script&gt;")
	require.NotContains(t, page, "<script>")
	require.NotContains(t, page, "Kundennummer")
	for _, path := range []string{"/@nordnetz/" + secret.ID, "/@niemand", "/@mira/" + reply.ID, "/nordnetz"} {
		code, _ := text(t, base+path)
		require.Equal(t, http.StatusNotFound, code, path)
	}
	code, page = text(t, base+"/@nordnetz")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "Nordnetz hilft")
	_, page = text(t, base+"/")
	require.Contains(t, page, "Mira Petersen")
	require.NotContains(t, page, "Wir sehen nach.", "unlisted posts stay off the front page")
}

func TestTheSignInPageChecksTheApp(t *testing.T) {
	t.Parallel()
	_, base := started(t, Options{})
	code, page := text(t, base+"/oauth/authorize?response_type=code&client_id=nobody&redirect_uri=https://evil.example")
	require.Equal(t, http.StatusBadRequest, code)
	require.NotContains(t, page, "evil.example")
}

func TestStartRefusesTheWorld(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	_, err := s.Start("0.0.0.0:0")
	require.Error(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
}

func FuzzTextIsEscaped(f *testing.F) {
	for _, seed := range []string{"@mira <b>", "https://a.example/<script>", "#tag\"onload=", "a\n\n\n\nb", "@mira@elsewhere.example&amp;"} {
		f.Add(seed)
	}
	s := New(Options{})
	_, err := s.CreateAccount(Profile{Name: "mira"})
	require.NoError(f, err)
	allowed := regexp.MustCompile(`</?(p|br /|span|a)( (class|href|target|rel|translate)="[^"<>]*")*>`)
	f.Fuzz(func(t *testing.T, text string) {
		p := &post{author: s.w.names["mira"], text: text}
		left := allowed.ReplaceAllString(s.render(p), "")
		if strings.ContainsAny(left, "<>\"") {
			t.Errorf("%q is shown as %q", text, s.render(p))
		}
		if n := length(text); n < 0 {
			t.Errorf("a length of %d", n)
		}
	})
}
