// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/mail"
	"github.com/hilft/hilft/connectors/mail/mailtest"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

var (
	desk = mailtest.Box{Address: support, Password: password}
	mira = mailtest.Box{Address: "mira@example.org", Password: "mira-liest"}
)

// house is an account at the real servers, with its line and with all that was read from it.
type house struct {
	*mailtest.Servers
	con  mail.Connector
	acc  channel.Account
	line channel.Line

	cursor string
	keys   map[string]int // how often each delivery came
	items  []channel.Item
}

// open connects a desk to real servers: IMAP and SMTP both with the security that is asked for.
func open(t *testing.T, security string) *house {
	t.Helper()
	h := &house{Servers: mailtest.Start(t, desk, mira), keys: map[string]int{}}
	h.con = mail.Connector{Roots: h.Roots}
	imapPort, smtpPort := h.IMAPS, h.SMTPS
	switch security {
	case "starttls":
		imapPort, smtpPort = h.IMAP, h.Submission
	case "none": // OpenSMTPD itself, which asks nobody on this machine who they are
		imapPort, smtpPort = h.IMAP, h.MX
	}
	h.acc = channel.Account{ID: "acc-real", Key: bytes.Repeat([]byte{3}, 32), Since: time.Now().Add(-time.Hour), Settings: channel.Settings{
		"address": support, "name": "Nordnetz", "password": password,
		"imap_host": h.Host, "imap_port": imapPort, "imap_security": security,
		"smtp_host": h.Host, "smtp_port": smtpPort, "smtp_security": security,
	}}
	self, err := h.con.Check(t.Context(), h.acc, channeltest.NewEnv(t))
	require.NoError(t, err)
	h.acc.Self = self
	h.line, err = h.con.Open(t.Context(), h.acc, channeltest.NewEnv(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.line.Close()) })
	return h
}

// poll reads until there is no more.
func (h *house) poll(t *testing.T) {
	t.Helper()
	for more := true; more; {
		batch, err := h.line.(channel.Poller).Poll(t.Context(), h.cursor)
		require.NoError(t, err)
		for _, raw := range batch.Raws {
			h.keys[raw.Key]++
			items, err := h.con.Translate(h.acc, raw)
			require.NoError(t, err)
			h.items = append(h.items, items...)
		}
		h.cursor, more = batch.Cursor, batch.More
	}
}

// ears hear what a stream says.
type ears chan struct{}

func (ears) Take(context.Context, ...channel.Raw) error { return nil }
func (e ears) PollNow() {
	select {
	case e <- struct{}{}:
	default:
	}
}

// await polls at each word of the stream until there are n items.
func (h *house) await(t *testing.T, hears ears, n int) {
	t.Helper()
	for deadline := time.After(time.Minute); len(h.items) < n; {
		select {
		case <-hears:
			h.poll(t)
		case <-deadline:
			require.Failf(t, "the stream is deaf", "%d items of %d", len(h.items), n)
		}
	}
}

func question(n int) sandbox.Mail {
	return sandbox.Mail{
		From: mira.Address, FromName: "Mira Köster", To: support, Subject: fmt.Sprintf("Kein Internet %d", n), At: time.Now(),
		Text: "Seit gestern geht nichts mehr.\n.\nDen Router habe ich zweimal neu gestartet.", MessageID: fmt.Sprintf("frage-%d@example.org", n),
	}
}

func TestMailInAnswerOutAtRealServers(t *testing.T) {
	t.Parallel()
	for _, security := range []string{"tls", "starttls", "none"} {
		t.Run(security, func(t *testing.T) {
			t.Parallel()
			h := open(t, security)
			hears := make(ears, 1)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- h.line.(channel.Streamer).Stream(ctx, hears) }()
			<-hears // listening
			h.poll(t)
			require.Empty(t, h.items)

			h.Inject(t, mira.Address, support, question(1).Bytes())
			h.await(t, hears, 1)
			got := h.items[0]
			require.Equal(t, "frage-1@example.org", got.ID)
			require.Equal(t, "Mira Köster", got.From.Name)
			require.False(t, got.Auto)
			require.Equal(t, question(1).Text, got.Text)

			out := channel.Outgoing{
				Key: "antwort-1", Thread: got.Thread, InReplyTo: got.ID, Refs: []string{got.ID}, To: got.From,
				Visibility: got.Visibility, Subject: got.Subject, Text: "Guten Tag, Frau Köster,\n.\nwir messen Ihre Leitung.", First: time.Now(),
			}
			receipt, err := h.line.Send(t.Context(), out)
			require.NoError(t, err)
			arrived := h.Await(t, mira, func(raw []byte) bool { return bytes.Contains(raw, []byte(receipt.ID)) })
			read, err := h.con.Translate(channel.Account{Settings: channel.Settings{"address": mira.Address}}, channel.Raw{Kind: "mail", Body: arrived})
			require.NoError(t, err)
			require.Equal(t, out.Text, read[0].Text)
			require.Equal(t, []string{got.ID}, read[0].Refs)
			require.Equal(t, "Re: Kein Internet 1", read[0].Subject)

			// The copy lies in the folder that the server names, once, and is found again.
			require.Len(t, h.Read(t, desk, mailtest.SentFolder), 1)
			back, err := h.line.(channel.ReadBacker).ReadBack(t.Context(), out)
			require.NoError(t, err)
			require.Equal(t, receipt.ID, back.ID)
			out.Key = "antwort-2"
			_, err = h.line.(channel.ReadBacker).ReadBack(t.Context(), out)
			require.Error(t, err)
			require.NotErrorIs(t, err, channel.ErrNotThere)

			// She answers from another address: the token in References proves the conversation.
			reply := question(2)
			reply.From, reply.InReplyTo, reply.References = "mira@work.example", receipt.ID, []string{got.ID, receipt.ID}
			h.Inject(t, reply.From, support, reply.Bytes())
			h.await(t, hears, 2)
			require.True(t, h.items[1].Proven)
			require.Equal(t, got.Thread, h.items[1].Thread)

			cancel()
			require.NoError(t, <-ended)
			_, err = h.line.Send(t.Context(), channel.Outgoing{Key: "niemand", To: channel.Author{Handle: "niemand@example.org"}, Subject: "x", Text: "x"})
			rejected := new(channel.Rejected)
			require.ErrorAs(t, err, &rejected)
			require.Equal(t, channel.ReasonNoRecipient, rejected.Reason)
		})
	}
}

