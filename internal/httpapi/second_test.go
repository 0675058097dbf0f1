// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// dump is all that a SQLite database holds, as whoever steals it reads it.
func dump(t testing.TB, db *store.DB) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		var questions []string
		if err := tx.Rows(ctx, `SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'`, nil, func(scan func(into ...any) error) error {
			var table, column string
			err := scan(&table, &column)
			questions = append(questions, fmt.Sprintf(`SELECT CAST(%q AS BLOB) FROM %q WHERE %q IS NOT NULL`, column, table, column))
			return err
		}); err != nil {
			return err
		}
		for _, q := range questions {
			if err := tx.Rows(ctx, q, nil, func(scan func(into ...any) error) error {
				var value []byte
				err := scan(&value)
				all.Write(append(value, '\n'))
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	return all.String()
}

type begunTOTP struct {
	Secret, URI string
	QR          struct {
		Size int
		Path string
	}
}

// withApp sets the second step up for whoever sits at the browser. What it gives tells codes, as their phone would, and
// each call a new one.
func (b *browser) withApp(clock *movable) (code func() string, recovery []string) {
	b.t.Helper()
	begun := as[begunTOTP](b.t, b.say(http.MethodPost, "/api/me/totp", nil), 201)
	require.Contains(b.t, begun.URI, begun.Secret)
	require.Greater(b.t, begun.QR.Size, 20)
	require.Contains(b.t, begun.QR.Path, "M0 0h1v1h-1z", "the corner of a code is dark")
	code = func() string {
		clock.forward(30 * time.Second)
		c, err := totp.GenerateCode(begun.Secret, clock.now())
		require.NoError(b.t, err)
		return c
	}
	recovery = as[struct{ Recovery []string }](b.t, b.say(http.MethodPost, "/api/me/totp/confirm", m{"code": code()}), 200).Recovery
	require.Len(b.t, recovery, 10)
	return code, recovery
}

func TestHalfASignInIsNoSession(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	db := storetest.Open(t, "", clock.now)
	s := &scene{house: openHouseOn(t, db), shop: openShop(t)}
	s.rosa = s.administrator(t)
	s.ben = s.agent(t, s.rosa)
	s.own = s.things(t, s.brand(t), "own")
	code, recovery := s.ben.withApp(clock)

	type signIn struct {
		Step                     string
		Codes, Passkey, Recovery bool
	}
	b := s.browser(t)
	require.Equal(t, signIn{Step: "first"}, as[signIn](t, b.say(http.MethodGet, "/api/session", nil), 200))
	require.Equal(t, "session.half_over", refused(t, b.say(http.MethodPost, "/api/session/code", m{"code": recovery[0]}), 401).Code)
	require.Equal(t, "session.second_step", refused(t, b.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}), 401).Code)
	require.Equal(t, signIn{"second", true, false, true}, as[signIn](t, b.say(http.MethodGet, "/api/session", nil), 200))
	tried := 0
	for _, op := range s.operations() {
		if e := matrix[op.id]; e.may != "anybody" {
			c := e.right(s, s.own)
			require.Equal(t, "session.missing", refused(t, b.say(op.method, c.path, c.body), 401).Code, op.id)
			tried++
		}
	}
	require.Greater(t, tried, 30)

	require.Equal(t, "second.code.wrong", refused(t, b.say(http.MethodPost, "/api/session/code", m{"code": "12345"}), 422).Code)
	at, err := url.Parse(s.server.URL)
	require.NoError(t, err)
	before := b.http.Jar.Cookies(at)[0]
	used := code()
	require.Equal(t, 200, b.say(http.MethodPost, "/api/session/code", m{"code": used}).status)
	require.Equal(t, 200, b.say(http.MethodGet, "/api/me", nil).status)
	require.Equal(t, signIn{Step: "done"}, as[signIn](t, b.say(http.MethodGet, "/api/session", nil), 200))
	stolen := s.browser(t).say(http.MethodPost, "/api/session/code", m{"code": code()}, "Cookie", before.Name+"="+before.Value)
	require.Equal(t, "session.half_over", refused(t, stolen, 401).Code, "the half is spent, and its token leads nowhere")

	// Whoever begins to sign in as somebody else is out of the session they had.
	require.Equal(t, "session.second_step", refused(t, s.rosa.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}), 401).Code)
	require.Equal(t, 401, s.rosa.say(http.MethodGet, "/api/me", nil).status)
	require.Equal(t, "second.code.wrong", refused(t, s.rosa.say(http.MethodPost, "/api/session/code", m{"code": used}), 422).Code, "a code is good once")
	require.Equal(t, 200, s.rosa.say(http.MethodPost, "/api/session/code", m{"code": recovery[1]}).status)
	for _, secret := range append(recovery, used) {
		require.NotContains(t, s.log.String(), secret)
	}
}

