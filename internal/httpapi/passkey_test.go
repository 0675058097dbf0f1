// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type optionsAnswer struct{ Options json.RawMessage }

type passkeyAnswer struct {
	ID, Name string
	UsedAt   *time.Time `json:"used_at"`
}

// asks is what the house asks the browser for.
func (b *browser) asks(path string) json.RawMessage {
	b.t.Helper()
	return as[optionsAnswer](b.t, b.say(http.MethodPost, path, nil), 200).Options
}

// registers keeps a new passkey on a device.
func (b *browser) registers(d *device, name string) answer {
	b.t.Helper()
	return b.say(http.MethodPost, "/api/me/passkeys", m{"name": name, "credential": d.creates(b.asks("/api/me/passkeys/begin"))})
}

func (b *browser) passkeys() []passkeyAnswer {
	b.t.Helper()
	return as[struct{ Passkeys []passkeyAnswer }](b.t, b.say(http.MethodGet, "/api/me/passkeys", nil), 200).Passkeys
}

// signsInWith signs in with a passkey alone, or finishes with one.
func (b *browser) signsInWith(d *device) answer {
	b.t.Helper()
	return b.say(http.MethodPost, "/api/session/passkey", m{"credential": d.signs(b.asks("/api/session/passkey/begin"))})
}

func TestAnAgentSignsInWithAPasskey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		rosaAt := h.administrator(t)
		benAt := h.agent(t, rosaAt)
		phone, laptop := newDevice(t), newDevice(t)
		type made struct {
			Passkey  passkeyAnswer
			Recovery []string
		}
		first := as[made](t, benAt.registers(phone, " Telefon "), 201)
		require.Equal(t, "Telefon", first.Passkey.Name)
		require.Len(t, first.Recovery, 10, "the first second step comes with what stands in for it")
		require.Empty(t, as[made](t, benAt.registers(laptop, "Laptop"), 201).Recovery)
		require.Len(t, benAt.passkeys(), 2)
		require.Empty(t, rosaAt.passkeys())

		// Alone: the device has made sure that its owner holds it.
		b := h.browser(t)
		require.Equal(t, 200, b.signsInWith(phone).status)
		require.Contains(t, b.say(http.MethodGet, "/api/me", nil).body, ben)
		require.NotNil(t, b.passkeys()[0].UsedAt)
		require.Nil(t, b.passkeys()[1].UsedAt)

		// As the second step; the password alone is not enough any more. There the device need not ask.
		b = h.browser(t)
		require.Equal(t, "session.second_step", refused(t, b.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}), 401).Code)
		laptop.knows = false
		require.Equal(t, 200, b.signsInWith(laptop).status)
		b = h.browser(t)
		require.Equal(t, "passkey.refused", refused(t, b.signsInWith(laptop), 422).Code, "alone, a device that does not ask is not enough")
		require.Equal(t, 401, b.say(http.MethodGet, "/api/me", nil).status)
		laptop.knows = true

		// With one of Rosa's, nobody finishes what Ben has begun.
		hers := newDevice(t)
		require.Equal(t, 201, rosaAt.registers(hers, "Rosa").status)
		require.Equal(t, 401, b.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}).status)
		require.Equal(t, "passkey.refused", refused(t, b.signsInWith(hers), 422).Code)
		require.Equal(t, 200, h.browser(t).signsInWith(hers).status)

		id := benAt.passkeys()[0].ID
		require.Equal(t, 204, benAt.say(http.MethodPatch, "/api/me/passkeys/"+id, m{"name": "altes Telefon"}).status)
		require.Equal(t, "altes Telefon", benAt.passkeys()[0].Name)
		require.Equal(t, "passkey.not_found", refused(t, rosaAt.say(http.MethodDelete, "/api/me/passkeys/"+id, nil), 404).Code)
		require.Equal(t, 204, benAt.say(http.MethodDelete, "/api/me/passkeys/"+id, nil).status)
		require.Equal(t, "passkey.refused", refused(t, h.browser(t).signsInWith(phone), 422).Code)
		require.Equal(t, 204, rosaAt.say(http.MethodDelete, "/api/agents/"+string(h.agentID(t, ben))+"/second-step", nil).status)
		require.Equal(t, "passkey.refused", refused(t, h.browser(t).signsInWith(laptop), 422).Code, "taken away by an administrator")
		require.Equal(t, 200, h.browser(t).say(http.MethodPost, "/api/session", m{"email": ben, "password": password}).status)
	})
}

