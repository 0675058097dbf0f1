// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func message(id, text string) string {
	b, _ := json.Marshal(m{"id": id, "thread": id, "text": text, "from": m{"id": "mira"}})
	return string(b)
}

func openShopHouse(t *testing.T, db *store.DB) (*house, *browser, switchboard.Account) {
	t.Helper()
	h := openHouseOn(t, db)
	b := h.administrator(t)
	return h, b, h.connect(t, h.brand(t), "shop", openShop(t))
}

func (h *house) kept(t *testing.T) int {
	t.Helper()
	return storetest.Count(t, h.db, `SELECT COUNT(*) FROM inbox`)
}

func TestAHookIsAnsweredWhenWhatItBroughtIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, b, acc := openShopHouse(t, db)
		path := "/hooks/" + string(acc.ID)
		for i, text := range []string{"Hallo", "NUL: \x00 und Richtung: \u202e und nichts: \u200b"} {
			body := message(fmt.Sprint(i), text)
			require.Equal(t, 200, b.say(http.MethodPost, path, body, signed(body)...).status)
			require.Equal(t, i+1, h.kept(t))
			require.Equal(t, 200, b.say(http.MethodPost, path, body, signed(body)...).status, "said again")
			require.Equal(t, i+1, h.kept(t))
			h.heard(t, acc, fmt.Sprint(i))
		}
		// Packed, it is the same; the signature is over what was packed.
		body := message("zip", "Gepackt")
		require.Equal(t, 200, b.say(http.MethodPost, path, zipped(t, []byte(body)), append(signed(body), "Content-Encoding", "gzip")...).status)
		h.heard(t, acc, "zip")
	})
}

func TestAHookThatCannotBeTakenIsNotAnsweredWith200(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	h, b, acc := openShopHouse(t, db)
	path := "/hooks/" + string(acc.ID)
	body := message("1", "Hallo")
	with := func(header ...string) []string { return append(signed(body), header...) }
	require.Equal(t, "hook.signature", refused(t, b.say(http.MethodPost, path, body), 401).Code)
	require.Equal(t, "hook.signature", refused(t, b.say(http.MethodPost, path, body+" ", signed(body)...), 401).Code)
	require.Equal(t, "hook.signature", refused(t, b.say(http.MethodGet, path, nil, signed("")...), 401).Code)
	odd := `{"text":"no id"}`
	p := refused(t, b.say(http.MethodPost, path, odd, signed(odd)...), 400)
	require.Equal(t, "hook.bad_message", p.Code)
	require.Contains(t, p.Detail, "id", "the other side is a program: it is told what is wrong")
	for _, who := range []string{hilft.NewID(), "x", "%00", "%ff", strings.Repeat("x", 3000)} {
		refused(t, b.say(http.MethodPost, "/hooks/"+who, body, with()...), 404)
	}
	require.Equal(t, "hook.encoding", refused(t, b.say(http.MethodPost, path, body, with("Content-Encoding", "br")...), 422).Code)
	require.Equal(t, "hook.unreadable", refused(t, b.say(http.MethodPost, path, body, with("Content-Encoding", "gzip")...), 422).Code)
	half := zipped(t, []byte(body))
	require.Equal(t, "hook.unreadable", refused(t, b.say(http.MethodPost, path, half[:len(half)-9], with("Content-Encoding", "gzip")...), 422).Code)

	large := bytes.Repeat([]byte(" "), 21<<20)
	require.Equal(t, "request.too_large", refused(t, b.say(http.MethodPost, path, large, with()...), 413).Code)
	require.Equal(t, "request.too_large", refused(t, b.say(http.MethodPost, path, struct{ io.Reader }{bytes.NewReader(large)}, with()...), 413).Code)
	bomb := zipped(t, bytes.Repeat([]byte(" "), 200<<20))
	require.Less(t, len(bomb), 1<<20)
	require.Equal(t, "request.too_large", refused(t, b.say(http.MethodPost, path, bomb, with("Content-Encoding", "gzip")...), 413).Code)

	require.Equal(t, 200, b.say(http.MethodPost, "/api/accounts/"+string(acc.ID)+"/pause", nil).status)
	require.Equal(t, "account.paused", refused(t, b.say(http.MethodPost, path, body, with()...), 503).Code)
	require.Equal(t, 0, h.kept(t))
	a := b.say(http.MethodGet, "/api/accounts", nil)
	require.Contains(t, a.body, `"refused":3`)
	require.Equal(t, 200, b.say(http.MethodPost, "/api/accounts/"+string(acc.ID)+"/resume", nil).status)
	require.Equal(t, 200, b.say(http.MethodPost, path, body, with()...).status)
	require.Equal(t, 1, h.kept(t))

	figures := b.say(http.MethodGet, "/metrics", nil).body
	for outcome, n := range map[string]int{"taken": 1, "unauthenticated": 3, "too_large": 3, "not_found": 3} {
		require.Contains(t, figures, fmt.Sprintf("hilft_hooks_total{outcome=%q} %d", outcome, n))
	}
	// The database is gone: nothing was accepted, and the network is told to come back.
	require.NoError(t, db.Close())
	body = message("2", "Verloren?")
	require.GreaterOrEqual(t, b.say(http.MethodPost, path, body, signed(body)...).status, 500)
}

// Who says a word a minute does not keep a place occupied.
func TestASlowLorisIsLetGo(t *testing.T) {
	t.Parallel()
	h, _, acc := openShopHouse(t, storetest.Open(t, "", nil))
	t.Run("at every door", func(t *testing.T) {
		for path, status := range map[string]int{
			"/hooks/" + string(acc.ID): http.StatusRequestTimeout, "/api/session": http.StatusRequestTimeout,
			"/hooks/none": http.StatusNotFound, "/media/x/y": http.StatusMethodNotAllowed, "/": http.StatusMethodNotAllowed, // nobody reads a body there
		} {
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", h.server.Listener.Addr().String())
				require.NoError(t, err)
				t.Cleanup(func() { _ = conn.Close() })
				_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", path)
				require.NoError(t, err)
				require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
				res, err := http.ReadResponse(bufio.NewReader(conn), nil)
				require.NoError(t, err)
				defer func() { _ = res.Body.Close() }()
				require.Equal(t, status, res.StatusCode)
			})
		}
	})
	require.Contains(t, h.browser(t).say(http.MethodGet, "/metrics", nil).body, `hilft_hooks_total{outcome="too_slow"} 1`)
}
