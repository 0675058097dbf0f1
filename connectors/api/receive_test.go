// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/api"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func account(settings ...string) channel.Account {
	acc := channel.Account{ID: "account-1", Settings: channel.Settings{"secret": ourSecret, "callback_url": "https://shop.example/callback"}}
	for i := 0; i < len(settings); i += 2 {
		acc.Settings[settings[i]] = settings[i+1]
	}
	return acc
}

const hello = `{"id":"1","at":"2026-11-22T11:59:00Z","from":{"id":"c-1"},"text":"Hallo"}`

func TestHookTakesSignaturesDuringARotation(t *testing.T) {
	t.Parallel()
	const old, fresh = "the old secret of both", "the new secret of both"
	both := account("secret", fresh, "previous_secret", old)
	for name, test := range map[string]struct {
		acc   channel.Account
		signs []string
		taken bool
	}{
		"the other side has not changed yet":       {both, []string{old}, true},
		"the other side has changed":               {both, []string{fresh}, true},
		"the other side signs with both":           {account("secret", fresh), []string{old, fresh}, true},
		"the old one after the rotation":           {account("secret", fresh), []string{old}, false},
		"only the previous secret is configured":   {account("secret", "", "previous_secret", old), []string{old}, false},
		"no secret, and signed with none":          {account("secret", ""), []string{""}, false},
		"no previous secret, and signed with none": {account(), []string{""}, false},
		"more signatures than anybody needs":       {both, []string{fresh, "1", "2", "3", "4", "5", "6", "7", "8"}, false},
		"not signed":                               {both, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := signed("", noon, hello)
			var all []string
			for _, secret := range test.signs {
				all = append(all, signature(secret, req.Header.Get("X-Hilft-Timestamp"), hello))
			}
			req.Header.Set("X-Hilft-Signature", strings.Join(all, ", "))
			answer, err := api.Connector{}.Hook(test.acc, req)
			if !test.taken {
				require.ErrorIs(t, err, channel.ErrSignature)
				require.Empty(t, answer.Raws)
				return
			}
			require.NoError(t, err)
			require.Len(t, answer.Raws, 1)
		})
	}
}

func TestHookRefusesWhatIsFarFromOurClock(t *testing.T) {
	t.Parallel()
	for off, taken := range map[time.Duration]bool{
		0: true, 5 * time.Minute: true, -5 * time.Minute: true, 5*time.Minute + time.Second: false, -5*time.Minute - time.Second: false,
	} {
		req := signed(ourSecret, noon.Add(off), hello)
		req.Now = noon
		_, err := api.Connector{}.Hook(account(), req)
		require.Equal(t, taken, err == nil, "a request made %s away from now: %v", off, err)
	}
	for _, stamp := range []string{"", "now", "1e9", "99999999999999999999", "-9223372036854775808", "9223372036854775807", " " + strconv.FormatInt(noon.Unix(), 10)} {
		req := signed(ourSecret, noon, hello)
		req.Header.Set("X-Hilft-Timestamp", stamp)
		req.Header.Set("X-Hilft-Signature", signature(ourSecret, stamp, hello))
		_, err := api.Connector{}.Hook(account(), req)
		require.ErrorIs(t, err, channel.ErrSignature, "the timestamp %q", stamp)
	}
}

func TestHookTakesOnlyPosts(t *testing.T) {
	t.Parallel()
	req := signed(ourSecret, noon, hello)
	req.Method = http.MethodGet
	_, err := api.Connector{}.Hook(account(), req)
	require.ErrorIs(t, err, channel.ErrSignature)
}

