// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// brand is the account that the recorded deliveries are for.
var brand = channel.Account{
	Settings: channel.Settings{setURL: "https://web.social.example"},
	Self:     channel.Self{ID: "nordnetz@social.example", Handle: "@nordnetz@social.example"},
}

// Each delivery in testdata reads as the file beside it says. The kind is the first word of its name.
func TestWhatTheNetworkSendsReadsAsRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.in.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			kind, _, _ := strings.Cut(filepath.Base(file), "-")
			items, err := Connector{}.Translate(brand, channel.Raw{Kind: kind, Body: body})
			require.NoError(t, err)
			got, err := json.MarshalIndent(items, "", "  ")
			require.NoError(t, err)
			wanted := strings.TrimSuffix(file, ".in.json") + ".want.json"
			if *update {
				require.NoError(t, os.WriteFile(wanted, append(got, '\n'), 0o644))
			}
			want, err := os.ReadFile(wanted)
			require.NoError(t, err)
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("%s reads differently (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestMarkupBecomesText(t *testing.T) {
	t.Parallel()
	const us = `<span class="h-card"><a href="https://social.example/@nordnetz" class="u-url mention">@<span>nordnetz</span></a></span>`
	const mira = `<span class="h-card"><a href="https://elsewhere.example/@mira" class="u-url mention">@<span>mira</span></a></span>`
	for _, c := range []struct{ name, markup, want string }{
		{"paragraphs and breaks", "<p>eins<br>zwei<br />drei</p><p>vier</p>", "eins\nzwei\ndrei\n\nvier"},
		{"our address at the start", "<p>" + us + " Störung!</p>", "Störung!"},
		{"our address twice", "<p>" + us + " " + us + " Störung!</p>", "Störung!"},
		{"somebody else behind us", "<p>" + us + " " + mira + " Störung!</p>", "@mira Störung!"},
		{"somebody else before us", "<p>" + mira + " " + us + " Störung!</p>", "@mira @nordnetz Störung!"},
		{"our address within", "<p>Danke " + us + "!</p>", "Danke @nordnetz!"},
		{"nothing but our address", "<p>" + us + "</p>", "@nordnetz"},
		{"a shortened link", `<p><a href="https://nordnetz.example/hilfe/router/neustart"><span class="invisible">https://</span><span class="ellipsis">nordnetz.example/hilfe/router/n</span><span class="invisible">eustart</span></a></p>`, "https://nordnetz.example/hilfe/router/neustart"},
		{"a link cut by its author's server", `<a href="https://nordnetz.example/hilfe/router">nordnetz.example/hil…</a>`, "https://nordnetz.example/hilfe/router"},
		{"a link with words", `<a href="https://evil.example/x">Ihre Bank</a>`, "Ihre Bank (https://evil.example/x)"},
		{"a link that claims to be another", `<a href="https://evil.example/x">https://bank.example/x</a>`, "https://bank.example/x (https://evil.example/x)"},
		{"a hashtag", `<a href="https://social.example/tags/st%C3%B6rung" class="mention hashtag">#<span>Störung</span></a>`, "#Störung"},
		{"a list", "<ul><li>eins</li><li>zwei</li></ul>", "- eins\n- zwei"},
		{"an emoji of a server", `<p>hallo <img alt=":blob:" src="x"></p>`, "hallo :blob:"},
		{"script", "<p>a<script>alert(1)</script>b</p>", "ab"},
		{"entities", "<p>a &lt; b &amp;amp; c</p>", "a < b &amp; c"},
		{"what old clients see of a quote", `<p class="quote-inline">RE: <a href="https://a.example">x</a></p><p>so?</p>`, "so?"},
		{"markup that never ends", `<p><a href="https://a.example/b">c`, "c (https://a.example/b)"},
		{"NUL", "<p>a\x00b</p>", "ab"},
	} {
		require.Equal(t, c.want, plainText(c.markup, []string{"https://social.example/@nordnetz"}), c.name)
	}
}

func TestLengthIsWhatTheServerCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Grüße":                         5,
		"👩‍👩‍👧 da":                      4,
		"@mira@elsewhere.example hallo": 11,
		"https://nordnetz.example/ein/langer/weg?zu=der so": 26,
		"mail an mira@firma.example":                        26,
	} {
		require.Equal(t, want, countable(text, 23), text)
	}
}

