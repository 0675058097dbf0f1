// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

// compose writes a mail as a line does.
func compose(t *testing.T, name string, out channel.Outgoing) message {
	t.Helper()
	l := &line{set: settings{address: ownAddress, name: name}, acc: acc, env: channel.Env{Now: time.Now}}
	m, err := l.compose(out)
	require.NoError(t, err)
	return m
}

// A line of more than 998 bytes is one that servers refuse, and cut (RFC 5322, section 2.1.1).
func TestNoLineIsTooLong(t *testing.T) {
	t.Parallel()
	for _, long := range []string{strings.Repeat("ü", 250), strings.Repeat("🛰", 250), strings.Repeat("a", 250), strings.Repeat(`"`, 250), strings.Repeat("名 ", 250)} {
		m := compose(t, long, channel.Outgoing{
			Key: "key-1", InReplyTo: strings.Repeat("x", 400), Subject: long, Text: strings.Repeat(long, 10),
			To:    channel.Author{Handle: strings.Repeat("m", 64) + "@" + strings.Repeat("a.", 100) + "example", Name: long},
			Files: []channel.File{{Name: long + ".pdf", Type: "application/pdf", Alt: long, Data: []byte("%PDF")}},
		})
		for row := range strings.SplitSeq(string(m.raw), "\r\n") {
			require.LessOrEqual(t, len(row), 998, "%.60s", row)
			require.NotContains(t, row, "\n")
		}
		got := translate(t, string(m.raw))
		require.Equal(t, oneLine(long, 200), got.From.Name)
		require.Equal(t, "Re: "+oneLine(long, 250), got.Subject)
		require.Len(t, got.Attachments, 1)
		require.True(t, strings.HasSuffix(got.Attachments[0].Name, ".pdf"), got.Attachments[0].Name)
	}
}

// Domains with letters beyond ASCII have a form that every server takes.
func TestAddressesAreWrittenSoThatEveryServerTakesThem(t *testing.T) {
	t.Parallel()
	l := &line{set: settings{address: "hilfe@nördnetz.example", plus: true}, acc: acc, env: channel.Env{Now: time.Now}}
	m, err := l.compose(channel.Outgoing{Key: "key-1", To: channel.Author{Handle: "mira@müller.example", Name: "Mira Müller"}, Text: "Grüße"})
	require.NoError(t, err)
	require.Equal(t, "mira@xn--mller-kva.example", m.to)
	require.True(t, ascii(string(m.raw)), "%s", m.raw)
	require.Contains(t, string(m.raw), "<hilfe@xn--nrdnetz-90a.example>")

	require.True(t, ours([]string{"hilfe@nördnetz.example"}, "Hilfe@xn--nrdnetz-90a.example"))
	plus, ok := replyAddress(secret, m.thread, envelope("hilfe@nördnetz.example"))
	require.True(t, ok)
	thread, ok := threadOfAddress(secret, []string{"hilfe@nördnetz.example"}, plus)
	require.True(t, ok)
	require.Equal(t, m.thread, thread)
}

