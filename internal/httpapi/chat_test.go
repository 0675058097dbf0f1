// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

const (
	shopOrigin = "https://shop.example.org"
	chatSoon   = time.Minute
)

// parlour is a small network whose customers speak at our own sockets.
type parlour struct{ box channel.Mailbox }

func (p *parlour) Describe() channel.Description {
	return channel.Description{
		ID: "parlour", Name: channel.Text{"de": "Stube", "en": "Parlour"},
		Settings: []channel.Field{{Key: "origins", Kind: channel.FieldText}, {Key: "brand", Kind: channel.FieldText}, {Key: "closed_until", Kind: channel.FieldText}, {Key: "attended", Kind: channel.FieldText}},
		Rooms:    []channel.Room{{Visibility: hilft.Private}}, Can: channel.Abilities{Mailbox: channel.Full},
	}
}

func (p *parlour) Check(_ context.Context, acc channel.Account, env channel.Env) (channel.Self, error) {
	p.box = env.Mailbox
	return channel.Self{ID: string(acc.ID), Handle: acc.Settings["brand"]}, nil
}

func (p *parlour) Open(context.Context, channel.Account, channel.Env) (channel.Line, error) {
	return nil, errors.New("nobody sends here")
}

func (p *parlour) Translate(channel.Account, channel.Raw) ([]channel.Item, error) { return nil, nil }

func (p *parlour) Hear(visitor string, _ time.Time, frame []byte, files ...channel.File) (channel.Raw, error) {
	var f struct{ ID, Text string }
	if err := json.Unmarshal(frame, &f); err != nil || f.ID == "" {
		return channel.Raw{}, hilft.Fail(hilft.Invalid, "chat.bad", err)
	}
	if f.Text == "" && len(files) == 0 {
		return channel.Raw{}, hilft.Fail(hilft.Invalid, "chat.empty", nil)
	}
	for _, file := range files {
		f.Text += " +" + file.Name + " " + file.Type
	}
	return channel.Raw{Key: visitor + ":" + f.ID, Kind: "word", Lane: visitor, Body: []byte(f.Text)}, nil
}

func (p *parlour) Shown(visitor string, _ time.Time, letters []int64) (channel.Raw, error) {
	return channel.Raw{Key: fmt.Sprint(visitor, ":shown:", letters), Kind: "shown", Lane: visitor, Body: fmt.Append(nil, letters)}, nil
}

func (p *parlour) Read(body []byte) ([]byte, []channel.File) { return body, nil }

func (p *parlour) Front(s channel.Settings) ([]string, []byte) {
	visible, _ := json.Marshal(map[string]string{"brand": s["brand"]})
	return strings.Fields(s["origins"]), visible
}

func (p *parlour) Hours(s channel.Settings, _ time.Time) (open bool, next time.Time, attended bool) {
	next, err := time.Parse(time.RFC3339, s["closed_until"])
	return err != nil, next, s["attended"] == "true"
}

// noIntake is never asked: nobody runs the jobs here.
type noIntake struct{}

func (noIntake) Prepare(context.Context, switchboard.Source, channel.Item) (switchboard.Prepared, error) {
	return nil, nil
}

func (noIntake) Take(context.Context, *store.Tx, switchboard.Source, ...switchboard.Prepared) error {
	return nil
}

// chatHouse is a house with a chat, and its address.
type chatHouse struct {
	db      *store.DB
	lines   *switchboard.Switchboard
	chat    *Chat
	server  *httptest.Server
	parlour *parlour
	brand   hilft.BrandID
	account hilft.AccountID
}

