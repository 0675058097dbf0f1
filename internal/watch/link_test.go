// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store/storetest"
)

// mailed waits for the n-th mail, and gives the token of the link in it.
func (h *house) mailed(n int) (channel.Outgoing, string) {
	h.t.Helper()
	h.see(func() bool { return len(h.out.mails()) >= n })
	m := h.out.mails()[n-1]
	_, after, ok := strings.Cut(m.Text, "https://desk.example/welcome#")
	require.True(h.t, ok, m.Text)
	token, _, _ := strings.Cut(after, "\n")
	return m, token
}

func (h *house) noJobs() {
	h.t.Helper()
	h.see(func() bool { return storetest.Count(h.t, h.DB, `SELECT COUNT(*) FROM job`) == 0 })
}

func TestALinkIsMailedToWhomItIsFor(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		const rosa = "rosa@nordnetz.example"
		require.NoError(t, h.Access.Forgotten(t.Context(), rosa, "192.0.2.1"))
		h.noJobs()
		require.Empty(t, h.out.mails(), "there is no account that could send it")

		_, err := h.Switchboard.Connect(t.Context(), h.brand, "post", "", nil)
		require.NoError(t, err)
		h.clock.Forward(time.Hour)
		require.NoError(t, h.Access.Forgotten(t.Context(), rosa, "192.0.2.1"))
		m, token := h.mailed(1)
		require.Equal(t, rosa, m.To.ID)
		require.Equal(t, hilft.Private, m.Visibility)
		require.True(t, m.Auto)
		require.Equal(t, "Neues Passwort für hilft", m.Subject)
		h.noJobs()
		require.NoError(t, h.Access.Reset(t.Context(), token, "zwölf Möwen auf dem Deich", "192.0.2.1"))

		who, err := h.Access.SignIn(t.Context(), rosa, "zwölf Möwen auf dem Deich", "192.0.2.1")
		require.NoError(t, err)
		ctx := access.As(t.Context(), who)
		_, err = h.Access.Invite(ctx, access.Newcomer{Name: "Ben", Email: "ben@nordnetz.example", Brand: h.brand}, true)
		require.NoError(t, err)
		m, token = h.mailed(2)
		require.Equal(t, "ben@nordnetz.example", m.To.ID)
		require.Equal(t, "Einladung zu hilft bei Nordnetz", m.Subject)
		_, err = h.Access.Join(t.Context(), token, "", "zwölf Möwen auf dem Deich", "192.0.2.1")
		require.NoError(t, err)

		// What is sent to an address that hilft hears is read by everybody who works here.
		_, err = h.Access.AddAgent(ctx, access.Newcomer{Name: "Postfach", Email: "desk@nordnetz.example", Password: "zwölf Möwen auf dem Deich", Brand: h.brand})
		require.NoError(t, err)
		require.NoError(t, h.Access.Forgotten(t.Context(), "DESK@nordnetz.example", "192.0.2.1"))
		h.noJobs()
		require.Len(t, h.out.mails(), 2)
	})
}

func TestALinkThatCouldNotBeMailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.Switchboard.Connect(t.Context(), h.brand, "post", "", nil)
		require.NoError(t, err)
		broken := func(is bool) {
			h.out.mu.Lock()
			h.out.broken = is
			h.out.mu.Unlock()
		}
		broken(true)
		require.NoError(t, h.Access.Forgotten(t.Context(), "rosa@nordnetz.example", "192.0.2.1"))
		h.see(func() bool {
			return storetest.Count(t, h.DB, `SELECT COUNT(*) FROM job WHERE attempt > 0 AND claim = 0`) == 1
		})
		broken(false)
		h.clock.Forward(time.Minute)
		_, token := h.mailed(1)
		_, err = h.Access.Look(t.Context(), token, "192.0.2.1")
		require.NoError(t, err)
		h.noJobs()
	})
}
