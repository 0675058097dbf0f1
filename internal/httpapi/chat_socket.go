// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/switchboard"
)

const (
	chatFrameMax   = 64 << 10 // the longest word that is taken, in any script, with its files and the page's address
	chatCollectMax = 100      // messages read at once
	chatWelcomeMax = 200      // words and messages of each side in a welcome
	chatWrongMax   = 50       // frames in a row that lead to nothing, before the socket is closed
	chatOutMax     = 16       // answers that wait to be written
)

// Codes of errors, for the widget. None says more than the visitor may know.
const (
	chatUnknown     = "unknown"     // a frame that we do not know
	chatBadToken    = "token"       // a token that is not ours, or too old: begin anew
	chatBusy        = "busy"        // too many: try later
	chatSlowDown    = "slow_down"   // this word later
	chatUnavailable = "unavailable" // this word later; nothing was accepted
	chatBad         = "bad"         // this word never; "empty" and "too_long" come from the connector
)

// chatHeard is what a browser says. The rest of a "say" is for the connector.
type chatHeard struct {
	T     string   `json:"t"` // hello, say, typing, shown
	Token string   `json:"token"`
	Last  int64    `json:"last"`
	ID    string   `json:"id"`
	Files []string `json:"files"` // tickets
}

// chatSaid is what we say to a browser.
type chatSaid struct {
	T        string            `json:"t"` // welcome, ack, message, typing, error, beat
	Token    string            `json:"token,omitempty"`
	Said     []chatWordFrame   `json:"said,omitzero"`
	Messages []chatLetterFrame `json:"messages,omitzero"`
	ID       any               `json:"id,omitempty"` // of a word: text; of a message: a number
	At       *time.Time        `json:"at,omitempty"`
	Body     json.RawMessage   `json:"body,omitempty"`
	Files    []chatFileFrame   `json:"files,omitempty"`
	Away     *chatAway         `json:"away,omitempty"` // of a welcome and an ack
	Code     string            `json:"code,omitempty"`
	Retry    int               `json:"retry,omitempty"` // seconds
}

type chatWordFrame struct {
	ID    string          `json:"id"` // as the browser gave it
	At    time.Time       `json:"at"`
	Text  string          `json:"text"`
	Files []chatFileFrame `json:"files,omitempty"`
}

type chatLetterFrame struct {
	ID    int64           `json:"id"`
	At    time.Time       `json:"at"`
	Body  json.RawMessage `json:"body"`
	Files []chatFileFrame `json:"files,omitempty"`
}

// chatSocket is one browser page of a visitor. Its reader runs in the handler and its writer beside it; only the writer
// writes, once there is one.
type chatSocket struct {
	chat    *Chat
	con     ChatConnector
	conn    *websocket.Conn
	account hilft.AccountID
	origin  string // of the page
	place   string // what is counted as one address
	visitor string
	last    int64 // the last message that was written; the writer's
	out     chan chatSaid
	news    chan struct{} // the mailbox may have something
	pen     chan struct{} // somebody writes an answer
}

func (s *chatSocket) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// serveSocket runs one socket until it ends.
func (c *Chat) serveSocket(w http.ResponseWriter, r *http.Request) {
	front, err := c.front(r)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	if !slices.Contains(front.origins, r.Header.Get("Origin")) {
		http.Error(w, "not from here", http.StatusForbidden)
		return
	}
	c.mu.Lock()
	if c.life.Err() != nil {
		c.mu.Unlock()
		c.refuse(w, r, hilft.Fail(hilft.Unavailable, "house.closing", nil))
		return
	}
	c.all.Add(1) // under the lock, so that Close does not miss it
	c.mu.Unlock()
	defer c.all.Done()

	// The library compares hosts, and lets our own pass; ours is compared exactly, above.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // answered already
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(chatFrameMax)

	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.life, cancel)() //nolint:contextcheck // the socket ends with the house as well
	s := &chatSocket{chat: c, con: front.con, conn: conn, account: front.account, origin: r.Header.Get("Origin"), out: make(chan chatSaid, chatOutMax), news: make(chan struct{}, 1), pen: make(chan struct{}, 1)}
	s.place = chatHousehold(c.IP(r))
	s.run(ctx, cancel, front)
}