func TestWhoIsMentioned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, handle string
		want         bool
	}{
		{"@mira@elsewhere.example hallo", "@mira@elsewhere.example", true},
		{"hallo @MIRA@Elsewhere.Example!", "@mira@elsewhere.example", true},
		{"hallo (@mira@elsewhere.example).", "@mira@elsewhere.example", true},
		{"@mira hallo", "@mira@elsewhere.example", false}, // that would be the mira of our own server
		{"@jon hallo", "@jon@social.example", true},
		{"@jon@social.example hallo", "@jon", true},
		{"@jonas hallo", "@jon@social.example", false},
		{"mail@jon hallo", "@jon@social.example", false},
		{"zu https://social.example/@jon/1 und https://social.example/x?von=@jon", "@jon@social.example", false},
		{"zu https://social.example/@mira@elsewhere.example/1", "@mira@elsewhere.example", false},
		{"zu https://social.example/@jon/1, @jon:", "@jon@social.example", true},
		{"hallo", "@jon@social.example", false},
		{"@", "@jon@social.example", false},
	} {
		require.Equal(t, c.want, mentions(c.text, c.handle, "social.example"), "%q names %s", c.text, c.handle)
	}
}

func TestWhatConcernsTheDesk(t *testing.T) {
	t.Parallel()
	us, mira := account{Acct: "nordnetz"}, account{Acct: "mira@elsewhere.example"}
	toUs, toMira := []mention{{Acct: "Nordnetz"}}, []mention{{Acct: mira.Acct}}
	for name, c := range map[string]struct {
		s    status
		want bool
	}{
		"a customer mentions us":      {status{Account: mira, Mentions: toUs}, true},
		"a customer mentions another": {status{Account: mira, Mentions: toMira}, false},
		"we answer":                   {status{Account: us, InReplyToID: "1", Mentions: toMira}, true},
		"we write to somebody alone":  {status{Account: us, Visibility: "direct", Mentions: toMira}, true},
		"we advertise":                {status{Account: us, Visibility: "public"}, false},
		"we boost":                    {status{Account: us, InReplyToID: "1", Reblog: []byte(`{"id":"1"}`)}, false},
	} {
		require.Equal(t, c.want, c.s.concerns("nordnetz@social.example", "social.example"), name)
	}
}

func TestAnAddressThatIsNoneBecomesNoLink(t *testing.T) {
	t.Parallel()
	items, err := Connector{}.Translate(brand, channel.Raw{Kind: kindStatus, Body: []byte(`{"id":"1","created_at":"2026-11-22T10:00:00Z",
		"url":"javascript:alert(1)","uri":"data:text/html,x","account":{"acct":"mira","url":"javascript:alert(2)"},
		"media_attachments":[{"url":"file:///etc/passwd"}],"mentions":[{"acct":"nordnetz"}]}`)})
	require.NoError(t, err)
	require.Empty(t, items[0].URL)
	require.Empty(t, items[0].From.URL)
	require.Empty(t, items[0].Attachments)
}

func FuzzTranslate(f *testing.F) {
	files, err := filepath.Glob("testdata/*.in.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		kind, _, _ := strings.Cut(filepath.Base(file), "-")
		f.Add(kind, body)
	}
	f.Add(kindDelete, []byte("1"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		items, err := Connector{}.Translate(brand, channel.Raw{Kind: kind, Body: body})
		if err != nil && len(items) > 0 {
			t.Errorf("an error and %d items", len(items))
		}
		for _, i := range items {
			if i.ID == "" || i.At.IsZero() || i.Kind == channel.Said && i.From.ID == "" {
				t.Errorf("not whole: %+v", i)
			}
			if strings.Contains(i.Text+i.HTML+i.Subject+i.ID+i.From.Name, "\x00") {
				t.Errorf("a NUL in %+v", i)
			}
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"<p>a<br>b</p>", `<a href="https://a.example">b…</a>`, "<script><p>", "</p></a>", "<a><a><p class=quote-inline>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, markup string) {
		text := plainText(markup, []string{"https://social.example/@nordnetz"})
		if strings.Contains(text, "\x00") || strings.TrimSpace(text) != text {
			t.Errorf("%q", text)
		}
		_ = visibleText(markup)
		_ = countable(markup, 23)
		_ = mentions(markup, "@mira@elsewhere.example", "social.example")
	})
}
