// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Names of streams.
const (
	streamUser          = "user"
	streamNotifications = "user:notification"
)

// topic is where an event belongs: the notifications reach both streams, the home timeline that of the user only.
type topic int

const (
	onHome topic = iota
	onNotifications
)

// queueMax is how far a reader may be behind before its stream is ended.
const queueMax = 256

type event struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload string   `json:"payload"`
}

// stream is one open stream of an account.
type stream struct {
	account *account
	token   string
	names   map[string]bool
	socket  bool
	queue   chan event
	done    chan struct{}
	once    sync.Once
}

func (st *stream) end() { st.once.Do(func() { close(st.done) }) }

// emit puts an event into the streams of an account. The caller holds the lock.
func (s *Server) emit(to *account, on topic, name string, what any) {
	var payload []byte
	for st := range s.w.streams {
		if st.account != to || !st.names[streamUser] && (on == onHome || !st.names[streamNotifications]) {
			continue
		}
		if payload == nil {
			var err error
			if text, isText := what.(string); isText {
				payload = []byte(text)
			} else if payload, err = json.Marshal(what); err != nil {
				return
			}
		}
		names := []string{streamUser}
		if !st.names[streamUser] {
			names = []string{streamNotifications}
		}
		select {
		case st.queue <- event{names, name, string(payload)}:
		default:
			st.end()
			delete(s.w.streams, st)
		}
	}
}

// endStreams ends every stream. The caller holds the lock.
func (s *Server) endStreams() {
	for st := range s.w.streams {
		st.end()
		delete(s.w.streams, st)
	}
}

func (s *Server) open(c caller, socket bool, names ...string) *stream {
	st := &stream{
		account: c.account, token: c.token, socket: socket, names: map[string]bool{},
		queue: make(chan event, queueMax), done: make(chan struct{}),
	}
	for _, n := range names {
		st.names[n] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w.streams[st] = struct{}{}
	s.touch()
	return st
}

func (s *Server) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.end()
	delete(s.w.streams, st)
	s.touch()
}

// streamEvents speaks server-sent events, with a comment now and then that shows that the line stands.
func (s *Server) streamEvents(name string) handler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		out := http.NewResponseController(w)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		say := func(text string) bool {
			_, err := w.Write([]byte(text))
			return err == nil && out.Flush() == nil
		}
		st := s.open(c, false, name)
		defer s.leave(st)
		if !say(":)\n") {
			return
		}
		beat := time.NewTicker(s.opt.Heartbeat)
		defer beat.Stop()
		for {
			text := ":thump\n"
			select {
			case e := <-st.queue:
				text = fmt.Sprintf("event: %s\ndata: %s\n\n", e.Event, e.Payload)
			case <-beat.C:
			case <-st.done:
				return
			case <-s.closed:
				return
			case <-r.Context().Done():
				return
			}
			if !say(text) {
				return
			}
		}
	}
}

// streamSocket speaks the same over a WebSocket, where one connection may hear several streams.
func (s *Server) streamSocket(w http.ResponseWriter, r *http.Request, c caller) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(16 << 10)
	var names []string
	if name := r.URL.Query().Get("stream"); s.mayHear(c, name) {
		names = append(names, name)
	}
	st := s.open(c, true, names...)
	defer s.leave(st)
	ctx, cancel := context.WithCancel(r.Context())
	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		s.hearWishes(ctx, conn, c, st)
	})
	defer reading.Wait()
	defer func() { cancel(); _ = conn.CloseNow() }()
	beat := time.NewTicker(s.opt.Heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case e := <-st.queue:
			var text []byte
			if text, err = json.Marshal(e); err == nil {
				err = conn.Write(ctx, websocket.MessageText, text)
			}
		case <-beat.C:
			err = conn.Ping(ctx)
		case <-st.done:
			return
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// hearWishes reads what the other side subscribes to, until it goes away.
func (s *Server) hearWishes(ctx context.Context, conn *websocket.Conn, c caller, st *stream) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var wish struct {
			Type   string `json:"type"`
			Stream string `json:"stream"`
		}
		if json.Unmarshal(text, &wish) != nil || !s.mayHear(c, wish.Stream) {
			continue
		}
		s.mu.Lock()
		switch wish.Type {
		case "subscribe":
			st.names[wish.Stream] = true
		case "unsubscribe":
			delete(st.names, wish.Stream)
		}
		s.touch()
		s.mu.Unlock()
	}
}

func (s *Server) mayHear(c caller, name string) bool {
	switch name {
	case streamUser:
		return allows(c.grant.scopes, "read:statuses")
	case streamNotifications:
		return allows(c.grant.scopes, "read:notifications")
	}
	return false
}
