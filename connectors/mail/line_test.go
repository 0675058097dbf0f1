// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/mail"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

// atSandbox opens a line at a provider inside the process, with settings that differ.
func atSandbox(t *testing.T, n *network, change channel.Settings) (channel.Account, channel.Line) {
	t.Helper()
	acc := n.Account(t)
	for k, v := range change {
		acc.Settings[k] = v
	}
	line, err := mail.Connector{}.Open(t.Context(), acc, channeltest.NewEnv(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, line.Close()) })
	return acc, line
}

func answer(key string) channel.Outgoing {
	return channel.Outgoing{
		Key: key, To: channel.Author{ID: "mira@example.org", Handle: "mira@example.org", Name: "Mira \"K\" <Köster>"}, InReplyTo: "f1@example.org",
		Refs: []string{"f1@example.org"}, Thread: "", Subject: "AW: Re: Störung", Text: "Läuft wieder.", First: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
}

// headerOf reads the header of the only mail in a mailbox.
func headerOf(t *testing.T, n *network, address string) textproto.MIMEHeader {
	t.Helper()
	all := n.Mailbox(address)
	require.Len(t, all, 1)
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(all[0].Raw))).ReadMIMEHeader()
	require.NoError(t, err)
	return h
}

func TestWhatWeSendIsAnOrdinaryAnswer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, line := atSandbox(t, n, nil)
	out := answer("key-1")
	out.Subject = "AW: Re: Störung\r\nBcc: thief@example.net"
	out.Refs = append(out.Refs, "böse>\r\nX-Evil: 1", "sha256-00112233445566778899aabbccddeeff", "f0@example.org", "f1@example.org")
	receipt, err := line.Send(t.Context(), out)
	require.NoError(t, err)
	h := headerOf(t, n, "mira@example.org")
	require.Equal(t, "<"+receipt.ID+">", h.Get("Message-ID"))
	require.True(t, strings.HasSuffix(receipt.ID, "@nordnetz.example"))
	require.Equal(t, "<f1@example.org>", h.Get("In-Reply-To"))
	require.Equal(t, "<f0@example.org> <f1@example.org>", h.Get("References"))
	require.Equal(t, "=?utf-8?q?Re:_St=C3=B6rung_Bcc:_thief@example.net?=", h.Get("Subject"))
	require.Equal(t, "Sun, 22 Nov 2026 12:00:00 +0000", h.Get("Date"))
	require.NotEmpty(t, h.Get("X-Hilft-Loop"))
	for _, never := range []string{"Auto-Submitted", "Precedence", "Bcc", "X-Evil", "Reply-To"} {
		require.Empty(t, h.Values(never), never)
	}
	require.Contains(t, h.Get("To"), "<mira@example.org>")
}

func TestReplyAddressCarriesTheConversation(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	acc, line := atSandbox(t, n, channel.Settings{"plus_address": "true"})
	receipt, err := line.Send(t.Context(), answer("key-1"))
	require.NoError(t, err)
	_, plus, ok := strings.Cut(headerOf(t, n, "mira@example.org").Get("Reply-To"), "<")
	require.True(t, ok)
	plus = strings.TrimSuffix(plus, ">")

	_, err = n.Send(sandbox.Mail{From: "mira@work.example", To: plus, Subject: "neu geschrieben", Text: "Danke!"})
	require.NoError(t, err)
	batch, err := line.(channel.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, batch.Raws, 1)
	items, err := mail.Connector{}.Translate(acc, batch.Raws[0])
	require.NoError(t, err)
	require.True(t, items[0].Proven)
	require.Equal(t, receipt.Thread, items[0].Thread)
}

