// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Interface guards.
var (
	_ channel.Connector     = Connector{}
	_ channel.SignInStarter = Connector{}
	_ channel.Line          = (*line)(nil)
	_ channel.Poller        = (*line)(nil)
	_ channel.Streamer      = (*line)(nil)
	_ channel.ReadBacker    = (*line)(nil)
	_ channel.Looker        = (*line)(nil)
	_ channel.Limiter       = (*line)(nil)
)

// Settings of an account.
const (
	setURL          = "url"
	setClientID     = "client_id"
	setClientSecret = "client_secret"
	setVerifier     = "code_verifier" // between the two halves of a sign-in
	setToken        = "access_token"
)

// What a server takes where nobody changed it, and until it has told.
const (
	usualTextMax   = 500
	usualURLLength = 23
)

// limitsStand is for how long an instance's limits are believed.
const limitsStand = time.Hour

// Connector is Mastodon. The zero value is ready.
type Connector struct{}

// Describe returns what Mastodon is and can do.
func (Connector) Describe() channel.Description {
	return channel.Description{
		ID:   "mastodon",
		Name: channel.Text{"de": "Mastodon", "en": "Mastodon"},
		About: channel.Text{
			"de": "Erwähnungen und Direktnachrichten eines Mastodon-Kontos empfangen und beantworten.",
			"en": "Receive and answer mentions and direct messages of a Mastodon account.",
		},
		Guide: []channel.Text{
			{
				"de": "Legen Sie auf einem Mastodon-Server das Konto der Marke an, falls es noch keines gibt.",
				"en": "Create the brand’s account on a Mastodon server if there is none yet.",
			},
			{
				"de": "Öffnen Sie dort Einstellungen → Benachrichtigungen und lassen Sie private Erwähnungen von allen zu. Sonst kommen Direktnachrichten von Fremden erst mit der nächsten Abfrage an.",
				"en": "Open Preferences → Notifications there and accept private mentions from everybody. Otherwise direct messages by strangers arrive only with the next poll.",
			},
			{
				"de": "Tragen Sie die Adresse des Servers ein und melden Sie sich dort als das Konto der Marke an.",
				"en": "Enter the server’s address and sign in there as the brand’s account.",
			},
		},
		Settings: []channel.Field{
			{
				Key: setURL, Kind: channel.FieldURL, Required: true, Example: "https://mastodon.social",
				Label: channel.Text{"de": "Server", "en": "Server"},
				Help: channel.Text{
					"de": "Adresse des Mastodon-Servers, auf dem das Konto liegt.",
					"en": "Address of the Mastodon server that the account lives on.",
				},
			},
			{Key: setClientID, Kind: channel.FieldText, Hidden: true, Label: channel.Text{"de": "Client-ID", "en": "Client ID"}},
			{Key: setClientSecret, Kind: channel.FieldSecret, Hidden: true, Label: channel.Text{"de": "Client-Geheimnis", "en": "Client secret"}},
			{Key: setVerifier, Kind: channel.FieldSecret, Hidden: true, Label: channel.Text{"de": "Anmeldeprüfwert", "en": "Code verifier"}},
			{Key: setToken, Kind: channel.FieldSecret, Hidden: true, Label: channel.Text{"de": "Zugriffstoken", "en": "Access token"}},
		},
		Rooms: []channel.Room{
			{
				Visibility: hilft.Public,
				Name:       channel.Text{"de": "Öffentlicher Beitrag", "en": "Public post"},
				Caution: channel.Text{
					"de": "Alle können das lesen.",
					"en": "Everybody can read this.",
				},
			},
			{
				Visibility: hilft.Private,
				Name:       channel.Text{"de": "Direktnachricht", "en": "Direct message"},
				Caution: channel.Text{
					"de": "Nicht Ende-zu-Ende-verschlüsselt: Wer einen der beteiligten Server betreibt, kann mitlesen. Auch wer im Text mit @ erwähnt wird, liest mit.",
					"en": "Not end-to-end encrypted: whoever runs one of the servers involved can read it. So can everybody who is mentioned with @ in the text.",
				},
			},
		},
		Can: channel.Abilities{
			Poll: channel.Full, Stream: channel.Full, ReadBack: channel.Full, SignIn: channel.Full,
			MovePrivate: channel.Full, Edits: channel.Full, Deletions: channel.Partial,
			Look: channel.Full, Files: channel.Full,
		},
		Limits: channel.Limits{
			TextMax: usualTextMax, Counting: channel.CountGraphemes, URLLength: usualURLLength, Addressed: true, Warning: true, Describes: true,
			FilesMax: usualFilesMax, FileSize: usualFileSize, PerMinute: 60,
		},
		Policy: channel.Policy{PollEvery: time.Minute, Backfill: 7 * 24 * time.Hour},
	}
}