func openChat(t testing.TB, db *store.DB, change func(*ChatDeps)) *chatHouse {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	wakes, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(wakes.Close)
	keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "keys"))
	require.NoError(t, err)
	blobs, err := blob.Open(t.TempDir())
	require.NoError(t, err)

	h := &chatHouse{db: db, parlour: &parlour{}, brand: hilft.BrandID(hilft.NewID())}
	h.lines = switchboard.New(switchboard.Deps{
		DB: db, Jobs: jobs.New(db, wakes, log), Bus: wakes, Blobs: blobs, Keys: keys, Connectors: []channel.Connector{h.parlour}, Log: log,
	}, noIntake{})
	t.Cleanup(h.lines.Close)
	acc, err := h.lines.Connect(t.Context(), h.brand, "parlour", "Chat", channel.Settings{"origins": shopOrigin + " http://localhost:8081", "brand": "Nordnetz"})
	require.NoError(t, err)
	h.account = acc.ID

	deps := ChatDeps{
		Lines: h.lines, Bus: wakes, Connectors: []channel.Connector{h.parlour}, Script: []byte("(front=>{})\n"), Spoken: h.spoken,
		Limits: ChatLimits{VisitorsMinute: 1000, PlaceMinute: 1000}, Log: log,
	}
	if change != nil {
		change(&deps)
	}
	h.chat = NewChat(deps)
	mux := http.NewServeMux()
	h.chat.Register(mux)
	h.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		h.chat.Close()
		h.server.Close()
	})
	return h
}

// spoken tells what a visitor said, as the desk does in the house.
func (h *chatHouse) spoken(ctx context.Context, id hilft.AccountID, thread string, most int) (words []ChatWord, err error) {
	err = h.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		words, err = store.All(ctx, tx, `SELECT key, body, received_at FROM inbox WHERE account_id = ? AND key LIKE ? ORDER BY id LIMIT ?`,
			[]any{string(id), thread + ":%", most}, func(scan func(into ...any) error, w *ChatWord) error {
				var body []byte
				var at int64
				err := scan(&w.ID, &body, &at)
				w.Text, w.At = string(body), store.Time(at)
				return err
			})
		return err
	})
	return words, err
}

func (h *chatHouse) stored(t testing.TB) int {
	return storetest.Count(t, h.db, `SELECT count(*) FROM inbox WHERE account_id = ?`, string(h.account))
}

// answer puts a message into a visitor's mailbox, as a delivery does.
func (h *chatHouse) answer(t testing.TB, visitor, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"text": text})
	require.NoError(t, err)
	_, err = h.parlour.box.Put(t.Context(), visitor, hilft.NewID(), body)
	require.NoError(t, err)
}

// chatTold is a frame as a browser reads it.
type chatTold struct {
	T, Token, Code string
	ID             json.RawMessage
	At             time.Time
	Body           struct{ Text string }
	Retry          int
	Away           *struct{ Until time.Time }
	Said           []struct{ ID, Text string }
	Messages       []struct {
		ID   int64
		Body struct{ Text string }
	}
}

func (f chatTold) id() (s string) {
	_ = json.Unmarshal(f.ID, &s)
	return s
}

func (f chatTold) number() (n int64) {
	_ = json.Unmarshal(f.ID, &n)
	return n
}

// chatPage is a visitor's browser page with an open socket.
type chatPage struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a socket, or tells with which status it was refused.
func (h *chatHouse) dial(ctx context.Context, origin string, client *http.Client) (*websocket.Conn, int, error) {
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, answer, err := websocket.Dial(ctx, h.server.URL+"/chat/"+string(h.account)+"/ws", &websocket.DialOptions{HTTPHeader: header, HTTPClient: client})
	if conn != nil {
		conn.SetReadLimit(16 << 20)
	}
	if answer == nil {
		return nil, 0, err
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	return conn, answer.StatusCode, err
}

// visit opens a socket and says hello.
func (h *chatHouse) visit(t testing.TB, token string, last int64) (*chatPage, chatTold) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), chatSoon)
	defer cancel()
	conn, _, err := h.dial(ctx, shopOrigin, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	p := &chatPage{t: t, conn: conn}
	p.send(map[string]any{"t": "hello", "token": token, "last": last})
	return p, p.next()
}

func (p *chatPage) send(frame any) {
	p.t.Helper()
	data, err := json.Marshal(frame)
	require.NoError(p.t, err)
	p.sendBytes(data)
}

func (p *chatPage) sendBytes(data []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), chatSoon)
	defer cancel()
	require.NoError(p.t, p.conn.Write(ctx, websocket.MessageText, data))
}