func TestFiveHundredMailsComeOnceAndKeepTheirKeys(t *testing.T) {
	t.Parallel()
	h := open(t, "tls")
	var all [][]byte
	for n := range 500 {
		all = append(all, question(n).Bytes())
	}
	h.Deliver(t, mira.Address, support, all...)
	h.poll(t)
	require.Len(t, h.items, 500)
	require.Len(t, h.keys, 500)
	h.poll(t)
	require.Len(t, h.items, 500, "nothing comes twice")
	for n, item := range h.items {
		require.Equal(t, question(n).MessageID, item.ID, "oldest first")
	}

	h.RenewValidity(t, support)
	h.Deliver(t, mira.Address, support, question(500).Bytes())
	h.poll(t)
	require.Len(t, h.keys, 501, "the same mail under another number has the key that it had")
	require.Greater(t, len(h.items), 501, "the server did number its mails anew")
}

func TestAMailThatTheServerCannotGiveHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := open(t, "tls")
	for n := range 5 {
		h.Deliver(t, mira.Address, support, question(n).Bytes())
	}
	h.Spoil(t, support, question(2).MessageID)
	h.Spoil(t, support, question(4).MessageID)
	var came, unread []string
	var err error
	for more := true; more; {
		var batch channel.Batch
		if batch, err = h.line.(channel.Poller).Poll(t.Context(), h.cursor); err != nil {
			break
		}
		for _, raw := range batch.Raws {
			items, err := h.con.Translate(h.acc, raw)
			if err != nil {
				unread = append(unread, err.Error())
				continue
			}
			came = append(came, items[0].ID)
		}
		h.cursor, more = batch.Cursor, batch.More
	}
	require.Equal(t, []string{question(0).MessageID, question(1).MessageID, question(3).MessageID}, came)
	require.Len(t, unread, 1, "it is kept and listed")
	require.Contains(t, unread[0], "UID 3")
	require.Error(t, err, "nothing waits behind the last: it is tried again")
}

func TestStreamRecoversWhenDovecotRestarts(t *testing.T) {
	t.Parallel()
	h := open(t, "tls")
	hears := make(ears, 1)
	ended := make(chan error, 1)
	stream := func() { ended <- h.line.(channel.Streamer).Stream(t.Context(), hears) }
	go stream()
	<-hears
	h.RestartDovecot(t)
	require.Error(t, <-ended, "the switchboard learns that the connection broke")
	go stream()
	<-hears
	h.Deliver(t, mira.Address, support, question(1).Bytes())
	h.await(t, hears, 1)
	require.NoError(t, h.line.Close())
	require.Error(t, <-ended)
}

func TestCheckAtRealServersNamesTheWrongSetting(t *testing.T) {
	t.Parallel()
	h := open(t, "tls")
	for name, c := range map[string]struct {
		change channel.Settings
		field  string
		signIn bool
	}{
		"wrong password":      {channel.Settings{"password": "geraten"}, "password", true},
		"wrong SMTP password": {channel.Settings{"smtp_password": "geraten"}, "smtp_password", true},
		"nothing listens":     {channel.Settings{"imap_port": "1"}, "imap_host", false},
		"nothing listens out": {channel.Settings{"smtp_port": "1"}, "smtp_host", false},
		"TLS where is none":   {channel.Settings{"imap_port": h.IMAP}, "imap_security", false},
		"another name":        {channel.Settings{"smtp_host": "127.0.0.2"}, "smtp_host", false},
		"no such folder":      {channel.Settings{"folder": "Nirgends"}, "folder", false},
		"no encryption away":  {channel.Settings{"imap_host": "imap.example.com", "imap_security": "none"}, "imap_security", false},
	} {
		t.Run(name, func(t *testing.T) {
			acc := h.acc
			acc.Settings = channel.Settings{}
			for _, s := range []channel.Settings{h.acc.Settings, c.change} {
				for k, v := range s {
					acc.Settings[k] = v
				}
			}
			_, err := h.con.Check(t.Context(), acc, channeltest.NewEnv(t))
			rejected := new(channel.Rejected)
			require.ErrorAs(t, err, &rejected)
			require.Equal(t, c.field, rejected.Field, "%v", err)
			if c.signIn {
				require.ErrorIs(t, err, channel.ErrSignIn)
			} else {
				require.NotErrorIs(t, err, channel.ErrSignIn)
			}
		})
	}
	_, err := mail.Connector{}.Check(t.Context(), h.acc, channeltest.NewEnv(t))
	require.Error(t, err, "a certificate that nobody has signed is not taken")
}
