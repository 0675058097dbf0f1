// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/hilft/hilft"
)

const chatScriptsMax = 256 // accounts whose script is kept ready

// chatScript is the widget of one account, ready to be sent.
type chatScript struct {
	visible string // what it was made from
	tag     string
	plain   []byte
	zipped  []byte
}

// chatScripts keeps what was made, so that nobody can keep us busy with compressing.
type chatScripts struct {
	mu   sync.Mutex
	made map[hilft.AccountID]*chatScript
}

func (s *chatScripts) of(id hilft.AccountID, widget, visible []byte) (*chatScript, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.made[id]; ok && made.visible == string(visible) {
		return made, nil
	}
	made, err := makeChatScript(widget, visible)
	if err != nil {
		return nil, err
	}
	if s.made == nil || len(s.made) >= chatScriptsMax {
		s.made = map[hilft.AccountID]*chatScript{}
	}
	s.made[id] = made
	return made, nil
}

// makeChatScript calls the widget, which is one function, with what everybody may see of the account.
func makeChatScript(widget, visible []byte) (*chatScript, error) {
	plain := bytes.Join([][]byte{bytes.TrimRight(widget, "; \n"), []byte("("), visible, []byte(");\n")}, nil)
	var zipped bytes.Buffer
	zip, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(plain); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	return &chatScript{visible: string(visible), tag: base64.RawURLEncoding.EncodeToString(sum[:12]), plain: plain, zipped: zipped.Bytes()}, nil
}

// serveScript sends the widget. It is the same for everybody and knows nobody: no cookie, no visitor. Its address does
// not change when a setting does, so it is fresh for a quarter of an hour and then asked for by its tag.
func (c *Chat) serveScript(w http.ResponseWriter, r *http.Request) {
	front, err := c.front(r)
	if err == nil && len(c.Script) == 0 {
		err = hilft.Fail(hilft.NotFound, "chat.not_built", nil)
	}
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	s, err := c.scripts.of(front.account, c.Script, front.visible)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	body, tag := s.plain, `"`+s.tag+`"`
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // other people's pages are where it is meant to stand
	h.Set("Cache-Control", "public, max-age=900, stale-while-revalidate=604800")
	h.Set("Vary", "Accept-Encoding")
	if chatAcceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = s.zipped, `"`+s.tag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(known), "W/") == tag {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // who has gone away needs no script
}

func chatAcceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}
