// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/webchat"
)

// house stands where this house does: it hears visitors at its sockets and keeps the mailbox.
type house struct {
	con      webchat.Connector
	mailbox  *channeltest.Mailbox
	raws     []channel.Raw
	visitors map[string]string // by name
	names    map[string]string // by visitor
}

func openHouse(testing.TB) channeltest.Network {
	return &house{con: webchat.New(), mailbox: &channeltest.Mailbox{}, visitors: map[string]string{}, names: map[string]string{}}
}

var _ channeltest.Pushing = (*house)(nil)

func (h *house) Connector() channel.Connector { return h.con }

func (h *house) Account(testing.TB) channel.Account {
	return channel.Account{
		ID:       "01890000-0000-7000-8000-000000000001",
		Settings: channel.Settings{"origins": "https://shop.example.org", "brand": "Nordnetz"},
		Since:    time.Now().Add(-time.Hour),
		Key:      []byte("0123456789abcdef0123456789abcdef"),
	}
}

func (h *house) Stranger(testing.TB) (channel.Account, bool) { return channel.Account{}, false }

func (h *house) Env(t testing.TB) channel.Env {
	env := channeltest.NewEnv(t)
	env.Mailbox = h.mailbox
	return env
}

func (h *house) Features() channeltest.Features {
	return channeltest.Features{SendsOnce: true, NoReplies: true}
}

func (h *house) Say(t testing.TB, s channeltest.Speech) string {
	t.Helper()
	visitor, known := h.visitors[s.From]
	if !known {
		visitor = hilft.NewID()
		h.visitors[s.From], h.names[visitor] = visitor, s.From
	}
	frame, err := json.Marshal(map[string]string{"t": "say", "id": hilft.NewID(), "text": s.Text, "name": s.From})
	require.NoError(t, err)
	raw, err := h.con.Hear(visitor, time.Now(), frame)
	require.NoError(t, err)
	h.raws = append(h.raws, raw)
	return raw.Key
}

func (h *house) Pushed(testing.TB) []channel.Raw {
	raws := h.raws
	h.raws = nil
	return raws
}

func (h *house) Edit(testing.TB, string, string)        {}
func (h *house) Delete(testing.TB, string)              {}
func (h *house) Hooks(testing.TB) []channel.HookRequest { return nil }

// Fault: nothing lies between the house and itself that could fail. What a full disk does is a test of its own.
func (h *house) Fault(_ testing.TB, f channeltest.Fault) bool { return f == channeltest.NoFault }

func (h *house) Arrived(t testing.TB) []channeltest.Arrival {
	t.Helper()
	var all []channeltest.Arrival
	for _, l := range h.mailbox.Letters() {
		var said struct{ From, Text string }
		visible, files := h.con.Read(l.Body)
		require.NoError(t, json.Unmarshal(visible, &said))
		all = append(all, channeltest.Arrival{ID: l.ID, Visibility: hilft.Private, To: h.names[l.Thread], Text: said.Text, Files: files})
	}
	return all
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, openHouse)
}
