// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

func TestEverySettingIsCheckedByItsKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      channel.FieldKind
		good, bad []string
	}{
		{channel.FieldText, []string{"Nordnetz", "Grüße 👋"}, []string{"a\x00b", strings.Repeat("x", 8193)}},
		{channel.FieldSecret, []string{"pass word", "ü"}, []string{"a\x00b", "a\nb"}},
		{channel.FieldURL, []string{"https://example.org", "http://localhost:8080/path"}, []string{"example.org", "ftp://example.org", "https://", "javascript:alert(1)", "https://user:pass@example.org", "https://exa mple.org"}},
		{channel.FieldHost, []string{"mail.example.org", "192.0.2.1"}, []string{"https://example.org", "example.org:993", "a b", "me@example.org", "[::1]"}},
		{channel.FieldPort, []string{"1", "993", "65535"}, []string{"0", "65536", "-1", "imap", "99999999999999999999"}},
		{channel.FieldEmail, []string{"hilfe@example.org", "o'neill@example.org"}, []string{"hilfe", "@example.org", "hilfe@", "a b@example.org", "A <a@example.org>", "a@example.org,b@example.org", "a@example.org\nBcc: b"}},
		{channel.FieldBool, []string{"true", "false"}, []string{"yes", "TRUE", "1"}},
		{channel.FieldChoice, []string{"hall"}, []string{"cellar", "Hall"}},
		{channel.FieldList, []string{"https://a.example\nhttps://b.example"}, []string{"a\x00b"}},
	} {
		f := channel.Field{Key: "it", Kind: c.kind, Choices: []channel.Choice{{Value: "hall"}}}
		d := channel.Description{Settings: []channel.Field{f}}
		for _, v := range c.good {
			open, secret, err := sort(d, channel.Settings{"it": v}, nil)
			require.NoError(t, err, "%s %q", c.kind, v)
			require.Equal(t, v, open["it"]+secret["it"])
		}
		for _, v := range c.bad {
			_, _, err := sort(d, channel.Settings{"it": v}, nil)
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), "%s %.40q", c.kind, v)
			require.ErrorContains(t, err, "(it)")
			require.NotContains(t, err.Error(), "user:pass")
		}
	}
}

func TestAPortAndAnAddressAreWrittenInOneWay(t *testing.T) {
	t.Parallel()
	d := channel.Description{Settings: []channel.Field{{Key: "port", Kind: channel.FieldPort}, {Key: "url", Kind: channel.FieldURL}}}
	open, _, err := sort(d, channel.Settings{"port": " +0993 ", "url": " https://example.org/ "}, nil)
	require.NoError(t, err)
	require.Equal(t, channel.Settings{"port": "993", "url": "https://example.org"}, open)
}

// It takes a network up to half a minute to prove settings; much may happen meanwhile.
func TestAChangeOverwritesNothingThatHappenedMeanwhile(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		_, err := h.Change(t.Context(), brand, a.ID, "renamed", nil)
		require.NoError(t, err)
		a.Name = "too late"
		err = h.update(t.Context(), a)
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
		require.Equal(t, "renamed", h.account(a.ID).Name)

		fresh := h.account(a.ID)
		fresh.State = hilft.AccountStarting
		_, err = h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		require.NoError(t, h.update(t.Context(), fresh))
		require.Equal(t, hilft.AccountPaused, h.account(a.ID).State, "an administrator switched it off")

		fresh = h.account(a.ID)
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		require.Equal(t, hilft.Conflict, hilft.KindOf(h.update(t.Context(), fresh)))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM account WHERE removed_at <> 0`))
	})
}

func TestASignInElsewhereTakesNothingAlong(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		start := func(settings channel.Settings, again hilft.AccountID) url.Values {
			to, err := h.StartSignIn(t.Context(), brand, "wire", "", settings, again, "https://desk.example/back", "browser")
			require.NoError(t, err)
			u, err := url.Parse(to)
			require.NoError(t, err)
			return u.Query()
		}
		finish := func(state string) Account {
			a, err := h.FinishSignIn(t.Context(), url.Values{"state": {state}, "code": {"ok"}}, "https://desk.example/back", "browser")
			require.NoError(t, err)
			return a
		}
		a := finish(start(channel.Settings{"host": "here"}, "").Get("state"))
		require.Contains(t, a.Set, "token")

		start(nil, a.ID) // the same again, abandoned: it goes on as it was
		got := h.account(a.ID)
		require.Equal(t, a.State, got.State)
		require.Contains(t, got.Set, "token")

		state := start(channel.Settings{"host": "there"}, a.ID).Get("state")
		got = h.account(a.ID)
		require.Equal(t, hilft.AccountSignIn, got.State, "nothing is heard or sent until the sign-in is done")
		require.NotContains(t, got.Set, "token", "the other server would be shown a key to the first")
		got = finish(state)
		require.Equal(t, "there", got.Settings["host"])
		require.Contains(t, got.Set, "token")
		require.Equal(t, "self of there", got.Self.ID)
	})
}

func TestAnAccountConnectedTwiceSaysSo(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.connect("a")
		_, err := h.Connect(t.Context(), brand, "wire", "", channel.Settings{"host": "a"})
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
		require.ErrorContains(t, err, "account.already_connected", "another name would not help")
	})
}

func TestWhatWasAcknowledgedBeforeItsAccountWasRemovedIsListed(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		long := []byte(strings.Repeat("\x00\xffÄ", 50<<10)) // longer than a row takes
		require.NoError(t, h.Receive(t.Context(), a.ID, channel.Raw{Key: "1", Kind: "letter", Body: long}))
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		h.works()
		var all []Stuck
		h.see("it is listed", func() bool {
			var err error
			all, err = h.StuckOnes(t.Context(), brand, 10)
			require.NoError(t, err)
			return len(all) == 1
		})
		raw, err := h.RawOf(t.Context(), brand, all[0].ID)
		require.NoError(t, err)
		require.Equal(t, long, raw)
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.ReadAgain(t.Context(), brand, all[0].ID)), "nobody could read it")
		all, err = h.StuckOnes(t.Context(), brand, 10)
		require.NoError(t, err)
		require.Len(t, all, 1)
	})
}
