// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/hilft/hilft/channel"
)

// Patience with a submission server. RFC 5321 would wait ten minutes for the last answer; a person who waits for a
// delivery would not, and what is unknown is read back.
const (
	sendFor    = 4 * time.Minute // of a mail without files, and a second more for every slowLine bytes
	slowLine   = 64 << 10
	answerIn   = time.Minute
	acceptIn   = 3 * time.Minute
	copyWithin = 30 * time.Second
)

// Send submits one mail. It is sent when the server has answered 250 to its content, under the Message-ID that we gave
// it. From the first byte of that content until that answer, what breaks leaves the outcome unknown; everything before
// is certain.
func (l *line) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	m, err := l.compose(out)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mail: send: %w", err)
	}
	sending, end, err := l.begin(ctx, sendFor+slow(m.raw))
	if err != nil {
		return channel.Receipt{}, err
	}
	defer end()
	if err := l.submit(sending, m); err != nil {
		return channel.Receipt{}, fmt.Errorf("mail: send: %w", err)
	}
	receipt := channel.Receipt{ID: m.id, Thread: m.thread, At: l.env.Now()}
	if l.set.copy {
		l.keepCopy(ctx, m)
	}
	return receipt, nil
}

// slow is how long the content of a mail is under way on a line that somebody would still call one.
func slow(raw []byte) time.Duration { return time.Duration(len(raw)/slowLine) * time.Second }

// submission is one signed-in SMTP connection.
type submission struct {
	*smtp.Client
	stop func() bool
}

func (s *submission) close() {
	s.stop()
	_ = s.Close() // the connection is done with
}

// submission connects to the submission server and signs in, as signIn does at the IMAP server.
func (l *line) submission(ctx context.Context) (*submission, error) {
	if l.set.oauth == nil {
		return l.submissionWith(ctx, "")
	}
	token, err := l.token(ctx, "")
	if err != nil {
		return nil, err
	}
	sub, err := l.submissionWith(ctx, token)
	if !errors.Is(err, channel.ErrSignIn) {
		return sub, err
	}
	if token, err = l.token(ctx, token); err != nil {
		return nil, err
	}
	return l.submissionWith(ctx, token)
}

func (l *line) submissionWith(ctx context.Context, token string) (*submission, error) {
	s := l.set.smtp
	conn, stop, err := l.connect(ctx, s)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(conn)
	if s.security == secSTARTTLS {
		if client, err = smtp.NewClientStartTLS(conn, l.tls(s)); err != nil {
			stop()
			_ = conn.Close()
			return nil, l.smtpMeans(&dialError{tls: true, err: because(ctx, err)}, greeting)
		}
	}
	client.CommandTimeout, client.SubmissionTimeout = answerIn, acceptIn
	sub := &submission{client, stop}
	if err := client.Hello(localName(conn)); err != nil {
		sub.close()
		return nil, l.smtpMeans(&dialError{tls: s.security == secSTARTTLS, err: because(ctx, err)}, greeting)
	}
	offered, mechanisms := client.Extension("AUTH")
	if !offered && s.security == secNone {
		return sub, nil // a server on this machine that asks nobody who they are
	}
	has := func(name string) bool { return strings.Contains(" "+mechanisms+" ", " "+name+" ") }
	mechanism := sasl.NewPlainClient("", s.user, s.password)
	switch {
	case s.oauth:
		mechanism = bearer(has, s, token)
	case offered && !has(sasl.Plain) && has(sasl.Login):
		mechanism = sasl.NewLoginClient(s.user, s.password)
	}
	if err := client.Auth(mechanism); err != nil {
		sub.close()
		return nil, l.smtpMeans(because(ctx, err), signingIn)
	}
	return sub, nil
}

// localName is how we introduce ourselves: by our address, as a client without a name of its own does (RFC 5321, 4.1.3).
func localName(conn net.Conn) string {
	addr, ok := conn.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case addr.IP.To4() == nil:
		return "[IPv6:" + addr.IP.String() + "]"
	}
	return "[" + addr.IP.String() + "]"
}

