// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store/storetest"
)

// A program that asks too often is told when to come back, and keeps nobody else from asking.
func TestAProgramThatAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := openHouseOn(t, storetest.Open(t, "", clock.Now), func(d *httpapi.Deps) { d.Rates = httpapi.Rates{Token: 60, Session: 6000, Address: 6000} })
	rosa := h.administrator(t)
	first, second := h.program(t, rosa.token("read").Secret), h.program(t, rosa.token("read").Secret)
	for left := 14; left >= 0; left-- { // a quarter of a minute's at once
		a := first.say(http.MethodGet, "/api/me", nil)
		require.Equal(t, 200, a.status)
		require.Equal(t, "60", a.header.Get("RateLimit-Limit"))
		require.Equal(t, strconv.Itoa(left), a.header.Get("RateLimit-Remaining"))
	}
	a := first.say(http.MethodGet, "/api/me", nil)
	require.Equal(t, "request.too_many", refused(t, a, 429).Code)
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	require.InDelta(t, 1, wait, 1)
	require.Equal(t, "0", a.header.Get("RateLimit-Remaining"))
	require.NotEmpty(t, a.header.Get("RateLimit-Reset"))
	require.Equal(t, 200, second.say(http.MethodGet, "/api/me", nil).status, "another token has its own")
	require.Equal(t, 200, rosa.say(http.MethodGet, "/api/me", nil).status)
	clock.Forward(2 * time.Second)
	require.Equal(t, 200, first.say(http.MethodGet, "/api/me", nil).status)
	require.Equal(t, 200, first.say(http.MethodGet, "/api/me", nil).status)
	refused(t, first.say(http.MethodGet, "/api/me", nil), 429)
}

// Of sessions each is counted by itself, whoever it belongs to; who has none is counted by their address, and so is who
// tries tokens that are none.
func TestWhoAsksTooOftenIsSlowedDown(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := openHouseOn(t, storetest.Open(t, "", clock.Now), func(d *httpapi.Deps) { d.Rates = httpapi.Rates{Token: 6000, Session: 80, Address: 400} })
	rosa := h.administrator(t)
	again := h.agent(t, rosa)
	for rosa.say(http.MethodGet, "/api/me", nil).status == 200 {
	}
	refused(t, rosa.say(http.MethodGet, "/api/me", nil), 429)
	require.Equal(t, 200, again.say(http.MethodGet, "/api/me", nil).status)

	guess := h.program(t, "hilft_nothing")
	tried := 0
	for guess.say(http.MethodGet, "/api/me", nil).status == 401 {
		tried++
	}
	require.Less(t, tried, 110)
	require.Equal(t, "request.too_many", refused(t, guess.say(http.MethodGet, "/api/me", nil), 429).Code)
	refused(t, h.browser(t).say(http.MethodGet, "/api/setup", nil), 429)
	require.Equal(t, 200, again.say(http.MethodGet, "/api/me", nil).status, "who is signed in goes on")
	clock.Forward(time.Minute)
	require.Equal(t, 200, h.browser(t).say(http.MethodGet, "/api/setup", nil).status)
}
