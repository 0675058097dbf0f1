// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/microcosm-cc/bluemonday"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
)

// mediaFor is how long an address of a file holds. It is signed and says all by itself, so that files can be served
// from an origin that has no session.
const mediaFor = 6 * time.Hour

// pass is what an address of a file says.
type pass struct {
	Hash  string `json:"h"`
	Type  string `json:"t"`
	Until int64  `json:"u"`
	// Who it was given to, and of which brand it is; empty: to whom it belongs, or what everybody can see.
	Who   hilft.AgentID `json:"w,omitempty"`
	Brand hilft.BrandID `json:"b,omitempty"`
}

// passTo is for somebody who works here and a file of a message.
func passTo(who hilft.AgentID, m desk.Message) pass {
	if m.Visibility != hilft.Private {
		return pass{}
	}
	return pass{Who: who, Brand: m.Brand}
}

func (a *API) mediaHref(f desk.File, p pass) string {
	base := a.MediaURL
	// The end is rounded, so that the same file has the same address for a while and is not fetched again.
	until := a.DB.Now().Truncate(mediaFor).Add(2 * mediaFor).Unix()
	p.Hash, p.Type, p.Until = f.Hash, f.Type, until
	body, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base + "/media/" + signed(a.Keys.Derive("media", 32), body) + "/" + url.PathEscape(blob.Name(f.Name))
}

// signed is a word of the house that goes out and comes back: anybody can read it, nobody can make one.
func signed(key, body []byte) string {
	text := base64.RawURLEncoding.EncodeToString(body)
	return text + "." + signature(key, text)
}

// unsigned reads such a word; false: it is not ours.
func unsigned(key []byte, word string) ([]byte, bool) {
	text, sign, ok := strings.Cut(word, ".")
	if !ok || !hmac.Equal([]byte(sign), []byte(signature(key, text))) {
		return nil, false
	}
	body, err := base64.RawURLEncoding.DecodeString(text)
	return body, err == nil
}

func signature(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

func (a *API) openPass(token string) (pass, bool) {
	b, ok := unsigned(a.Keys.Derive("media", 32), token)
	if !ok {
		return pass{}, false
	}
	var p pass
	if json.Unmarshal(b, &p) != nil || a.DB.Now().Unix() > p.Until {
		return pass{}, false
	}
	return p, true
}

// media serves a file that somebody sent us: as a download, or where it is a picture or film, to look at; never as a
// page.
func (a *API) media(w http.ResponseWriter, r *http.Request) {
	p, ok := a.openPass(r.PathValue("token"))
	if !ok {
		a.fail(w, r, notFound("media.not_found"))
		return
	}
	file, err := a.Blobs.Get(r.Context(), p.Hash)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer func() { _ = file.Close() }()
	if p.Who != "" {
		e := audit.Entry{Brand: p.Brand, Who: p.Who, What: audit.MediaRead, About: p.Hash}
		if err := a.Trail.Read(e, ""); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	for k, v := range blob.Headers(r.PathValue("name"), p.Type) {
		w.Header().Set(k, v)
	}
	if a.MediaURL != "" {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	w.Header().Set("Cache-Control", "private, max-age=21600, immutable")
	w.Header().Set("ETag", `"`+p.Hash+`"`)
	http.ServeContent(w, r, "", time.Time{}, file)
}

// mailPolicy keeps of a customer's HTML what helps to read it, and nothing that runs, loads or hides.
func mailPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "pre", "code", "blockquote", "hr",
		"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "center", "font")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(false)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("td", "th", "p", "div")
	return p
}

var mailHTML = mailPolicy()

const (
	htmlBefore = `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style>` +
		`:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:8px;overflow-wrap:anywhere}blockquote{border-left:2px solid #8888;margin:0;padding-left:12px}table{border-collapse:collapse;max-width:100%}pre{white-space:pre-wrap}</style></head><body dir="auto">`
	htmlAfter = `</body></html>`
)

// messageHTML serves a message's HTML original, cleaned, without pictures, in a sandbox in which nothing runs.
func (a *API) messageHTML(w http.ResponseWriter, r *http.Request) {
	m, err := a.Desk.Message(r.Context(), sight(r.Context()), hilft.MessageID(r.PathValue("id")))
	if err == nil && m.HTML == "" {
		err = notFound("message.no_html")
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if m.Visibility == hilft.Private {
		if err := a.reads(r.Context(), audit.CaseRead, m.Brand, string(m.Case)); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write([]byte(htmlBefore + mailHTML.Sanitize(m.HTML) + htmlAfter))
}