// submit hands a mail to the server.
func (l *line) submit(ctx context.Context, m message) error {
	sub, err := l.submission(ctx)
	if err != nil {
		return err
	}
	defer sub.close()
	options := &smtp.MailOptions{Size: int64(len(m.raw))}
	from := m.from
	if !ascii(m.to) || !ascii(from) {
		if ok, _ := sub.Extension("SMTPUTF8"); !ok {
			return &channel.Rejected{Reason: channel.ReasonNoRecipient, Detail: "the server takes only addresses in ASCII"}
		}
		options.UTF8 = true
	}
	if err := sub.Mail(from, options); err != nil {
		return l.smtpMeans(because(ctx, err), opening)
	}
	if err := sub.Rcpt(m.to, nil); err != nil {
		return l.smtpMeans(because(ctx, err), addressing)
	}
	content, err := sub.Data()
	if err != nil {
		return l.smtpMeans(because(ctx, err), opening)
	}
	if err := ctx.Err(); err != nil {
		return err // nothing of the content has been said, so the server has no mail
	}
	_, err = content.Write(m.raw)
	if err == nil {
		_, err = content.CloseWithResponse()
	}
	if err != nil {
		return l.smtpMeans(because(ctx, err), saying)
	}
	_ = sub.Quit() // the mail is taken; how we part does not matter
	return nil
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

// stage is how far a submission has come.
type stage int

const (
	greeting stage = iota
	signingIn
	opening
	addressing
	saying
)

// smtpMeans reads what an error means for the switchboard: the server's no for good or for now, or, once the content has
// begun, nothing that could be relied on.
func (l *line) smtpMeans(err error, at stage) error {
	no, ok := errors.AsType[*smtp.SMTPError](err)
	if tokenRefused(err) {
		return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
	}
	if !ok || no.Code < 400 {
		if at == saying {
			return fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err)
		}
		return err
	}
	with := func(meaning error) error { return fmt.Errorf("%w: %w", meaning, err) }
	final := func(reason string) error {
		return with(&channel.Rejected{Reason: reason, Detail: oneLine(fmt.Sprintf("%d %s", no.Code, no.Message), 300)})
	}
	switch {
	case at == saying && no.Code < 500:
		return err // not taken, for now
	case no.Code == 530 || no.Code == 534 || no.Code == 535 || no.Code == 538 || at == signingIn && no.Code >= 500:
		return with(channel.ErrSignIn)
	case no.Code == 421 || no.Code == 450 || no.Code == 451 || no.Code == 452:
		return with(&channel.RateLimited{Until: l.env.Now().Add(limitPause)})
	case no.Code < 500 || at == greeting:
		return err
	case at == addressing && (no.Code == 552 || no.EnhancedCode[0] == 5 && no.EnhancedCode[1] == 2 && no.EnhancedCode[2] == 2):
		return final(channel.ReasonMailboxFull)
	case no.Code == 552 || no.Code == 523:
		return final(channel.ReasonTooLong)
	case at == addressing && no.EnhancedCode[0] == 5 && no.EnhancedCode[1] == 7:
		return final(channel.ReasonNotAllowed)
	case at == addressing:
		return final(channel.ReasonNoRecipient)
	case at == saying:
		return final(channel.ReasonBadMessage)
	}
	return final(channel.ReasonNotAllowed)
}

// keepCopy puts a mail that went out into the folder of sent mail, unless the provider has done so. It has gone out
// either way, so a failure is only logged.
func (l *line) keepCopy(ctx context.Context, m message) {
	ctx, end, err := l.begin(context.WithoutCancel(ctx), copyWithin+slow(m.raw))
	if err != nil {
		return
	}
	defer end()
	if err := l.copy(ctx, m); err != nil && l.env.Log != nil {
		l.env.Log.WarnContext(ctx, "no copy of an answer in the folder of sent mail", "account_id", string(l.acc.ID), "err", err)
	}
}

func (l *line) copy(ctx context.Context, m message) error {
	box, err := l.signIn(ctx, nil)
	if err != nil {
		return err
	}
	defer box.close()
	folder := l.sentFolder(box)
	if there, err := holds(box, folder, m.id); err == nil && there {
		return nil
	}
	err = put(box, folder, m.raw)
	if no, ok := errors.AsType[*imap.Error](err); ok && no.Code == imap.ResponseCodeTryCreate {
		if err := box.Create(folder, nil).Wait(); err != nil {
			return err
		}
		err = put(box, folder, m.raw)
	}
	return because(ctx, err)
}

func put(box *mailbox, folder string, raw []byte) error {
	cmd := box.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
	_, err := cmd.Write(raw)
	if err = errors.Join(err, cmd.Close()); err != nil {
		return err
	}
	_, err = cmd.Wait()
	return err
}