// Check proves that a Mastodon server answers and takes the token, and tells whose it is.
func (Connector) Check(ctx context.Context, acc channel.Account, env channel.Env) (channel.Self, error) {
	self, err := check(ctx, acc, env)
	if err != nil {
		return channel.Self{}, fmt.Errorf("mastodon: check: %w", err)
	}
	return self, nil
}

func check(ctx context.Context, acc channel.Account, env channel.Env) (channel.Self, error) {
	c, err := newClient(acc.Settings, env)
	if err != nil {
		return channel.Self{}, err
	}
	about, err := c.instance(ctx)
	if err != nil {
		return channel.Self{}, unreachable(ctx, err)
	}
	if c.token == "" {
		return channel.Self{}, channel.ErrSignIn
	}
	me, err := c.me(ctx)
	if err != nil {
		return channel.Self{}, err
	}
	full := fullAcct(me.Acct, about.Domain)
	return channel.Self{
		ID: strings.ToLower(full), Handle: "@" + full, Name: cmp.Or(me.DisplayName, me.Username), URL: me.URL,
	}, nil
}

// unreachable tells an administrator that the address is wrong, where that is what it looks like.
func unreachable(ctx context.Context, err error) error {
	var limited *channel.RateLimited
	if ctx.Err() != nil || errors.As(err, &limited) {
		return err
	}
	reason := channel.ReasonUnreachable
	if no, answered := errors.AsType[*statusError](err); answered && no.code < 500 || errors.Is(err, errUnreadable) {
		reason = channel.ReasonBadSettings // something answers, but no Mastodon server
	}
	return &channel.Rejected{Reason: reason, Detail: err.Error(), Field: setURL}
}

// Open opens the account's line. It does not call the server.
func (Connector) Open(_ context.Context, acc channel.Account, env channel.Env) (channel.Line, error) {
	c, err := newClient(acc.Settings, env)
	if err != nil {
		return nil, fmt.Errorf("mastodon: open: %w", err)
	}
	if c.token == "" {
		return nil, fmt.Errorf("mastodon: open: %w", channel.ErrSignIn)
	}
	return &line{c: c, acc: acc, env: env, home: homeDomain(acc), silence: silence, closed: make(chan struct{})}, nil
}

// line is one signed-in account. What it keeps is a convenience: it may be lost at any time.
type line struct {
	c       *client
	acc     channel.Account
	env     channel.Env
	home    string        // the domain of accounts that are named without one
	silence time.Duration // after which a stream counts as broken
	closed  chan struct{}
	close   sync.Once

	mu    sync.Mutex
	ours  string // our account's id on this server
	about instance
	asked time.Time // when about was read
}

// Close ends the line's stream.
func (l *line) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

// Limits tells what the account's server takes.
func (l *line) Limits(ctx context.Context) (channel.Limits, error) {
	about, err := l.instance(ctx)
	if err != nil {
		return channel.Limits{}, fmt.Errorf("mastodon: limits: %w", err)
	}
	limits := Connector{}.Describe().Limits
	limits.TextMax = about.Configuration.Statuses.MaxCharacters
	limits.URLLength = about.Configuration.Statuses.URLLength
	limits.FilesMax, limits.FileSize = about.Configuration.Statuses.FilesMax, about.Configuration.Media.ImageSize
	return limits, nil
}

// instance is what the server tells about itself, at most an hour old.
func (l *line) instance(ctx context.Context) (instance, error) {
	now := l.env.Now()
	l.mu.Lock()
	about, asked := l.about, l.asked
	l.mu.Unlock()
	if !asked.IsZero() && now.Sub(asked) < limitsStand {
		return about, nil
	}
	about, err := l.c.instance(ctx)
	if err != nil {
		return instance{}, err
	}
	l.mu.Lock()
	l.about, l.asked = about, now
	l.mu.Unlock()
	return about, nil
}

// ourID is the id under which the server knows our account.
func (l *line) ourID(ctx context.Context) (string, error) {
	l.mu.Lock()
	id := l.ours
	l.mu.Unlock()
	if id != "" {
		return id, nil
	}
	me, err := l.c.me(ctx)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	l.ours = me.ID
	l.mu.Unlock()
	return me.ID, nil
}

// homeDomain is the domain of the accounts of our server. It is not always the server's address, so what Check found
// out goes first.
func homeDomain(acc channel.Account) string {
	if _, domain, ok := strings.Cut(acc.Self.ID, "@"); ok && domain != "" {
		return domain
	}
	if u, err := url.Parse(acc.Settings[setURL]); err == nil {
		return u.Hostname()
	}
	return ""
}

// fullAcct names an account with its domain.
func fullAcct(acct, home string) string {
	if strings.Contains(acct, "@") || home == "" {
		return acct
	}
	return acct + "@" + home
}
