// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
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
	_ channel.CanaryReader  = Connector{}
	_ channel.CanarySender  = (*line)(nil)
)

// Connector is the connector for e-mail. The zero value is ready.
type Connector struct {
	// Roots are the certificate authorities that mail servers are checked against; nil: those of the system.
	Roots *x509.CertPool
}

// Sizes of what is fetched and sent.
const (
	rawMax      = 40 << 20  // a larger mail is fetched in its beginning only
	oversizeCut = 256 << 10 // bytes of that beginning
	fileMax     = 20 << 20
)

// Describe tells what mail is and can do.
func (Connector) Describe() channel.Description {
	return channel.Description{
		ID:   "mail",
		Name: channel.Text{"de": "E-Mail", "en": "E-mail"},
		About: channel.Text{
			"de": "Ein Postfach, aus dem hilft liest und über das es antwortet; es löscht und verschiebt darin nichts.",
			"en": "A mailbox that hilft reads and answers from; it deletes and moves nothing there.",
		},
		Guide: []channel.Text{
			{"de": "Ein eigenes Postfach für den Kundendienst anlegen, etwa support@ihre-firma.de.", "en": "Create a mailbox of its own for customer service, such as support@your-company.com."},
			{"de": "IMAP beim Anbieter einschalten. Mit Zwei-Faktor-Anmeldung ein App-Passwort erzeugen.", "en": "Switch on IMAP at the provider. With two-factor sign-in, make an app password."},
			{"de": "Server und Anschluss für IMAP und SMTP beim Anbieter nachsehen und hier eintragen.", "en": "Look up the servers and ports for IMAP and SMTP at the provider and enter them here."},
			{
				"de": "Microsoft 365: im Entra Admin Center eine App registrieren (Web, Umleitung an die öffentliche Adresse von hilft mit /api/sign-in/callback), die Berechtigungen IMAP.AccessAsUser.All, SMTP.Send und offline_access geben, ein Geheimnis anlegen und beim Postfach „Authentifiziertes SMTP“ einschalten.",
				"en": "Microsoft 365: register an app in the Entra admin center (web, redirect to hilft’s public address with /api/sign-in/callback), give it the permissions IMAP.AccessAsUser.All, SMTP.Send and offline_access, make a secret, and switch on “Authenticated SMTP” for the mailbox.",
			},
			{
				"de": "Google: in der Google Cloud Console einen OAuth-Client anlegen (Webanwendung, dieselbe Umleitung) und den Bereich https://mail.google.com/ freigeben. Für eine App, die noch „im Test“ ist, endet jede Anmeldung nach sieben Tagen.",
				"en": "Google: make an OAuth client in the Google Cloud console (web application, the same redirect) and allow the scope https://mail.google.com/. For an app that is still “in testing” every sign-in ends after seven days.",
			},
		},
		Settings: fields(),
		Rooms:    []channel.Room{{Visibility: hilft.Private, Name: channel.Text{"de": "E-Mail", "en": "E-mail"}}},
		Can:      channel.Abilities{Poll: channel.Full, Stream: channel.Full, ReadBack: channel.Partial, SignIn: channel.Partial, Files: channel.Full, Begin: channel.Full, Canary: channel.Full},
		Limits:   channel.Limits{Subject: true, FilesMax: 20, FileSize: fileMax, FilesSize: fileMax},
		Policy:   channel.Policy{PollEvery: time.Minute, Backfill: 14 * 24 * time.Hour, ThreadIsConcern: true, SenderIDs: true, Receipts: true, RawMax: rawMax},
	}
}

