// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"github.com/hilft/hilft/connectors/mail/mailtest"
	"github.com/hilft/hilft/internal/app/apptest"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

// box is a mailbox of the stories.
type box struct{ Address, Password string }

var (
	desk = box{"support@nordnetz.example", "hafenlicht"}
	mira = box{"mira@example.org", "mira-liest"}
)

// mailProvider is where the desk's and the customer's mailbox are.
type mailProvider interface {
	settings() map[string]string
	deliver(m sandbox.Mail) error
	raw(raw []byte) error
	// await waits for a mail in the customer's mailbox.
	await(ctx context.Context, wanted func(raw []byte) bool) ([]byte, error)
	count() int
}

// sandboxMail is our stand-in provider.
type sandboxMail struct{ server *sandbox.Server }

func startSandboxMail() (*sandboxMail, error) {
	s := sandbox.New(sandbox.Options{Mailboxes: []sandbox.Box{
		{Address: desk.Address, Password: desk.Password}, {Address: mira.Address, Password: mira.Password, Name: "Mira Köster"},
	}})
	return &sandboxMail{s}, s.Start()
}

func (p *sandboxMail) settings() map[string]string {
	imapHost, imapPort, _ := net.SplitHostPort(p.server.IMAPAddr())
	smtpHost, smtpPort, _ := net.SplitHostPort(p.server.SMTPAddr())
	return mailSettings(imapHost, imapPort, smtpHost, smtpPort)
}

func mailSettings(imapHost, imapPort, smtpHost, smtpPort string) map[string]string {
	return map[string]string{
		"address": desk.Address, "name": "Nordnetz", "password": desk.Password,
		"imap_host": imapHost, "imap_port": imapPort, "imap_security": "none",
		"smtp_host": smtpHost, "smtp_port": smtpPort, "smtp_security": "none",
	}
}

func (p *sandboxMail) deliver(m sandbox.Mail) error { _, err := p.server.Send(m); return err }
func (p *sandboxMail) raw(raw []byte) error         { return p.server.Deliver("", desk.Address, raw) }
func (p *sandboxMail) count() int                   { return len(p.server.Mailbox(mira.Address)) }

func (p *sandboxMail) await(ctx context.Context, wanted func(raw []byte) bool) ([]byte, error) {
	m, err := p.server.Await(ctx, mira.Address, func(m sandbox.Message) bool { return wanted(m.Raw) })
	return m.Raw, err
}

// realMail are Dovecot and OpenSMTPD.
type realMail struct {
	t       testing.TB
	servers *mailtest.Servers
}

func (p *realMail) settings() map[string]string {
	return mailSettings(p.servers.Host, p.servers.IMAP, p.servers.Host, p.servers.MX)
}

func (p *realMail) deliver(m sandbox.Mail) error {
	p.servers.Inject(p.t, m.From, m.To, m.Bytes())
	return nil
}

func (p *realMail) raw(raw []byte) error {
	p.servers.Inject(p.t, "", desk.Address, raw)
	return nil
}

func (p *realMail) await(_ context.Context, wanted func(raw []byte) bool) ([]byte, error) {
	return p.servers.Await(p.t, mailtest.Box(mira), wanted), nil
}

func (p *realMail) count() int { return len(p.servers.Read(p.t, mailtest.Box(mira), "INBOX")) }

func (w *world) connectMail(ctx context.Context) (apptest.Account, error) {
	if w.provider == nil {
		p, err := startSandboxMail()
		if err != nil {
			return apptest.Account{}, err
		}
		w.onClose(func() { _ = p.server.Close() })
		w.provider = p
	}
	return w.agent.Connect(ctx, "mail", "Post", w.provider.settings())
}

// letter is a mail of ours as the customer reads it.
type letter struct {
	id, inReplyTo, subject, text string
	references                   []string
	files                        map[string]string // what is in them, by name
}

