// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

// ourMail is the Message-ID of a mail of ours, and its conversation.
func ourMail() (id, thread string) {
	thread = threadBegun("mira@example.org", "frage-1@example.org")
	return messageID(secret, thread, "key-1", "nordnetz.example"), thread
}

// report is a bounce as RFC 3464 has it, about the mail with an id.
func report(id, action, status, diagnostic string) string {
	lines := []string{
		"Return-Path: <>", "From: MAILER-DAEMON@mx.example.org", "To: support@nordnetz.example", "Subject: Undelivered Mail Returned to Sender",
		"Date: Mon, 16 Nov 2026 09:14:00 +0100", "Message-ID: <b1@mx.example.org>", `Content-Type: multipart/report; report-type=delivery-status; boundary="r"`, "",
		"--r", "Content-Type: text/plain", "", "This is about a mail of yours.",
		"--r", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.org", "",
		"Final-Recipient: rfc822; mira@example.org", "Action: " + action, "Status: " + status, "Diagnostic-Code: smtp; " + diagnostic,
		"--r", "Content-Type: message/rfc822", "", "From: support@nordnetz.example", "Message-ID: <" + id + ">", "", "Guten Tag", "--r--", "",
	}
	return strings.Join(lines, "\r\n")
}

func TestABounceNamesOurMailAndTheReason(t *testing.T) {
	t.Parallel()
	id, thread := ourMail()
	for _, c := range []struct{ status, diagnostic, reason string }{
		{"5.1.1", "550 5.1.1 <mira@example.org>: User unknown", channel.ReasonNoRecipient},
		{"5.0.0", "550 No such user here", channel.ReasonNoRecipient},
		{"5.1.2", "Host or domain name not found", channel.ReasonNoRecipient},
		{"5.2.2", "552 5.2.2 over quota", channel.ReasonMailboxFull},
		{"5.7.1", "550 Mailbox full", channel.ReasonMailboxFull},
		{"4.2.2", "452 4.2.2 the mailbox is full", channel.ReasonMailboxFull},
		{"5.7.1", "554 5.7.1 message identified as SPAM", channel.ReasonSpam},
		{"5.7.26", "550 5.7.26 this mail fails DMARC", channel.ReasonSpam},
		{"5.7.1", "550 5.7.1 relaying denied", channel.ReasonRefused},
		{"5.3.4", "552 message size exceeds limit", channel.ReasonTooLong},
		{"4.4.7", "message expired after five days", channel.ReasonExpired},
		{"4.4.1", "connect to mx.example.org: no route", channel.ReasonExpired},
		{"5.6.0", "bad encoding", channel.ReasonBadMessage},
		{"5.9.9", "no", channel.ReasonOther},
	} {
		got := translate(t, report(id, "failed", c.status, c.diagnostic))
		require.Equal(t, &channel.Returned{ID: id, Reason: c.reason, Detail: c.diagnostic}, got.Returned)
		require.Equal(t, []any{thread, true, true}, []any{got.Thread, got.Proven, got.Auto})
	}
}

func TestWhatIsOnlyLateOrArrivedHasNotFailed(t *testing.T) {
	t.Parallel()
	id, thread := ourMail()
	for _, action := range []string{"delayed", "delivered", "relayed", "expanded"} {
		got := translate(t, report(id, action, "4.4.1", "450 try later"))
		require.Nil(t, got.Returned, action)
		require.Equal(t, []any{thread, true, true}, []any{got.Thread, got.Proven, got.Auto}, "it is shown where it belongs, and nobody waits")
	}
}

// Servers that do not know RFC 3464 write to people only.
func TestBouncesInWords(t *testing.T) {
	t.Parallel()
	id, thread := ourMail()
	for name, c := range map[string]struct {
		lines  []string
		text   string
		reason string
	}{
		"qmail": {
			[]string{"Return-Path: <>", "From: MAILER-DAEMON@mx.example.org", "Subject: failure notice"},
			"Hi. This is the program at mx.example.org.\n<mira@example.org>:\n198.51.100.7 does not like recipient.\nRemote host said: 550 no such user\n\n--- Below this line is a copy.\n\nMessage-ID: <" + id + ">\n",
			channel.ReasonNoRecipient,
		},
		"Exim": {
			[]string{"Return-path: <>", "From: Mail Delivery System <Mailer-Daemon@mx.example.org>", "Subject: Mail delivery failed: returning message to sender", "X-Failed-Recipients: mira@example.org", "In-Reply-To: <" + id + ">"},
			"A message that you sent could not be delivered.\n  mira@example.org\n    552 5.2.2 mailbox is full\n",
			channel.ReasonMailboxFull,
		},
		"German": {
			[]string{"From: postmaster@firma.example", "Subject: Unzustellbar: Re: Kein Internet", "References: <frage-1@example.org> <" + id + ">"},
			"Ihre Nachricht wurde nicht zugestellt.\nFehler: 550 5.7.1 blocked using a block list\n",
			channel.ReasonSpam,
		},
	} {
		got := translate(t, strings.Join(append(c.lines, "Message-ID: <b1@mx.example.org>", "To: support@nordnetz.example", "", c.text), "\r\n"))
		require.NotNil(t, got.Returned, name)
		require.Equal(t, []string{id, c.reason}, []string{got.Returned.ID, got.Returned.Reason}, name)
		require.Equal(t, thread, got.Thread, name)
		require.True(t, got.Proven, name)
		require.True(t, got.Auto, "%s: nobody wrote it, so nobody is answered", name)
	}
}

func TestWhatIsNoBounceOfOursFailsNothing(t *testing.T) {
	t.Parallel()
	id, _ := ourMail()
	for name, raw := range map[string]string{
		"another's mail":      report("k.aaaa@nordnetz.example", "failed", "5.1.1", "550 User unknown"),
		"no mail inside":      strings.Replace(report(id, "failed", "5.1.1", "550 User unknown"), "Message-ID: <"+id, "X-Message-ID: <x", 1),
		"an absence":          plainMail("Return-Path: <>", "Message-ID: <2@x>", "Subject: Automatische Antwort: nicht zugestellt", "In-Reply-To: <"+id+">"),
		"a person's question": plainMail("Message-ID: <2@x>", "Subject: Undelivered mail?", "In-Reply-To: <"+id+">"),
		"a delay in words":    plainMail("Return-Path: <>", "Subject: Warning: could not send message for past 4 hours", "Message-ID: <2@x>", "In-Reply-To: <"+id+">"),
		"a receipt of reading": strings.NewReplacer("report-type=delivery-status", "report-type=disposition-notification", "message/delivery-status", "message/disposition-notification",
			"MAILER-DAEMON@mx", "mira@mx").Replace(report(id, "failed", "5.1.1", "read")),
	} {
		require.Nil(t, translate(t, raw).Returned, name)
	}
}
