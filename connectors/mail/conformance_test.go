// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/mail"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	support  = "support@nordnetz.example"
	password = "hilft-gern"
)

// network is the sandbox as the conformance suite drives it.
type network struct {
	*sandbox.Server
	sent map[string]sandbox.Mail
}

// newNetwork starts a provider with the mailbox of the desk and those of two customers.
func newNetwork(t testing.TB) *network {
	t.Helper()
	s := sandbox.New(sandbox.Options{SavesSent: true, Mailboxes: []sandbox.Box{
		{Address: support, Password: password}, {Address: "mira@example.org", Password: "m"}, {Address: "jon@example.org", Password: "j"},
	}})
	require.NoError(t, s.Start())
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &network{s, map[string]sandbox.Mail{}}
}

func (*network) Connector() channel.Connector { return mail.Connector{} }

func (n *network) Account(testing.TB) channel.Account {
	return account(n.Server, support, password)
}

// account is an account at a sandbox, as an administrator would set it up.
func account(s *sandbox.Server, address, password string) channel.Account {
	imapHost, imapPort, _ := net.SplitHostPort(s.IMAPAddr())
	smtpHost, smtpPort, _ := net.SplitHostPort(s.SMTPAddr())
	return channel.Account{
		ID: hilft.AccountID("acc-" + address), Key: bytes.Repeat([]byte{7}, 32), Since: time.Now().Add(-14 * 24 * time.Hour),
		Settings: channel.Settings{
			"address": address, "name": "Nordnetz Hilfe", "password": password,
			"imap_host": imapHost, "imap_port": imapPort, "imap_security": "none",
			"smtp_host": smtpHost, "smtp_port": smtpPort, "smtp_security": "none",
		},
	}
}

func (n *network) Stranger(testing.TB) (channel.Account, bool) {
	acc := account(n.Server, support, "geraten")
	acc.ID, acc.Key = "acc-stranger", bytes.Repeat([]byte{9}, 32)
	return acc, true
}

func (*network) Env(t testing.TB) channel.Env { return channeltest.NewEnv(t) }

func (*network) Features() channeltest.Features { return channeltest.Features{} }

func (n *network) Say(t testing.TB, s channeltest.Speech) string {
	t.Helper()
	m := sandbox.Mail{From: s.From + "@example.org", FromName: s.From, To: support, Subject: s.Subject, Text: s.Text, At: s.At}
	if s.ReplyTo != "" {
		m.InReplyTo, m.References = s.ReplyTo, append(n.sent[s.ReplyTo].References, s.ReplyTo)
	}
	id, err := n.Send(m)
	require.NoError(t, err)
	n.sent[id] = m
	return id
}

func (*network) Edit(testing.TB, string, string) {}

func (*network) Delete(testing.TB, string) {}

func (*network) Hooks(testing.TB) []channel.HookRequest { return nil }

func (n *network) Arrived(t testing.TB) []channeltest.Arrival {
	t.Helper()
	var all []channeltest.Arrival
	var order []time.Time
	for _, who := range []string{"mira", "jon"} {
		for _, m := range n.Mailbox(who + "@example.org") {
			env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
			require.NoError(t, err)
			a := channeltest.Arrival{
				ID: bare(env.GetHeader("Message-ID")), InReplyTo: bare(env.GetHeader("In-Reply-To")), Visibility: hilft.Private,
				To: who, Subject: env.GetHeader("Subject"), Text: strings.ReplaceAll(env.Text, "\r\n", "\n"),
			}
			for _, f := range env.Attachments {
				a.Files = append(a.Files, channel.File{Name: f.FileName, Type: f.ContentType, Data: f.Content})
			}
			at := 0
			for at < len(order) && !order[at].After(m.At) {
				at++
			}
			order = append(order[:at], append([]time.Time{m.At}, order[at:]...)...)
			all = append(all[:at], append([]channeltest.Arrival{a}, all[at:]...)...)
		}
	}
	return all
}

func bare(id string) string { return strings.Trim(id, "<> ") }

func (n *network) Fault(_ testing.TB, f channeltest.Fault) bool {
	fault, ok := map[channeltest.Fault]sandbox.Fault{
		channeltest.NoFault: sandbox.Well, channeltest.RateLimited: sandbox.TooMany, channeltest.LostAnswer: sandbox.LostAnswer,
		channeltest.LostRequest: sandbox.LostRequest, channeltest.HeldAnswer: sandbox.HeldAnswer, channeltest.Down: sandbox.Down,
		channeltest.SignInExpired: sandbox.SignInFails, channeltest.Garbage: sandbox.Garbage, channeltest.Slow: sandbox.Slow,
		channeltest.Refused: sandbox.Refused,
	}[f]
	if ok {
		n.Fail(fault)
	}
	return ok
}

func (n *network) AwaitStream(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, n.AwaitIdle(ctx, support))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t testing.TB) channeltest.Network { return newNetwork(t) })
}
