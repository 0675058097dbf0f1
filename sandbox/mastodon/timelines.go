// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Server) verifyCredentials(w http.ResponseWriter, _ *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.account(c.account)
	j.Source = &sourceJSON{Note: c.account.note, Fields: []any{}, Privacy: Public}
	j.Role = &roleJSON{ID: "-99", Permissions: "65536"}
	answer(w, j)
}

func (s *Server) lookup(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.find(r.URL.Query().Get("acct"), s.opt.Domain)
	if a == nil {
		refuse(w, http.StatusNotFound, "Record not found")
		return
	}
	answer(w, s.account(a))
}

func (s *Server) accountStatuses(w http.ResponseWriter, r *http.Request, c caller) {
	q := r.URL.Query()
	p, err := pagingOf(q, 20, 40)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.accounts[idOf(r.PathValue("id"))]
	if a == nil {
		refuse(w, http.StatusNotFound, "Record not found")
		return
	}
	var list []*post
	for _, id := range s.w.order {
		one := s.w.posts[id]
		if one.author == a && one.mayRead(c.account) && (q.Get("exclude_replies") != "true" || one.parent == 0) {
			list = append(list, one)
		}
	}
	list = page(list, func(p *post) int64 { return p.id }, p, q)
	out := []statusJSON{}
	for _, one := range list {
		out = append(out, s.status(one, c.account))
	}
	if len(list) > 0 {
		s.link(w, r, list[0].id, list[len(list)-1].id)
	}
	answer(w, out)
}

func (s *Server) notifications(w http.ResponseWriter, r *http.Request, c caller) {
	q := r.URL.Query()
	p, err := pagingOf(q, 40, 80)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	types := q["types[]"]
	wanted := (len(types) == 0 || slices.Contains(types, "mention")) && !slices.Contains(q["exclude_types[]"], "mention")
	var list []*notification
	for _, n := range s.w.notes {
		if wanted && n.to == c.account && (!n.filtered || q.Get("include_filtered") == "true") {
			list = append(list, n)
		}
	}
	list = page(list, func(n *notification) int64 { return n.id }, p, q)
	out := []notificationJSON{}
	for _, n := range list {
		out = append(out, s.notification(n))
	}
	if len(list) > 0 {
		s.link(w, r, list[0].id, list[len(list)-1].id)
	}
	answer(w, out)
}

// conversations are the direct posts of an account, by what began them; the newest stands for the whole.
func (s *Server) conversations(w http.ResponseWriter, r *http.Request, c caller) {
	q := r.URL.Query()
	p, err := pagingOf(q, 20, 40)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := map[int64]*post{}
	for _, id := range s.w.order {
		if one := s.w.posts[id]; one.visibility == Direct && one.mayRead(c.account) {
			newest[one.root] = one
		}
	}
	var list []*post
	for _, id := range s.w.order {
		if one := s.w.posts[id]; newest[one.root] == one {
			list = append(list, one)
		}
	}
	list = page(list, func(p *post) int64 { return p.id }, p, q)
	out := []conversationJSON{}
	for _, one := range list {
		status := s.status(one, c.account)
		j := conversationJSON{ID: idText(one.root), Unread: one.author != c.account, Accounts: []accountJSON{}, LastStatus: &status}
		for _, other := range append([]*account{one.author}, one.mentions...) {
			if other != c.account {
				j.Accounts = append(j.Accounts, s.account(other))
			}
		}
		out = append(out, j)
	}
	if len(list) > 0 {
		s.link(w, r, list[0].id, list[len(list)-1].id)
	}
	answer(w, out)
}

func (s *Server) instance(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	streaming := s.opt.StreamingURL
	if streaming == "" {
		streaming = "ws" + s.public()[len("http"):]
	}
	answer(w, map[string]any{
		"domain": s.opt.Domain, "title": s.opt.Title, "version": "4.7.0",
		"source_url":  "https://github.com/mastodon/mastodon",
		"description": "A stand-in for demo and tests. Nothing leaves this machine.",
		"usage":       map[string]any{"users": map[string]any{"active_month": len(s.w.accounts)}},
		"thumbnail":   map[string]any{"url": s.public() + "/packs/media/images/preview.png"},
		"icon":        []any{}, "languages": []string{"de", "en"}, "rules": []any{},
		"registrations": map[string]any{"enabled": false, "approval_required": false, "message": nil},
		"contact":       map[string]any{"email": "admin@" + s.opt.Domain, "account": nil},
		"api_versions":  map[string]any{"mastodon": 8},
		"configuration": map[string]any{
			"urls":        map[string]any{"streaming": streaming},
			"accounts":    map[string]any{"max_featured_tags": 10, "max_pinned_statuses": 5},
			"statuses":    map[string]any{"max_characters": s.opt.MaxCharacters, "max_media_attachments": mediaMost, "characters_reserved_per_url": urlLength},
			"translation": map[string]any{"enabled": false},
			"media_attachments": map[string]any{
				"supported_mime_types": slices.Sorted(maps.Keys(mediaTypes)), "image_size_limit": imageMax,
				"image_matrix_limit": 33177600, "video_size_limit": 99 << 20, "video_frame_rate_limit": 120,
				"video_matrix_limit": 8294400, "description_limit": describeMax,
			},
			"polls": map[string]any{"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2629746},
		},
	})
}
