// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// besides is what listens beside the house, in no need to speak any protocol: it counts who comes.
func besides(t *testing.T) (port string, reached *atomic.Int64) {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = at.Close() })
	reached = &atomic.Int64{}
	go func() {
		for {
			c, err := at.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_, _ = c.Write([]byte("what is said inside\r\n"))
			_ = c.Close()
		}
	}()
	_, port, err = net.SplitHostPort(at.Addr().String())
	require.NoError(t, err)
	return port, reached
}

// Whatever it is that has an address which somebody can write down, it leads to nothing beside the house, and nobody is shown
// what would have been found there.
func TestNoSettingLeadsBesideTheHouse(t *testing.T) {
	t.Parallel()
	port, reached := besides(t)
	o := open(t, map[string]string{"data": t.TempDir()})
	o.setUp(t)
	type m = map[string]any
	for _, host := range []string{"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1"} {
		at := "https://" + net.JoinHostPort(host, port)
		for name, c := range map[string]struct {
			path string
			body m
		}{
			"where a shop takes answers": {"/api/accounts", m{"network": "api", "name": "x", "settings": m{"secret": "what the shop and we know", "callback_url": at}}},
			"a mailbox's servers": {"/api/accounts", m{"network": "mail", "name": "x", "settings": m{
				"address": "support@nordnetz.example", "password": "x", "imap_host": host, "imap_port": port, "smtp_host": host, "smtp_port": port,
			}}},
			"a network's server": {"/api/accounts/sign-in", m{"network": "mastodon", "settings": m{"url": at}}},
		} {
			status, said, err := o.say(http.MethodPost, c.path, c.body)
			require.NoError(t, err)
			require.Equal(t, 422, status, "%s at %s: %s", name, host, said)
			require.NotContains(t, said, "is said inside", name)
		}
	}
	// What is asked for behind the scenes: who is to be told of alerts, and an agent's own device.
	at := "https://" + net.JoinHostPort("127.0.0.1", port)
	status, said, err := o.say(http.MethodPost, "/api/watch/targets", m{"kind": "webhook", "address": at + "/", "secret": "what the shop and we know"})
	require.NoError(t, err)
	require.Equal(t, 201, status, said)
	var target struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(said), &target))
	status, said, err = o.say(http.MethodPost, "/api/watch/targets/"+target.ID+"/test", nil)
	require.NoError(t, err)
	require.Equal(t, 204, status, said)
	status, said, err = o.say(http.MethodPut, "/api/me/push", m{
		"endpoint": at + "/push", "auth": "BTBZMqHH6r4Tts7J_aSIgg",
		"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	})
	require.NoError(t, err)
	require.Less(t, status, 300, said)
	var me struct {
		ID     string
		Brands []struct{ ID string }
	}
	_, said, err = o.say(http.MethodGet, "/api/me", nil)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(said), &me))
	db := o.house.push.DB
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return o.house.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventCaseAssigned, Brand: hilft.BrandID(me.Brands[0].ID), Data: map[string]string{"to": me.ID}})
	}))
	require.Eventually(t, func() bool {
		tried := 0
		err := db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Row(ctx, `SELECT COUNT(DISTINCT kind) FROM job WHERE kind IN (?, ?) AND error <> ''`, []any{hilft.JobPush, hilft.JobAlert}, &tried)
		})
		return err == nil && tried == 2
	}, 30*time.Second, 20*time.Millisecond)
	require.Zero(t, reached.Load())
}

