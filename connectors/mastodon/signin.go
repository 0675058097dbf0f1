// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/hilft/hilft/channel"
)

// scopes are all that is asked for. Streaming needs those of what it streams.
const scopes = "read:accounts read:statuses read:notifications write:statuses write:media"

// SignInStart registers hilft as an app on the server that the settings name, and sends the administrator there. Every
// sign-in registers anew: an app is bound to the callback's address, which may have changed.
//
// The code is protected by PKCE (S256). Servers before version 4.3 take no notice of it.
func (Connector) SignInStart(ctx context.Context, settings channel.Settings, env channel.Env, callback, state string) (channel.SignInStep, error) {
	c, err := newClient(settings, env)
	if err != nil {
		return channel.SignInStep{}, fmt.Errorf("mastodon: sign in: %w", err)
	}
	c.token = ""
	var app struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	form := url.Values{"client_name": {"hilft"}, "redirect_uris": {callback}, "scopes": {scopes}}
	if env.PublicURL != "" {
		form.Set("website", env.PublicURL)
	}
	if err := c.postForm(ctx, "/api/v1/apps", form, &app); err != nil {
		return channel.SignInStep{}, fmt.Errorf("mastodon: register app: %w", unreachable(ctx, err))
	}
	if app.ClientID == "" || app.ClientSecret == "" {
		return channel.SignInStep{}, fmt.Errorf("mastodon: register app: %w", unreachable(ctx, errUnreadable))
	}
	verifier := oauth2.GenerateVerifier()
	u := c.base.JoinPath("/oauth/authorize")
	u.RawQuery = url.Values{
		"response_type": {"code"}, "client_id": {app.ClientID}, "redirect_uri": {callback}, "scope": {scopes}, "state": {state},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	return channel.SignInStep{URL: u.String(), Keep: channel.Settings{
		setClientID: app.ClientID, setClientSecret: app.ClientSecret, setVerifier: verifier,
	}}, nil
}

// SignInFinish exchanges the server's code for a token.
func (Connector) SignInFinish(ctx context.Context, settings channel.Settings, env channel.Env, callback string, answer url.Values) (channel.Settings, error) {
	if no := answer.Get("error"); no != "" {
		return nil, fmt.Errorf("mastodon: sign in: %w: %s", channel.ErrSignIn, no)
	}
	if answer.Get("code") == "" {
		return nil, fmt.Errorf("mastodon: sign in: %w: no code came back", channel.ErrSignIn)
	}
	c, err := newClient(settings, env)
	if err != nil {
		return nil, fmt.Errorf("mastodon: sign in: %w", err)
	}
	c.token = ""
	var token struct {
		AccessToken string `json:"access_token"`
		Scope       string `json:"scope"`
	}
	err = c.postForm(ctx, "/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {callback}, "scope": {scopes},
		"client_id": {settings[setClientID]}, "client_secret": {settings[setClientSecret]}, "code_verifier": {settings[setVerifier]},
	}, &token)
	if refused, ok := errors.AsType[*statusError](err); ok && refused.code/100 == 4 {
		return nil, fmt.Errorf("mastodon: sign in: %w: %w", channel.ErrSignIn, err)
	}
	if err != nil {
		return nil, fmt.Errorf("mastodon: sign in: %w", err)
	}
	if token.AccessToken == "" || !strings.Contains(token.Scope, "write") {
		return nil, fmt.Errorf("mastodon: sign in: %w: no token to write with", channel.ErrSignIn)
	}
	return channel.Settings{setToken: token.AccessToken, setVerifier: ""}, nil
}
