// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/app/apptest"
)

const website = "https://shop.nordnetz.example"

func (w *world) connectChat(ctx context.Context) (apptest.Account, error) {
	acc, err := w.agent.Connect(ctx, "webchat", "Chat", map[string]string{"origins": website, "brand": "Nordnetz"})
	w.visitor = &visitor{address: "ws" + strings.TrimPrefix(w.house.URL(), "http") + "/chat/" + acc.ID + "/ws"}
	return acc, err
}

// visitor is somebody with our chat in their browser: what they said and were told, and what the browser keeps.
type visitor struct {
	address string
	token   string
	last    int64
	email   string  // that they entered
	looks   bool    // at the chat: what comes is before their eyes
	waiting []frame // said, and not known to have arrived
	conn    *websocket.Conn
	over    chan struct{}

	mu    sync.Mutex
	shown []string // what we told them, as often as it came
	acked map[string]bool
	news  chan struct{}
}

// frame is one frame of the socket, in either direction.
type frame struct {
	T        string          `json:"t"`
	Token    string          `json:"token,omitempty"`
	Last     int64           `json:"last,omitempty"`
	ID       json.RawMessage `json:"id,omitempty"`
	Text     string          `json:"text,omitempty"`
	Email    string          `json:"email,omitempty"`
	IDs      []int64         `json:"ids,omitempty"`
	Body     struct{ Text string }
	Code     string
	Messages []struct {
		ID   int64
		Body struct{ Text string }
	}
}

// MarshalJSON leaves out what only the house says.
func (f frame) MarshalJSON() ([]byte, error) {
	said := map[string]any{"t": f.T}
	switch f.T {
	case "hello":
		said["token"], said["last"] = f.Token, f.Last
	case "shown":
		said["ids"] = f.IDs
	default:
		said["id"], said["text"], said["email"], said["language"] = f.ID, f.Text, f.Email, "de"
	}
	return json.Marshal(said)
}

// come opens the chat, as the widget does: it says which message it has last, and says again what may not have arrived.
func (v *visitor) come(ctx context.Context) error {
	conn, res, err := websocket.Dial(ctx, v.address, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {website}}})
	if err != nil {
		return err
	}
	if res.Body != nil {
		_ = res.Body.Close()
	}
	v.conn, v.over = conn, make(chan struct{})
	if v.news == nil {
		v.news, v.acked = make(chan struct{}), map[string]bool{}
	}
	if err := v.send(ctx, frame{T: "hello", Token: v.token, Last: v.last}); err != nil {
		return err
	}
	var welcome frame
	_, b, err := conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(b, &welcome)
	}
	if err != nil || welcome.T != "welcome" {
		return fmt.Errorf("welcomed with %s: %w", b, err)
	}
	v.token = welcome.Token
	for _, m := range welcome.Messages {
		v.show(m.ID, m.Body.Text)
	}
	go v.hear(conn, v.over)
	for _, f := range v.waiting {
		if err := v.send(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) send(ctx context.Context, f frame) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return v.conn.Write(ctx, websocket.MessageText, b)
}

func (v *visitor) hear(conn *websocket.Conn, over chan struct{}) {
	defer close(over)
	for {
		_, b, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		var f frame
		if json.Unmarshal(b, &f) != nil {
			continue
		}
		switch f.T {
		case "message":
			id, err := strconv.ParseInt(string(f.ID), 10, 64)
			if err == nil {
				v.show(id, f.Body.Text)
				v.mu.Lock()
				looks := v.looks
				v.mu.Unlock()
				if looks { // a line that breaks now is noticed by whoever reads next
					_ = v.send(context.Background(), frame{T: "shown", IDs: []int64{id}})
				}
			}
		case "ack":
			v.mu.Lock()
			v.acked[string(f.ID)] = true
			v.tell()
			v.mu.Unlock()
		}
	}
}

func (v *visitor) show(id int64, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = max(v.last, id)
	v.shown = append(v.shown, text)
	v.tell()
}

func (v *visitor) tell() {
	close(v.news)
	v.news = make(chan struct{})
}

// until waits for something to come over the socket. The caller's fine runs under the lock.
func (v *visitor) until(ctx context.Context, fine func() bool) error {
	for {
		v.mu.Lock()
		ok, news, shown := fine(), v.news, slices.Clone(v.shown)
		v.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("the chat shows %q: %w", shown, ctx.Err())
		}
	}
}

func (v *visitor) leave() {
	if v.conn != nil {
		_ = v.conn.CloseNow()
		<-v.over
		v.conn = nil
	}
}

// doVisitor is what a visitor of our website does.
//
//	visitor says 'text'                    and the chat shows that it arrived
//	visitor says 'text' and loses connection    so that the chat cannot know whether it arrived, and says it again later
//	visitor sees 'text'
//	visitor enters 'address'               of theirs, with the next word
//	visitor looks at the chat              so that their browser tells what they have seen
//	visitor loses connection
//	visitor comes back
//	visitor was shown 3 messages           and none of them twice
func (w *world) doVisitor(ctx context.Context, args []string) error {
	v := w.visitor
	switch {
	case is(args, "comes"), is(args, "comes back"):
		if err := v.come(ctx); err != nil {
			return err
		}
		return v.arrived(ctx)
	case is(args, "loses connection"):
		v.leave()
		return nil
	case is(args, "enters …"):
		v.email = args[1]
		return nil
	case is(args, "looks at the chat"):
		v.mu.Lock()
		defer v.mu.Unlock()
		v.looks = true
		return nil
	case is(args, "says …"):
		f := v.word(args[1])
		if err := v.send(ctx, f); err != nil {
			return err
		}
		return v.arrived(ctx)
	case is(args, "says … and loses connection"):
		f := v.word(args[1])
		if err := v.send(ctx, f); err != nil {
			return err
		}
		v.leave()
		return nil
	case is(args, "sees …"):
		return v.until(ctx, func() bool { return slices.Contains(v.shown, args[1]) })
	case is(args, "was shown … messages"):
		v.mu.Lock()
		defer v.mu.Unlock()
		once := slices.Compact(slices.Sorted(slices.Values(v.shown)))
		if strconv.Itoa(len(v.shown)) != args[2] || len(once) != len(v.shown) {
			return fmt.Errorf("%q", v.shown)
		}
		return nil
	}
	return badLine(args)
}

// word is what the browser keeps until it is known to have arrived.
func (v *visitor) word(text string) frame {
	f := frame{T: "say", ID: json.RawMessage(strconv.Quote(hilft.NewID())), Text: text, Email: v.email}
	v.waiting = append(v.waiting, f)
	return f
}

// arrived waits until all that was said is known to have arrived.
func (v *visitor) arrived(ctx context.Context) error {
	if v.conn == nil {
		return errors.New("the chat is not open")
	}
	err := v.until(ctx, func() bool {
		return !slices.ContainsFunc(v.waiting, func(f frame) bool { return !v.acked[string(f.ID)] })
	})
	if err == nil {
		v.waiting = nil
	}
	return err
}
