// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Kinds of raw deliveries.
const (
	kindNotification = "notification" // a Notification, as the API and the stream send it
	kindStatus       = "status"       // a Status
	kindKnown        = "known"        // a Status of which the house has the words, whether or not it mentions us still
	kindDelete       = "delete"       // a deletion
	kindReach        = "reach"        // a reach
)

// The entities of the API, as far as a desk reads them.
type (
	account struct {
		ID          string `json:"id"`
		Username    string `json:"username"`
		Acct        string `json:"acct"`
		DisplayName string `json:"display_name"`
		URL         string `json:"url"`
		Bot         bool   `json:"bot"`
	}
	status struct {
		ID          string          `json:"id"`
		CreatedAt   time.Time       `json:"created_at"`
		EditedAt    *time.Time      `json:"edited_at"`
		InReplyToID string          `json:"in_reply_to_id"`
		SpoilerText string          `json:"spoiler_text"`
		Visibility  string          `json:"visibility"`
		URI         string          `json:"uri"`
		URL         string          `json:"url"`
		Content     string          `json:"content"`
		Boosts      int             `json:"reblogs_count"`
		Favourites  int             `json:"favourites_count"`
		Account     account         `json:"account"`
		Reblog      json.RawMessage `json:"reblog"`
		Mentions    []mention       `json:"mentions"`
		Media       []media         `json:"media_attachments"`
		Quote       *struct {
			Status *struct {
				Content string `json:"content"`
			} `json:"quoted_status"`
		} `json:"quote"`
	}
	mention struct {
		Acct string `json:"acct"`
		URL  string `json:"url"`
	}
	media struct {
		Type        string `json:"type"`
		URL         string `json:"url"`
		RemoteURL   string `json:"remote_url"`
		Description string `json:"description"`
	}
	notification struct {
		ID        string    `json:"id"`
		Type      string    `json:"type"`
		CreatedAt time.Time `json:"created_at"`
		Status    *status   `json:"status"`
	}
	// deletion is what is kept of a delete event. The network says only which status it is about, so when it was heard
	// is written beside it.
	deletion struct {
		ID    string    `json:"id"`
		Heard time.Time `json:"heard"`
	}
)

func (s *status) valid() error {
	switch {
	case !plainID(s.ID), s.InReplyToID != "" && !plainID(s.InReplyToID):
		return errors.New("a status without an id")
	case s.Account.Acct == "" || strings.ContainsFunc(s.Account.Acct, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return errors.New("a status without an author")
	case s.CreatedAt.IsZero():
		return errors.New("a status without a time")
	}
	return nil
}

// plainID tells whether an id is one that can be stored and asked for. Servers use digits, some use letters and signs.
func plainID(id string) bool {
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.:", r)
	}
	return id != "" && len(id) <= 200 && !strings.ContainsFunc(id, odd)
}

// by tells whether an account is the author.
func (s *status) by(self, home string) bool {
	return self != "" && strings.EqualFold(fullAcct(s.Account.Acct, home), self)
}

// concerns tells whether a status belongs in the desk: it mentions us; or it is ours and answers something, or is a word
// to somebody in private. What we post to the world is not a case.
func (s *status) concerns(self, home string) bool {
	if len(s.Reblog) > 0 && string(s.Reblog) != "null" {
		return false
	}
	if s.by(self, home) {
		return s.InReplyToID != "" || s.Visibility == "direct" && len(s.Mentions) > 0
	}
	return slices.ContainsFunc(s.Mentions, func(m mention) bool { return strings.EqualFold(fullAcct(m.Acct, home), self) })
}

// key names a state of a status: the same by stream and poll, another one after every edit.
func (s *status) key() string {
	if s.EditedAt != nil {
		return "status:" + s.ID + ":" + s.EditedAt.UTC().Format(time.RFC3339Nano)
	}
	return "status:" + s.ID
}

// unreadKey names bytes that cannot be read, so that they are kept once.
func unreadKey(body []byte) string {
	sum := sha256.Sum256(body)
	return "unread:" + hex.EncodeToString(sum[:])
}

// Translate reads one delivery.
func (Connector) Translate(acc channel.Account, raw channel.Raw) ([]channel.Item, error) {
	items, err := translate(acc, raw)
	if err != nil {
		return nil, fmt.Errorf("mastodon: translate %s: %w", raw.Kind, err)
	}
	return items, nil
}

