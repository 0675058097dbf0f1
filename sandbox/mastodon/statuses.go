// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const maxKeys = 1000

func (s *Server) createStatus(w http.ResponseWriter, r *http.Request, c caller) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	d := Draft{
		Text: in.Get("status"), Spoiler: in.Get("spoiler_text"), Visibility: Visibility(in.Get("visibility")),
		InReplyTo: in.Get("in_reply_to_id"),
	}
	if d.Visibility == "" {
		d.Visibility = Public
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := idText(c.account.id) + " " + r.Header.Get("Idempotency-Key")
	if before := s.w.posts[s.w.keys[key]]; before != nil {
		answer(w, s.status(before, c.account))
		return
	}
	if d.InReplyTo != "" {
		parent := s.w.posts[idOf(d.InReplyTo)]
		if parent == nil || !parent.mayRead(c.account) || s.fault == Gone {
			refuse(w, http.StatusNotFound, "The post you are trying to reply to does not appear to exist.")
			return
		}
	}
	files, wrong := s.attach(in["media_ids[]"], c.account)
	if d.Files = files; wrong == "" {
		wrong = s.wrong(d)
	}
	if wrong != "" {
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: "+wrong)
		return
	}
	p := s.publish(c.account, d, c.grant.app.name)
	if r.Header.Get("Idempotency-Key") != "" && !s.opt.ForgetsKeys {
		s.w.keys[key] = p.id
		s.w.keyOrder = append(s.w.keyOrder, key)
		if len(s.w.keyOrder) > maxKeys {
			delete(s.w.keys, s.w.keyOrder[0])
			s.w.keyOrder = slices.Delete(s.w.keyOrder, 0, 1)
		}
	}
	answer(w, s.status(p, c.account))
}

// wrong says what the API does not take of a draft; nothing where it takes it.
func (s *Server) wrong(d Draft) string {
	switch {
	case strings.TrimSpace(d.Text) == "" && len(d.Files) == 0:
		return "Text can't be blank"
	case clusters(d.Spoiler)+length(d.Text) > s.opt.MaxCharacters:
		return fmt.Sprintf("Text character limit of %d exceeded", s.opt.MaxCharacters)
	case !d.Visibility.valid():
		return "Visibility is not included in the list"
	}
	return ""
}

// findPost finds the post of a request that viewer may read; where there is none, the request is answered. The caller
// holds the lock.
func (s *Server) findPost(w http.ResponseWriter, r *http.Request, viewer *account) *post {
	p := s.w.posts[idOf(r.PathValue("id"))]
	if p == nil || !p.mayRead(viewer) || s.fault == Gone {
		refuse(w, http.StatusNotFound, "Record not found")
		return nil
	}
	return p
}

func (s *Server) getStatus(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.findPost(w, r, c.account); p != nil {
		answer(w, s.status(p, c.account))
	}
}

// getStatuses answers with those of the statuses asked for that there are.
func (s *Server) getStatuses(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []statusJSON{}
	for _, id := range r.URL.Query()["id[]"] {
		if p := s.w.posts[idOf(id)]; p != nil && p.mayRead(c.account) && s.fault != Gone {
			all = append(all, s.status(p, c.account))
		}
	}
	answer(w, all)
}

func (s *Server) editStatus(w http.ResponseWriter, r *http.Request, c caller) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.findPost(w, r, c.account)
	if p == nil {
		return
	}
	if p.author != c.account {
		refuse(w, http.StatusForbidden, "This action is not allowed")
		return
	}
	d := Draft{Text: in.Get("status"), Spoiler: in.Get("spoiler_text"), Visibility: p.visibility, Files: p.files}
	if wrong := s.wrong(d); wrong != "" {
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: "+wrong)
		return
	}
	s.edit(p, d.Text, d.Spoiler)
	answer(w, s.status(p, c.account))
}

func (s *Server) deleteStatus(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.w.posts[idOf(r.PathValue("id"))]
	if p == nil || p.author != c.account {
		refuse(w, http.StatusNotFound, "Record not found")
		return
	}
	j := s.status(p, c.account)
	j.Text = &p.text
	s.unpublish(p)
	answer(w, j)
}

func (s *Server) statusContext(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.findPost(w, r, c.account)
	if p == nil {
		return
	}
	j := contextJSON{Ancestors: []statusJSON{}, Descendants: []statusJSON{}}
	before, after := s.thread(p, c.account)
	for _, one := range before {
		j.Ancestors = append(j.Ancestors, s.status(one, c.account))
	}
	for _, one := range after {
		j.Descendants = append(j.Descendants, s.status(one, c.account))
	}
	answer(w, j)
}

// thread finds what stands above and below a post, as far as viewer may read it, oldest first.
func (s *Server) thread(p *post, viewer *account) (before, after []*post) {
	for up := s.w.posts[p.parent]; up != nil; up = s.w.posts[up.parent] {
		if up.mayRead(viewer) {
			before = append(before, up)
		}
	}
	slices.Reverse(before)
	below := map[int64]bool{p.id: true}
	for _, id := range s.w.order {
		one := s.w.posts[id]
		if below[one.parent] {
			below[one.id] = true
			if one.mayRead(viewer) {
				after = append(after, one)
			}
		}
	}
	return before, after
}