func TestAnAdministratorIsLedToTheSecondStep(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	s := &scene{house: openHouseOn(t, storetest.Open(t, "", clock.now)), shop: openShop(t)}
	s.rosa = s.administrator(t)
	s.ben = s.agent(t, s.rosa)
	s.own = s.things(t, s.brand(t), "own")
	type me struct {
		Second string `json:"second_step"`
	}
	require.Equal(t, me{"soon"}, as[me](t, s.rosa.say(http.MethodGet, "/api/me", nil), 200), "on the day of the set-up nobody is held up")
	require.Equal(t, me{"nothing"}, as[me](t, s.ben.say(http.MethodGet, "/api/me", nil), 200))
	require.Equal(t, me{"soon"}, as[me](t, s.signsIn(t, rosa).say(http.MethodGet, "/api/me", nil), 200))

	clock.forward(24 * time.Hour)
	require.Equal(t, me{"soon"}, as[me](t, s.rosa.say(http.MethodGet, "/api/me", nil), 200), "who is at work stays so")
	led := s.signsIn(t, rosa)
	require.Equal(t, me{"now"}, as[me](t, led.say(http.MethodGet, "/api/me", nil), 200))
	may := []string{"get-me", "change-me", "prove", "begin-proof-by-provider", "get-second-step", "begin-totp", "confirm-totp", "remove-totp", "list-passkeys", "begin-passkey", "add-passkey", "rename-passkey", "remove-passkey"}
	held := 0
	for _, op := range s.operations() {
		if e := matrix[op.id]; e.may != "anybody" && !slices.Contains(may, op.id) {
			c := e.right(s, s.own)
			require.Equal(t, "second.needed", refused(t, led.say(op.method, c.path, c.body), 403).Code, op.id)
			held++
		}
	}
	require.Greater(t, held, 30)
	require.Equal(t, "second.needed", refused(t, led.say(http.MethodPost, "/api/files", nil), 403).Code)
	require.Equal(t, 200, led.say(http.MethodPatch, "/api/me", m{"language": "en"}).status)
	led.withApp(clock)
	require.Equal(t, me{"nothing"}, as[me](t, led.say(http.MethodGet, "/api/me", nil), 200))
	require.Equal(t, 200, led.say(http.MethodGet, "/api/inbox", nil).status)
	require.Equal(t, 204, led.say(http.MethodDelete, "/api/me/totp", nil).status)
	require.Equal(t, "second.needed", refused(t, led.say(http.MethodGet, "/api/inbox", nil), 403).Code, "and again, where it is taken off")
}

// A demo's password stands on its door: a second step would protect nothing, and keep people out.
func TestNobodyIsLedAnywhereInTheDemo(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now), func(d *httpapi.Deps) { d.Demo = &httpapi.Demo{Email: rosa, Password: password} })
	h.administrator(t)
	clock.forward(100 * time.Hour)
	b := h.signsIn(t, rosa)
	require.Contains(t, b.say(http.MethodGet, "/api/me", nil).body, `"second_step":"nothing"`)
	require.Equal(t, 200, b.say(http.MethodGet, "/api/inbox", nil).status)
}

// Whoever comes to a desk that was left open cannot change how its agent signs in.
func TestAnOpenDeskIsNoProof(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	admin := h.administrator(t)
	h.agent(t, admin)
	colleague := "/api/agents/" + string(h.agentID(t, ben)) + "/second-step"
	clock.forward(10*time.Minute + 2*time.Second)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/api/me/totp", nil},
		{http.MethodPost, "/api/me/totp/confirm", m{"code": "123456"}},
		{http.MethodDelete, "/api/me/totp", nil},
		{http.MethodPost, "/api/me/recovery", nil},
		{http.MethodDelete, colleague, nil},
	} {
		require.Equal(t, "session.prove", refused(t, admin.say(c.method, c.path, c.body), 403).Code, c.path)
	}
	wrong := refused(t, admin.say(http.MethodPost, "/api/me/proof", m{"password": "not the right one"}), 422)
	require.Equal(t, "password.wrong", wrong.Code)
	require.Equal(t, "body.password", wrong.Errors[0].Location)
	require.Equal(t, 204, admin.say(http.MethodPost, "/api/me/proof", m{"password": password}).status)
	require.Equal(t, 201, admin.say(http.MethodPost, "/api/me/totp", nil).status)
	require.Equal(t, 204, admin.say(http.MethodDelete, colleague, nil).status)
}

// The answers to these hold what the database must not.
func TestSecretsAreNotKeptForWhoAsksAgain(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	admin := h.administrator(t)
	begun := as[begunTOTP](t, admin.say(http.MethodPost, "/api/me/totp", nil, "Idempotency-Key", "k1"), 201)
	code, err := totp.GenerateCode(begun.Secret, clock.now())
	require.NoError(t, err)
	a := admin.say(http.MethodPost, "/api/me/totp/confirm", m{"code": code}, "Idempotency-Key", "k2")
	recovery := as[struct{ Recovery []string }](t, a, 200).Recovery
	renewed := as[struct{ Recovery []string }](t, admin.say(http.MethodPost, "/api/me/recovery", nil, "Idempotency-Key", "k3"), 201).Recovery
	for _, secret := range append(append(recovery, renewed...), begun.Secret) {
		for _, form := range []string{secret, strings.ReplaceAll(secret, "-", "")} {
			require.NotContains(t, dump(t, h.db), form)
		}
	}
}