func TestHookSplitsARequestIntoMessages(t *testing.T) {
	t.Parallel()
	body := `{"unknown":1,"messages":[
		{"id":"1","thread":"t","text":"a","from":{"id":"c"},"at":"2026-11-22T11:00:00+01:00","shoe size":42},
		{"kind":"edited","id":"1","thread":"t","text":"b","at":"2026-11-22T11:01:00Z"},
		{"kind":"edited","id":"1","thread":"t","text":"c","at":"2026-11-22T11:01:00.5Z"},
		{"kind":"deleted","id":"1"},
		{"kind":"deleted","id":"1"}
	]}`
	answer, err := api.Connector{}.Hook(account(), signed(ourSecret, noon, body))
	require.NoError(t, err)
	want := []channel.Raw{
		{Key: "said:1", Kind: "said", Lane: "t", Body: []byte(`{"id":"1","thread":"t","text":"a","from":{"id":"c"},"at":"2026-11-22T11:00:00+01:00","shoe size":42}`)},
		{Key: "edited:1:2026-11-22T11:01:00Z", Kind: "edited", Lane: "t", Body: []byte(`{"kind":"edited","id":"1","thread":"t","text":"b","at":"2026-11-22T11:01:00Z"}`)},
		{Key: "edited:1:2026-11-22T11:01:00.5Z", Kind: "edited", Lane: "t", Body: []byte(`{"kind":"edited","id":"1","thread":"t","text":"c","at":"2026-11-22T11:01:00.5Z"}`)},
		{Key: "deleted:1", Kind: "deleted", Body: []byte(`{"kind":"deleted","id":"1","at":"2026-11-22T12:00:00Z"}`)},
	}
	require.Empty(t, cmp.Diff(want, answer.Raws))
}

// The house takes keys of 512 bytes and no longer ones, and a request with one would be refused for good.
func TestTheLongestIDsMakeKeysThatTheHouseTakes(t *testing.T) {
	t.Parallel()
	for id := strings.Repeat("x", 520); ; id = id[1:] {
		body := `{"messages":[{"id":"` + id + `","text":"a","from":{"id":"c"}},{"kind":"edited","id":"` + id + `","text":"b","at":"2026-11-22T11:01:00.123456789Z"},{"kind":"deleted","id":"` + id + `"}]}`
		answer, err := api.Connector{}.Hook(account(), signed(ourSecret, noon, body))
		if err != nil {
			continue // too long, as it says
		}
		require.GreaterOrEqual(t, len(id), 400)
		for _, raw := range answer.Raws {
			require.LessOrEqual(t, len(raw.Key), 512, raw.Kind)
		}
		return
	}
}

