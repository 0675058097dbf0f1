// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
)

// What a call at the plaza can end with, but for an answer.
var (
	errNobody = errors.New("plaza: nobody there")
	errDenied = errors.New("plaza: who are you")
	errNever  = errors.New("plaza: not that")
	errNoSuch = errors.New("plaza: what you answer is gone")
	errBroken = errors.New("plaza: connection broken")
)

type errBusy struct{ until time.Time }

func (e errBusy) Error() string { return "plaza: busy" }

// plaza is a network in memory at which everything happens that the suite knows.
type plaza struct {
	mu      sync.Mutex
	fault   channeltest.Fault
	cut     chan struct{} // closed when the connections are cut
	events  []event
	called  int
	posts   []post
	far     map[string]channel.Reach
	streams []chan event
	joined  chan struct{}
	begin   time.Time
	con     *plazaConnector
	closed  <-chan struct{}
}

// event is what happened, as the plaza tells it.
type event struct {
	Seq  int              `json:"seq"`
	Kind channel.ItemKind `json:"kind"`
	ID   string           `json:"id"`
	At   time.Time        `json:"at"`
	From string           `json:"from,omitempty"`
	Room hilft.Visibility `json:"room,omitempty"`
	To   string           `json:"to,omitempty"`
	In   string           `json:"in,omitempty"`
	Head string           `json:"head,omitempty"`
	Warn string           `json:"warn,omitempty"`
	Text string           `json:"text,omitempty"`
	Far  *channel.Reach   `json:"far,omitempty"`
}

// post is what we say there.
type post struct {
	id, key, in, to, head, warn, text string
	answers                           string
	room                              hilft.Visibility
	files                             []channel.File
}

func openPlaza(wrong string) func(t testing.TB) channeltest.Network {
	return func(t testing.TB) channeltest.Network {
		p := &plaza{begin: time.Now().Add(-time.Hour), cut: make(chan struct{}), joined: make(chan struct{}, 16), far: map[string]channel.Reach{}, closed: t.Context().Done()}
		p.con = &plazaConnector{plaza: p, wrong: wrong}
		return p
	}
}

func (p *plaza) Connector() channel.Connector { return p.con }

func (p *plaza) Account(testing.TB) channel.Account {
	return channel.Account{ID: "account-1", Settings: channel.Settings{"token": "ours"}, Since: p.begin, Key: []byte("0123456789abcdef0123456789abcdef")}
}

func (p *plaza) Stranger(testing.TB) (channel.Account, bool) {
	return channel.Account{ID: "account-2", Settings: channel.Settings{"token": "theirs"}, Since: p.begin, Key: []byte("abcdef0123456789abcdef0123456789")}, true
}

func (p *plaza) Env(t testing.TB) channel.Env { return channeltest.NewEnv(t) }

func (p *plaza) Features() channeltest.Features {
	return channeltest.Features{SendsOnce: true, HookProof: "X-Proof", HookWindow: 5 * time.Minute}
}

func (p *plaza) Fault(_ testing.TB, f channeltest.Fault) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	if f == channeltest.Down {
		close(p.cut)
		p.cut = make(chan struct{})
	}
	return true
}

func (p *plaza) Say(_ testing.TB, s channeltest.Speech) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := event{Kind: channel.Said, ID: fmt.Sprintf("word-%d", len(p.events)+1), At: s.At, From: s.From, Room: s.Visibility, To: s.ReplyTo, Head: s.Subject, Warn: s.Warning, Text: s.Text}
	e.In = "in-" + e.ID
	if s.ReplyTo != "" {
		e.In = p.place(s.ReplyTo)
	}
	p.happens(e)
	return e.ID
}

// place finds the conversation of a message.
func (p *plaza) place(id string) string {
	for _, e := range p.events {
		if e.ID == id {
			return e.In
		}
	}
	for _, post := range p.posts {
		if post.id == id {
			return post.in
		}
	}
	return ""
}

func (p *plaza) happens(e event) {
	e.Seq = len(p.events) + 1
	if e.At.IsZero() {
		e.At = p.begin.Add(time.Duration(e.Seq) * time.Minute / 10).UTC()
	}
	p.events = append(p.events, e)
	for _, s := range p.streams {
		s <- e
	}
}

func (p *plaza) Edit(_ testing.TB, id, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.happens(event{Kind: channel.Edited, ID: id, Text: text})
}

func (p *plaza) Delete(_ testing.TB, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.happens(event{Kind: channel.Deleted, ID: id})
}

