// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"golang.org/x/oauth2"

	"github.com/hilft/hilft/channel"
)

// How an account signs in to its servers.
const (
	byPassword  = "password"
	byMicrosoft = "microsoft"
	byGoogle    = "google"
	byOAuth     = "oauth" // another provider's, with addresses of its own
)

// early is how long before its end a token is renewed: our clock and the provider's differ, and a sign-in takes a moment.
const early = 3 * time.Minute

// oauth is what is needed to sign in with tokens.
type oauth struct {
	config  oauth2.Config
	options []oauth2.AuthCodeOption // of the page to which the administrator goes
}

// readOAuth reads how tokens are got; nil: the account signs in with a password.
func readOAuth(s channel.Settings) (*oauth, error) {
	by := s[setAuth]
	if by == "" || by == byPassword {
		return nil, nil //nolint:nilnil // a password is an answer
	}
	o := &oauth{config: oauth2.Config{ClientID: strings.TrimSpace(s[setClientID]), ClientSecret: s[setClientSecret]}}
	if o.config.ClientID == "" {
		return nil, needed(setClientID)
	}
	o.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	switch by {
	case byMicrosoft:
		tenant := strings.TrimSpace(s[setTenant])
		if tenant == "" {
			return nil, needed(setTenant)
		}
		at := "https://login.microsoftonline.com/" + url.PathEscape(tenant) + "/oauth2/v2.0/"
		o.config.Endpoint.AuthURL, o.config.Endpoint.TokenURL = at+"authorize", at+"token"
		o.config.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"}
		o.options = []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("response_mode", "query")}
	case byGoogle:
		if o.config.ClientSecret == "" {
			return nil, needed(setClientSecret)
		}
		o.config.Endpoint.AuthURL, o.config.Endpoint.TokenURL = "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"
		o.config.Scopes = []string{"https://mail.google.com/"}
		// Without asking for consent again it gives no refresh token to whoever has signed in before.
		o.options = []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent")}
	case byOAuth:
		o.config.Endpoint.AuthURL, o.config.Endpoint.TokenURL = s[setAuthorizeURL], s[setTokenURL]
		o.config.Scopes = strings.Fields(s[setScope])
		for _, key := range []string{setAuthorizeURL, setTokenURL} {
			u, err := url.Parse(s[key])
			switch {
			case s[key] == "":
				return nil, needed(key)
			case err != nil || u.Scheme != "https" && !loopback(u.Hostname()):
				return nil, wrong(key, "an address with https is needed")
			}
		}
	default:
		return nil, wrong(setAuth, "not a way to sign in")
	}
	return o, nil
}

// SignInStart sends the administrator to the provider. The code that comes back is of use only together with the verifier
// that we keep (PKCE).
func (Connector) SignInStart(_ context.Context, s channel.Settings, _ channel.Env, callback, state string) (channel.SignInStep, error) {
	set, err := read(s)
	if err != nil {
		return channel.SignInStep{}, fmt.Errorf("mail: sign in: %w", err)
	}
	if set.oauth == nil {
		return channel.SignInStep{}, fmt.Errorf("mail: sign in: %w", wrong(setAuth, "the account signs in with a password"))
	}
	verifier := oauth2.GenerateVerifier()
	config := set.oauth.config
	config.RedirectURL = callback
	options := append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", set.imap.user)}, set.oauth.options...)
	return channel.SignInStep{URL: config.AuthCodeURL(state, options...), Keep: channel.Settings{setVerifier: verifier}}, nil
}

// SignInFinish exchanges the provider's code for tokens.
func (Connector) SignInFinish(ctx context.Context, s channel.Settings, env channel.Env, callback string, answer url.Values) (channel.Settings, error) {
	if no := answer.Get("error"); no != "" {
		return nil, fmt.Errorf("mail: sign in: %w: %s", channel.ErrSignIn, oneLine(no+" "+answer.Get("error_description"), 300))
	}
	if answer.Get("code") == "" {
		return nil, fmt.Errorf("mail: sign in: %w: no code came back", channel.ErrSignIn)
	}
	o, err := readOAuth(s)
	if err == nil && o == nil {
		err = wrong(setAuth, "the account signs in with a password")
	}
	if err != nil {
		return nil, fmt.Errorf("mail: sign in: %w", err)
	}
	config := o.config
	config.RedirectURL = callback
	token, err := config.Exchange(through(ctx, env), answer.Get("code"), oauth2.VerifierOption(s[setVerifier]))
	if err != nil {
		return nil, fmt.Errorf("mail: sign in: %w", tokenMeans(err))
	}
	if token.RefreshToken == "" {
		return nil, fmt.Errorf("mail: sign in: %w: the provider gives no refresh token to this app", channel.ErrSignIn)
	}
	kept := keptOf(token)
	kept[setVerifier] = ""
	return kept, nil
}

