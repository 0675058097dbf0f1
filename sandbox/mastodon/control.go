// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrUnknown is returned for an account or a post that is not there.
var ErrUnknown = errors.New("there is no such account or post")

// Profile is an account to be.
type Profile struct {
	Name    string // "mira", or "mira@elsewhere.example" for somebody of another server
	Display string // "Mira Petersen"; default: the name
	Note    string // what they say about themselves, plain text
	Bot     bool
	// FiltersPrivate holds private mentions of strangers back until they are asked for with include_filtered, as
	// Mastodon 4.3 and later do unless their owner changes it.
	FiltersPrivate bool
}

// Account is somebody who lives here, or elsewhere and is known here.
type Account struct {
	ID      string
	Handle  string // "@mira@social.example"
	Display string
	URL     string
}

// Draft is a post to be.
type Draft struct {
	Text       string
	Spoiler    string
	Visibility Visibility // default Public
	InReplyTo  string     // id of a post
	At         time.Time  // default: now
	Files      []Attachment
}

// Attachment is a file of a post. Of those that others serve, the stand-in knows the address only.
type Attachment struct {
	Type        string // "image", "video", "audio", "unknown"
	URL         string
	Description string
	Name        string
	Data        []byte // of one that was uploaded
}

// Post is a post that is there.
type Post struct {
	ID         string
	Author     string // handle
	Text       string // as it was written
	HTML       string // as it is shown
	Spoiler    string
	Visibility Visibility
	InReplyTo  string
	Mentions   []string // handles
	At         time.Time
	Edited     time.Time
	URL        string
	Files      []Attachment
	App        string // the name of the app that posted it; empty for the control API
}

// Stream is an open stream.
type Stream struct {
	Account string   // handle
	Names   []string // "user", "user:notification"; over a socket they come and go
	Socket  bool
}

// State is what there is at one moment, oldest first.
type State struct {
	Accounts []Account
	Posts    []Post
	Streams  []Stream
}