func (p *plaza) Spread(_ testing.TB, id string, shared, liked int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.far[id] = channel.Reach{Shared: shared, Liked: liked}
}

func (p *plaza) Hooks(t testing.TB) []channel.HookRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	var reqs []channel.HookRequest
	for _, e := range p.events[p.called:] {
		now := time.Now()
		body, _ := json.Marshal(e)
		stamp := strconv.FormatInt(now.Unix(), 10)
		reqs = append(reqs, channel.HookRequest{Method: http.MethodPost, Body: body, Now: now, Header: http.Header{
			"X-Time": {stamp}, "X-Proof": {proof(p.Account(t).Key, stamp, body)}, "Content-Type": {"application/json"},
		}})
	}
	p.called = len(p.events)
	return reqs
}

func proof(key []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(stamp + "\n"))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (p *plaza) Arrived(testing.TB) []channeltest.Arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]channeltest.Arrival, 0, len(p.posts))
	for _, post := range p.posts {
		all = append(all, channeltest.Arrival{ID: post.id, InReplyTo: post.answers, Visibility: post.room, To: post.to, Subject: post.head, Warning: post.warn, Text: post.text, Files: post.files})
	}
	return all
}

func (p *plaza) AwaitStream(t testing.TB) {
	select {
	case <-p.joined:
	case <-time.After(time.Minute):
		t.Fatal("no stream came")
	}
}

// call is one call at the plaza, up to where it is answered. Writing tells whether it is one that says something.
func (p *plaza) call(ctx context.Context, token string, writing bool) error {
	if err := ctx.Err(); err != nil {
		return errNobody // gone before it began
	}
	p.mu.Lock()
	fault := p.fault
	p.mu.Unlock()
	switch fault {
	case channeltest.Down:
		return errNobody
	case channeltest.RateLimited:
		return errBusy{until: time.Now().Add(time.Minute)}
	case channeltest.SignInExpired:
		return errDenied
	case channeltest.Slow:
		select {
		case <-ctx.Done():
		case <-p.closed:
		}
		return errBroken
	case channeltest.Refused:
		if writing {
			return errNever
		}
	case channeltest.Gone:
		if writing {
			return errNoSuch
		}
	case channeltest.LostRequest:
		if writing {
			return errBroken
		}
	}
	if token != "ours" {
		return errDenied
	}
	return nil
}

func (p *plaza) read(ctx context.Context, token string, after int) ([]byte, error) {
	if err := p.call(ctx, token, false); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == channeltest.Garbage {
		return []byte("<h1>Not today</h1>"), nil
	}
	from := min(max(after, 0), len(p.events))
	return json.Marshal(p.events[from:min(from+40, len(p.events))])
}

// stand tells the last that happened to a message, and how far it has come.
func (p *plaza) stand(ctx context.Context, token, id string) ([]byte, error) {
	if err := p.call(ctx, token, false); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == channeltest.Garbage {
		return []byte("<h1>Not today</h1>"), nil
	}
	var last event
	for _, e := range p.events {
		if e.ID == id {
			last = e
		}
	}
	far := p.far[id]
	last.Far = &far
	return json.Marshal(last)
}

func (p *plaza) find(ctx context.Context, token, key string) ([]byte, error) {
	if err := p.call(ctx, token, false); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == channeltest.Garbage {
		return []byte("<h1>Not today</h1>"), nil
	}
	for _, post := range p.posts {
		if post.key == key {
			return json.Marshal(post.id)
		}
	}
	return json.Marshal("")
}

func (p *plaza) say(ctx context.Context, token string, what post) ([]byte, error) {
	if err := p.call(ctx, token, true); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.posts, func(old post) bool { return old.key == what.key })
	if i < 0 {
		i = len(p.posts)
		what.id = fmt.Sprintf("post-%d", i+1)
		if what.in == "" {
			what.in = "in-" + what.id
		}
		p.posts = append(p.posts, what)
	}
	switch p.fault {
	case channeltest.LostAnswer:
		return nil, errBroken
	case channeltest.HeldAnswer:
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return nil, errBroken
	case channeltest.Garbage:
		return []byte("<h1>Not today</h1>"), nil
	}
	return json.Marshal(p.posts[i].id)
}

func (p *plaza) join(ctx context.Context, token string) (<-chan event, <-chan struct{}, error) {
	if err := p.call(ctx, token, false); err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := make(chan event, 1000)
	p.streams = append(p.streams, s)
	p.joined <- struct{}{}
	return s, p.cut, nil
}