func (p *chatPage) say(id, text string) {
	p.t.Helper()
	p.send(map[string]string{"t": "say", "id": id, "text": text})
}

func (p *chatPage) read() (chatTold, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), chatSoon)
	defer cancel()
	_, data, err := p.conn.Read(ctx)
	if err != nil {
		return chatTold{}, err
	}
	var f chatTold
	return f, json.Unmarshal(data, &f)
}

// next is the next frame that is no beat.
func (p *chatPage) next() chatTold {
	p.t.Helper()
	for {
		f, err := p.read()
		require.NoError(p.t, err)
		if f.T != "beat" {
			return f
		}
	}
}

// closed reads until the socket is closed, and tells how.
func (p *chatPage) closed() websocket.StatusCode {
	p.t.Helper()
	for {
		if _, err := p.read(); err != nil {
			require.NotErrorIs(p.t, err, context.DeadlineExceeded)
			return websocket.CloseStatus(err)
		}
	}
}

// visitorOf reads the visitor out of a token, for tests that answer.
func visitorOf(token string) string { return strings.Split(token, ".")[1] }

func TestAVisitorSpeaksAndIsAnswered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		p, welcome := h.visit(t, "", 0)
		require.Equal(t, "welcome", welcome.T)
		require.NotEmpty(t, welcome.Token)
		require.Empty(t, welcome.Messages)

		p.say("w1", "Das Internet geht nicht.")
		ack := p.next()
		require.Equal(t, "ack", ack.T)
		require.Equal(t, "w1", ack.id())
		require.Equal(t, 1, h.stored(t), "what is acknowledged is stored")

		h.answer(t, visitorOf(welcome.Token), "Wir sehen nach.")
		message := p.next()
		require.Equal(t, "message", message.T)
		require.Equal(t, "Wir sehen nach.", message.Body.Text)
		require.Positive(t, message.number())
	})
}

func TestAWordWhoseLineBrokeIsThereOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		p, welcome := h.visit(t, "", 0)
		for i := range 10 {
			id := fmt.Sprintf("w%d", i)
			p.say(id, "Hallo?")
			require.NoError(t, p.conn.CloseNow()) // before the ack could be read
			p, _ = h.visit(t, welcome.Token, 0)
			p.say(id, "Hallo?")
			require.Equal(t, id, p.next().id())
			require.Equal(t, i+1, h.stored(t))
		}
	})
}

func TestWhatWasMissedComesWithTheWelcome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		p, welcome := h.visit(t, "", 0)
		visitor := visitorOf(welcome.Token)
		p.say("w1", "Hallo?")
		require.Equal(t, "ack", p.next().T)
		h.answer(t, visitor, "eins")
		one := p.next()
		require.NoError(t, p.conn.CloseNow())

		h.answer(t, visitor, "zwei")
		h.answer(t, "somebody else", "not yours")
		h.answer(t, visitor, "drei")
		p, welcome = h.visit(t, welcome.Token, one.number())
		require.Len(t, welcome.Messages, 2)
		require.Equal(t, "zwei", welcome.Messages[0].Body.Text)
		require.Equal(t, "drei", welcome.Messages[1].Body.Text)
		require.Empty(t, welcome.Said, "the page still has what it said")
		h.answer(t, visitor, "vier")
		require.Equal(t, "vier", p.next().Body.Text, "what came with the welcome does not come again")

		_, welcome = h.visit(t, welcome.Token, 0)
		require.Len(t, welcome.Messages, 4, "a page that was loaded again has nothing")
		require.Len(t, welcome.Said, 1)
		require.Equal(t, "w1", welcome.Said[0].ID, "by the id that the browser gave it")
		require.Equal(t, "Hallo?", welcome.Said[0].Text)
	})
}

func TestALongConversationComesWhole(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	_, welcome := h.visit(t, "", 0)
	const all = 2*chatWelcomeMax + 7
	for i := range all {
		h.answer(t, visitorOf(welcome.Token), fmt.Sprint(i))
	}
	p, welcome := h.visit(t, welcome.Token, 0)
	n := 0
	for ; n < len(welcome.Messages); n++ {
		require.Equal(t, fmt.Sprint(n), welcome.Messages[n].Body.Text)
	}
	for ; n < all; n++ {
		require.Equal(t, fmt.Sprint(n), p.next().Body.Text)
	}
}

func TestAHundredVisitorsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		const visitors, words = 100, 5
		var all sync.WaitGroup
		for i := range visitors {
			p, welcome := h.visit(t, "", 0)
			all.Go(func() {
				for w := range words {
					p.say(fmt.Sprintf("w%d", w), fmt.Sprintf("%d/%d", i, w))
				}
				h.answer(t, visitorOf(welcome.Token), fmt.Sprintf("an %d", i))
				acks, answers := 0, 0
				for acks < words || answers < 1 {
					switch f := p.next(); f.T {
					case "ack":
						if f.id() != fmt.Sprintf("w%d", acks) {
							t.Errorf("visitor %d: words are acknowledged in their order, got %s", i, f.id())
						}
						acks++
					case "message":
						if f.Body.Text != fmt.Sprintf("an %d", i) {
							t.Errorf("visitor %d got %q", i, f.Body.Text)
						}
						answers++
					default:
						t.Errorf("visitor %d got %+v", i, f)
						return
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, visitors*words, h.stored(t))
	})
}

func TestTwoPagesOfOneVisitorBothHear(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), func(d *ChatDeps) { d.Limits.Sockets = 2 })
	a, welcome := h.visit(t, "", 0)
	b, _ := h.visit(t, welcome.Token, 0)
	h.answer(t, visitorOf(welcome.Token), "an beide")
	require.Equal(t, "an beide", a.next().Body.Text)
	require.Equal(t, "an beide", b.next().Body.Text)

	c, refused := h.visit(t, welcome.Token, 0)
	require.Equal(t, "busy", refused.Code, "but not a third")
	require.Equal(t, websocket.StatusTryAgainLater, c.closed())
	require.NoError(t, a.conn.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool {
		_, again := h.visit(t, welcome.Token, 0)
		return again.T == "welcome"
	}, chatSoon, 20*time.Millisecond, "a page that is closed makes room")
}

func TestALostWakeUpCostsASecond(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), func(d *ChatDeps) {
		deaf, err := bus.Open(t.Context(), bus.Options{Log: d.Log}) // nobody publishes there
		require.NoError(t, err)
		t.Cleanup(deaf.Close)
		d.Bus = deaf
	})
	p, welcome := h.visit(t, "", 0)
	h.answer(t, visitorOf(welcome.Token), "doch noch")
	require.Equal(t, "doch noch", p.next().Body.Text)
	h.answer(t, visitorOf(welcome.Token), "und noch eins")
	require.Equal(t, "und noch eins", p.next().Body.Text)
}

func TestNothingIsAcknowledgedThatIsNotStored(t *testing.T) {
	t.Parallel()
	h := openChat(t, storetest.Open(t, "", nil), nil)
	p, _ := h.visit(t, "", 0)
	h.lines.Close()
	p.say("w1", "Hallo?")
	f := p.next()
	require.Equal(t, "error", f.T)
	require.Equal(t, "unavailable", f.Code)
	require.Equal(t, "w1", f.id())
	require.Positive(t, f.Retry, "the browser keeps it and tries again")
	require.Zero(t, h.stored(t))
}

func TestCloseEndsEverySocket(t *testing.T) { //nolint:paralleltest // it counts goroutines
	db := storetest.Open(t, "", nil)
	h := openChat(t, db, nil)
	before := goleak.IgnoreCurrent()
	chat := NewChat(h.chat.ChatDeps)
	mux := http.NewServeMux()
	chat.Register(mux)
	server := httptest.NewServer(mux)
	h.server, server = server, h.server
	var pages []*chatPage
	for range 10 {
		p, _ := h.visit(t, "", 0)
		pages = append(pages, p)
	}
	chat.Close()
	for _, p := range pages {
		p.closed()
	}
	require.Empty(t, chat.rooms)
	_, status, err := h.dial(t.Context(), shopOrigin, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, status)
	h.server.Close()
	h.server = server
	goleak.VerifyNone(t, before)
}