// CreateAccount makes an account. The name must be free.
func (s *Server) CreateAccount(p Profile) (Account, error) {
	name, domain, _ := strings.Cut(strings.TrimPrefix(p.Name, "@"), "@")
	if strings.EqualFold(domain, s.opt.Domain) {
		domain = ""
	}
	if !nameRule.MatchString(name) {
		return Account{}, fmt.Errorf("sandbox mastodon: create account: %q is no name", p.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &account{
		name: name, domain: domain, display: p.Display, note: p.Note, bot: p.Bot, filters: p.FiltersPrivate,
		created: s.opt.Now(), follows: map[int64]bool{},
	}
	if a.display == "" {
		a.display = name
	}
	key := strings.ToLower(a.acct())
	if s.w.names[key] != nil {
		return Account{}, fmt.Errorf("sandbox mastodon: create account: %q is taken", p.Name)
	}
	a.id = s.w.nextID()
	s.w.accounts[a.id], s.w.names[key] = a, a
	s.touch()
	return s.tellAccount(a), nil
}

// Follow lets one account follow another: it then sees what the other posts for followers, and streams it.
func (s *Server) Follow(who, whom string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.w.find(who, s.opt.Domain), s.w.find(whom, s.opt.Domain)
	if a == nil || b == nil {
		return fmt.Errorf("sandbox mastodon: follow: %w", ErrUnknown)
	}
	a.follows[b.id] = true
	s.touch()
	return nil
}

// Post speaks as an account.
func (s *Server) Post(as, text string, v Visibility, inReplyTo string) (Post, error) {
	return s.Publish(as, Draft{Text: text, Visibility: v, InReplyTo: inReplyTo})
}

// Publish speaks as an account, with all that a post can have. The limits of the API do not hold here: other servers
// allow more.
func (s *Server) Publish(as string, d Draft) (Post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.find(as, s.opt.Domain)
	if a == nil {
		return Post{}, fmt.Errorf("sandbox mastodon: post as %q: %w", as, ErrUnknown)
	}
	if d.Visibility == "" {
		d.Visibility = Public
	}
	if !d.Visibility.valid() {
		return Post{}, fmt.Errorf("sandbox mastodon: post: %q is no visibility", d.Visibility)
	}
	if d.InReplyTo != "" && s.w.posts[idOf(d.InReplyTo)] == nil {
		return Post{}, fmt.Errorf("sandbox mastodon: post in reply to %q: %w", d.InReplyTo, ErrUnknown)
	}
	return s.tellPost(s.publish(a, d, "")), nil
}

// Edit changes the text of a post.
func (s *Server) Edit(id, text string) (Post, error) {
	return s.change(id, func(p *post) { s.edit(p, text, p.spoiler) })
}

// Rewrite changes the text, the warning and the files of a post.
func (s *Server) Rewrite(id string, d Draft) (Post, error) {
	return s.change(id, func(p *post) {
		p.files = slices.Clone(d.Files)
		s.edit(p, d.Text, d.Spoiler)
	})
}

// Spread says how often a post was boosted and favourited by now. Nobody is told.
func (s *Server) Spread(id string, boosts, favourites int) error {
	_, err := s.change(id, func(p *post) { p.boosts, p.favourites = boosts, favourites })
	return err
}

func (s *Server) change(id string, how func(p *post)) (Post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.w.posts[idOf(id)]
	if p == nil {
		return Post{}, fmt.Errorf("sandbox mastodon: change %q: %w", id, ErrUnknown)
	}
	how(p)
	return s.tellPost(p), nil
}

// Delete removes a post.
func (s *Server) Delete(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.w.posts[idOf(id)]
	if p == nil {
		return fmt.Errorf("sandbox mastodon: delete %q: %w", id, ErrUnknown)
	}
	s.unpublish(p)
	return nil
}

// Token gives an access token for an account of ours without the sign-in page. Without scopes it may do everything.
func (s *Server) Token(as string, scopes ...string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.find(as, s.opt.Domain)
	if a == nil || a.domain != "" {
		return "", fmt.Errorf("sandbox mastodon: token for %q: %w", as, ErrUnknown)
	}
	if len(scopes) == 0 {
		scopes = []string{"read", "write"}
	}
	token := secret()
	makeRoom(s.w.tokens)
	s.w.tokens[token] = &grant{app: &app{name: "control"}, account: a, scopes: scopes, at: s.opt.Now()}
	return token, nil
}

// Revoke makes a token invalid and ends the streams that were opened with it.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.w.tokens, token)
	for st := range s.w.streams {
		if st.token == token {
			st.end()
			delete(s.w.streams, st)
		}
	}
	s.touch()
}

// State tells what there is.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state()
}

func (s *Server) state() State {
	var st State
	for _, a := range s.w.accounts {
		st.Accounts = append(st.Accounts, s.tellAccount(a))
	}
	slices.SortFunc(st.Accounts, func(a, b Account) int { return int(idOf(a.ID) - idOf(b.ID)) })
	for _, id := range s.w.order {
		st.Posts = append(st.Posts, s.tellPost(s.w.posts[id]))
	}
	for o := range s.w.streams {
		st.Streams = append(st.Streams, Stream{
			Account: s.handle(o.account), Names: slices.Sorted(maps.Keys(o.names)), Socket: o.socket,
		})
	}
	return st
}

// handle names an account for people: always with its domain.
func (s *Server) handle(a *account) string {
	if a.domain == "" {
		return "@" + a.name + "@" + s.opt.Domain
	}
	return "@" + a.acct()
}

func (s *Server) tellAccount(a *account) Account {
	return Account{ID: idText(a.id), Handle: s.handle(a), Display: a.display, URL: s.accountURL(a)}
}

func (s *Server) tellPost(p *post) Post {
	t := Post{
		ID: idText(p.id), Author: s.handle(p.author), Text: p.text, HTML: s.render(p), Spoiler: p.spoiler,
		Visibility: p.visibility, At: p.at, Edited: p.edited, URL: s.postURL(p), Files: slices.Clone(p.files), App: p.app,
	}
	if p.parent != 0 {
		t.InReplyTo = idText(p.parent)
	}
	for _, m := range p.mentions {
		t.Mentions = append(t.Mentions, s.handle(m))
	}
	return t
}
