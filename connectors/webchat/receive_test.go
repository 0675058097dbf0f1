// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/webchat"
)

const (
	visitor = "0193d2a4-7c00-7000-8000-00000000beef"
	wordID  = "3f2b8c1e-5d4a-4f6b-9c7d-8e9f0a1b2c3d"
)

var heardAt = time.Date(2026, 11, 20, 20, 15, 0, 0, time.UTC)

// read takes a frame the whole way from the socket to the item.
func read(t *testing.T, frame string) channel.Item {
	t.Helper()
	con := webchat.New()
	raw, err := con.Hear(visitor, heardAt, []byte(frame))
	require.NoError(t, err)
	items, err := con.Translate(channel.Account{}, raw)
	require.NoError(t, err)
	require.Len(t, items, 1)
	return items[0]
}

func TestAVisitorsWordBecomesAnItem(t *testing.T) {
	t.Parallel()
	got := read(t, `{"t":"say","id":"`+wordID+`","text":"  Seit gestern Abend geht nichts.\r\nKönnt ihr helfen? ","name":"Mira Feldkamp",
		"email":"mira@example.org","page":"https://shop.example.org/hilfe?token=geheim#oben","language":"de"}`)
	want := channel.Item{
		Kind: channel.Said, ID: visitor + ":" + wordID, At: heardAt, Thread: visitor, Proven: true, Visibility: hilft.Private,
		From: channel.Author{ID: visitor, Handle: "mira@example.org", Name: "Mira Feldkamp"},
		Text: "Seit gestern Abend geht nichts.\nKönnt ihr helfen?", URL: "https://shop.example.org/hilfe",
		Mail: "mira@example.org", Language: "de",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatAVisitorHasSeenIsToldOfEachMessage(t *testing.T) {
	t.Parallel()
	con := webchat.New()
	raw, err := con.Shown(visitor, heardAt, []int64{7, 9})
	require.NoError(t, err)
	require.Equal(t, visitor+":shown:7,9", raw.Key)
	items, err := con.Translate(channel.Account{}, raw)
	require.NoError(t, err)
	require.Equal(t, []channel.Item{{Kind: channel.Shown, ID: "7", At: heardAt}, {Kind: channel.Shown, ID: "9", At: heardAt}}, items)

	raw.Body = []byte(`{"at":"2026-11-20T20:15:00Z","letters":[]}`)
	_, err = con.Translate(channel.Account{}, raw)
	require.Error(t, err)
}

func TestWhoDoesNotIntroduceThemselvesIsAVisitor(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"de": "Besucher beef", "en": "Visitor beef", "": "Visitor beef", "fr": "Visitor beef"} {
		from := read(t, `{"id":"`+wordID+`","text":"Hallo?","language":"`+language+`"}`).From
		require.Equal(t, channel.Author{ID: visitor, Handle: want, Name: want}, from)
	}
	from := read(t, `{"id":"`+wordID+`","text":"Hallo?","name":"Mira"}`).From
	require.Equal(t, channel.Author{ID: visitor, Handle: "Visitor beef", Name: "Mira"}, from)
}

func TestTheSameWordSentAgainHasTheSameKey(t *testing.T) {
	t.Parallel()
	con := webchat.New()
	frame := []byte(`{"id":"` + wordID + `","text":"Hallo?"}`)
	first, err := con.Hear(visitor, heardAt, frame)
	require.NoError(t, err)
	again, err := con.Hear(visitor, heardAt.Add(time.Minute), frame)
	require.NoError(t, err)
	other, err := con.Hear("0193d2a4-7c00-7000-8000-00000000f00d", heardAt, frame)
	require.NoError(t, err)
	require.Equal(t, first.Key, again.Key, "after a reconnect the widget sends what has no ack yet")
	require.NotEqual(t, first.Key, other.Key, "another visitor may have chosen the same id")
	require.Equal(t, visitor, first.Lane)
}

func TestWhatCannotBeTakenSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, frame, say string }{
		{"not JSON", `hallo`, "chat.bad"},
		{"a list", `[]`, "chat.bad"},
		{"text is no text", `{"id":"` + wordID + `","text":7}`, "chat.bad"},
		{"no id", `{"text":"Hallo"}`, "chat.bad"},
		{"an id of the visitor's own making", `{"id":"1","text":"Hallo"}`, "chat.bad"},
		{"an id with more behind it", `{"id":"` + wordID + `\n","text":"Hallo"}`, "chat.bad"},
		{"no text", `{"id":"` + wordID + `"}`, "chat.empty"},
		{"blanks and NUL", `{"id":"` + wordID + `","text":" \u0000\n\t"}`, "chat.empty"},
		{"one character too many", `{"id":"` + wordID + `","text":"` + strings.Repeat("ä", 4001) + `"}`, "chat.too_long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := webchat.New().Hear(visitor, heardAt, []byte(c.frame))
			fail, ok := errors.AsType[*hilft.Error](err)
			require.True(t, ok, "got %v", err)
			require.Equal(t, hilft.Invalid, fail.Kind)
			require.Equal(t, c.say, fail.Say)
		})
	}
	require.Len(t, []rune(read(t, `{"id":"`+wordID+`","text":"`+strings.Repeat("🙂", 4000)+`"}`).Text), 4000)
}

func TestNobodyLooksLikeSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{`Mira\u202egro.elpmaxe`, "Miragro.elpmaxe"},
		{`Mi\u200bra\u0000 \n Feldkamp`, "Mira Feldkamp"},
		{strings.Repeat("a", 200), strings.Repeat("a", 80)},
		{` \u2066 `, "Visitor beef"},
	} {
		got := read(t, `{"id":"`+wordID+`","text":"Hallo","name":"`+c.name+`"}`).From.Name
		require.Equal(t, c.want, got)
	}
	for _, email := range []string{"mira", "mira@", "@example.org", "mira@example", "a b@example.org", `mira@example.org\u200b`, `m\u202e@example.org`, "<mira@example.org>", strings.Repeat("a", 250) + "@example.org"} {
		require.Equal(t, "Visitor beef", read(t, `{"id":"`+wordID+`","text":"Hallo","email":"`+email+`"}`).From.Handle, email)
	}
	for _, page := range []string{"javascript:alert(1)", "file:///etc/passwd", "//example.org", "nirgends", "https://", "https://example.org/" + strings.Repeat("a", 1000)} {
		require.Empty(t, read(t, `{"id":"`+wordID+`","text":"Hallo","page":"`+page+`"}`).URL, page)
	}
	require.Equal(t, "https://example.org/a", read(t, `{"id":"`+wordID+`","text":"Hallo","page":"https://mira:geheim@example.org/a?"}`).URL)
}

func TestForeignDeliveriesAreKeptUnread(t *testing.T) {
	t.Parallel()
	for _, c := range []channel.Raw{
		{Kind: "word", Body: []byte(`{}`)},
		{Kind: "word", Body: []byte(`{"id":"a","visitor":"b","text":"c"}`)},
		{Kind: "word", Body: []byte(`{"id":"a","visitor":"b","at":"2026-11-20T20:15:00Z","text":"c"} {}`)},
		{Kind: "word", Body: []byte(`{"id":"a","visitor":"b","at":"2026-11-20T20:15:00Z","text":"c","more":1}`)},
		{Kind: "letter", Body: []byte(`{"id":"a","visitor":"b","at":"2026-11-20T20:15:00Z","text":"c"}`)},
	} {
		_, err := webchat.New().Translate(channel.Account{}, c)
		require.Error(t, err, "%s", c.Body)
	}
}

// FuzzHear: what comes from a stranger's browser is refused, or becomes an item that is whole and clean.
func FuzzHear(f *testing.F) {
	for _, seed := range []string{
		`{"t":"say","id":"` + wordID + `","text":"Hallo","name":"Mira","email":"mira@example.org","page":"https://shop.example.org/","language":"de"}`,
		`{"id":"` + wordID + `","text":"\ud800 \u0000 \u202e","name":"\udfff","email":"a@b.c","page":"HTTP://%41@[::1]:80/?#"}`,
		`{"ID":"` + wordID + `","TEXT":"x"}`,
		`{"id":null}`, `[[[[`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		con := webchat.New()
		raw, err := con.Hear(visitor, heardAt, said)
		if err != nil {
			require.Equal(t, hilft.Invalid, hilft.KindOf(err))
			return
		}
		require.True(t, json.Valid(raw.Body))
		items, err := con.Translate(channel.Account{}, raw)
		require.NoError(t, err, "what Hear takes, Translate reads")
		require.Len(t, items, 1)
		item := items[0]
		require.Equal(t, raw.Key, item.ID)
		require.NotEmpty(t, item.Text)
		require.LessOrEqual(t, utf8.RuneCountInString(item.Text), 4000)
		for _, s := range []string{item.Text, item.From.Name, item.From.Handle, item.URL} {
			require.True(t, utf8.ValidString(s))
			require.NotContains(t, s, "\x00")
		}
		require.False(t, strings.ContainsFunc(item.From.Name+item.From.Handle, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }))
	})
}

// FuzzTranslate: what lies in the inbox may be anything; an item that comes of it is whole.
func FuzzTranslate(f *testing.F) {
	f.Add([]byte(`{"id":"a","visitor":"b","at":"2026-11-20T20:15:00Z","text":"c","name":"d","email":"e@f.g","page":"https://h","language":"de"}`))
	f.Add([]byte(`{"id":"a","visitor":"ä\u0000","at":"0001-01-01T00:00:00Z","text":"c"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := webchat.New().Translate(channel.Account{}, channel.Raw{Key: "k", Kind: "word", Body: body})
		if err != nil {
			require.Empty(t, items)
			return
		}
		require.Len(t, items, 1)
		require.NotEmpty(t, items[0].From.ID)
		require.NotEmpty(t, items[0].ID)
		require.False(t, items[0].At.IsZero())
		require.NotContains(t, items[0].Text, "\x00")
	})
}
