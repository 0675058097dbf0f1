// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/hilft/hilft"
)

// visitor is somebody's browser with the chat open. It speaks what the widget speaks, and connects again when the
// connection breaks.
type visitor struct {
	customer Customer
	url      string
	origin   string
	token    string
	words    chan word
	known    func(token string)
	heard    func()
}

// word is something to say, with the one who waits for it to arrive.
type word struct {
	frame said
	done  chan error
}

// said is a visitor's frame.
type said struct {
	T        string `json:"t"`
	Token    string `json:"token,omitempty"`
	Last     int64  `json:"last,omitempty"`
	ID       string `json:"id,omitempty"`
	Text     string `json:"text,omitempty"`
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Page     string `json:"page,omitempty"`
	Language string `json:"language,omitempty"`
}

// told is a frame of the house.
type told struct {
	T        string          `json:"t"`
	Token    string          `json:"token"`
	ID       json.RawMessage `json:"id"` // of a word: text; of a message: a number
	Code     string          `json:"code"`
	Messages []struct {
		ID int64 `json:"id"`
	} `json:"messages"`
}

const (
	arriveFor = 15 * time.Second // how long a word may take
	againIn   = time.Second
)

// visit opens a customer's browser, where it is not open yet.
func (d *Director) visit(ctx context.Context, key string) *visitor {
	if v, ok := d.visitors[key]; ok {
		return v
	}
	v := &visitor{
		customer: d.cast[key], url: d.stage.chat, origin: d.stage.Origin, token: d.opt.Progress.Visitors[key], words: make(chan word),
		known: func(token string) { d.report(ctx, answered{by: key, on: Chat, token: token}) },
		heard: func() { d.report(ctx, answered{by: key, on: Chat}) },
	}
	d.visitors[key] = v
	d.wg.Go(func() { v.run(ctx) })
	return v
}

// say says something and returns when the house has it.
func (v *visitor) say(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, arriveFor)
	defer cancel()
	w := word{done: make(chan error, 1), frame: said{
		T: "say", ID: hilft.NewID(), Text: text, Name: v.customer.Name, Email: v.customer.Mail, Page: v.origin + "/", Language: "de",
	}}
	if v.customer.English {
		w.frame.Page, w.frame.Language = v.origin+"/en", "en"
	}
	select {
	case v.words <- w:
	case <-ctx.Done():
		return fmt.Errorf("nordnetz: chat: %w", ctx.Err())
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("nordnetz: chat: %w", ctx.Err())
	}
}

// run keeps the browser open until the context ends.
func (v *visitor) run(ctx context.Context) {
	var last int64
	var open []word // said, not known to have arrived
	for ctx.Err() == nil {
		last, open = v.connected(ctx, last, open)
		select {
		case <-ctx.Done():
		case <-time.After(againIn):
		}
	}
}

// connected is one connection: from the hello until it breaks.
func (v *visitor) connected(ctx context.Context, last int64, open []word) (int64, []word) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A transport of its own, that keeps nothing: a connection made for a visitor who has just left would stay open and
	// unused, and a server waits for those before it ends.
	conn, _, err := websocket.Dial(ctx, v.url, &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, HTTPHeader: http.Header{"Origin": {v.origin}},
	})
	if err != nil {
		return last, open
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	if v.send(ctx, conn, said{T: "hello", Token: v.token, Last: last}) != nil {
		return last, open
	}
	frames := make(chan told)
	go func() {
		defer close(frames)
		for {
			_, data, err := conn.Read(ctx)
			var f told
			if err != nil || json.Unmarshal(data, &f) != nil {
				return
			}
			select {
			case frames <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range frames { // until the reader has gone
		}
	}()
	var words <-chan word // nothing is said before the welcome
	for {
		select {
		case w := <-words:
			open = append(open, w)
			if v.send(ctx, conn, w.frame) != nil {
				return last, open
			}
		case f, ok := <-frames:
			if !ok {
				return last, open
			}
			if f.T == "welcome" {
				words = v.words
				for _, w := range open {
					if v.send(ctx, conn, w.frame) != nil {
						return last, open
					}
				}
			}
			last, open = v.take(f, last, open)
		}
	}
}

func (v *visitor) send(ctx context.Context, conn *websocket.Conn, f said) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, data)
}

// take hears one frame.
func (v *visitor) take(f told, last int64, open []word) (int64, []word) {
	switch f.T {
	case "welcome":
		if f.Token != v.token {
			v.token = f.Token
			v.known(f.Token)
		}
		for _, m := range f.Messages {
			if m.ID > last {
				last = m.ID
				v.heard()
			}
		}
	case "message":
		var id int64
		if json.Unmarshal(f.ID, &id) == nil && id > last {
			last = id
			v.heard()
		}
	case "ack", "error":
		var id string
		if json.Unmarshal(f.ID, &id) != nil {
			return last, open
		}
		for i, w := range open {
			if w.frame.ID == id {
				if f.T == "error" {
					w.done <- errors.New("nordnetz: chat: " + f.Code)
				} else {
					w.done <- nil
				}
				return last, append(open[:i:i], open[i+1:]...)
			}
		}
	}
	return last, open
}