func (s *chatSocket) run(ctx context.Context, cancel context.CancelFunc, front chatFront) {
	hello, code, status := s.greet(ctx)
	if code == "" && !s.chat.enter(s) {
		code, status = chatBusy, websocket.StatusTryAgainLater
	}
	if code != "" {
		s.dismiss(ctx, code, status)
		return
	}
	defer s.chat.leave(s)
	if err := s.welcome(ctx, hello, s.chat.away(ctx, front)); err != nil {
		s.failed(err, "welcome")
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer cancel() // a page that does not read is not listened to either
		if err := s.write(ctx); err != nil {
			s.failed(err, "write")
		}
	}()
	s.read(ctx)
	cancel()
	<-written
}

// greet hears the hello and finds out who it is. A code says why the socket is of no use.
func (s *chatSocket) greet(ctx context.Context) (hello chatHeard, code string, status websocket.StatusCode) {
	ctx, cancel := context.WithTimeout(ctx, s.chat.Limits.Patience)
	defer cancel()
	_, data, err := s.conn.Read(ctx)
	if err != nil || json.Unmarshal(data, &hello) != nil || hello.T != "hello" {
		return hello, chatUnknown, websocket.StatusPolicyViolation
	}
	now, key := s.chat.Now(), s.chat.Lines.AccountKey(s.account, visitorTokenPurpose)
	if hello.Token == "" {
		if s.chat.newcomers.pass(s.place, now) > 0 {
			return hello, chatBusy, websocket.StatusTryAgainLater
		}
		t := newVisitor(now)
		s.visitor, hello.Token, hello.Last = t.visitor, t.sign(key), 0
		return hello, "", 0
	}
	t, err := readVisitorToken(key, hello.Token, now)
	if err != nil {
		return hello, chatBadToken, websocket.StatusPolicyViolation
	}
	s.visitor, hello.Token = t.visitor, t.renewed(now).sign(key)
	return hello, "", 0
}

// dismiss says why and closes. The browser gets a moment to read it.
func (s *chatSocket) dismiss(ctx context.Context, code string, status websocket.StatusCode) {
	if s.send(ctx, chatSaid{T: "error", Code: code}) == nil {
		_ = s.conn.Close(status, code)
	}
}

// welcome tells a page what it does not have yet: all, or what came after the last message that it has.
func (s *chatSocket) welcome(ctx context.Context, hello chatHeard, away *chatAway) error {
	frame := chatSaid{T: "welcome", Token: hello.Token, Said: []chatWordFrame{}, Messages: []chatLetterFrame{}, Away: away}
	if hello.Last <= 0 && s.chat.Spoken != nil {
		words, err := s.chat.Spoken(ctx, s.account, s.visitor, chatWelcomeMax)
		if err != nil {
			return err
		}
		for _, w := range words {
			frame.Said = append(frame.Said, chatWordFrame{ID: w.ID[strings.LastIndexByte(w.ID, ':')+1:], At: w.At, Text: w.Text, Files: s.chat.fileFrames(w.Files)})
		}
	}
	s.last = max(hello.Last, 0)
	for len(frame.Messages) < chatWelcomeMax {
		letters, err := s.collect(ctx)
		if err != nil {
			return err
		}
		for _, l := range letters {
			body, files := s.con.Read(l.Body)
			frame.Messages = append(frame.Messages, chatLetterFrame{ID: l.ID, At: l.At, Body: body, Files: s.chat.fileFrames(files)})
		}
		if len(letters) < chatCollectMax {
			return s.send(ctx, frame)
		}
	}
	s.wake() // there may be more
	return s.send(ctx, frame)
}

// collect reads the next messages of the mailbox. Messages of one thread are stored one after another, so none appears
// later behind one that was seen.
func (s *chatSocket) collect(ctx context.Context) ([]switchboard.Letter, error) {
	letters, err := s.chat.Lines.Collect(ctx, s.account, s.visitor, s.last, chatCollectMax)
	if err != nil {
		return nil, err
	}
	if n := len(letters); n > 0 {
		s.last = letters[n-1].ID
	}
	return letters, nil
}

