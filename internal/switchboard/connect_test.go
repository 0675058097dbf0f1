// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"bytes"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

func TestSettingsAreProvedBeforeTheyAreKept(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		try := func(settings channel.Settings) (kind hilft.Kind, field string) {
			_, err := h.Connect(t.Context(), brand, "wire", "", settings)
			require.Error(t, err)
			e, ok := errors.AsType[*hilft.Error](err)
			require.True(t, ok)
			return e.Kind, e.Field
		}
		for name, c := range map[string]struct {
			settings channel.Settings
			field    string
		}{
			"nothing":           {nil, "host"},
			"unknown setting":   {channel.Settings{"host": "a", "colour": "red"}, "colour"},
			"no port":           {channel.Settings{"host": "a", "port": "x"}, "port"},
			"port out of reach": {channel.Settings{"host": "a", "port": "70000"}, "port"},
			"NUL":               {channel.Settings{"host": "a\x00b"}, "host"},
			"a novel":           {channel.Settings{"host": strings.Repeat("x", 9000)}, "host"},
			"nobody there":      {channel.Settings{"host": "nobody"}, ""},
			"wrong password":    {channel.Settings{"host": "wrong"}, "password"},
			"locked":            {channel.Settings{"host": "locked"}, ""},
			"panics":            {channel.Settings{"host": "panics"}, ""},
		} {
			kind, field := try(c.settings)
			require.Equal(t, hilft.Invalid, kind, name)
			require.Equal(t, c.field, field, name)
		}
		_, err := h.Connect(t.Context(), brand, "pigeon", "", nil)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		all, err := h.Accounts(t.Context(), brand)
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

func TestSecretsAreSealedAndNeverShown(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		require.Equal(t, []any{"@a", "self of a", "443"}, []any{a.Name, a.Self.ID, a.Settings["port"]})
		require.Equal(t, []string{"password"}, a.Set)
		require.NotContains(t, a.Settings, "password")
		require.Equal(t, "geheim-4711", h.channel(a).Settings["password"])
		require.Len(t, h.channel(a).Key, 32)
		b := h.connect("b")
		require.NotEqual(t, h.channel(a).Key, h.channel(b).Key, "each account has a key of its own")
		require.Zero(t, h.count(`SELECT COUNT(*) FROM account WHERE settings LIKE '%geheim%' OR self LIKE '%geheim%'`))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM event WHERE data LIKE '%geheim%'`))
		for _, file := range []string{h.path, h.path + "-wal"} {
			if content, err := os.ReadFile(file); err == nil {
				require.False(t, bytes.Contains(content, []byte("geheim-4711")), file)
			}
		}
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.Remove(t.Context(), brand, a.ID)))
	})
}

func TestAChangeKeepsWhatIsLeftEmpty(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		given := channel.Settings{"port": "8443"}
		b, err := h.Change(t.Context(), brand, a.ID, " Support ", given)
		require.NoError(t, err)
		require.Equal(t, []string{"Support", "a", "8443"}, []string{b.Name, b.Settings["host"], b.Settings["port"]})
		require.Equal(t, "geheim-4711", h.channel(b).Settings["password"])
		require.Equal(t, channel.Settings{"port": "8443"}, given, "what was given is not touched")
		c, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"password": "new"})
		require.NoError(t, err)
		require.Equal(t, []string{"Support", "new"}, []string{c.Name, h.channel(c).Settings["password"]})
		_, err = h.Change(t.Context(), brand, a.ID, "", channel.Settings{"host": "nobody"})
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		require.Equal(t, "a", h.account(a.ID).Settings["host"], "what does not work is not kept")
	})
}

func TestNamesAndAccountsAreThereOnce(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		var wg sync.WaitGroup
		var conflicts, fine atomic.Int32
		for range 6 { // several administrators, one account
			wg.Go(func() {
				_, err := h.Connect(t.Context(), brand, "wire", "", channel.Settings{"host": "b"})
				switch {
				case err == nil:
					fine.Add(1)
				case hilft.KindOf(err) == hilft.Conflict:
					conflicts.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, []int32{1, 5}, []int32{fine.Load(), conflicts.Load()})
		_, err := h.Connect(t.Context(), brand, "wire", "@a", channel.Settings{"host": "c"})
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
		_, err = h.Connect(t.Context(), brand, "wire", "another name", channel.Settings{"host": "a"})
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
		_, err = h.Change(t.Context(), brand, a.ID, "@b", nil)
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))
		other, err := h.Connect(t.Context(), "other", "wire", "", channel.Settings{"host": "a"})
		require.NoError(t, err, "another brand is another house")
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		require.NotEqual(t, a.ID, h.connect("a").ID, "what was removed can be connected again")
		require.Equal(t, "@a", other.Name)
	})
}

func TestBrandsAreWalls(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		ctx := t.Context()
		for verb, f := range map[string]func() error{
			"change": func() error { _, err := h.Change(ctx, "other", a.ID, "x", nil); return err },
			"pause":  func() error { _, err := h.Pause(ctx, "other", a.ID); return err },
			"resume": func() error { _, err := h.Resume(ctx, "other", a.ID); return err },
			"remove": func() error { return h.Remove(ctx, "other", a.ID) },
			"sign in": func() error {
				_, err := h.StartSignIn(ctx, "other", "wire", "", nil, a.ID, "cb", "browser")
				return err
			},
		} {
			require.Equal(t, hilft.NotFound, hilft.KindOf(f()), verb)
		}
		all, err := h.Accounts(ctx, "other")
		require.NoError(t, err)
		require.Empty(t, all)
		require.Equal(t, "@a", h.account(a.ID).Name)
	})
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Query().Get("state")
}

func TestAnAccountIsConnectedBySigningIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		address, err := h.StartSignIn(ctx, brand, "wire", "", channel.Settings{"host": "a"}, "", "https://desk.example/back", "browser")
		require.NoError(t, err)
		all, err := h.Accounts(ctx, brand)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, hilft.AccountSignIn, all[0].State)
		require.True(t, strings.HasPrefix(all[0].Name, "Wire "))

		state := stateOf(t, address)
		finish := func(state, code, browser string) (Account, error) {
			return h.FinishSignIn(ctx, url.Values{"state": {state}, "code": {code}}, "https://desk.example/back", browser)
		}
		for name, c := range map[string][2]string{
			"another browser":   {state, "other"},
			"forged":            {state[:len(state)-2] + "AA", "browser"},
			"another account":   {strings.Replace(state, string(all[0].ID), hilft.NewID(), 1), "browser"},
			"longer than given": {strings.Replace(state, ".1", ".9", 1), "browser"},
			"none":              {"", "browser"},
			"dots":              {"...", "browser"},
		} {
			_, err := finish(c[0], "c", c[1])
			require.Equal(t, hilft.Forbidden, hilft.KindOf(err), name)
		}
		_, err = finish(state, "denied", "browser")
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		a, err := finish(state, "c", "browser")
		require.NoError(t, err)
		require.Equal(t, []any{"@a", "token for c", hilft.AccountStarting}, []any{a.Name, h.channel(a).Settings["token"], a.State})

		// Again, by an administrator who thinks better of it: what works goes on working.
		address, err = h.StartSignIn(ctx, brand, "wire", "", nil, a.ID, "https://desk.example/back", "browser")
		require.NoError(t, err)
		require.Equal(t, hilft.AccountStarting, h.account(a.ID).State)
		require.Equal(t, "token for c", h.channel(h.account(a.ID)).Settings["token"])
		state = stateOf(t, address)
		h.clock.Forward(signInFor + 2*time.Second)
		_, err = finish(state, "d", "browser")
		require.Equal(t, hilft.Forbidden, hilft.KindOf(err), "too late")
		require.Len(t, must(h.Accounts(ctx, brand)), 1)
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAFailedSignInLeavesNoTraceInMemory(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		address, err := h.StartSignIn(ctx, brand, "wire", "", channel.Settings{"host": "nobody"}, "", "cb", "browser")
		require.NoError(t, err)
		_, err = h.FinishSignIn(ctx, url.Values{"state": {stateOf(t, address)}, "code": {"c"}}, "cb", "browser")
		require.Equal(t, hilft.Invalid, hilft.KindOf(err), "the network does not answer")
		a := must(h.Accounts(ctx, brand))[0]
		cached, err := h.Account(ctx, a.ID)
		require.NoError(t, err)
		require.Empty(t, h.channel(cached).Settings["token"], "what was not proved is not used")
	})
}