// noise is what a house logs.
type noise struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *noise) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *noise) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// The same odd word is written wherever somebody can write one, and what can go wrong goes wrong: none of it is in the log, even
// where that is told to say everything.
func TestTheLogRepeatsNobodysWords(t *testing.T) {
	t.Parallel()
	const canary, secret = "Kanarienvogel", "what the shop and Kanarienvogel know"
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		if strings.Contains(body.String(), `"check"`) {
			return
		}
		w.Header().Set("X-Reason", canary)
		w.WriteHeader(http.StatusBadGateway)
		_, _ = fmt.Fprintf(w, `{"error":%q,"detail":%q} %s`, canary, canary, canary)
	}))
	defer shop.Close()
	var said noise
	o := openLogging(t, map[string]string{"data": t.TempDir(), "allow_hosts": "127.0.0.1", "log_level": "debug"}, Logger(&said, slog.LevelDebug))
	o.setUp(t)
	type m = map[string]any
	do := func(method, path string, body any, into any) string {
		t.Helper()
		_, text, err := o.say(method, path, body)
		require.NoError(t, err)
		if into != nil {
			require.NoError(t, json.Unmarshal([]byte(text), into), text)
		}
		return text
	}
	var account struct{ ID string }
	do(http.MethodPost, "/api/accounts", m{"network": "api", "name": canary, "settings": m{"secret": secret, "callback_url": shop.URL + "/" + canary}}, &account)
	require.NotEmpty(t, account.ID)
	post := func(body string, header ...string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+"/hooks/"+account.ID+"?token="+canary, strings.NewReader(body))
		require.NoError(t, err)
		stamp := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "%s.%s", stamp, body)
		all := append([]string{
			"X-Hilft-Timestamp", stamp, "X-Hilft-Signature", "v1=" + hex.EncodeToString(mac.Sum(nil)),
			"Authorization", "Bearer " + canary, "Cookie", "hilft=" + canary, "User-Agent", canary, "Referer", "https://shop.example/" + canary,
		}, header...)
		for i := 0; i+1 < len(all); i += 2 {
			req.Header.Set(all[i], all[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_ = res.Body.Close()
		return res.StatusCode
	}
	word := `{"id":"` + canary + `","thread":"` + canary + `","subject":"` + canary + `","text":"` + canary + `","html":"<` + canary + `","from":{"id":"` + canary + `","handle":"@` + canary + `","name":"` + canary + `"}}`
	require.Equal(t, 200, post(word))
	require.Equal(t, 401, post(word, "X-Hilft-Signature", "v1="+canary))
	require.Equal(t, 400, post(`{"id":`+canary))
	require.Equal(t, 400, post(`{"kind":"`+canary+`"}`))

	var inbox struct{ Cases []struct{ ID string } }
	require.Eventually(t, func() bool {
		do(http.MethodGet, "/api/inbox", nil, &inbox)
		return len(inbox.Cases) == 1
	}, 30*time.Second, 20*time.Millisecond)
	at := "/api/cases/" + inbox.Cases[0].ID
	var c struct {
		Messages []struct{ ID string }
		Ways     []struct {
			ConversationID string `json:"conversation_id"`
		}
	}
	do(http.MethodGet, at, nil, &c)
	do(http.MethodPost, at+"/notes", m{"text": canary}, nil)
	do(http.MethodPost, at+"/replies", m{"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": canary, "seen": c.Messages[0].ID, "anyway": true}, nil)
	do(http.MethodPut, at+"/drafts/note", m{"known": canary, "text": canary}, nil)
	do(http.MethodPut, at+"/title", m{"title": canary}, nil)
	do(http.MethodGet, "/api/search?q="+canary, nil, nil)
	do(http.MethodGet, "/api/cases/"+canary+"?"+canary+"="+canary, nil, nil)
	do(canary, "/"+canary, nil, nil)
	do(http.MethodPost, "/api/session", m{"email": canary + "@nordnetz.example", "password": canary}, nil)
	do(http.MethodPost, "/api/session/forgotten", m{"email": canary + "@nordnetz.example"}, nil)
	do(http.MethodPost, "/api/links/join", m{"token": canary, "password": canary}, nil)
	do(http.MethodPost, "/api/invitations", m{"name": canary, "email": canary + "@nordnetz.example"}, nil)
	do(http.MethodPost, "/api/webhooks", m{"url": shop.URL + "/" + canary, "types": []string{"case.opened"}}, nil)
	do(http.MethodPut, "/api/providers/1", m{
		"name": canary, "issuer": "https://id.invalid/" + canary, "client_id": canary, "secret": canary, "domains": []string{}, "vouches": false, "claim": "", "grants": []any{},
		"otherwise": m{"role": "", "brand_id": ""}, "second": false, "second_level": "", "on": true,
	}, nil)
	require.Eventually(t, func() bool { // the reply was tried, and not taken
		var now struct {
			Messages []struct{ Delivery, Reason string }
		}
		do(http.MethodGet, at, nil, &now)
		for _, msg := range now.Messages {
			if msg.Delivery == "unknown" || msg.Delivery == "failed" || msg.Delivery == "queued" && msg.Reason != "" {
				return true
			}
		}
		return false
	}, 30*time.Second, 20*time.Millisecond)
	o.close()
	o.ends(t, 25*time.Second)
	require.NotEmpty(t, said.String())
	for line := range strings.SplitSeq(said.String(), "\n") {
		require.NotContains(t, strings.ToLower(line), strings.ToLower(canary))
	}
}