// Check signs in to both servers.
func (c Connector) Check(ctx context.Context, acc channel.Account, env channel.Env) (channel.Self, error) {
	set, err := read(acc.Settings)
	if err != nil {
		return channel.Self{}, err
	}
	l := c.line(set, acc, env)
	defer func() { _ = l.Close() }()
	ctx, end, err := l.begin(ctx, 25*time.Second)
	if err != nil {
		return channel.Self{}, err
	}
	defer end()

	mailbox, err := l.signIn(ctx, nil)
	if err != nil {
		return channel.Self{}, fmt.Errorf("mail: check: %w", inSetting(err, set.imap))
	}
	_, err = mailbox.Select(set.folder, readOnly).Wait()
	mailbox.close()
	if err != nil {
		return channel.Self{}, fmt.Errorf("mail: check: %w", inFolder(err))
	}
	out, err := l.submission(ctx)
	if err != nil {
		return channel.Self{}, fmt.Errorf("mail: check: %w", inSetting(err, set.smtp))
	}
	out.close()
	return channel.Self{ID: set.address, Handle: set.address, Name: set.name}, nil
}

// inSetting adds to an error the setting that is to blame, as far as can be told.
func inSetting(err error, s server) error {
	if errors.Is(err, channel.ErrSignIn) && s.oauth {
		return fmt.Errorf("%w: %w", err, &channel.Rejected{Reason: channel.ReasonBadSettings, Field: setAuth, Detail: detail(err)})
	}
	if errors.Is(err, channel.ErrSignIn) {
		return fmt.Errorf("%w: %w", err, &channel.Rejected{Reason: channel.ReasonBadSettings, Field: s.key(setPassword), Detail: detail(err)})
	}
	stage, ok := errors.AsType[*dialError](err)
	if !ok {
		return err
	}
	reason, field := channel.ReasonUnreachable, s.key(setHost)
	if stage.tls {
		reason, field = channel.ReasonBadSettings, s.key(setSecurity)
	}
	return fmt.Errorf("%w: %w", err, &channel.Rejected{Reason: reason, Field: field, Detail: detail(err)})
}

// detail is what an administrator may read of an error.
func detail(err error) string { return oneLine(err.Error(), 300) }

// Open opens the line. It connects only when it is asked for something.
func (c Connector) Open(_ context.Context, acc channel.Account, env channel.Env) (channel.Line, error) {
	set, err := read(acc.Settings)
	if err != nil {
		return nil, err
	}
	return c.line(set, acc, env), nil
}

func (c Connector) line(set settings, acc channel.Account, env channel.Env) *line {
	return &line{set: set, acc: acc, env: env, roots: c.Roots, kept: acc.Settings, running: map[*context.CancelCauseFunc]bool{}}
}

// line is one mailbox. Every call opens a connection of its own and closes it: a mailbox is read once a minute, and a
// connection that has silently died in between would cost more than the sign-in.
type line struct {
	set   settings
	acc   channel.Account
	env   channel.Env
	roots *x509.CertPool

	mu      sync.Mutex
	kept    channel.Settings // with the newest token
	closed  bool
	running map[*context.CancelCauseFunc]bool
}

var errClosed = errors.New("mail: the line is closed")

// begin gives a call a context that ends with the line, with its caller, or after at most. The caller calls end.
func (l *line) begin(ctx context.Context, most time.Duration) (_ context.Context, end func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, stop := context.WithTimeout(ctx, most)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		stop()
		cancel(errClosed)
		return nil, nil, errClosed
	}
	l.running[&cancel] = true
	return ctx, func() {
		l.mu.Lock()
		delete(l.running, &cancel)
		l.mu.Unlock()
		stop()
		cancel(nil)
	}, nil
}

// Close ends the line and every call that runs on it.
func (l *line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for cancel := range l.running {
		(*cancel)(errClosed)
	}
	return nil
}

// dialError is a connection that could not be made; tls: the server is there, but not with the security we want.
type dialError struct {
	tls bool
	err error
}

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// because adds to an error why its context has ended, if it has.
func because(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}

// Guess proposes servers for an address, as they are with most providers. They are placeholders: nothing is looked up.
func Guess(address string) channel.Settings {
	_, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if !ok || domain == "" {
		return channel.Settings{}
	}
	return channel.Settings{setIMAPHost: "imap." + domain, setSMTPHost: "smtp." + domain, setUser: strings.TrimSpace(address)}
}