// A server goes on naming a mail that its disk has lost, and says nothing more of it: somebody must hear of that, and the
// others come.
func TestAMailOfWhichTheServerGivesNothingIsListed(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	acc, line := atSandbox(t, n, nil)
	for i := range 3 {
		_, err := n.Send(sandbox.Mail{From: "mira@example.org", To: support, Subject: fmt.Sprint("Frage ", i), Text: "Hallo"})
		require.NoError(t, err)
	}
	n.Withhold(support, 2)
	batch, err := line.(channel.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	var came, unread []string
	for _, raw := range batch.Raws {
		items, err := mail.Connector{}.Translate(acc, raw)
		if err != nil {
			unread = append(unread, err.Error())
			continue
		}
		came = append(came, items[0].Subject)
	}
	require.Equal(t, []string{"Frage 0", "Frage 2"}, came)
	require.Len(t, unread, 1)
	require.Contains(t, unread[0], "(UID 2)")
	batch, err = line.(channel.Poller).Poll(t.Context(), batch.Cursor)
	require.NoError(t, err)
	require.Empty(t, batch.Raws, "it is said once")
}

func TestErrorsAreCertainUntilTheContentIsSaid(t *testing.T) {
	t.Parallel()
	for fault, c := range map[sandbox.Fault]struct {
		meaning channeltest.Meaning
		reason  string
	}{
		sandbox.NoRecipient: {channeltest.Rejected, channel.ReasonNoRecipient},
		sandbox.Refused:     {channeltest.Rejected, channel.ReasonBadMessage},
		sandbox.NotNow:      {channeltest.Temporary, ""},
		sandbox.TooMany:     {channeltest.Limited, ""},
		sandbox.SignInFails: {channeltest.SignIn, ""},
		sandbox.LostRequest: {channeltest.Open, ""},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			_, line := atSandbox(t, n, nil)
			n.Fail(fault)
			_, err := line.Send(t.Context(), answer("key-1"))
			require.Equal(t, c.meaning, channeltest.MeaningOf(err), "%v", err)
			if c.reason != "" {
				rejected := new(channel.Rejected)
				require.ErrorAs(t, err, &rejected)
				require.Equal(t, c.reason, rejected.Reason)
			}
			require.Empty(t, n.Mailbox("mira@example.org"))
		})
	}
}

func TestACopyLiesInSentOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider bool
		setting  string
		copies   int
	}{
		"the provider keeps one": {true, "true", 1}, "we keep one": {false, "true", 1}, "nobody": {false, "false", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{SavesSent: c.provider, Sent: "Gesendete Objekte", Mailboxes: []sandbox.Box{
				{Address: support, Password: password}, {Address: "mira@example.org"},
			}})
			require.NoError(t, s.Start())
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			_, line := atSandbox(t, &network{Server: s}, channel.Settings{"copy_to_sent": c.setting})
			_, err := line.Send(t.Context(), answer("key-1"))
			require.NoError(t, err)
			require.Len(t, s.Sent(support), c.copies)
			_, err = line.(channel.ReadBacker).ReadBack(t.Context(), answer("key-1"))
			require.Equal(t, c.copies == 0, err != nil)
			require.NotErrorIs(t, err, channel.ErrNotThere)
		})
	}
}

func TestNewNumbersDoNotMakeNewMails(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, line := atSandbox(t, n, nil)
	for i := range 3 {
		_, err := n.Send(sandbox.Mail{From: "mira@example.org", To: support, MessageID: "immer-gleich@example.org", Text: fmt.Sprint("Nachricht ", i)})
		require.NoError(t, err)
	}
	first, err := line.(channel.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, keys(first), 3, "three mails with one Message-ID are three mails")
	require.NoError(t, n.RenewValidity(support))
	again, err := line.(channel.Poller).Poll(t.Context(), first.Cursor)
	require.NoError(t, err)
	require.Equal(t, keys(first), keys(again))
	last, err := line.(channel.Poller).Poll(t.Context(), again.Cursor)
	require.NoError(t, err)
	require.Empty(t, last.Raws)
}

func keys(b channel.Batch) map[string]bool {
	all := map[string]bool{}
	for _, raw := range b.Raws {
		all[raw.Key] = true
	}
	return all
}

func TestTooLargeAMailIsReadInItsBeginning(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	acc, line := atSandbox(t, n, nil)
	_, err := n.Send(sandbox.Mail{From: "mira@example.org", To: support, Subject: "Film", Text: "Sehen Sie selbst", Files: []sandbox.File{
		{Name: "film.mp4", Type: "video/mp4", Data: bytes.Repeat([]byte("film"), 8<<20)},
	}})
	require.NoError(t, err)
	_, err = n.Send(sandbox.Mail{From: "mira@example.org", To: support, Text: "danach"})
	require.NoError(t, err)
	batch, err := line.(channel.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, batch.Raws, 2)
	require.Equal(t, "oversize", batch.Raws[0].Kind)
	require.Equal(t, "mail", batch.Raws[1].Kind)
	require.LessOrEqual(t, len(batch.Raws[0].Body), 1<<20)
	items, err := mail.Connector{}.Translate(acc, batch.Raws[0])
	require.NoError(t, err)
	require.Contains(t, items[0].Text, "Sehen Sie selbst")
	require.Contains(t, items[0].Text, "film.mp4")
}

