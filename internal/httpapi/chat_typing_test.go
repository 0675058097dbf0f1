// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const website = "https://shop.example.org"

// visitor is a visitor's page with the chat open.
type visitor struct {
	t     testing.TB
	conn  *websocket.Conn
	token string
	words int
}

// frame is what the chat tells a page.
type frame struct {
	T, Token, Code string
	Body           struct{ Text string }
}

// chat connects a website, and returns how one comes to its chat.
func (h *house) chat(t *testing.T, change channel.Settings) func() *visitor {
	t.Helper()
	settings := channel.Settings{"origins": website, "brand": "Nordnetz"}
	for k, v := range change {
		settings[k] = v
	}
	acc, err := h.board.Connect(t.Context(), h.brand(t), "webchat", "Chat", settings)
	require.NoError(t, err)
	return func() *visitor { return h.visits(t, acc.ID) }
}

func (h *house) visits(t *testing.T, acc hilft.AccountID) *visitor {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), h.server.URL+"/chat/"+string(acc)+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {website}}})
	require.NoError(t, err)
	if res.Body != nil {
		_ = res.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	v := &visitor{t: t, conn: conn}
	v.send(m{"t": "hello"})
	v.token = v.next("welcome").Token
	return v
}

func (v *visitor) send(frame m) {
	v.t.Helper()
	data, err := json.Marshal(frame)
	require.NoError(v.t, err)
	require.NoError(v.t, v.conn.Write(context.Background(), websocket.MessageText, data))
}

// says says something and waits until it is known to have arrived.
func (v *visitor) says(text string) {
	v.t.Helper()
	v.words++
	v.send(m{"t": "say", "id": fmt.Sprintf("00000000-0000-4000-8000-%012d", v.words), "text": text})
	v.next("ack")
}

// next is the next frame, which must be of that kind.
func (v *visitor) next(kind string) (f frame) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, data, err := v.conn.Read(ctx)
	require.NoError(v.t, err)
	require.NoError(v.t, json.Unmarshal(data, &f))
	require.Equal(v.t, kind, f.T, string(data))
	return f
}

// caseOfWord waits until a word has its case.
func (h *house) caseOfWord(t *testing.T, text string) (id string) {
	t.Helper()
	h.until(t, func() bool {
		return h.db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Row(ctx, `SELECT case_id FROM message WHERE body = ?`, []any{text}, &id)
		}) == nil
	})
	return id
}

func TestEachSideIsShownThatTheOtherWrites(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		b := h.administrator(t)
		come := h.chat(t, nil)
		v, other := come(), come()
		v.says("Moin")
		other.says("Hallo")
		id := h.caseOfWord(t, "Moin")
		s := b.listen(t, "")
		require.Equal(t, "hello", s.next().kind)

		stranger := come()
		stranger.send(m{"t": "typing"}) // who has not said anything is nobody's case
		v.send(m{"t": "typing"})
		for e := s.next(); ; e = s.next() {
			if e.kind == "typing" {
				require.JSONEq(t, `{"case_id":"`+id+`"}`, e.data)
				require.Empty(t, e.id, "it is not repeated to who comes later")
				break
			}
		}

		var c caseAnswer
		h.until(t, func() bool { // the account was connected a moment ago
			c = b.opens(id)
			return c.Ways[0].Typing
		})
		types := func(caseID string) answer {
			return b.say(http.MethodPost, "/api/cases/"+caseID+"/typing", m{"conversation_id": c.Ways[0].ConversationID})
		}
		require.Equal(t, 204, types(id).status)
		v.next("typing")
		require.Equal(t, "reply.no_conversation", refused(t, types(h.caseOfWord(t, "Hallo")), 422).Code)
		other.says("Noch da?") // and has not seen that somebody writes to somebody else
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM request`), "it is kept nowhere")
	})
}

func TestANetworkWithoutSuchAThingIsToldNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b, shop := h.administrator(t), openShop(t)
	acc := h.connect(t, h.brand(t), "shop", shop)
	told := make(chan string, 10)
	defer h.bus.Subscribe("hilft.answering."+string(acc.ID), func(_ string, thread []byte) { told <- string(thread) })()
	c := b.opens(h.caseOf(t, h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Und?"})))
	a := b.say(http.MethodPost, "/api/cases/"+c.ID+"/typing", m{"conversation_id": c.Ways[0].ConversationID})
	require.Equal(t, 204, a.status, a.body)
	h.bus.Publish("hilft.answering."+string(acc.ID), []byte("behind it"))
	require.Equal(t, "behind it", <-told)
}

func TestWhatAnotherBrandsCustomersWriteIsNotShown(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b, shop := h.agent(t, h.administrator(t)), openShop(t)
	s := b.listen(t, "")
	require.Equal(t, "hello", s.next().kind)
	for _, brand := range []hilft.BrandID{h.otherBrand(t), h.brand(t)} {
		acc := h.connect(t, brand, string(brand), shop)
		h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Und?"})
		h.bus.Publish("hilft.writing", []byte(`{"account":"`+string(acc.ID)+`","thread":"1"}`))
	}
	for e := s.next(); ; e = s.next() {
		if e.kind == "typing" {
			var said struct {
				CaseID string `json:"case_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(e.data), &said))
			require.Equal(t, 1, storetest.Count(t, h.db, `SELECT count(*) FROM cases WHERE id = ? AND brand_id = ?`, said.CaseID, string(h.brand(t))))
			require.False(t, b.opens(said.CaseID).Ways[0].Typing, "that network has no such thing")
			return
		}
	}
}
