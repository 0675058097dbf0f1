// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
)

// imapSession is one signed-in IMAP connection. The mailboxes are imapmemserver's; this adds the sign-in, the folders
// with their special use, and what the control side wants to know.
type imapSession struct {
	*imapmemserver.UserSession // nil before the sign-in
	server                     *Server
	box                        *box
}

func (c *imapSession) Login(username, password string) error {
	s := c.server
	s.mu.Lock()
	b, fault := s.boxes[strings.ToLower(username)], s.fault
	s.mu.Unlock()
	switch {
	case fault == TooMany:
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeLimit, Text: "Too many connections, try again later"}
	case fault == SignInFails || b == nil:
		return imapserver.ErrAuthFailed
	}
	if err := b.user.Login(b.Address, password); err != nil {
		return err
	}
	c.box, c.UserSession = b, imapmemserver.NewUserSession(b.user)
	return nil
}

// AuthenticateMechanisms are passwords and tokens.
func (c *imapSession) AuthenticateMechanisms() []string { return c.server.mechanisms() }

// Authenticate signs in with a password or a token.
func (c *imapSession) Authenticate(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.Plain {
		return sasl.NewPlainServer(func(_, username, password string) error { return c.Login(username, password) }), nil
	}
	inner, err := c.server.bearer(mechanism, func(b *box) { c.box, c.UserSession = b, imapmemserver.NewUserSession(b.user) })
	if err != nil {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Text: "SASL mechanism not supported"}
	}
	return refusing{inner}, nil
}

// refusing says an inner no as IMAP does.
type refusing struct{ sasl.Server }

func (r refusing) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := r.Server.Next(response)
	if err != nil {
		err = imapserver.ErrAuthFailed
	}
	return challenge, done, err
}

func (c *imapSession) Close() error {
	if c.UserSession == nil {
		return nil
	}
	return c.UserSession.Close()
}

// List knows the inbox and the folder of sent mail, and says of the latter what it is for (RFC 6154).
func (c *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, _ *imap.ListOptions) error {
	for _, name := range []string{inboxName, c.server.opts.Sent} {
		if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(name, '/', ref, p) }) {
			continue
		}
		data := imap.ListData{Mailbox: name, Delim: '/'}
		if name != inboxName {
			data.Attrs = []imap.MailboxAttr{imap.MailboxAttrSent}
		}
		if err := w.WriteList(&data); err != nil {
			return err
		}
	}
	return nil
}

// Fetch gives what is asked for, but for the content of mails that are withheld.
func (c *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	c.server.mu.Lock()
	withheld := c.box.withheld
	c.server.mu.Unlock()
	if uids, ok := set.(imap.UIDSet); ok && len(options.BodySection) > 0 && len(withheld) > 0 {
		all, _ := uids.Nums()
		all = slices.DeleteFunc(all, func(uid imap.UID) bool { return slices.Contains(withheld, uid) })
		if len(all) == 0 {
			return nil
		}
		set = imap.UIDSetNum(all...)
	}
	return c.UserSession.Fetch(w, set, options)
}

// Append keeps a copy of what a client puts into the folder of sent mail.
func (c *imapSession) Append(folder string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data, err := c.user().Append(folder, bytes.NewReader(raw), options)
	if err == nil && folder == c.server.opts.Sent {
		s := c.server
		s.mu.Lock()
		defer s.mu.Unlock()
		c.box.sent = append(c.box.sent, Message{From: c.box.Address, Raw: raw, At: s.opts.Now()})
		s.tell()
	}
	return data, err
}

func (c *imapSession) user() *imapmemserver.User { return c.box.user }

// Idle counts who waits for news.
func (c *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	count := func(by int) {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		c.box.idling += by
		c.server.tell()
	}
	count(1)
	defer count(-1)
	return c.UserSession.Idle(w, stop)
}

func put(user *imapmemserver.User, folder string, raw []byte, at time.Time) error {
	_, err := user.Append(folder, bytes.NewReader(raw), &imap.AppendOptions{Time: at})
	return err
}
