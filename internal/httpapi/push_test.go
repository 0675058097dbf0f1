// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// What a browser gives, as RFC 8291 has it.
const (
	rfcPublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	rfcAuth   = "BTBZMqHH6r4Tts7J_aSIgg"
)

// pushService stands in for a browser's push service, and for the browser behind it.
type pushService struct {
	*httptest.Server
	key  *ecdh.PrivateKey
	auth []byte

	mu     sync.Mutex
	heard  []pushed
	status int
}

type pushed struct {
	header http.Header
	body   []byte
}

func openPushService(t testing.TB) *pushService {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	p := &pushService{key: key, auth: make([]byte, 16), status: http.StatusCreated}
	_, _ = rand.Read(p.auth)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = append(p.heard, pushed{r.Header, body})
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pushService) answers(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func (p *pushService) got() []pushed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

// subscription is what the browser gives its page.
func (p *pushService) subscription() m {
	b := base64.RawURLEncoding
	return m{"endpoint": p.URL + "/send/capability", "p256dh": b.EncodeToString(p.key.PublicKey().Bytes()), "auth": b.EncodeToString(p.auth)}
}

// opens decrypts as a browser does: RFC 8188 and 8291 once more, by other means than those that sealed.
func (p *pushService) opens(t testing.TB, body []byte) (said struct{ Text, URL, Tag string }) {
	t.Helper()
	mac := func(key []byte, parts ...string) []byte {
		h := hmac.New(sha256.New, key)
		for _, part := range parts {
			h.Write([]byte(part))
		}
		return h.Sum(nil)
	}
	salt, size, idLength := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	id, sealed := body[21:21+idLength], body[21+idLength:]
	require.LessOrEqual(t, len(sealed), int(size))
	theirs, err := ecdh.P256().NewPublicKey(id)
	require.NoError(t, err)
	shared, err := p.key.ECDH(theirs)
	require.NoError(t, err)
	secret := mac(mac(p.auth, string(shared)), "WebPush: info\x00", string(p.key.PublicKey().Bytes()), string(id), "\x01")
	prk := mac(salt, string(secret))
	block, err := aes.NewCipher(mac(prk, "Content-Encoding: aes128gcm\x00\x01")[:16])
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	plain, err := gcm.Open(nil, mac(prk, "Content-Encoding: nonce\x00\x01")[:12], sealed, nil)
	require.NoError(t, err)
	require.Equal(t, byte(2), plain[len(plain)-1])
	require.NoError(t, json.Unmarshal(plain[:len(plain)-1], &said))
	return said
}

// vouched checks who signed, with the key that browsers are given.
func (p *pushService) vouched(t testing.TB, header, key string) {
	t.Helper()
	token, k, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	require.True(t, ok, header)
	require.Equal(t, key, k)
	raw, err := base64.RawURLEncoding.DecodeString(k)
	require.NoError(t, err)
	require.Len(t, raw, 65)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	require.NoError(t, err)
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	plain, err := signed.Verify(public)
	require.NoError(t, err)
	var said struct {
		Aud, Sub string
		Exp      int64
	}
	require.NoError(t, json.Unmarshal(plain, &said))
	require.Equal(t, p.URL, said.Aud)
	require.True(t, strings.HasPrefix(said.Sub, "http"))
	require.LessOrEqual(t, time.Until(time.Unix(said.Exp, 0)), 24*time.Hour)
}

type pushState struct {
	Key   string
	Kinds []string
	Here  bool
}

func TestAnAgentIsToldOnTheirDeviceWhatConcernsThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		admin := h.administrator(t)
		atDesk := h.agent(t, admin)
		account := h.connect(t, h.brand(t), "shop", openShop(t))
		first := h.caseOf(t, h.posts(t, account, m{"id": "1", "thread": "1", "text": "Geheimer Kundentext"}))
		second := h.caseOf(t, h.posts(t, account, m{"id": "2", "thread": "2", "text": "Noch ein Kundentext", "from": m{"id": "jens", "handle": "@jens", "name": "Jens"}}))
		service := openPushService(t)
		assign := func(by *browser, c, to string) {
			body := m{"agent_id": ""}
			if to != "" {
				body["agent_id"] = h.agentID(t, to)
			}
			require.Less(t, by.say(http.MethodPut, "/api/cases/"+c+"/agent", body).status, 300)
		}
		mine := as[pushState](t, atDesk.say(http.MethodGet, "/api/me/push", nil), 200)
		require.Equal(t, []string{"assigned", "late", "trouble"}, mine.Kinds)
		require.False(t, mine.Here)
		assign(admin, first, ben) // before they asked for it: of that they are not told
		require.Equal(t, "push.invalid", refused(t, atDesk.say(http.MethodPut, "/api/me/push", m{"endpoint": "https://push.example", "p256dh": "x", "auth": "x"}), 422).Code)
		require.True(t, as[pushState](t, atDesk.say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here)
		require.True(t, as[pushState](t, atDesk.say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here, "twice is fine")

		assign(admin, second, ben)
		h.until(t, func() bool { return len(service.got()) == 1 })
		got := service.got()[0]
		said := service.opens(t, got.body)
		require.Equal(t, "Ein Anliegen wurde Ihnen zugewiesen.", said.Text)
		require.Equal(t, "/cases/"+second, said.URL)
		require.Equal(t, "aes128gcm", got.header.Get("Content-Encoding"))
		require.Equal(t, "14400", got.header.Get("TTL"))
		service.vouched(t, got.header.Get("Authorization"), mine.Key)

		// Nothing of what they do themselves, nor of what they do not want to know.
		assign(atDesk, second, "")
		assign(atDesk, second, ben)
		require.Equal(t, 200, atDesk.say(http.MethodPut, "/api/me/push/kinds", m{"kinds": []string{"trouble"}}).status)
		assign(admin, first, "")
		assign(admin, first, ben)
		// A reply of theirs that may not have arrived.
		h.fails(t, second, ben)
		h.until(t, func() bool { return len(service.got()) > 1 })
		require.Equal(t, "Eine Ihrer Antworten ist vielleicht nicht angekommen.", service.opens(t, service.got()[1].body).Text)
		require.Len(t, service.got(), 2)

		// A service that says that the browser is gone is not asked again.
		service.answers(http.StatusGone)
		h.fails(t, second, ben)
		h.until(t, func() bool { return storetest.Count(t, db, `SELECT COUNT(*) FROM push_subscription`) == 0 })
		require.False(t, as[pushState](t, atDesk.say(http.MethodGet, "/api/me/push", nil), 200).Here)
		service.answers(http.StatusCreated)

		// With the sign-in ends what was asked for in it: at once by whom it is, and elsewhere before anything is sent.
		require.True(t, as[pushState](t, atDesk.say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here)
		require.Equal(t, 204, atDesk.say(http.MethodDelete, "/api/session", nil).status)
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM push_subscription`))
		again := h.signsIn(t, ben)
		require.True(t, as[pushState](t, again.say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here)
		require.NoError(t, h.access.EndSessions(h.asRosa(t), h.agentID(t, ben)))
		before := len(service.got())
		h.fails(t, second, ben)
		h.until(t, func() bool { return storetest.Count(t, db, `SELECT COUNT(*) FROM push_subscription`) == 0 })
		require.Len(t, service.got(), before)

		// A closed desk's browser goes to whoever sits at it next, when they ask, and tells the one before nothing more.
		require.True(t, as[pushState](t, h.signsIn(t, ben).say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here)
		require.True(t, as[pushState](t, h.signsIn(t, rosa).say(http.MethodPut, "/api/me/push", service.subscription()), 200).Here)
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM push_subscription WHERE agent_id = ?`, string(h.agentID(t, rosa))))
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM push_subscription`))

		if db.Dialect() == store.SQLite {
			require.NotContains(t, dump(t, db), "/send/capability")
		}
		require.NotContains(t, h.log.String(), "/send/capability")
	})
}

// fails has a reply of somebody's not arrive.
func (h *house) fails(t testing.TB, caseID, who string) {
	t.Helper()
	id := hilft.NewID()
	agent, brand := string(h.agentID(t, who)), h.brand(t)
	require.NoError(t, h.db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		var message string
		if err := tx.Row(ctx, `SELECT MAX(id) FROM message WHERE case_id = ? AND direction = 'inbound'`, []any{caseID}, &message); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, replied, id, string(hilft.Unknown), message); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE message SET agent_id = ? WHERE id = ?`, agent, id); err != nil {
			return err
		}
		return h.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageMoved, Brand: brand, Case: hilft.CaseID(caseID), Subject: id, Data: map[string]string{"delivery": string(hilft.Unknown)}})
	}))
}
