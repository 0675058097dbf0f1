// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func openChatWithFiles(t *testing.T, db *store.DB, limits ChatLimits) *chatHouse {
	t.Helper()
	blobs, err := blob.Open(t.TempDir())
	require.NoError(t, err)
	limits.VisitorsMinute, limits.PlaceMinute = 1000, 1000
	return openChat(t, db, func(d *ChatDeps) { d.Uploads, d.Limits = NewUploads(db, blobs), limits })
}

// brings puts up a file, as the widget does.
func (h *chatHouse) brings(t *testing.T, origin, token string, data []byte) (status int, answer struct{ Ticket, Type, Code string }) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+"/chat/"+string(h.account)+"/files?name=router.png", bytes.NewReader(data))
	require.NoError(t, err)
	req.Header.Set("Origin", origin)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	_ = json.Unmarshal(body, &answer)
	return res.StatusCode, answer
}

func TestAVisitorSendsAFile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChatWithFiles(t, db, ChatLimits{})
		p, hello := h.visit(t, "", 0)
		status, up := h.brings(t, shopOrigin, hello.Token, []byte("\x89PNG\r\n\x1a\nx"))
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, "image/png", up.Type, "the bytes say so")
		p.send(map[string]any{"t": "say", "id": "1", "text": "Hier", "files": []string{up.Ticket}})
		require.Equal(t, "ack", p.next().T)
		_, again := h.visit(t, hello.Token, 0)
		require.Equal(t, "Hier +router.png image/png", again.Said[0].Text)

		stranger, _ := h.visit(t, "", 0)
		stranger.send(map[string]any{"t": "say", "id": "2", "text": "Meins", "files": []string{up.Ticket}})
		require.Equal(t, "file_expired", stranger.next().Code, "a ticket is its visitor's alone")
	})
}

func TestFilesComeFromVisitorsOfTheShopAlone(t *testing.T) {
	t.Parallel()
	h := openChatWithFiles(t, storetest.Open(t, "", nil), ChatLimits{})
	_, hello := h.visit(t, "", 0)
	status, _ := h.brings(t, "https://evil.example", hello.Token, []byte("x"))
	require.Equal(t, http.StatusForbidden, status)
	status, answer := h.brings(t, shopOrigin, "v1.somebody.1.xyz", []byte("x"))
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "token", answer.Code)
	status, answer = h.brings(t, shopOrigin, hello.Token, nil)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, "bad", answer.Code, "an empty file is none")
}

func TestFilesHaveLimits(t *testing.T) {
	t.Parallel()
	h := openChatWithFiles(t, storetest.Open(t, "", nil), ChatLimits{FilesMinute: 2, FileSize: 10})
	_, hello := h.visit(t, "", 0)
	status, _ := h.brings(t, shopOrigin, hello.Token, []byte(strings.Repeat("x", 10)))
	require.Equal(t, http.StatusCreated, status)
	status, answer := h.brings(t, shopOrigin, hello.Token, []byte(strings.Repeat("x", 11)))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Equal(t, "too_large", answer.Code)
	status, answer = h.brings(t, shopOrigin, hello.Token, []byte("x"))
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "slow_down", answer.Code)
}

// Whoever has many addresses gets around every limit but this one.
func TestStrangersDoNotFillTheDiskThatMessagesNeed(t *testing.T) {
	t.Parallel()
	free := int64(strangersLeave)
	h := openChatWithFiles(t, storetest.Open(t, "", nil), ChatLimits{})
	h.chat.Uploads.space = func() (blob.Space, error) { return blob.Space{Free: free}, nil }
	_, hello := h.visit(t, "", 0)
	status, answer := h.brings(t, shopOrigin, hello.Token, []byte("x"))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "unavailable", answer.Code)
	agents := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?name=a", strings.NewReader("x"))
	_, err := h.chat.Uploads.take(httptest.NewRecorder(), agents, uploadMost, agentsLeave, []byte("key"), "ada")
	require.NoError(t, err, "those who work here still can")
	free = strangersLeave + 10<<20
	status, _ = h.brings(t, shopOrigin, hello.Token, []byte("x"))
	require.Equal(t, http.StatusCreated, status)
}

func TestFilesThatNobodyUsedGoAfterADay(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(*testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			db := storetest.Open(t, url(t), clock.Now)
			blobs, err := blob.Open(t.TempDir())
			require.NoError(t, err)
			up := NewUploads(db, blobs)
			bring := func(content string) string {
				w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?name=a", strings.NewReader(content))
				got, err := up.take(w, r, 100, agentsLeave, []byte("key"), "mira")
				require.NoError(t, err)
				opened, err := openTicket([]byte("key"), got.Ticket, "mira", db.Now())
				require.NoError(t, err)
				return opened.Hash
			}
			there := func() (all []string) {
				require.NoError(t, blobs.Each(t.Context(), func(h string) error { all = append(all, h); return nil }))
				return all
			}
			mailed, err := blobs.Put(t.Context(), strings.NewReader("came by mail"), 100)
			require.NoError(t, err)
			bring("came by mail")
			used, refused, unsure, forgotten, again := bring("used"), bring("refused"), bring("unsure"), bring("forgotten"), bring("again")
			say := func(hash string, err error) {
				require.ErrorIs(t, up.using(t.Context(), []string{hash}, func() error { return err }), err)
			}
			say(used, nil)
			say(used, hilft.Fail(hilft.Conflict, "reply.something_new", nil))
			say(refused, hilft.Fail(hilft.Conflict, "reply.something_new", nil))
			say(unsure, hilft.Fail(hilft.Unavailable, "store.unavailable", nil))
			clock.Forward(23 * time.Hour)
			bring("again")
			require.NoError(t, up.sweep(t.Context()))
			require.Len(t, there(), 6, "not before its time")
			clock.Forward(3 * time.Hour)
			require.NoError(t, up.sweep(t.Context()))
			require.ElementsMatch(t, []string{mailed.Hash, used, unsure, again}, there())
			require.NotContains(t, there(), forgotten)
			clock.Forward(26 * time.Hour)
			require.NoError(t, up.sweep(t.Context()))
			require.ElementsMatch(t, []string{mailed.Hash, used, unsure}, there(), "what is used stays for good")
		})
	}
}
