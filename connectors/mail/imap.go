// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/hilft/hilft/channel"
)

// limitPause is how long we leave a server alone that says it has had enough; it does not say how long.
const limitPause = 5 * time.Minute

var readOnly = &imap.SelectOptions{ReadOnly: true}

// mailbox is one signed-in IMAP connection.
type mailbox struct {
	*imapclient.Client
	stop func() bool
}

func (m *mailbox) close() {
	m.stop()
	_ = m.Close() // the connection is done with; what it still says does not matter
}

// signIn connects to the IMAP server and signs in. The connection ends with the context, or by close. A token that the
// server does not take, though its time has not come, is renewed once.
func (l *line) signIn(ctx context.Context, changed func()) (*mailbox, error) {
	if l.set.oauth == nil {
		return l.signInWith(ctx, "", changed)
	}
	token, err := l.token(ctx, "")
	if err != nil {
		return nil, err
	}
	m, err := l.signInWith(ctx, token, changed)
	if !errors.Is(err, channel.ErrSignIn) {
		return m, err
	}
	if token, err = l.token(ctx, token); err != nil {
		return nil, err
	}
	return l.signInWith(ctx, token, changed)
}

func (l *line) signInWith(ctx context.Context, token string, changed func()) (*mailbox, error) {
	s := l.set.imap
	options := &imapclient.Options{TLSConfig: l.tls(s)}
	if changed != nil {
		options.UnilateralDataHandler = &imapclient.UnilateralDataHandler{
			Mailbox: func(*imapclient.UnilateralDataMailbox) { changed() },
		}
	}
	conn, stop, err := l.connect(ctx, s)
	if err != nil {
		return nil, err
	}
	var client *imapclient.Client
	if s.security == secSTARTTLS {
		if client, err = imapclient.NewStartTLS(conn, options); err != nil {
			stop()
			_ = conn.Close()
			return nil, &dialError{tls: true, err: because(ctx, err)}
		}
	} else {
		client = imapclient.New(conn, options)
	}
	m := &mailbox{client, stop}
	if err := client.WaitGreeting(); err != nil {
		m.close()
		return nil, &dialError{err: because(ctx, err)}
	}
	if s.oauth {
		err = client.Authenticate(bearer(func(name string) bool { return client.Caps().Has(imap.AuthCap(name)) }, s, token))
	} else if client.Caps().Has(imap.AuthCap(sasl.Plain)) {
		err = client.Authenticate(sasl.NewPlainClient("", s.user, s.password))
	} else {
		err = client.Login(s.user, s.password).Wait()
	}
	if err != nil {
		m.close()
		return nil, l.signInMeans(because(ctx, err))
	}
	return m, nil
}

// connect opens a connection, with TLS from its first byte where that is wanted. It is cut when the context ends.
func (l *line) connect(ctx context.Context, s server) (conn net.Conn, stop func() bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if conn, err = l.env.Dial(dialing, "tcp", s.addr()); err != nil {
		return nil, nil, &dialError{err: because(ctx, err)}
	}
	if s.security == secTLS {
		secure := tls.Client(conn, l.tls(s))
		if err := secure.HandshakeContext(dialing); err != nil {
			_ = conn.Close()
			return nil, nil, &dialError{tls: true, err: because(ctx, err)}
		}
		conn = secure
	}
	return conn, context.AfterFunc(ctx, func() { _ = conn.Close() }), nil
}

func (l *line) tls(s server) *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: l.roots, MinVersion: tls.VersionTLS12}
}

// signInMeans reads why a sign-in failed (RFC 5530). A bare NO can only mean the credentials.
func (l *line) signInMeans(err error) error {
	if tokenRefused(err) {
		return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
	}
	no, ok := errors.AsType[*imap.Error](err)
	if !ok || no.Type != imap.StatusResponseTypeNo {
		return l.means(err)
	}
	switch no.Code {
	case imap.ResponseCodePrivacyRequired:
		return &dialError{tls: true, err: err}
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug, imap.ResponseCodeContactAdmin,
		imap.ResponseCodeLimit, imap.ResponseCodeOverQuota:
		return l.means(err)
	}
	return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
}

// means reads what an error of the IMAP server means for the switchboard.
func (l *line) means(err error) error {
	if no, ok := errors.AsType[*imap.Error](err); ok && (no.Code == imap.ResponseCodeLimit || no.Code == imap.ResponseCodeOverQuota) {
		return fmt.Errorf("%w: %w", &channel.RateLimited{Until: l.env.Now().Add(limitPause)}, err)
	}
	return err
}

// inFolder adds to an error that the folder is to blame, if it is.
func inFolder(err error) error {
	if no, ok := errors.AsType[*imap.Error](err); ok && no.Type == imap.StatusResponseTypeNo {
		return fmt.Errorf("%w: %w", err, &channel.Rejected{Reason: channel.ReasonBadSettings, Field: setFolder, Detail: detail(err)})
	}
	return err
}

// sentFolder finds the folder of sent mail: the one of the settings, the one that the server names (RFC 6154), or "Sent".
func (l *line) sentFolder(m *mailbox) string {
	if l.set.sent != "" {
		return l.set.sent
	}
	var options *imap.ListOptions
	if caps := m.Caps(); caps.Has(imap.CapSpecialUse) && caps.Has(imap.CapListExtended) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	folders, err := m.List("", "*", options).Collect()
	if err != nil {
		return "Sent"
	}
	for _, f := range folders {
		for _, attr := range f.Attrs {
			if attr == imap.MailboxAttrSent {
				return f.Mailbox
			}
		}
	}
	return "Sent"
}

// holds tells whether a folder has a mail with this Message-ID.
func holds(m *mailbox, folder, id string) (bool, error) {
	if _, err := m.Select(folder, readOnly).Wait(); err != nil {
		return false, err
	}
	found, err := m.UIDSearch(&imap.SearchCriteria{
		Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}},
	}, nil).Wait()
	if err != nil {
		return false, err
	}
	uids, ok := found.All.(imap.UIDSet)
	return ok && len(uids) > 0, nil
}
