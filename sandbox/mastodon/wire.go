// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"encoding/json"
	"html"
	"net/http"
	"time"
)

// The entities as they go over the wire, with the fields that Mastodon 4.7 always sends and those that a desk reads.
type (
	accountJSON struct {
		ID             string      `json:"id"`
		Username       string      `json:"username"`
		Acct           string      `json:"acct"`
		DisplayName    string      `json:"display_name"`
		Locked         bool        `json:"locked"`
		Bot            bool        `json:"bot"`
		Group          bool        `json:"group"`
		Discoverable   bool        `json:"discoverable"`
		Indexable      bool        `json:"indexable"`
		CreatedAt      string      `json:"created_at"`
		Note           string      `json:"note"`
		URL            string      `json:"url"`
		URI            string      `json:"uri"`
		Avatar         string      `json:"avatar"`
		AvatarStatic   string      `json:"avatar_static"`
		Header         string      `json:"header"`
		HeaderStatic   string      `json:"header_static"`
		FollowersCount int         `json:"followers_count"`
		FollowingCount int         `json:"following_count"`
		StatusesCount  int         `json:"statuses_count"`
		LastStatusAt   *string     `json:"last_status_at"`
		Emojis         []any       `json:"emojis"`
		Fields         []any       `json:"fields"`
		Source         *sourceJSON `json:"source,omitempty"`
		Role           *roleJSON   `json:"role,omitempty"`
	}
	sourceJSON struct {
		Note                string     `json:"note"`
		Fields              []any      `json:"fields"`
		Privacy             Visibility `json:"privacy"`
		Sensitive           bool       `json:"sensitive"`
		Language            *string    `json:"language"`
		FollowRequestsCount int        `json:"follow_requests_count"`
		Indexable           bool       `json:"indexable"`
	}
	roleJSON struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Permissions string `json:"permissions"`
		Color       string `json:"color"`
		Highlighted bool   `json:"highlighted"`
	}
	statusJSON struct {
		ID                 string           `json:"id"`
		CreatedAt          string           `json:"created_at"`
		EditedAt           *string          `json:"edited_at"`
		InReplyToID        *string          `json:"in_reply_to_id"`
		InReplyToAccountID *string          `json:"in_reply_to_account_id"`
		Sensitive          bool             `json:"sensitive"`
		SpoilerText        string           `json:"spoiler_text"`
		Visibility         Visibility       `json:"visibility"`
		Language           *string          `json:"language"`
		URI                string           `json:"uri"`
		URL                string           `json:"url"`
		RepliesCount       int              `json:"replies_count"`
		ReblogsCount       int              `json:"reblogs_count"`
		FavouritesCount    int              `json:"favourites_count"`
		Content            string           `json:"content"`
		Text               *string          `json:"text,omitempty"` // only where it was deleted, to write it anew
		Reblog             *statusJSON      `json:"reblog"`
		Application        *applicationJSON `json:"application,omitempty"` // only the author sees it
		Account            accountJSON      `json:"account"`
		MediaAttachments   []mediaJSON      `json:"media_attachments"`
		Mentions           []mentionJSON    `json:"mentions"`
		Tags               []tagJSON        `json:"tags"`
		Emojis             []any            `json:"emojis"`
		Card               any              `json:"card"`
		Poll               any              `json:"poll"`
	}
	applicationJSON struct {
		Name    string  `json:"name"`
		Website *string `json:"website"`
	}
	mediaJSON struct {
		ID          string  `json:"id"`
		Type        string  `json:"type"`
		URL         *string `json:"url"` // null: still being worked on
		PreviewURL  string  `json:"preview_url"`
		RemoteURL   *string `json:"remote_url"`
		Description *string `json:"description"`
		Blurhash    *string `json:"blurhash"`
	}
	mentionJSON struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Acct     string `json:"acct"`
		URL      string `json:"url"`
	}
	tagJSON struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	notificationJSON struct {
		ID        string      `json:"id"`
		Type      string      `json:"type"`
		CreatedAt string      `json:"created_at"`
		GroupKey  string      `json:"group_key"`
		Filtered  bool        `json:"filtered,omitempty"`
		Account   accountJSON `json:"account"`
		Status    *statusJSON `json:"status"`
	}
	conversationJSON struct {
		ID         string        `json:"id"`
		Unread     bool          `json:"unread"`
		Accounts   []accountJSON `json:"accounts"`
		LastStatus *statusJSON   `json:"last_status"`
	}
	contextJSON struct {
		Ancestors   []statusJSON `json:"ancestors"`
		Descendants []statusJSON `json:"descendants"`
	}
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// public is the address under which people find this server. The caller holds the lock.
func (s *Server) public() string {
	if s.base != "" {
		return s.base
	}
	return "https://" + s.opt.Domain
}