// doCustomer is what a customer does.
//
//	customer mails 'subject' 'text'          for the first time
//	customer mails back 'text'               to the mail that the mailbox showed last
//	customer mails unreadable                a mail of which nobody can tell who sent it
//	customer posts 'text'                    in public, mentioning us
//	customer writes directly 'text'
func (w *world) doCustomer(ctx context.Context, args []string) error {
	switch {
	case is(args, "mails back …"):
		return w.mailsBack(args[2])
	case is(args, "mails …") && args[1] == "unreadable":
		return w.provider.raw(unreadable)
	case is(args, "mails … …"):
		return w.provider.deliver(sandbox.Mail{
			From: mira.Address, FromName: "Mira Köster", To: desk.Address, Subject: args[1], Text: args[2],
			MessageID: mailID(args[1]), At: time.Now(),
		})
	case is(args, "posts …"):
		return w.social.speak(w.social.brand + " " + args[1])
	case is(args, "writes directly …"):
		return w.social.whisper(w.social.brand + " " + args[2])
	}
	return badLine(args)
}

// unreadable is a mail that names nobody who sent it, neither on the envelope nor inside.
var unreadable = []byte("To: support@nordnetz.example\r\nSubject: Hilfe\r\n\r\nBitte melden Sie sich.\r\n")

func mailID(subject string) string {
	return strings.ToLower(strings.ReplaceAll(subject, " ", "-")) + "@example.org"
}

func (w *world) mailsBack(text string) error {
	if w.lastMail == nil {
		return fmt.Errorf("the customer has no mail of ours")
	}
	return w.provider.deliver(sandbox.Mail{
		From: mira.Address, FromName: "Mira Köster", To: desk.Address, Subject: "Re: " + strings.TrimPrefix(w.lastMail.subject, "Re: "), Text: text,
		MessageID: mailID(text), InReplyTo: w.lastMail.id, References: append(w.lastMail.references, w.lastMail.id), At: time.Now(),
	})
}

// doMailbox is what the customer finds in their mailbox.
//
//	mailbox shows 'text' as answer to 'subject'
//	mailbox shows 'text'                   in a mail that answers none of theirs
//	mailbox shows 'name' with 'text'       a file of the mail that it showed last
//	mailbox has 2 mails
//	mailbox fails 'not now'                         or however else the provider can, until it fails in another way
func (w *world) doMailbox(ctx context.Context, args []string) error {
	switch {
	case is(args, "fails …"):
		return w.failsMail(args[1])
	case is(args, "has … mails"):
		if n := w.provider.count(); fmt.Sprint(n) != args[1] {
			return fmt.Errorf("it has %d", n)
		}
		return nil
	case is(args, "shows … with …"):
		if got := w.lastMail.files[args[1]]; got != args[3] {
			return fmt.Errorf("the last mail has %q", w.lastMail.files)
		}
		return nil
	case is(args, "shows …"):
	case !is(args, "shows … as answer to …"):
		return badLine(args)
	}
	_, err := w.provider.await(ctx, func(raw []byte) bool {
		l, err := readLetter(raw)
		if err != nil || !strings.Contains(l.text, args[1]) {
			return false
		}
		w.lastMail = l
		return true
	})
	if err != nil {
		return err
	}
	if len(args) == 2 {
		if w.lastMail.inReplyTo != "" {
			return fmt.Errorf("it answers %q", w.lastMail.inReplyTo)
		}
		return nil
	}
	if l := w.lastMail; l.inReplyTo != mailID(args[5]) || !strings.HasPrefix(l.subject, "Re: ") {
		return fmt.Errorf("%q answers %q", l.subject, l.inReplyTo)
	}
	return nil
}

func (w *world) failsMail(how string) error {
	p, ok := w.provider.(*sandboxMail)
	if !ok {
		return fmt.Errorf("a real provider does not fail when it is told to")
	}
	p.server.Fail(sandbox.Fault(how))
	return nil
}

func readLetter(raw []byte) (*letter, error) {
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	bare := func(s string) string { return strings.Trim(strings.TrimSpace(s), "<>") }
	l := &letter{id: bare(e.GetHeader("Message-ID")), inReplyTo: bare(e.GetHeader("In-Reply-To")), subject: e.GetHeader("Subject"), text: e.Text}
	for _, ref := range strings.Fields(e.GetHeader("References")) {
		l.references = append(l.references, bare(ref))
	}
	l.files = map[string]string{}
	for _, f := range e.Attachments {
		l.files[f.FileName] = string(f.Content)
	}
	return l, nil
}