func TestAPasskeyAnswersOneQuestionOfOneHouse(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	admin := h.administrator(t)
	phone := newDevice(t)
	no := func(a answer) {
		t.Helper()
		require.Equal(t, "passkey.refused", refused(t, a, 422).Code)
	}
	no(admin.say(http.MethodPost, "/api/me/passkeys", m{"name": "ungefragt", "credential": phone.creates([]byte(`{"challenge":"AAAA","user":{"id":"AAAA"}}`))}))
	for name, spoil := range map[string]func(d *device){
		"made on another page":      func(d *device) { d.origin = "https://evil.example" },
		"made on a page above":      func(d *device) { d.origin = "https://example" },
		"made for another house":    func(d *device) { d.party = "evil.example" },
		"made over plain http":      func(d *device) { d.origin = "http://desk.example" },
		"made with a port besides":  func(d *device) { d.origin = "https://desk.example:8443" },
		"made on a longer name":     func(d *device) { d.origin = "https://desk.example.evil.example" },
		"made for what lies below":  func(d *device) { d.party = "example" },
		"made with an empty origin": func(d *device) { d.origin = "" },
	} {
		odd := newDevice(t)
		spoil(odd)
		require.Equal(t, "passkey.refused", refused(t, admin.registers(odd, "x"), 422).Code, name)
	}
	options := admin.asks("/api/me/passkeys/begin")
	made := phone.creates(options)
	require.Equal(t, 201, admin.say(http.MethodPost, "/api/me/passkeys", m{"name": "Telefon", "credential": made}).status)
	no(admin.say(http.MethodPost, "/api/me/passkeys", m{"name": "noch einmal", "credential": made}))
	require.Len(t, admin.passkeys(), 1)
	require.Equal(t, "passkey.name.empty", refused(t, admin.registers(newDevice(t), " "), 422).Code)

	b := h.browser(t)
	options = b.asks("/api/session/passkey/begin")
	answered := phone.signs(options)
	no(h.browser(t).say(http.MethodPost, "/api/session/passkey", m{"credential": answered})) // another browser was not asked
	require.Equal(t, 200, b.say(http.MethodPost, "/api/session/passkey", m{"credential": answered}).status)
	b = h.browser(t)
	b.asks("/api/session/passkey/begin")
	no(b.say(http.MethodPost, "/api/session/passkey", m{"credential": answered})) // it was asked something else
	no(b.say(http.MethodPost, "/api/session/passkey", m{"credential": answered})) // and is not asked twice
	for name, spoil := range map[string]func(d *device){
		"signed on another page":    func(d *device) { d.origin = "https://evil.example" },
		"signed for another house":  func(d *device) { d.party = "evil.example" },
		"signed with another key":   func(d *device) { d.key = newDevice(t).key },
		"signed for somebody else":  func(d *device) { d.owner = b64.EncodeToString([]byte("somebody else")) },
		"signed for nobody":         func(d *device) { d.owner = "" },
		"signed with a strange key": func(d *device) { d.id = newDevice(t).id },
		"a copy that counts anew":   func(d *device) { d.counter = 0 },
	} {
		odd := *phone
		spoil(&odd)
		require.Equal(t, "passkey.refused", refused(t, h.browser(t).signsInWith(&odd), 422).Code, name)
	}
	require.Contains(t, h.log.String(), "counts backwards")

	late := h.browser(t)
	answered = phone.signs(late.asks("/api/session/passkey/begin"))
	clock.forward(5 * time.Minute)
	no(late.say(http.MethodPost, "/api/session/passkey", m{"credential": answered}))
	require.Equal(t, 200, h.browser(t).signsInWith(phone).status)
}

func TestOddAnswersAreNoPasskeys(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	admin := h.administrator(t)
	phone := newDevice(t)
	require.Equal(t, 201, admin.registers(phone, "Telefon").status)
	for _, odd := range []any{nil, 7, "x", []int{1}, m{}, m{"id": "x"}, m{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": m{}}} {
		admin.asks("/api/me/passkeys/begin")
		refused(t, admin.say(http.MethodPost, "/api/me/passkeys", m{"name": "x", "credential": odd}), 422)
		b := h.browser(t)
		b.asks("/api/session/passkey/begin")
		refused(t, b.say(http.MethodPost, "/api/session/passkey", m{"credential": odd}), 422)
	}
	b := h.browser(t)
	answered := phone.signs(b.asks("/api/session/passkey/begin"))
	answered["response"].(m)["signature"] = ""
	refused(t, b.say(http.MethodPost, "/api/session/passkey", m{"credential": answered}), 422)
	require.NotContains(t, h.log.String(), "a request")
}
