// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

const png = "\x89PNG\r\n\x1a\n not much of a picture"

// exceptions are the answers that do not follow the specification, each with its reason. An exception that is not
// needed any more fails the test.
var exceptions = map[string]string{
	"POST /api/v1/statuses 403":     "the specification knows no 403 here; the documentation of OAuth scopes does, and Mastodon answers it to a token without write:statuses",
	"GET /api/v1/media/{id} 206":    "the specification does not say that the file as far as it is known is answered; the documentation does",
	"GET /api/v1/notifications 403": "as above, to a token without read:notifications",
}

// specification loads Mastodon's API description. It is test data that is not shipped: where it is absent the test is
// skipped, except in CI.
func specification(t *testing.T) *openapi3.T {
	t.Helper()
	shared := os.Getenv("HILFT_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	file := filepath.Join(shared, "specs", "mastodon", "dist", "schema.json")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the specification is not there: set HILFT_SHARED")
		}
		t.Skip("the specification is not there: set HILFT_SHARED")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	require.NoError(t, err)
	return doc
}

// inspector calls the server and holds each answer against the specification.
type inspector struct {
	t      *testing.T
	doc    *openapi3.T
	server *Server
	base   string
	used   map[string]bool
}

type call struct {
	method, template, path, token string
	query, form                   url.Values
	file                          string // content of a file that goes with the form
	want                          int
}

func (i *inspector) call(c call) map[string]any {
	i.t.Helper()
	if c.path == "" {
		c.path = c.template
	}
	var body *strings.Reader
	req, err := http.NewRequestWithContext(i.t.Context(), c.method, i.base+c.path+"?"+c.query.Encode(), nil)
	if c.form != nil {
		body = strings.NewReader(c.form.Encode())
		req, err = http.NewRequestWithContext(i.t.Context(), c.method, i.base+c.path, body)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.file != "" {
		var upload bytes.Buffer
		w := multipart.NewWriter(&upload)
		part, err := w.CreateFormFile("file", "bild.png")
		require.NoError(i.t, err)
		_, err = io.WriteString(part, c.file)
		require.NoError(i.t, err)
		for k := range c.form {
			require.NoError(i.t, w.WriteField(k, c.form.Get(k)))
		}
		require.NoError(i.t, w.Close())
		req, err = http.NewRequestWithContext(i.t.Context(), c.method, i.base+c.path, &upload)
		require.NoError(i.t, err)
		req.Header.Set("Content-Type", w.FormDataContentType())
	}
	require.NoError(i.t, err)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := person.Do(req)
	require.NoError(i.t, err)
	defer func() { _ = res.Body.Close() }()
	var answer any
	require.NoError(i.t, json.NewDecoder(res.Body).Decode(&answer), "%s %s", c.method, c.path)
	name := fmt.Sprintf("%s %s %d", c.method, c.template, res.StatusCode)
	require.Equal(i.t, c.want, res.StatusCode, "%s: %v", name, answer)
	if err := i.follows(c, res, answer); err != nil {
		if exceptions[name] == "" {
			i.t.Errorf("%s: %v", name, err)
		}
		i.used[name] = true
	}
	object, _ := answer.(map[string]any)
	return object
}

func (i *inspector) follows(c call, res *http.Response, answer any) error {
	item := i.doc.Paths.Find(c.template)
	if item == nil || item.GetOperation(c.method) == nil {
		return errors.New("the specification does not know this operation")
	}
	promised := item.GetOperation(c.method).Responses.Value(strconv.Itoa(res.StatusCode))
	if promised == nil {
		return fmt.Errorf("the specification knows no %d here", res.StatusCode)
	}
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("the content is %q", kind)
	}
	if c.token != "" && res.StatusCode == http.StatusOK {
		for name := range promised.Value.Headers {
			if strings.HasPrefix(name, "X-RateLimit-") && res.Header.Get(name) == "" {
				return fmt.Errorf("the header %s is missing", name)
			}
		}
	}
	if promised.Value.Content.Get("application/json") == nil {
		return errors.New("the specification does not say what is answered")
	}
	return i.fits(promised.Value.Content.Get("application/json").Schema.Value, answer)
}

func (i *inspector) fits(schema *openapi3.Schema, answer any) error {
	return schema.VisitJSON(answer, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors(), openapi3.EnableFormatValidation())
}

func TestEveryAnswerFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	doc := specification(t)
	s, base := started(t, Options{CallLimit: 1000, MediaWaits: 1})
	i := &inspector{t: t, doc: doc, server: s, base: base, used: map[string]bool{}}
	brand, mira := tokenFor(t, s, "nordnetz"), tokenFor(t, s, "mira")

	// Signing in.
	app := i.call(call{method: "POST", template: "/api/v1/apps", want: 200, form: url.Values{
		"client_name": {"inspector"}, "redirect_uris": {"https://desk.example/callback"}, "scopes": {"read write"}, "website": {"https://desk.example"},
	}})
	i.call(call{method: "POST", template: "/api/v1/apps", want: 422, form: url.Values{"client_name": {""}}})
	credentials := url.Values{"client_id": {app["client_id"].(string)}, "client_secret": {app["client_secret"].(string)}}
	with := func(more url.Values) url.Values {
		all := url.Values{}
		for _, v := range []url.Values{credentials, more} {
			for k := range v {
				all.Set(k, v.Get(k))
			}
		}
		return all
	}
	code := authorise(t, base, with(url.Values{"redirect_uri": {"https://desk.example/callback"}, "scope": {"read"}}), "@mira@social.example").Get("code")
	i.call(call{method: "POST", template: "/oauth/token", want: 200, form: with(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://desk.example/callback"},
	})})
	i.call(call{method: "POST", template: "/oauth/token", want: 400, form: with(url.Values{"grant_type": {"authorization_code"}, "code": {code}})})
	i.call(call{method: "POST", template: "/oauth/token", want: 200, form: with(url.Values{"grant_type": {"client_credentials"}})})
	i.call(call{method: "POST", template: "/oauth/token", want: 400, form: with(url.Values{"grant_type": {"client_credentials"}, "scope": {"admin:read"}})})
	i.call(call{method: "POST", template: "/oauth/token", want: 401, form: url.Values{"client_id": {"nobody"}}})
	i.call(call{method: "GET", template: "/api/v1/accounts/verify_credentials", token: brand, want: 200})
	i.call(call{method: "GET", template: "/api/v1/accounts/verify_credentials", token: "wrong", want: 401})
	i.call(call{method: "GET", template: "/api/v2/instance", want: 200})
	i.call(call{method: "GET", template: "/api/v1/accounts/lookup", query: url.Values{"acct": {"mira"}}, want: 200})
	i.call(call{method: "GET", template: "/api/v1/accounts/lookup", query: url.Values{"acct": {"nobody"}}, want: 404})

	// A thread in public and in private, with a link, a tag, a warning and a picture.
	post := func(token string, form url.Values) string {
		return i.call(call{method: "POST", template: "/api/v1/statuses", token: token, want: 200, form: form})["id"].(string)
	}
	question := post(mira, url.Values{"status": {"@nordnetz Störung? https://status.nordnetz.example/karte #Störung"}, "spoiler_text": {"Internet"}})
	reply := post(brand, url.Values{"status": {"@mira Wir sehen nach."}, "in_reply_to_id": {question}, "visibility": {"unlisted"}})
	direct := post(brand, url.Values{"status": {"@mira Die Kundennummer?"}, "in_reply_to_id": {question}, "visibility": {"direct"}})
	_, err := s.Publish("jon@elsewhere.example", Draft{
		Text: "@nordnetz So sieht das aus", Files: []Attachment{{Type: "image", URL: "https://files.elsewhere.example/a.png", Description: "Ein rotes Licht"}},
	})
	require.NoError(t, err)
	one := func(method, id, token string, want int, form url.Values) {
		i.call(call{method: method, template: "/api/v1/statuses/{id}", path: "/api/v1/statuses/" + id, token: token, form: form, want: want})
	}
	one("PUT", question, mira, 200, url.Values{"status": {"@nordnetz Störung, seit gestern"}})
	one("PUT", question, mira, 422, url.Values{"status": {""}})
	one("GET", question, "", 200, nil)
	one("GET", direct, brand, 200, nil)
	one("GET", direct, "", 404, nil)
	one("DELETE", question, brand, 404, nil)
	i.call(call{method: "GET", template: "/api/v1/statuses/{id}/context", path: "/api/v1/statuses/" + reply + "/context", token: brand, want: 200})
	i.call(call{method: "GET", template: "/api/v1/statuses/{id}/context", path: "/api/v1/statuses/1/context", token: brand, want: 404})
	i.call(call{method: "GET", template: "/api/v1/notifications", token: brand, query: url.Values{"types[]": {"mention"}, "limit": {"1"}}, want: 200})
	i.call(call{method: "GET", template: "/api/v1/conversations", token: mira, want: 200})
	me := i.call(call{method: "GET", template: "/api/v1/accounts/verify_credentials", token: brand, want: 200})["id"].(string)
	i.call(call{method: "GET", template: "/api/v1/accounts/{id}/statuses", path: "/api/v1/accounts/" + me + "/statuses", token: brand, want: 200})
	i.call(call{method: "GET", template: "/api/v1/accounts/{id}/statuses", path: "/api/v1/accounts/1/statuses", token: brand, want: 404})
	one("DELETE", reply, brand, 200, nil)

	// Several at once, some of them gone; files.
	i.call(call{method: "GET", template: "/api/v1/statuses", token: brand, query: url.Values{"id[]": {question, reply, direct}}, want: 200})
	media := func(token, file string, want int, form url.Values) string {
		id, _ := i.call(call{method: "POST", template: "/api/v2/media", token: token, file: file, form: form, want: want})["id"].(string)
		return id
	}
	picture := media(brand, png, 202, url.Values{"description": {"Die linke Buchse"}})
	waiting := func(want int) {
		i.call(call{method: "GET", template: "/api/v1/media/{id}", path: "/api/v1/media/" + picture, token: brand, want: want})
	}
	i.call(call{method: "POST", template: "/api/v1/statuses", token: brand, want: 422, form: url.Values{"status": {"Bild"}, "media_ids[]": {picture}}})
	waiting(206)
	waiting(200)
	post(brand, url.Values{"status": {"Hier"}, "media_ids[]": {picture}})
	i.call(call{method: "GET", template: "/api/v1/media/{id}", path: "/api/v1/media/1", token: brand, want: 404})
	media(brand, "%PDF-1.7 kein Bild", 422, nil)
	media(brand, png, 422, url.Values{"description": {strings.Repeat("a", 1501)}})
	media("wrong", png, 401, nil)

	// Refusals.
	refused := func(token string, want int, form url.Values) {
		i.call(call{method: "POST", template: "/api/v1/statuses", token: token, want: want, form: form})
	}
	refused(mira, 422, url.Values{"status": {strings.Repeat("a", 501)}})
	refused(mira, 404, url.Values{"status": {"Antwort auf nichts"}, "in_reply_to_id": {"1"}})
	refused("wrong", 401, url.Values{"status": {"wer bin ich?"}})
	narrow, err := s.Token("mira", "read:statuses")
	require.NoError(t, err)
	refused(narrow, 403, url.Values{"status": {"darf ich?"}})
	i.call(call{method: "GET", template: "/api/v1/notifications", token: narrow, want: 403})
	require.NoError(t, s.Fail(RateLimited))
	refused(mira, 429, url.Values{"status": {"zu viel"}})
	require.NoError(t, s.Fail(Overloaded))
	refused(mira, 503, url.Values{"status": {"zu viel"}})
	require.NoError(t, s.Fail(NoFault))

	for name := range exceptions {
		if !i.used[name] {
			t.Errorf("the exception %q is not needed any more", name)
		}
	}
}

func TestEveryEventFollowsTheSpecification(t *testing.T) {
	t.Parallel()
	doc := specification(t)
	s, base := started(t, Options{})
	i := &inspector{t: t, doc: doc}
	events := listen(t, s, base, "/api/v1/streaming/user", tokenFor(t, s, "nordnetz"))

	p, err := s.Post("mira", "@nordnetz Hallo?", Public, "")
	require.NoError(t, err)
	_, err = s.Post("nordnetz", "@mira Guten Tag", Public, p.ID)
	require.NoError(t, err)
	_, err = s.Edit(p.ID, "@nordnetz Hallo, ist da wer?")
	require.NoError(t, err)
	require.NoError(t, s.Delete(p.ID))

	for _, want := range []struct{ event, schema string }{
		{"notification", "Notification"}, {"update", "Status"}, {"status.update", "Status"}, {"delete", ""},
	} {
		got := <-events
		require.Equal(t, want.event, got.Event)
		if want.schema == "" {
			require.Equal(t, p.ID, got.Payload)
			continue
		}
		var payload any
		require.NoError(t, json.Unmarshal([]byte(got.Payload), &payload))
		require.NoError(t, i.fits(doc.Components.Schemas[want.schema].Value, payload), want.event)
	}
}