func TestHookTellsTheOtherSideWhatIsWrong(t *testing.T) {
	t.Parallel()
	with := func(field string) string { return `{"id":"1","from":{"id":"c"},"text":"a",` + field + `}` }
	many := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"id":"%d","from":{"id":"c"},"text":"a"}`, i)
		}
		return `{"messages":[` + strings.Join(all, ",") + `]}`
	}
	for name, test := range map[string]struct{ body, detail string }{
		"nothing":                    {``, "not a JSON object"},
		"a list":                     {`[]`, "not a JSON object"},
		"no JSON":                    {`{"id":`, "not JSON, at byte 6"},
		"something behind it":        {hello + `{}`, fmt.Sprintf("not JSON, at byte %d", len(hello)+1)},
		"not UTF-8":                  {"{\"id\":\"\xff\"}", "the body is not UTF-8"},
		"too deep":                   {`{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, fmt.Sprintf("not JSON, at byte %d", len(`{"a":`)+10_000)},
		"no id":                      {`{"from":{"id":"c"},"text":"a"}`, "id: missing"},
		"a number as id":             {`{"id":7}`, "id: not of the right type"},
		"a list as text":             {with(`"text":[]`), "text: not of the right type"},
		"an id that is too long":     {`{"id":"` + strings.Repeat("x", 401) + `"}`, "id: longer than 400 bytes"},
		"NUL in an id":               {`{"id":"a\u0000"}`, "id: has control characters"},
		"NUL in a thread":            {with(`"thread":"a\u0000"`), "thread: has control characters"},
		"nobody":                     {`{"id":"1","text":"a"}`, "from.id: missing"},
		"nothing said":               {`{"id":"1","from":{"id":"c"}}`, "text: missing; nothing is said"},
		"an unknown kind":            {with(`"kind":"liked"`), "kind: not said, edited or deleted"},
		"an unknown visibility":      {with(`"visibility":"friends"`), "visibility: not public or private"},
		"a local time":               {with(`"at":"2026-11-22 12:00"`), "at: not a time like 2026-11-22T09:30:00Z"},
		"the year 0":                 {with(`"at":"0000-01-01T00:00:00Z"`), "at: not a time like 2026-11-22T09:30:00Z"},
		"an edit without a time":     {`{"kind":"edited","id":"1","text":"a"}`, "at: missing; an edit is told from the next one by it"},
		"an edit without a text":     {`{"kind":"edited","id":"1","at":"2026-11-22T12:00:00Z"}`, "text: missing; an edit says how the message reads now"},
		"a script as address":        {with(`"url":"javascript:alert(1)"`), "url: not an http or https address"},
		"an attachment with both":    {with(`"attachments":[{"url":"https://a.example/","data":"YQ=="}]`), "attachments[0]: either url or data"},
		"an attachment with none":    {with(`"attachments":[{"name":"a"}]`), "attachments[0]: either url or data"},
		"an attachment from a disk":  {with(`"attachments":[{"url":"file:///etc/passwd"}]`), "attachments[0].url: not an http or https address of at most 2000 bytes"},
		"an attachment too far away": {with(`"attachments":[{"url":"https://plaza.example/` + strings.Repeat("x", 2000) + `"}]`), "attachments[0].url: not an http or https address of at most 2000 bytes"},
		"bad base64":                 {with(`"attachments":[{"data":"%"}]`), "attachments: data is not base64"},
		"many attachments":           {with(`"attachments":[` + strings.Repeat(`{"data":"YQ=="},`, 20) + `{"data":"YQ=="}]`), "attachments: more than 20"},
		"one bad among many":         {`{"messages":[` + hello + `,{"id":""}]}`, "messages[1]: id: missing"},
		"an id twice":                {`{"messages":[` + hello + `,{"id":"1","from":{"id":"c"},"text":"b"}]}`, "messages[1]: id: another message of this request has it"},
		"too many":                   {many(501), "messages: more than 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := api.Connector{}.Hook(account(), signed(ourSecret, noon, test.body))
			rejected, ok := errors.AsType[*channel.Rejected](err)
			require.True(t, ok, "got %v", err)
			require.Equal(t, channel.ReasonBadMessage, rejected.Reason)
			require.Equal(t, test.detail, rejected.Detail)
			require.Empty(t, answer.Raws)
		})
	}
	answer, err := api.Connector{}.Hook(account(), signed(ourSecret, noon, many(500)))
	require.NoError(t, err)
	require.Len(t, answer.Raws, 500)
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want channel.Item
	}{
		"all there is": {
			`{"id":"1","kind":"said","thread":"t","reply_to":"0","visibility":"public","at":"2026-11-22T12:30:00+01:00",
			  "from":{"id":"c-1","handle":"mira","name":"Mira Öz","url":"https://shop.example/mira"},"subject":"Störung","text":"Hallo","html":"<p>Hallo",
			  "url":"https://shop.example/1","attachments":[{"name":"a.txt","type":"text/plain","alt":"ein A","data":"YQ=="},{"name":"b","url":"https://shop.example/b"}]}`,
			channel.Item{
				Kind: channel.Said, ID: "1", At: noon.Add(-30 * time.Minute), Thread: "t", Refs: []string{"0"}, Visibility: hilft.Public,
				From:    channel.Author{ID: "c-1", Handle: "mira", Name: "Mira Öz", URL: "https://shop.example/mira"},
				Subject: "Störung", Text: "Hallo", HTML: "<p>Hallo", URL: "https://shop.example/1",
				Attachments: []channel.Attachment{{Name: "a.txt", Type: "text/plain", Alt: "ein A", Size: 1, Data: []byte("a")}, {Name: "b", URL: "https://shop.example/b"}},
			},
		},
		"as little as possible": {
			`{"id":"1","at":"2026-11-22T12:00:00Z","from":{"id":"c-1"},"text":"Hallo"}`,
			channel.Item{Kind: channel.Said, ID: "1", At: noon, Visibility: hilft.Private, From: channel.Author{ID: "c-1"}, Text: "Hallo"},
		},
		"HTML alone": {
			`{"id":"1","at":"2026-11-22T12:00:00Z","from":{"id":"c-1"},"html":"<style>p{}</style><p>Wo ist &lt;mein&gt; <b>Paket</b>?<br>Gruß<script>alert(1)</script>"}`,
			channel.Item{
				Kind: channel.Said, ID: "1", At: noon, Visibility: hilft.Private, From: channel.Author{ID: "c-1"}, Text: "Wo ist <mein> Paket?\nGruß",
				HTML: "<style>p{}</style><p>Wo ist &lt;mein&gt; <b>Paket</b>?<br>Gruß<script>alert(1)</script>",
			},
		},
		"control characters": {
			`{"id":"1","at":"2026-11-22T12:00:00Z","from":{"id":"c-1","name":"M\u0000i"},"text":"a\u0000b\r\nc\td"}`,
			channel.Item{Kind: channel.Said, ID: "1", At: noon, Visibility: hilft.Private, From: channel.Author{ID: "c-1", Name: "Mi"}, Text: "ab\nc\td"},
		},
		"our own word": {
			`{"id":"1","at":"2026-11-22T12:00:00Z","from":{"id":"agent","us":true},"text":"Gern"}`,
			channel.Item{Kind: channel.Said, ID: "1", At: noon, Visibility: hilft.Private, From: channel.Author{ID: "agent", Us: true}, Text: "Gern"},
		},
		"an edit": {
			`{"kind":"edited","id":"1","at":"2026-11-22T12:00:00Z","text":"Hallo!","thread":"t"}`,
			channel.Item{Kind: channel.Edited, ID: "1", At: noon, Text: "Hallo!"},
		},
		"a deletion": {
			`{"kind":"deleted","id":"1","at":"2026-11-22T12:00:00Z","text":"must not be kept"}`,
			channel.Item{Kind: channel.Deleted, ID: "1", At: noon},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, json.Valid([]byte(test.body)))
			got, err := api.Connector{}.Translate(account(), channel.Raw{Body: []byte(test.body)})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]channel.Item{test.want}, got))
		})
	}
}

