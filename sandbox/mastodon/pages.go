// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed pages.html
var pagesText string

var pages = template.Must(template.New("pages").Parse(pagesText))

// pageData is what the templates in pages.html are filled with.
type pageData struct {
	Title   string
	Server  string
	Heading string
	Note    string
	Text    string
	App     string
	Scopes  []string
	Who     []Account
	Hidden  url.Values
	Code    string
	Posts   []pagePost
}

type pagePost struct {
	Post
	Display string
	Page    string // where the post stands on this server
	Profile string
	Content template.HTML // made by render, which escapes all that people wrote
	Files   []Attachment
	This    bool
}

func (s *Server) show(w http.ResponseWriter, code int, name string, d pageData) {
	d.Server = s.opt.Title
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, d); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes())
}

// authorizePage asks a person who they are and whether the app may.
func (s *Server) authorizePage(w http.ResponseWriter, r *http.Request) {
	in := r.URL.Query()
	want, wrong := s.ask(in)
	if wrong != "" {
		s.wrongPage(w, wrong)
		return
	}
	s.mu.Lock()
	var who []Account
	for _, a := range s.state().Accounts {
		if strings.HasSuffix(a.Handle, "@"+s.opt.Domain) {
			who = append(who, a)
		}
	}
	s.mu.Unlock()
	hidden := url.Values{}
	for _, k := range []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"} {
		if v := in.Get(k); v != "" {
			hidden.Set(k, v)
		}
	}
	s.show(w, http.StatusOK, "authorize", pageData{
		Title: "Authorise " + want.app.name, App: want.app.name, Scopes: want.scopes, Who: who, Hidden: hidden,
	})
}

func (s *Server) wrongPage(w http.ResponseWriter, words string) {
	s.show(w, http.StatusBadRequest, "notice", pageData{Title: "An error has occurred", Heading: "An error has occurred", Text: words})
}

// codePage shows a code to copy, for apps that cannot be sent back to.
func (s *Server) codePage(w http.ResponseWriter, with url.Values) {
	d := pageData{Title: "Authorisation code", Heading: "Authorisation code", Code: with.Get("code")}
	if d.Code == "" {
		d.Heading, d.Text = "Not authorised", with.Get("error_description")
	}
	s.show(w, http.StatusOK, "notice", d)
}

func (s *Server) homePage(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	d := pageData{Title: s.opt.Title, Heading: s.opt.Title, Note: "What everybody may read here."}
	for _, id := range slices.Backward(s.w.order) {
		if p := s.w.posts[id]; p.visibility == Public && len(d.Posts) < 40 {
			d.Posts = append(d.Posts, s.pagePost(p))
		}
	}
	s.mu.Unlock()
	s.show(w, http.StatusOK, "posts", d)
}

func (s *Server) profilePage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	a := s.named(r)
	if a == nil {
		s.mu.Unlock()
		s.nothingPage(w)
		return
	}
	d := pageData{Title: a.display, Heading: a.display, Note: s.handle(a), Text: a.note}
	for _, id := range slices.Backward(s.w.order) {
		if p := s.w.posts[id]; p.author == a && p.mayRead(nil) && len(d.Posts) < 40 {
			d.Posts = append(d.Posts, s.pagePost(p))
		}
	}
	s.mu.Unlock()
	s.show(w, http.StatusOK, "posts", d)
}

// postPage shows a post within its thread.
func (s *Server) postPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	a, p := s.named(r), s.w.posts[idOf(r.PathValue("id"))]
	if a == nil || p == nil || p.author != a || !p.mayRead(nil) {
		s.mu.Unlock()
		s.nothingPage(w)
		return
	}
	before, after := s.thread(p, nil)
	d := pageData{Title: a.display, Heading: "Thread"}
	for _, one := range slices.Concat(before, []*post{p}, after) {
		shown := s.pagePost(one)
		shown.This = one == p
		d.Posts = append(d.Posts, shown)
	}
	s.mu.Unlock()
	s.show(w, http.StatusOK, "posts", d)
}

func (s *Server) nothingPage(w http.ResponseWriter) {
	s.show(w, http.StatusNotFound, "notice", pageData{
		Title: "Not here", Heading: "Not here", Text: "There is no such page, or it is not for everybody.",
	})
}

// named finds the account in a path like /@mira. The caller holds the lock.
func (s *Server) named(r *http.Request) *account {
	name, marked := strings.CutPrefix(r.PathValue("at"), "@")
	if !marked {
		return nil
	}
	return s.w.find(name, s.opt.Domain)
}

func (s *Server) pagePost(p *post) pagePost {
	profile := "/@" + p.author.acct()
	return pagePost{
		Post: s.tellPost(p), Display: p.author.display, Page: profile + "/" + idText(p.id), Profile: profile,
		Content: template.HTML(s.render(p)), Files: p.files, // render escapes what people wrote
	}
}