func TestLargeMailsComeInSeveralBatches(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, line := atSandbox(t, n, nil)
	for range 3 {
		_, err := n.Send(sandbox.Mail{From: "mira@example.org", To: support, Files: []sandbox.File{{Name: "x", Type: "image/png", Data: make([]byte, 9<<20)}}})
		require.NoError(t, err)
	}
	seen, cursor, batches := map[string]bool{}, "", 0
	for more := true; more; batches++ {
		batch, err := line.(channel.Poller).Poll(t.Context(), cursor)
		require.NoError(t, err)
		for key := range keys(batch) {
			require.False(t, seen[key])
			seen[key] = true
		}
		cursor, more = batch.Cursor, batch.More
	}
	require.Len(t, seen, 3)
	require.Equal(t, 2, batches)
}

// TestAServerWithoutIdleIsPolled speaks to a server that knows no more than RFC 3501.
func TestAServerWithoutIdleIsPolled(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			tag, command, _ := strings.Cut(lines.Text(), " ")
			if strings.HasPrefix(command, "CAPABILITY") {
				_, _ = fmt.Fprint(conn, "* CAPABILITY IMAP4rev1\r\n")
			}
			_, _ = fmt.Fprintf(conn, "%s OK done\r\n", tag)
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_, line := atSandbox(t, n, channel.Settings{"imap_port": port})
	hears, ended := make(ears, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { ended <- line.(channel.Streamer).Stream(ctx, hears) }()
	<-done
	select {
	case err := <-ended:
		require.Failf(t, "it is called again", "after %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, hears)
}

// A server that has had enough is not asked for the mail behind.
func TestALimitIsNotTakenForASpoiltMail(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var connections atomic.Int32
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			served.Go(func() { twoMailsAndNoMore(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); served.Wait() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_, line := atSandbox(t, n, channel.Settings{"imap_port": port})
	_, err = line.(channel.Poller).Poll(t.Context(), "")
	require.Equal(t, channeltest.Limited, channeltest.MeaningOf(err), "%v", err)
	require.EqualValues(t, 1, connections.Load())
}

// twoMailsAndNoMore speaks IMAP for a mailbox with two mails, of which it gives none.
func twoMailsAndNoMore(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		end := "OK done"
		switch {
		case strings.HasPrefix(command, "CAPABILITY"):
			_, _ = fmt.Fprint(conn, "* CAPABILITY IMAP4rev1\r\n")
		case strings.HasPrefix(command, "EXAMINE"):
			_, _ = fmt.Fprint(conn, "* 2 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 3] .\r\n")
		case strings.HasPrefix(command, "UID SEARCH"):
			_, _ = fmt.Fprint(conn, "* SEARCH 1 2\r\n")
		case strings.Contains(command, "BODY"):
			end = "NO [LIMIT] Too much today"
		case strings.HasPrefix(command, "UID FETCH"):
			for uid := range 2 {
				_, _ = fmt.Fprintf(conn, "* %d FETCH (UID %d RFC822.SIZE 9 INTERNALDATE \"%s\")\r\n", uid+1, uid+1, time.Now().Format("_2-Jan-2006 15:04:05 -0700"))
			}
		}
		_, _ = fmt.Fprintf(conn, "%s %s\r\n", tag, end)
	}
}

func TestNothingIsMarkedAsRead(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	_, line := atSandbox(t, n, nil)
	_, err := n.Send(sandbox.Mail{From: "mira@example.org", To: support, Text: "Hallo"})
	require.NoError(t, err)
	_, err = line.(channel.Poller).Poll(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 1, n.Unseen(support))
}

func TestGuessIsAPlaceholder(t *testing.T) {
	t.Parallel()
	require.Equal(t, channel.Settings{"imap_host": "imap.nordnetz.example", "smtp_host": "smtp.nordnetz.example", "user": "Support@nordnetz.example"}, mail.Guess(" Support@nordnetz.example"))
	require.Empty(t, mail.Guess("support"))
}

func TestDialIsTheHousesOwn(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	env := channeltest.NewEnv(t)
	env.Dial = func(context.Context, string, string) (channel.Conn, error) { return nil, net.ErrClosed }
	_, err := mail.Connector{}.Check(t.Context(), n.Account(t), env)
	rejected := new(channel.Rejected)
	require.ErrorAs(t, err, &rejected)
	require.Equal(t, channel.ReasonUnreachable, rejected.Reason)
	require.Equal(t, "imap_host", rejected.Field)
}