// One mailbox may have several addresses: an answer comes from the one that was written to.
func TestAnAnswerComesFromTheAddressThatWasWrittenTo(t *testing.T) {
	t.Parallel()
	aliased := acc
	aliased.Settings = channel.Settings{
		setAddress: ownAddress, setName: "Nordnetz", setPass: "x", setIMAPHost: "i.example", setSMTPHost: "s.example",
		setAliases: "Nordnetz Vertrieb <Vertrieb@nordnetz.example>\nhilfe@nord.example\n",
	}
	set, err := read(aliased.Settings)
	require.NoError(t, err)
	l := &line{set: set, acc: aliased, env: channel.Env{Now: time.Now}}
	for written, want := range map[string]struct{ addressed, from string }{
		"To: VERTRIEB@nordnetz.example":                               {"vertrieb@nordnetz.example", `"Nordnetz Vertrieb" <vertrieb@nordnetz.example>`},
		"To: Hilfe <hilfe@nord.example>, x@x.example":                 {"hilfe@nord.example", `"Nordnetz" <hilfe@nord.example>`},
		"To: support+x@nordnetz.example":                              {ownAddress, `"Nordnetz" <support@nordnetz.example>`},
		"To: undisclosed:;\r\nDelivered-To: hilfe@nord.example":       {"hilfe@nord.example", `"Nordnetz" <hilfe@nord.example>`},
		"To: somebody@else.example":                                   {"", `"Nordnetz" <support@nordnetz.example>`},
		"To: x@x.example\r\nCc: Vertrieb <vertrieb@nordnetz.example>": {"vertrieb@nordnetz.example", `"Nordnetz Vertrieb" <vertrieb@nordnetz.example>`},
	} {
		items, err := Connector{}.Translate(aliased, channel.Raw{Kind: kindMail, Body: []byte("From: mira@example.org\r\nMessage-ID: <1@x>\r\n" + written + "\r\n\r\nText")})
		require.NoError(t, err)
		require.Equal(t, want.addressed, items[0].Addressed, written)
		m, err := l.compose(channel.Outgoing{Key: "k", To: items[0].From, Addressed: items[0].Addressed, Text: "x"})
		require.NoError(t, err)
		require.Contains(t, string(m.raw), "From: "+want.from+"\r\n", written)
		require.Equal(t, m.from, strings.TrimSuffix(want.from[strings.Index(want.from, "<")+1:], ">"))
		require.True(t, strings.HasSuffix(m.id, m.from[strings.Index(m.from, "@"):]))
	}
	_, err = read(channel.Settings{setAddress: ownAddress, setPass: "x", setIMAPHost: "i.example", setSMTPHost: "s.example", setAliases: "no address"})
	rejected := new(channel.Rejected)
	require.ErrorAs(t, err, &rejected)
	require.Equal(t, setAliases, rejected.Field)
}

// Whatever people are called and write, it stands in its own header, or in the text: none of it becomes a header, a second
// recipient, or a part.
func TestNobodyWritesHeadersIntoOurMails(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{
		"\r\nBcc: thief@example.net", "\nBcc: thief@example.net", "\rBcc: thief@example.net", "\r\n\r\n<script>alert(1)</script>", "\u2028Bcc: thief@example.net", "\u0085Bcc: thief@example.net",
		"=?utf-8?q?=0D=0ABcc:_thief@example.net?=", "\x00\r\n Bcc: thief@example.net", "\" <thief@example.net>, \"", ">\r\nBcc: <thief@example.net", "--b\r\nContent-Type: text/html\r\n\r\nx",
	} {
		m := compose(t, "Nordnetz"+odd, channel.Outgoing{
			Key: "key" + odd, Thread: "t" + odd, InReplyTo: "1@x" + odd, Refs: []string{"2@x" + odd, odd}, Addressed: "x@x.example" + odd, Subject: "Hallo" + odd, Text: "Text" + odd,
			To:       channel.Author{ID: "mira@example.org", Handle: "mira@example.org", Name: "Mira" + odd},
			Answered: &channel.Answered{By: channel.Author{Name: "Mira" + odd}, Text: odd},
			Files:    []channel.File{{Name: "Plan" + odd + ".pdf", Type: "application/pdf" + odd, Alt: "Plan" + odd, Data: []byte("%PDF")}},
		})
		got, err := netmail.ReadMessage(bytes.NewReader(m.raw))
		require.NoError(t, err, "%q", odd)
		for name := range got.Header {
			require.Contains(t, []string{"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "X-Hilft-Loop", "Mime-Version", "Content-Type"}, name, "%q", odd)
		}
		for _, name := range []string{"From", "To", "Subject", "Message-Id", "Content-Type"} {
			require.Len(t, got.Header[name], 1, "%q", odd)
		}
		to, err := got.Header.AddressList("To")
		require.NoError(t, err, "%q", odd)
		require.Len(t, to, 1, "%q", odd)
		require.Equal(t, "mira@example.org", to[0].Address)
		require.Equal(t, "mira@example.org", m.to)
		from, err := got.Header.AddressList("From")
		require.NoError(t, err, "%q", odd)
		require.Len(t, from, 1)
		require.Equal(t, ownAddress, from[0].Address)
		require.Len(t, translate(t, string(m.raw)).Attachments, 1, "%q", odd)
	}
	// An address that is none, or several, is written to by nobody.
	l := &line{set: settings{address: ownAddress}, acc: acc, env: channel.Env{Now: time.Now}}
	for _, odd := range []string{"mira@example.org\r\nBcc: thief@example.net", "mira@example.org, thief@example.net", "mira", ""} {
		m, err := l.compose(channel.Outgoing{Key: "k", To: channel.Author{ID: odd, Handle: odd}, Text: "x"})
		require.Error(t, err, "%q: %s", odd, m.raw)
	}
}
