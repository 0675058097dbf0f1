// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft/sandbox/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	support = "support@nordnetz.example"
	mira    = "mira@example.org"
)

func provider(t *testing.T) *mail.Server {
	t.Helper()
	s := mail.New(mail.Options{SavesSent: true, Mailboxes: []mail.Box{
		{Address: support, Password: "hilfe", Name: "Nordnetz"}, {Address: mira, Password: "geheim", Name: "Mira"},
	}})
	require.NoError(t, s.Start())
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func submit(s *mail.Server, password, to, raw string) error {
	conn, err := net.Dial("tcp", s.SMTPAddr())
	if err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	defer func() { _ = c.Close() }()
	if err := c.Auth(sasl.NewPlainClient("", support, password)); err != nil {
		return err
	}
	return c.SendMail(support, []string{to}, strings.NewReader(raw))
}

func TestWhatIsSubmittedArrivesAndIsSeenWhileIdle(t *testing.T) {
	t.Parallel()
	s := provider(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	heard := make(chan uint32, 4)
	conn, err := net.Dial("tcp", s.IMAPAddr())
	require.NoError(t, err)
	c := imapclient.New(conn, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				heard <- *d.NumMessages
			}
		},
	}})
	defer func() { _ = c.Close() }()
	require.NoError(t, c.Login(mira, "geheim").Wait())
	_, err = c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	idle, err := c.Idle()
	require.NoError(t, err)
	require.NoError(t, s.AwaitIdle(ctx, mira))

	require.NoError(t, submit(s, "hilfe", mira, "Subject: Hallo\r\nMessage-ID: <1@nordnetz.example>\r\n\r\nGuten Tag\r\n.ohne Punkt\r\n"))
	select {
	case n := <-heard:
		require.EqualValues(t, 1, n)
	case <-ctx.Done():
		t.Fatal("IDLE says nothing")
	}
	require.NoError(t, idle.Close())
	require.NoError(t, idle.Wait())

	got, err := s.Await(ctx, mira, func(m mail.Message) bool { return strings.Contains(string(m.Raw), "Guten Tag") })
	require.NoError(t, err)
	require.Contains(t, string(got.Raw), "\r\n.ohne Punkt\r\n")
	require.Len(t, s.Sent(support), 1)

	folders, err := c.List("", "*", nil).Collect()
	require.NoError(t, err)
	require.Len(t, folders, 2)
	require.Contains(t, folders[1].Attrs, imap.MailboxAttrSent)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const raw = "Subject: Hallo\r\n\r\nText\r\n"
	for fault, want := range map[mail.Fault]struct {
		code    int
		arrives int
	}{
		mail.NoRecipient: {550, 0}, mail.Refused: {554, 0}, mail.NotNow: {451, 0}, mail.SignInFails: {535, 0}, mail.TooMany: {450, 0},
		mail.LostAnswer: {0, 1}, mail.LostRequest: {0, 0}, mail.Down: {0, 0}, mail.Garbage: {0, 0}, mail.Well: {250, 1},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := provider(t)
			s.Fail(fault)
			err := submit(s, "hilfe", mira, raw)
			require.Len(t, s.Mailbox(mira), want.arrives)
			if want.code == 250 {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			if want.code != 0 {
				var answer *smtp.SMTPError
				require.ErrorAs(t, err, &answer)
				require.Equal(t, want.code, answer.Code)
			}
			s.Fail(mail.Well)
			require.NoError(t, submit(s, "hilfe", mira, raw))
		})
	}
}

func TestNothingLeavesTheMachine(t *testing.T) {
	t.Parallel()
	s := provider(t)
	var answer *smtp.SMTPError
	require.ErrorAs(t, submit(s, "hilfe", "jon@elsewhere.example", "Subject: x\r\n\r\nx\r\n"), &answer)
	require.Equal(t, 550, answer.Code)
	require.ErrorAs(t, submit(s, "falsch", mira, "Subject: x\r\n\r\nx\r\n"), &answer)
	require.Equal(t, 535, answer.Code)
}

func TestPageShowsMailAsText(t *testing.T) {
	t.Parallel()
	s := provider(t)
	_, err := s.Send(mail.Mail{
		From: support, FromName: "<script>alert(1)</script>", To: mira, Subject: "Störung & <b>Grüße</b>", Text: "Läuft wieder.\n<script>alert(2)</script>",
		Files: []mail.File{{Name: "Anschluß.png", Type: "image/png", Data: []byte("bild")}},
	})
	require.NoError(t, err)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	code, body := get("/" + mira)
	require.Equal(t, 200, code)
	require.NotContains(t, body, "<script>")
	require.Contains(t, body, "Störung &amp; &lt;b&gt;Grüße&lt;/b&gt;")
	require.Contains(t, body, "Läuft wieder.")
	require.Contains(t, body, "Anschluß.png")
	require.NotContains(t, body, "geheim")
	code, _ = get("/nobody@example.org")
	require.Equal(t, 404, code)
	code, body = get("/")
	require.Equal(t, 200, code)
	require.Contains(t, body, support)
}
