// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

const callback = "https://desk.example.org/connect/callback"

// answersAtThePage does what an administrator does at the server's sign-in page, and returns what comes back.
func answersAtThePage(t *testing.T, page, as, answer string) url.Values {
	t.Helper()
	person := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := person.Get(page)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, string(body))
	form := url.Values{"account": {as}, "answer": {answer}}
	for _, m := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(string(body), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	u, err := url.Parse(page)
	require.NoError(t, err)
	u.RawQuery = ""
	res, err = person.PostForm(u.String(), form)
	require.NoError(t, err)
	_ = res.Body.Close()
	to, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, callback, to.Scheme+"://"+to.Host+to.Path)
	return to.Query()
}

func TestAnAdministratorSignsIn(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	env := n.Env(t)
	settings := channel.Settings{setURL: n.url + "/"}
	acc := channel.Account{Settings: settings}
	_, err := Connector{}.Check(t.Context(), acc, env)
	require.ErrorIs(t, err, channel.ErrSignIn, "not yet")

	step, err := Connector{}.SignInStart(t.Context(), settings, env, callback, "state-1")
	require.NoError(t, err)
	maps.Copy(settings, step.Keep)
	answer := answersAtThePage(t, step.URL, "@nordnetz@"+home, "authorise")
	require.Equal(t, "state-1", answer.Get("state"))

	wrong := maps.Clone(settings)
	wrong[setVerifier] = "somebody else’s"
	_, err = Connector{}.SignInFinish(t.Context(), wrong, env, callback, answer)
	require.ErrorIs(t, err, channel.ErrSignIn, "a code that was overheard is worth nothing")

	answer = answersAtThePage(t, step.URL, "@nordnetz@"+home, "authorise")
	more, err := Connector{}.SignInFinish(t.Context(), settings, env, callback, answer)
	require.NoError(t, err)
	maps.Copy(settings, more)
	require.Empty(t, settings[setVerifier])
	self, err := Connector{}.Check(t.Context(), acc, env)
	require.NoError(t, err)
	require.Equal(t, channel.Self{
		ID: "nordnetz@social.example", Handle: "@nordnetz@social.example", Name: "Nordnetz hilft", URL: n.url + "/@nordnetz",
	}, self)
	for _, f := range (Connector{}).Describe().Settings {
		delete(settings, f.Key)
	}
	require.Empty(t, settings, "every setting is described")
}

func TestAnAdministratorSaysNo(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	settings := channel.Settings{setURL: n.url}
	step, err := Connector{}.SignInStart(t.Context(), settings, n.Env(t), callback, "state-1")
	require.NoError(t, err)
	answer := answersAtThePage(t, step.URL, "@nordnetz@"+home, "deny")
	_, err = Connector{}.SignInFinish(t.Context(), settings, n.Env(t), callback, answer)
	require.ErrorIs(t, err, channel.ErrSignIn)
	_, err = Connector{}.SignInFinish(t.Context(), settings, n.Env(t), callback, url.Values{})
	require.ErrorIs(t, err, channel.ErrSignIn)
}

func TestAWrongAddressIsNamed(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	env := n.Env(t)
	require.NoError(t, n.server.Fail(sandbox.Garbage))
	for address, reason := range map[string]string{
		"":                      channel.ReasonBadSettings,
		"mastodon.social":       channel.ReasonBadSettings,
		"ftp://mastodon.social": channel.ReasonBadSettings,
		"http://127.0.0.1:1":    channel.ReasonUnreachable,
		n.url:                   channel.ReasonBadSettings,
	} {
		settings := channel.Settings{setURL: address, setToken: "token"}
		_, err := Connector{}.Check(t.Context(), channel.Account{Settings: settings}, env)
		var no *channel.Rejected
		require.ErrorAs(t, err, &no, address)
		require.Equal(t, reason, no.Reason, address)
		require.Equal(t, setURL, no.Field)
		_, err = Connector{}.SignInStart(t.Context(), settings, env, callback, "s")
		require.ErrorAs(t, err, &no, address)
		require.Equal(t, reason, no.Reason, address)
	}
}
