// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

var (
	_ channel.Connector  = Connector{}
	_ channel.Hooker     = Connector{}
	_ channel.ReadBacker = (*line)(nil)

	_ channel.CanaryReader = Connector{}
	_ channel.CanarySender = (*line)(nil)
)

// The settings of an account. They are stored, and so never change.
const (
	settingSecret   = "secret"
	settingPrevious = "previous_secret"
	settingCallback = "callback_url"
	settingLookup   = "lookup_url"
	settingName     = "name"
)

// Connector is the generic channel. The zero value is ready.
type Connector struct{}

// Describe says what any system can be as a network.
func (Connector) Describe() channel.Description {
	return channel.Description{
		ID:   "api",
		Name: channel.Text{"de": "Eigenes System", "en": "Your own system"},
		About: channel.Text{
			"de": "Verbindet ein beliebiges System über signierte HTTP-Aufrufe in beide Richtungen.",
			"en": "Connects any system by signed HTTP calls in both directions.",
		},
		Guide: []channel.Text{
			{
				"de": "Vereinbaren Sie mit der Gegenseite ein Geheimnis von mindestens 16 zufälligen Zeichen.",
				"en": "Agree with the other side on a secret of at least 16 random characters.",
			},
			{
				"de": "Lassen Sie sich die Adresse nennen, an die hilft Antworten schicken soll.",
				"en": "Ask for the address to which hilft is to send answers.",
			},
			{
				"de": "Geben Sie der Gegenseite nach dem Anlegen die Webhook-Adresse dieses Kontos.",
				"en": "Once the account is there, give the other side its webhook address.",
			},
		},
		Settings: []channel.Field{
			{
				Key: settingName, Kind: channel.FieldText, Example: "Nordnetz-App",
				Label: channel.Text{"de": "Name", "en": "Name"},
				Help:  channel.Text{"de": "Wie das System bei Ihnen heißt.", "en": "What you call the system."},
			},
			{
				Key: settingCallback, Kind: channel.FieldURL, Required: true, Example: "https://app.example.org/hilft",
				Label: channel.Text{"de": "Adresse für Antworten", "en": "Address for answers"},
				Help:  channel.Text{"de": "Hierhin schickt hilft, was geantwortet wird.", "en": "hilft posts what is answered to it."},
			},
			{
				Key: settingSecret, Kind: channel.FieldSecret, Required: true,
				Label: channel.Text{"de": "Geheimnis", "en": "Secret"},
				Help:  channel.Text{"de": "Beide Seiten unterschreiben damit.", "en": "Both sides sign with it."},
			},
			{
				Key: settingPrevious, Kind: channel.FieldSecret, Advanced: true,
				Label: channel.Text{"de": "Voriges Geheimnis", "en": "Previous secret"},
				Help: channel.Text{
					"de": "Gilt während eines Wechsels noch mit. Danach leeren.",
					"en": "Still valid while it is being replaced. Clear it afterwards.",
				},
			},
			{
				Key: settingLookup, Kind: channel.FieldURL, Advanced: true, Example: "https://app.example.org/hilft/lookup",
				Label: channel.Text{"de": "Adresse zum Nachfragen", "en": "Lookup address"},
				Help: channel.Text{
					"de": "Hier fragt hilft nach, ob eine Antwort angekommen ist, deren Bestätigung verloren ging.",
					"en": "hilft asks here whether an answer arrived whose acknowledgement was lost.",
				},
			},
		},
		Rooms: []channel.Room{
			{Visibility: hilft.Private, Name: channel.Text{"de": "Privat", "en": "Private"}},
			{Visibility: hilft.Public, Name: channel.Text{"de": "Öffentlich", "en": "Public"}},
		},
		Can: channel.Abilities{
			Hook:        channel.Full,
			ReadBack:    channel.Partial, // with a lookup address
			MovePrivate: channel.Full,
			Edits:       channel.Full,
			Deletions:   channel.Full,
			Files:       channel.Full,
			Canary:      channel.Full,
		},
		Limits: channel.Limits{Subject: true, FilesMax: 10, FileSize: 5 << 20},
		Policy: channel.Policy{RawMax: 20 << 20},
	}
}

