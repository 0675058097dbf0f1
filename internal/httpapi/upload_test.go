// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type uploadAnswer struct {
	Ticket, Name, Type string
	Size               int64
}

func TestAnAnswerCarriesFiles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		b, shop := h.administrator(t), openShop(t)
		acc := h.connect(t, h.brand(t), "shop", shop)
		c := b.opens(h.caseOf(t, h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Wie schließe ich das an?"})))
		up := as[uploadAnswer](t, b.say(http.MethodPost, "/api/files?name=..%2FPlan.pdf", []byte("%PDF-1.7 Plan")), 201)
		require.Equal(t, "application/pdf", up.Type, "the bytes say so")
		require.Equal(t, "Plan.pdf", up.Name)
		reply := func(files ...m) answer {
			return b.say(http.MethodPost, "/api/cases/"+c.ID+"/replies",
				m{"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": "", "seen": c.Messages[0].ID, "anyway": true, "files": files})
		}
		require.Equal(t, "reply.empty", refused(t, reply(), 422).Code)
		said := as[messageAnswer](t, reply(m{"ticket": up.Ticket, "alt": "Der Plan"}), 201)
		require.Len(t, said.Files, 1)
		require.Equal(t, "Plan.pdf", said.Files[0].Name)
		h.until(t, func() bool { return b.opens(c.ID).Messages[1].Delivery == "sent" })
		require.Equal(t, []string{"Plan.pdf: %PDF-1.7 Plan"}, shop.attached())

		// Somebody else's ticket is none, nor is a changed one.
		require.Equal(t, "reply.file_expired", refused(t, h.agent(t, b).say(http.MethodPost, "/api/cases/"+c.ID+"/replies",
			m{"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": "x", "seen": "", "anyway": true, "files": []m{{"ticket": up.Ticket}}}), 422).Code)
		require.Equal(t, "reply.file_expired", refused(t, reply(m{"ticket": up.Ticket + "x"}), 422).Code)
		h.until(t, func() bool {
			return strings.Contains(b.say(http.MethodGet, "/api/cases/"+c.ID, nil).body, `"files_max":10`)
		})
		// More than the network takes is refused before it is queued.
		big := as[uploadAnswer](t, b.say(http.MethodPost, "/api/files?name=Film.bin", bytes.Repeat([]byte{1}, 5<<20+1)), 201)
		require.Equal(t, "reply.file_too_large", refused(t, reply(m{"ticket": big.Ticket}), 422).Code)
	})
}

func TestNobodyPutsUpFilesWithoutASession(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b := h.administrator(t)
	require.Equal(t, 401, h.browser(t).say(http.MethodPost, "/api/files?name=x", []byte("x")).status)
	require.Equal(t, "upload.empty", refused(t, b.say(http.MethodPost, "/api/files?name=x", nil), 422).Code)
	require.Equal(t, "blob.too_large", refused(t, b.say(http.MethodPost, "/api/files?name=x", bytes.NewBuffer(make([]byte, 26<<20))), 413).Code)
}

func TestAFileThatIsGoneStopsItsAnswerOpenly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b, shop := h.administrator(t), openShop(t)
	acc := h.connect(t, h.brand(t), "shop", shop)
	c := b.opens(h.caseOf(t, h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Und?"})))
	up := as[uploadAnswer](t, b.say(http.MethodPost, "/api/files?name=Plan.pdf", []byte("%PDF-1.7 Plan")), 201)
	damage(t, h)
	as[messageAnswer](t, b.say(http.MethodPost, "/api/cases/"+c.ID+"/replies", m{
		"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": "Hier", "seen": c.Messages[0].ID, "files": []m{{"ticket": up.Ticket}},
	}), 201)
	h.until(t, func() bool { return b.opens(c.ID).Messages[1].Delivery == "failed" })
	require.Equal(t, "file_lost", b.opens(c.ID).Messages[1].Reason)
	require.Empty(t, shop.texts(), "not without its file")
}
