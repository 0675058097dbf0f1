// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"slices"
	"time"
)

// publish makes a post and tells those whom it concerns. The caller holds the lock and has checked the draft.
func (s *Server) publish(a *account, d Draft, app string) *post {
	at := d.At
	if at.IsZero() {
		at = s.opt.Now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	p := &post{
		id: s.w.postID(at), author: a, at: at, text: d.Text, spoiler: d.Spoiler, visibility: d.Visibility,
		parent: idOf(d.InReplyTo), files: slices.Clone(d.Files), app: app,
	}
	p.mentions = s.mentioned(d.Text)
	p.root = p.id
	if parent := s.w.posts[p.parent]; parent != nil {
		p.root = parent.root
	}
	s.w.add(p)
	for len(s.w.order) > s.opt.MaxPosts {
		s.w.remove(s.w.posts[s.w.order[0]])
	}
	for _, m := range p.mentions {
		s.notify(m, p, at)
	}
	for _, reader := range s.homes(p) {
		s.emit(reader, onHome, "update", s.status(p, reader))
	}
	s.touch()
	return p
}

// edit changes a post. Those who were mentioned before get the new text, those who are mentioned now a notification.
func (s *Server) edit(p *post, text, spoiler string) {
	before := p.mentions
	p.text, p.spoiler = text, spoiler
	at := s.opt.Now().UTC().Truncate(time.Millisecond)
	if !at.After(p.edited) {
		at = p.edited.Add(time.Millisecond) // two edits are two
	}
	p.edited = at
	p.mentions = s.mentioned(text)
	for _, m := range p.mentions {
		if !slices.Contains(before, m) {
			s.notify(m, p, p.edited)
		} else if m.domain == "" && m != p.author {
			s.emit(m, onNotifications, "status.update", s.status(p, m))
		}
	}
	for _, reader := range s.homes(p) {
		s.emit(reader, onHome, "status.update", s.status(p, reader))
	}
	s.touch()
}

// unpublish removes a post, and tells its readers and those it mentions.
func (s *Server) unpublish(p *post) {
	told := s.homes(p)
	for _, m := range p.mentions {
		if m.domain == "" && !slices.Contains(told, m) {
			told = append(told, m)
		}
	}
	s.w.remove(p)
	for _, reader := range told {
		s.emit(reader, onHome, "delete", idText(p.id))
	}
	s.touch()
}

// homes are the accounts of ours in whose home timeline a post stands: its author's and the followers' who may read it.
func (s *Server) homes(p *post) []*account {
	var all []*account
	if p.author.domain == "" {
		all = append(all, p.author)
	}
	for _, f := range s.w.followers(p.author) {
		if f.domain == "" && f != p.author && p.mayRead(f) {
			all = append(all, f)
		}
	}
	return all
}

// notify tells a mentioned account of ours, unless it filters strangers' private mentions: then the notification is
// there for those who ask for filtered ones, and no stream says so.
func (s *Server) notify(to *account, p *post, at time.Time) {
	if to.domain != "" || to == p.author {
		return
	}
	n := &notification{id: s.w.nextID(), at: at, to: to, post: p}
	if to.filters && p.visibility == Direct && !to.follows[p.author.id] {
		parent := s.w.posts[p.parent]
		n.filtered = parent == nil || parent.author != to || parent.visibility != Direct
	}
	s.w.notes = append(s.w.notes, n)
	if !n.filtered {
		s.emit(to, onNotifications, "notification", s.notification(n))
	}
}