// Check calls the callback with a signed request of the kind "check", which the other side answers like a message and
// does nothing about.
func (Connector) Check(ctx context.Context, acc channel.Account, env channel.Env) (channel.Self, error) {
	l, err := open(acc, env)
	if err != nil {
		return channel.Self{}, fmt.Errorf("api: check: %w", err)
	}
	if err := l.check(ctx); err != nil {
		return channel.Self{}, fmt.Errorf("api: check: %w", err)
	}
	self := channel.Self{ID: l.callback.Host + l.callback.Path, Handle: l.callback.Host, Name: acc.Settings[settingName]}
	if self.Name == "" {
		self.Name = l.callback.Host
	}
	return self, nil
}

// check calls the callback with what it answers and does nothing about.
func (l *line) check(ctx context.Context) error {
	a, err := l.post(ctx, outgoing{ID: "check-" + hilft.NewID(), Kind: "check", At: l.env.Now().UTC()})
	if err != nil {
		return fmt.Errorf("%w: %v", &channel.Rejected{Reason: channel.ReasonUnreachable, Detail: "nothing answers there", Field: settingCallback}, err) //nolint:errorlint // nothing was sent: its meaning must not count
	}
	if a.status/100 == 2 {
		if _, err := l.receipt(a, ""); err != nil {
			return bad(settingCallback, "the answer is neither empty nor a JSON object")
		}
		return l.checkLookup(ctx)
	}
	err = l.refusal(a)
	if _, limited := errors.AsType[*channel.RateLimited](err); limited || errors.Is(err, channel.ErrSignIn) {
		return err
	}
	return bad(settingCallback, fmt.Sprintf("answered %d to a check", a.status))
}

// checkLookup asks the lookup address, where there is one, for what cannot be there.
func (l *line) checkLookup(ctx context.Context) error {
	if l.lookup == nil {
		return nil
	}
	_, err := l.look(ctx, "check-"+hilft.NewID())
	switch {
	case errors.Is(err, channel.ErrNotThere):
		return nil
	case errors.Is(err, channel.ErrSignIn):
		return err
	case err == nil:
		return bad(settingLookup, "it knows a message that was never sent")
	}
	return bad(settingLookup, "it does not answer 404 to the id of a message that was never sent")
}

// Open needs nothing but settings that make sense.
func (Connector) Open(_ context.Context, acc channel.Account, env channel.Env) (channel.Line, error) {
	l, err := open(acc, env)
	if err != nil {
		return nil, fmt.Errorf("api: open: %w", err)
	}
	if l.lookup == nil { // nothing can be found out later, so a person is asked at once
		return struct {
			channel.Line
			channel.CanarySender
		}{l, l}, nil
	}
	return l, nil
}

// line is one system at the other end.
type line struct {
	env      channel.Env
	client   *http.Client
	secrets  []string
	callback *url.URL
	lookup   *url.URL // nil: there is none
}

func open(acc channel.Account, env channel.Env) (*line, error) {
	l := &line{env: env, secrets: secrets(acc.Settings)}
	if utf8.RuneCountInString(acc.Settings[settingSecret]) < secretMin {
		return nil, bad(settingSecret, fmt.Sprintf("the secret has less than %d characters", secretMin))
	}
	if p := acc.Settings[settingPrevious]; p != "" && utf8.RuneCountInString(p) < secretMin {
		return nil, bad(settingPrevious, fmt.Sprintf("the secret has less than %d characters", secretMin))
	}
	var err error
	if l.callback, err = address(settingCallback, acc.Settings); err != nil {
		return nil, err
	}
	if acc.Settings[settingLookup] != "" {
		if l.lookup, err = address(settingLookup, acc.Settings); err != nil {
			return nil, err
		}
	}
	client := *env.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	l.client = &client
	return l, nil
}

// Close has nothing to end: a line keeps no connection between two calls.
func (l *line) Close() error { return nil }

func address(key string, settings channel.Settings) (*url.URL, error) {
	u, err := url.Parse(settings[key])
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, bad(key, "not an http or https address")
	}
	return u, nil
}

func bad(field, detail string) error {
	return &channel.Rejected{Reason: channel.ReasonBadSettings, Detail: detail, Field: field}
}