func (s *Server) accountURL(a *account) string {
	if a.domain != "" {
		return "https://" + a.domain + "/@" + a.name
	}
	return s.public() + "/@" + a.name
}

func (s *Server) postURL(p *post) string {
	return s.accountURL(p.author) + "/" + idText(p.id)
}

func (s *Server) tagURL(tag string) string { return s.public() + "/tags/" + tag }

func (s *Server) account(a *account) accountJSON {
	j := accountJSON{
		ID: idText(a.id), Username: a.name, Acct: a.acct(), DisplayName: a.display, Bot: a.bot,
		CreatedAt: stamp(a.created), Note: "<p>" + html.EscapeString(a.note) + "</p>", URL: s.accountURL(a),
		Avatar: s.public() + "/avatars/missing.png", Header: s.public() + "/headers/missing.png",
		FollowersCount: len(s.w.followers(a)), FollowingCount: len(a.follows), StatusesCount: a.posts, Emojis: []any{}, Fields: []any{},
	}
	j.AvatarStatic, j.HeaderStatic = j.Avatar, j.Header
	j.URI = s.public() + "/users/" + a.name
	if a.domain != "" {
		j.URI = "https://" + a.domain + "/users/" + a.name
	}
	return j
}

// status shows a post to viewer, who may read it.
func (s *Server) status(p *post, viewer *account) statusJSON {
	j := statusJSON{
		ID: idText(p.id), CreatedAt: stamp(p.at), Sensitive: p.spoiler != "", SpoilerText: p.spoiler,
		Visibility: p.visibility, RepliesCount: p.replies, ReblogsCount: p.boosts, FavouritesCount: p.favourites, URI: s.public() + "/users/" + p.author.name + "/statuses/" + idText(p.id),
		URL: s.postURL(p), Content: s.render(p), Account: s.account(p.author),
		MediaAttachments: []mediaJSON{}, Mentions: []mentionJSON{}, Tags: []tagJSON{}, Emojis: []any{},
	}
	if !p.edited.IsZero() {
		edited := stamp(p.edited)
		j.EditedAt = &edited
	}
	if parent := s.w.posts[p.parent]; parent != nil {
		id, author := idText(parent.id), idText(parent.author.id)
		j.InReplyToID, j.InReplyToAccountID = &id, &author
	}
	if p.app != "" && p.author == viewer {
		j.Application = &applicationJSON{Name: p.app}
	}
	for i, f := range p.files {
		j.MediaAttachments = append(j.MediaAttachments, mediaOf(p.id+int64(i), f))
	}
	for _, m := range p.mentions {
		j.Mentions = append(j.Mentions, mentionJSON{idText(m.id), m.name, m.acct(), s.accountURL(m)})
	}
	for _, tag := range hashtags(p.text) {
		j.Tags = append(j.Tags, tagJSON{tag, s.tagURL(tag)})
	}
	return j
}

func (s *Server) notification(n *notification) notificationJSON {
	status := s.status(n.post, n.to)
	return notificationJSON{
		ID: idText(n.id), Type: "mention", CreatedAt: stamp(n.at), GroupKey: "ungrouped-" + idText(n.id),
		Filtered: n.filtered, Account: s.account(n.post.author), Status: &status,
	}
}

func answer(w http.ResponseWriter, what any) {
	answerWith(w, http.StatusOK, what)
}

func answerWith(w http.ResponseWriter, code int, what any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(what)
}

// refuse answers with an error as the API words it.
func refuse(w http.ResponseWriter, code int, words string) {
	answerWith(w, code, map[string]string{"error": words})
}

// refuseOAuth answers with an error as RFC 6749 words it.
func refuseOAuth(w http.ResponseWriter, code int, kind, words string) {
	answerWith(w, code, map[string]string{"error": kind, "error_description": words})
}