// through lets a call go out by the house's client.
func through(ctx context.Context, env channel.Env) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, env.HTTP)
}

// keptOf is what is kept of a token, as settings.
func keptOf(token *oauth2.Token) channel.Settings {
	s := channel.Settings{setAccess: token.AccessToken, setExpires: ""}
	if !token.Expiry.IsZero() {
		s[setExpires] = token.Expiry.UTC().Format(time.RFC3339)
	}
	if token.RefreshToken != "" { // some give a new one each time, and others the first one only
		s[setRefresh] = token.RefreshToken
	}
	return s
}

// good tells whether a kept token can be used.
func good(s channel.Settings, refused string, now time.Time) bool {
	if s[setAccess] == "" || s[setAccess] == refused {
		return false
	}
	ends, err := time.Parse(time.RFC3339, s[setExpires])
	return s[setExpires] == "" || err == nil && now.Add(early).Before(ends)
}

// token is a token that the servers should take. refused is one that they did not.
func (l *line) token(ctx context.Context, refused string) (string, error) {
	l.mu.Lock()
	kept := l.kept
	l.mu.Unlock()
	if good(kept, refused, l.env.Now()) {
		return kept[setAccess], nil
	}
	kept, err := l.env.Renew(ctx, func(ctx context.Context, kept channel.Settings) (channel.Settings, error) {
		if good(kept, refused, l.env.Now()) {
			return nil, nil
		}
		if kept[setRefresh] == "" {
			return nil, fmt.Errorf("%w: nobody has signed in yet", channel.ErrSignIn)
		}
		token, err := l.set.oauth.config.TokenSource(through(ctx, l.env), &oauth2.Token{RefreshToken: kept[setRefresh]}).Token()
		if err != nil {
			return nil, tokenMeans(err)
		}
		return keptOf(token), nil
	})
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	l.mu.Lock()
	l.kept = kept
	l.mu.Unlock()
	return kept[setAccess], nil
}

// tokenMeans reads what an error of the provider means. Its no to what we have needs a person; everything else passes.
func tokenMeans(err error) error {
	no, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return err
	}
	why := oneLine(strings.TrimSpace(no.ErrorCode+" "+no.ErrorDescription), 300)
	if status := no.Response.StatusCode; status/100 != 4 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return fmt.Errorf("the provider answers %d %s", status, why)
	}
	return fmt.Errorf("%w: %s", channel.ErrSignIn, why)
}

// errToken says that a server does not take a token.
var errToken = errors.New("the server does not take the token")

// bearer signs in with a token, by the mechanism that a server offers.
func bearer(mechanisms func(string) bool, s server, token string) sasl.Client {
	if !mechanisms("XOAUTH2") && mechanisms(sasl.OAuthBearer) {
		port, _ := strconv.Atoi(s.port) // checked with the settings
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: s.user, Token: token, Host: s.host, Port: port})
	}
	return &xoauth2{s.user, token}
}

// xoauth2 is the mechanism of Microsoft and Google, older than RFC 7628.
type xoauth2 struct{ user, token string }

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is called only to be told why not.
func (*xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, fmt.Errorf("%w: %s", errToken, oneLine(string(challenge), 200))
}

// tokenRefused tells whether an error of a sign-in is the server's no to a token.
func tokenRefused(err error) bool {
	_, no := errors.AsType[*sasl.OAuthBearerError](err)
	return no || errors.Is(err, errToken)
}

// usual fills in the servers of the great providers.
func usual(by string, imap, smtp *server) {
	fill := func(s *server, host, port, security string) {
		if s.host == "" {
			s.host, s.port, s.security = host, port, security
		}
	}
	switch by {
	case byMicrosoft:
		fill(imap, "outlook.office365.com", "993", secTLS)
		fill(smtp, "smtp.office365.com", "587", secSTARTTLS)
	case byGoogle:
		fill(imap, "imap.gmail.com", "993", secTLS)
		fill(smtp, "smtp.gmail.com", "465", secTLS)
	}
}

// loopback tells whether a host is this machine by its very name.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
