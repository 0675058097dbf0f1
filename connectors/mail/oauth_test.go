// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/mail"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

// signedIn is an account that has signed in at a provider with tokens.
type signedIn struct {
	*sandbox.Server
	env channel.Env
	acc channel.Account
}

const callback = "https://desk.example.org/api/sign-in/callback"

func signIn(t *testing.T, bearer bool) *signedIn {
	t.Helper()
	now := time.Now()
	s := sandbox.New(sandbox.Options{SavesSent: true, Bearer: bearer, Mailboxes: []sandbox.Box{
		{Address: support, Password: password}, {Address: "mira@example.org", Password: "m"},
	}})
	require.NoError(t, s.Start())
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	provider := httptest.NewServer(s.OAuth())
	t.Cleanup(provider.Close)
	in := &signedIn{Server: s, env: channeltest.NewEnv(t), acc: account(s, support, "")}
	in.acc.Since = now.Add(-time.Hour)
	maps.Copy(in.acc.Settings, channel.Settings{
		"auth": "oauth", "client_id": sandbox.ClientID, "client_secret": sandbox.ClientSecret, "scope": "mail offline",
		"authorize_url": provider.URL + "/authorize", "token_url": provider.URL + "/token",
	})
	in.again(t)
	return in
}

// again is what an administrator does who signs in, and what the house keeps of it.
func (in *signedIn) again(t *testing.T) {
	t.Helper()
	step, err := mail.Connector{}.SignInStart(t.Context(), in.acc.Settings, in.env, callback, "the-state")
	require.NoError(t, err)
	maps.Copy(in.acc.Settings, step.Keep)
	browser := *in.env.HTTP
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := browser.Get(step.URL)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "the-state", back.Query().Get("state"))
	more, err := mail.Connector{}.SignInFinish(t.Context(), in.acc.Settings, in.env, callback, back.Query())
	require.NoError(t, err)
	maps.Copy(in.acc.Settings, more)
	in.env.Renew = channeltest.Renew(in.acc.Settings)
	_, err = mail.Connector{}.Check(t.Context(), in.acc, in.env)
	require.NoError(t, err)
}

func (in *signedIn) open(t *testing.T) channel.Line {
	t.Helper()
	acc := in.acc
	acc.Settings = maps.Clone(acc.Settings)
	line, err := mail.Connector{}.Open(t.Context(), acc, in.env)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, line.Close()) })
	return line
}

func TestSignedInAtTheProviderMailComesAndGoes(t *testing.T) {
	t.Parallel()
	for name, bearer := range map[string]bool{"XOAUTH2": false, "OAUTHBEARER": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := signIn(t, bearer)
			line := in.open(t)
			_, err := in.Send(sandbox.Mail{From: "mira@example.org", To: support, Subject: "Kein Internet", Text: "Seit gestern."})
			require.NoError(t, err)
			batch, err := line.(channel.Poller).Poll(t.Context(), "")
			require.NoError(t, err)
			require.Len(t, batch.Raws, 1)
			_, err = line.Send(t.Context(), answer("key-1"))
			require.NoError(t, err)
			require.Len(t, in.Mailbox("mira@example.org"), 1)
			require.Zero(t, in.Renewed(), "a token that is good is not asked for again")
		})
	}
}

func TestATokenIsRenewedBeforeItEndsAndWhenItIsNotTaken(t *testing.T) {
	t.Parallel()
	for name, bearer := range map[string]bool{"XOAUTH2": false, "OAUTHBEARER": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := signIn(t, bearer)
			line, other := in.open(t), in.open(t)
			in.Expire() // before its time, so that only the servers can tell
			_, err := line.(channel.Poller).Poll(t.Context(), "")
			require.NoError(t, err)
			require.Equal(t, 1, in.Renewed())
			_, err = other.Send(t.Context(), answer("key-1"))
			require.NoError(t, err)
			require.Equal(t, 1, in.Renewed(), "what one line was given, the others take")

			in.env.Now = func() time.Time { return time.Now().Add(58 * time.Minute) }
			_, err = in.open(t).(channel.Poller).Poll(t.Context(), "")
			require.NoError(t, err)
			require.Equal(t, 2, in.Renewed())
		})
	}
}

func TestWhatIsTakenBackAsksForASignInAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, bearer := range map[string]bool{"XOAUTH2": false, "OAUTHBEARER": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := signIn(t, bearer)
			in.Revoke()
			line := in.open(t)
			_, err := line.Send(t.Context(), answer("key-1"))
			require.Equal(t, channeltest.SignIn, channeltest.MeaningOf(err), "%v", err)
			_, err = line.(channel.Poller).Poll(t.Context(), "")
			require.Equal(t, channeltest.SignIn, channeltest.MeaningOf(err), "%v", err)
			require.Empty(t, in.Mailbox("mira@example.org"))

			in.again(t)
			_, err = in.open(t).Send(t.Context(), answer("key-1"))
			require.NoError(t, err)
			require.Len(t, in.Mailbox("mira@example.org"), 1)
		})
	}
}

func TestAProviderInTroubleIsNoSignIn(t *testing.T) {
	t.Parallel()
	in := signIn(t, false)
	in.Expire()
	in.Fail(sandbox.Down)
	_, err := in.open(t).Send(t.Context(), answer("key-1"))
	require.Equal(t, channeltest.Temporary, channeltest.MeaningOf(err), "%v", err)
	in.Fail(sandbox.Well)
	in.env.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	in.acc.Settings["token_url"] = "http://127.0.0.1:1/token"
	_, err = in.open(t).Send(t.Context(), answer("key-1"))
	require.Equal(t, channeltest.Temporary, channeltest.MeaningOf(err), "%v", err)
}

func TestASignInAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings channel.Settings
		field    string
		url      string
	}{
		"Microsoft": {
			channel.Settings{"auth": "microsoft", "client_id": "app", "tenant": "nordnetz.example"},
			"",
			"https://login.microsoftonline.com/nordnetz.example/oauth2/v2.0/authorize?",
		},
		"Google":                     {channel.Settings{"auth": "google", "client_id": "app", "client_secret": "x"}, "", "https://accounts.google.com/o/oauth2/v2/auth?"},
		"Microsoft without a tenant": {channel.Settings{"auth": "microsoft", "client_id": "app"}, "tenant", ""},
		"Google without a secret":    {channel.Settings{"auth": "google", "client_id": "app"}, "client_secret", ""},
		"no app":                     {channel.Settings{"auth": "google", "client_secret": "x"}, "client_id", ""},
		"another's without a page":   {channel.Settings{"auth": "oauth", "client_id": "app", "token_url": "https://id.example/token"}, "authorize_url", ""},
		"tokens in the clear": {
			channel.Settings{"auth": "oauth", "client_id": "app", "authorize_url": "https://id.example/", "token_url": "http://id.example/token"}, "token_url", "",
		},
		"a password": {channel.Settings{"password": "x", "imap_host": "i.example", "smtp_host": "s.example"}, "auth", ""},
	} {
		c.settings["address"] = support
		step, err := mail.Connector{}.SignInStart(t.Context(), c.settings, channel.Env{}, callback, "s")
		if c.field != "" {
			rejected := new(channel.Rejected)
			require.ErrorAs(t, err, &rejected, name)
			require.Equal(t, c.field, rejected.Field, name)
			continue
		}
		require.NoError(t, err, name)
		require.Contains(t, step.URL, c.url, name)
		u, err := url.Parse(step.URL)
		require.NoError(t, err)
		q := u.Query()
		require.Equal(t, []string{"app", callback, "s", "S256", support}, []string{q.Get("client_id"), q.Get("redirect_uri"), q.Get("state"), q.Get("code_challenge_method"), q.Get("login_hint")}, name)
		require.NotEmpty(t, q.Get("scope"), name)
	}
}