// write is the socket's writer: answers, messages, and a beat by which both sides know that the other is there.
func (s *chatSocket) write(ctx context.Context) error {
	beat := time.NewTicker(s.chat.Limits.Beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case frame := <-s.out:
			err = s.send(ctx, frame)
		case <-s.news:
			err = s.deliver(ctx)
		case <-s.pen:
			err = s.send(ctx, chatSaid{T: "typing"})
		case <-beat.C:
			if err = s.send(ctx, chatSaid{T: "beat"}); err == nil {
				err = s.ping(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (s *chatSocket) deliver(ctx context.Context) error {
	for {
		letters, err := s.collect(ctx)
		if err != nil {
			return err
		}
		for _, l := range letters {
			body, files := s.con.Read(l.Body)
			if err := s.send(ctx, chatSaid{T: "message", ID: l.ID, At: &l.At, Body: body, Files: s.chat.fileFrames(files)}); err != nil {
				return err
			}
		}
		if len(letters) < chatCollectMax {
			return nil
		}
	}
}

func (s *chatSocket) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.chat.Limits.Patience)
	defer cancel()
	return s.conn.Ping(ctx)
}

// send writes one frame. A page that does not take it in time is dropped: what it has missed lies in the mailbox.
func (s *chatSocket) send(ctx context.Context, frame chatSaid) error {
	data, err := json.Marshal(frame)
	if err != nil {
		return fmt.Errorf("chat: %s: %w", frame.T, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.chat.Limits.Patience)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data)
}

// read is the socket's reader. Words are stored one after another, so their order is kept.
func (s *chatSocket) read(ctx context.Context) {
	wrong := 0
	for {
		_, data, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		wrong++
		if typing, passed := s.typing(data); typing {
			if passed {
				wrong = 0
			}
		} else if shown, taken := s.shown(ctx, data); shown {
			if taken {
				wrong = 0
			}
		} else {
			answer := s.heard(ctx, data)
			select {
			case s.out <- answer:
			case <-ctx.Done():
				return
			}
			if answer.T != "error" {
				wrong = 0
			}
		}
		if wrong > chatWrongMax {
			_ = s.conn.Close(websocket.StatusPolicyViolation, chatSlowDown)
			return
		}
	}
}

// heard takes one frame and answers it. Only what is durably stored is acknowledged.
func (s *chatSocket) heard(ctx context.Context, data []byte) chatSaid {
	var f chatHeard
	if err := json.Unmarshal(data, &f); err != nil || f.T != "say" {
		return chatSaid{T: "error", Code: chatUnknown}
	}
	now := s.chat.Now()
	wait := s.chat.words.pass(s.visitor, now)
	if wait == 0 {
		wait = s.chat.places.pass(s.place, now)
	}
	if wait > 0 {
		return chatSaid{T: "error", Code: chatSlowDown, ID: f.ID, Retry: int(math.Ceil(wait.Seconds()))}
	}
	front, stands := s.stands(ctx)
	if !stands { // the browser keeps the word, in case that it does again
		return chatSaid{T: "error", Code: chatUnavailable, ID: f.ID, Retry: 5}
	}
	var raw channel.Raw
	files, err := s.brought(f.Files)
	if err == nil {
		raw, err = s.con.Hear(s.visitor, now, data, files...)
	}
	if err == nil {
		err = s.chat.Uploads.using(ctx, hashesOf(files, func(f channel.File) string { return f.Hash }), func() error {
			return s.chat.Lines.Receive(ctx, s.account, raw)
		})
	}
	if err == nil {
		return chatSaid{T: "ack", ID: f.ID, At: &now, Away: s.chat.away(ctx, front)}
	}
	switch fail, _ := errors.AsType[*hilft.Error](err); hilft.KindOf(err) {
	case hilft.Invalid, hilft.TooLarge:
		code, ours := strings.CutPrefix(fail.Say, "chat.")
		if !ours {
			code = chatBad
		}
		return chatSaid{T: "error", Code: code, ID: f.ID}
	default:
		s.failed(err, "receive")
		return chatSaid{T: "error", Code: chatUnavailable, ID: f.ID, Retry: 5}
	}
}

// stands tells whether the page would still get a socket: its account may have been paused or removed since, or its website
// taken off the list.
func (s *chatSocket) stands(ctx context.Context) (chatFront, bool) {
	front, err := s.chat.frontOf(ctx, s.account)
	if err != nil && hilft.KindOf(err) != hilft.NotFound {
		s.failed(err, "front")
	}
	return front, err == nil && slices.Contains(front.origins, s.origin)
}

// failed notes what is our fault. That browsers come and go is not.
func (s *chatSocket) failed(err error, doing string) {
	if errors.Is(err, context.Canceled) || websocket.CloseStatus(err) != -1 {
		return
	}
	level := s.chat.Log.Debug
	if _, ours := errors.AsType[*hilft.Error](err); ours {
		level = s.chat.Log.Warn
	}
	level("chat: "+doing, "account_id", string(s.account), "err", err)
}