func translate(acc channel.Account, raw channel.Raw) ([]channel.Item, error) {
	switch raw.Kind {
	case kindNotification:
		var n notification
		if err := json.Unmarshal(raw.Body, &n); err != nil {
			return nil, err
		}
		if n.Type == "" {
			return nil, errors.New("a notification without a type")
		}
		if n.Type != "mention" || n.Status == nil {
			return nil, nil
		}
		return itemsOf(acc, n.Status)
	case kindStatus, kindKnown:
		var s status
		if err := json.Unmarshal(raw.Body, &s); err != nil {
			return nil, err
		}
		if err := s.valid(); err != nil {
			return nil, err
		}
		if raw.Kind == kindStatus && !s.concerns(acc.Self.ID, homeDomain(acc)) {
			return nil, nil
		}
		return itemsOf(acc, &s)
	case kindDelete:
		var d deletion
		if err := json.Unmarshal(raw.Body, &d); err != nil {
			return nil, err
		}
		if !plainID(d.ID) || d.Heard.IsZero() {
			return nil, errors.New("a deletion without an id or a time")
		}
		return []channel.Item{{Kind: channel.Deleted, ID: d.ID, At: d.Heard}}, nil
	case kindReach:
		var r reach
		if err := json.Unmarshal(raw.Body, &r); err != nil {
			return nil, err
		}
		if !plainID(r.ID) || r.Seen.IsZero() {
			return nil, errors.New("a reach without an id or a time")
		}
		return []channel.Item{{Kind: channel.Reached, ID: r.ID, At: r.Seen, Reach: &channel.Reach{Shared: max(r.Boosts, 0), Liked: max(r.Favourites, 0)}}}, nil
	}
	return nil, fmt.Errorf("%q is no kind of delivery", raw.Kind)
}

// itemsOf tells what a status says. An edited one says two things, because what came before the edit may never have
// been heard: that something was said, and that it reads differently now.
func itemsOf(acc channel.Account, s *status) ([]channel.Item, error) {
	if err := s.valid(); err != nil {
		return nil, err
	}
	home := homeDomain(acc)
	said := channel.Item{
		Kind: channel.Said, ID: s.ID, At: s.CreatedAt.UTC(), Visibility: hilft.Private,
		From: authorOf(s, acc.Self.ID, home), Warning: clean(s.SpoilerText), URL: web(s.URL),
	}
	if s.Visibility == "public" || s.Visibility == "unlisted" {
		said.Visibility = hilft.Public // every other word means that not everybody may read it
	}
	if said.URL == "" {
		said.URL = web(s.URI)
	}
	if s.InReplyToID != "" {
		said.Refs = []string{s.InReplyToID}
	}
	said.Auto = s.Account.Bot && !said.From.Us
	text, whole := readText(s.Content, addresses(s, acc.Self.ID, home))
	if said.Text = text; !whole {
		said.HTML = clean(s.Content)
	}
	if s.Quote != nil && s.Quote.Status != nil {
		said.Quoted = plainText(s.Quote.Status.Content, nil)
	}
	said.Attachments = make([]channel.Attachment, 0, len(s.Media)) // an edit may have taken them all away
	for _, m := range s.Media {
		if a, ok := attachmentOf(m); ok {
			said.Attachments = append(said.Attachments, a)
		}
	}
	if s.EditedAt == nil {
		return []channel.Item{said}, nil
	}
	edited := said
	edited.Kind, edited.At = channel.Edited, s.EditedAt.UTC()
	return []channel.Item{said, edited}, nil
}

// web lets only addresses of the web through: what other servers name may become a link in somebody's browser.
func web(address string) string {
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return address
}

func authorOf(s *status, self, home string) channel.Author {
	full := fullAcct(s.Account.Acct, home)
	name := clean(s.Account.DisplayName)
	if name == "" {
		name = s.Account.Username
	}
	return channel.Author{
		ID: strings.ToLower(full), Handle: "@" + full, Name: name, URL: web(s.Account.URL), Us: s.by(self, home),
	}
}

// addresses are the links under which a status mentions us.
func addresses(s *status, self, home string) []string {
	var all []string
	for _, m := range s.Mentions {
		if m.URL != "" && strings.EqualFold(fullAcct(m.Acct, home), self) {
			all = append(all, m.URL)
		}
	}
	return all
}

// types are what the ends of file names claim. The house looks at the bytes before it believes them.
var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".heic": "image/heic", ".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav", ".m4a": "audio/mp4", ".flac": "audio/flac",
}

func attachmentOf(m media) (channel.Attachment, bool) {
	at := web(m.URL)
	if at == "" {
		at = web(m.RemoteURL) // our server has not fetched it
	}
	if at == "" {
		return channel.Attachment{}, false
	}
	file, _, _ := strings.Cut(at, "?")
	a := channel.Attachment{Name: path.Base(file), Type: types[strings.ToLower(path.Ext(file))], Alt: clean(m.Description), URL: at}
	if a.Type == "" {
		a.Type = "application/octet-stream"
	}
	return a, true
}