func TestTranslateReadsAnyHTMLSoon(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"<", "&", "<!--", "<!", "<a ", "<a b='", "</", "<script>", "<script><!--", "<title>", "<div>", "&amp;#", "\u202e"} {
		body, err := json.Marshal(map[string]any{
			"id": "1", "at": "2026-11-22T12:00:00Z", "from": map[string]string{"id": "c"}, "html": strings.Repeat(part, (1<<20)/len(part)),
		})
		require.NoError(t, err)
		began := time.Now()
		_, err = api.Connector{}.Translate(account(), channel.Raw{Body: body})
		require.NoError(t, err)
		// What reads it again for each of its parts takes hours; the slowest machine does not.
		require.Less(t, time.Since(began), time.Minute, "a megabyte of %s", part)
	}
}

func FuzzHook(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(`{"messages":[` + hello + `,{"kind":"deleted","id":"1"},{"kind":"edited","id":"1","html":"<b>x","at":"2026-11-22T11:59:00.25+05:30"}]}`))
	f.Add([]byte(`{"ID":"1","from":{"id":"c","us":true},"attachments":[{"data":"YQ==","name":"\u202egpj.exe"}],"at":null}`))
	f.Add([]byte(` {"id":"\ud800","html":"<script><p","from":{"id":"c"}} `))
	f.Add([]byte(`{"messages":[null,{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := api.Connector{}.Hook(account(), signed(ourSecret, noon, string(body)))
		if err != nil {
			rejected, ok := errors.AsType[*channel.Rejected](err)
			require.True(t, ok, "a genuine request is refused with a reason: %v", err)
			require.NotEmpty(t, rejected.Detail)
		}
		seen := map[string]bool{}
		for _, raw := range answer.Raws {
			require.False(t, seen[raw.Key], "the key %q twice", raw.Key)
			seen[raw.Key] = true
			items, err := api.Connector{}.Translate(account(), raw)
			require.NoError(t, err, "what Hook took, Translate reads")
			require.Len(t, items, 1)
			require.NotEmpty(t, items[0].ID)
			require.False(t, items[0].At.IsZero())
			require.Equal(t, raw.Kind, string(items[0].Kind))
		}
		_, _ = api.Connector{}.Translate(account(), channel.Raw{Body: body}) // must not panic
	})
}
