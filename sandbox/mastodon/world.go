// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Visibility is who may read a post.
type Visibility string

const (
	Public    Visibility = "public"
	Unlisted  Visibility = "unlisted"
	Followers Visibility = "private"
	Direct    Visibility = "direct"
)

func (v Visibility) valid() bool {
	return v == Public || v == Unlisted || v == Followers || v == Direct
}

// world is all that the server knows. Server.mu guards it.
type world struct {
	lastID   int64
	posted   int64 // how many posts there have been
	accounts map[int64]*account
	names    map[string]*account // by acct, lower case
	posts    map[int64]*post
	order    []int64 // ids of posts, ascending
	notes    []*notification
	apps     map[string]*app
	codes    map[string]*grant
	tokens   map[string]*grant
	keys     map[string]int64 // account and Idempotency-Key → post
	keyOrder []string
	streams  map[*stream]struct{}
	uploads  []*upload // files that wait for a status, oldest first
}

type account struct {
	id      int64
	name    string // without the domain
	domain  string // empty: one of ours
	display string
	note    string
	bot     bool
	filters bool
	created time.Time
	follows map[int64]bool // whom this account follows
	posts   int
}

// acct is how the API names an account: with the domain only where it is another one.
func (a *account) acct() string {
	if a.domain == "" {
		return a.name
	}
	return a.name + "@" + a.domain
}

type post struct {
	id         int64
	author     *account
	at, edited time.Time
	text       string
	spoiler    string
	visibility Visibility
	parent     int64 // 0: none
	root       int64 // of the conversation, for direct posts
	mentions   []*account
	files      []Attachment
	app        string
	replies    int
	boosts     int
	favourites int
}

type notification struct {
	id       int64
	at       time.Time
	to       *account
	post     *post
	filtered bool
}

type app struct {
	id        int64
	name      string
	website   string
	clientID  string
	secret    string
	redirects []string
	scopes    []string
}

// grant is a code or a token: what app may do for whom.
type grant struct {
	app       *app
	account   *account // nil: the app itself
	scopes    []string
	redirect  string
	challenge string
	at        time.Time
	calls     int
	window    time.Time
}

func newWorld() world {
	return world{
		lastID:   1000,
		accounts: map[int64]*account{}, names: map[string]*account{}, posts: map[int64]*post{},
		apps: map[string]*app{}, codes: map[string]*grant{}, tokens: map[string]*grant{},
		keys: map[string]int64{}, streams: map[*stream]struct{}{},
	}
}

func (w *world) nextID() int64 {
	w.lastID++
	return w.lastID
}

// postID makes an id as Mastodon does: the millisecond, then sixteen bits that tell apart. An id is never used again.
func (w *world) postID(at time.Time) int64 {
	for {
		w.posted++
		if id := at.UnixMilli()<<16 | w.posted&0xffff; w.posts[id] == nil {
			return id
		}
	}
}

func (w *world) find(acct, home string) *account {
	acct = strings.ToLower(strings.TrimPrefix(acct, "@"))
	acct = strings.TrimSuffix(acct, "@"+strings.ToLower(home))
	return w.names[acct]
}

func (w *world) add(p *post) {
	w.posts[p.id] = p
	p.author.posts++
	if parent := w.posts[p.parent]; parent != nil {
		parent.replies++
	}
	at, _ := slices.BinarySearch(w.order, p.id)
	w.order = slices.Insert(w.order, at, p.id)
}

// remove takes a post away with all that hangs on it. Answers to it stay, as answers to nothing.
func (w *world) remove(p *post) {
	delete(w.posts, p.id)
	p.author.posts--
	if parent := w.posts[p.parent]; parent != nil {
		parent.replies--
	}
	if at, found := slices.BinarySearch(w.order, p.id); found {
		w.order = slices.Delete(w.order, at, at+1)
	}
	w.notes = slices.DeleteFunc(w.notes, func(n *notification) bool { return n.post == p })
	maps.DeleteFunc(w.keys, func(_ string, id int64) bool { return id == p.id })
	for _, other := range w.posts {
		if other.parent == p.id {
			other.parent = 0
		}
	}
}

// mayRead tells whether viewer (nil: the public) may read p.
func (p *post) mayRead(viewer *account) bool {
	switch p.visibility {
	case Public, Unlisted:
		return true
	case Followers, Direct:
	}
	if viewer == nil {
		return false
	}
	return p.author == viewer || slices.Contains(p.mentions, viewer) ||
		p.visibility == Followers && viewer.follows[p.author.id]
}

func (w *world) followers(of *account) []*account {
	var all []*account
	for _, a := range w.accounts {
		if a.follows[of.id] {
			all = append(all, a)
		}
	}
	return all
}

// makeRoom forgets an arbitrary entry of m when there are as many as are kept.
func makeRoom[V any](m map[string]V) {
	if len(m) < maxGrants {
		return
	}
	for k := range m {
		delete(m, k)
		return
	}
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

func idOf(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
