// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// errCut ends a connection without an answer.
var errCut = errors.New("cut")

// smtpSession is one connection to the submission server. Whoever is signed in may send from the own address, to the
// provider's own addresses.
type smtpSession struct {
	server *Server
	conn   *smtp.Conn
	box    *box
	from   string
	to     []string
}

func (c *smtpSession) AuthMechanisms() []string { return c.server.mechanisms() }

func (c *smtpSession) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain {
		return c.server.bearer(mechanism, func(b *box) { c.box = b })
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		s := c.server
		s.mu.Lock()
		b, fault := s.boxes[strings.ToLower(username)], s.fault
		s.mu.Unlock()
		if fault == SignInFails || b == nil || b.user.Login(b.Address, password) != nil {
			return smtp.ErrAuthFailed
		}
		c.box = b
		return nil
	}), nil
}

func (c *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	switch {
	case c.server.now() == TooMany:
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too much mail, try again later"}
	case c.box == nil:
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	case !strings.EqualFold(from, c.box.Address):
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Sender address is not yours"}
	}
	c.from = from
	return nil
}

func (c *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.server.now() == NoRecipient || !c.server.knows(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}
	}
	c.to = append(c.to, to)
	return nil
}

func (c *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s := c.server
	fault := s.now()
	switch fault {
	case Refused:
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "We do not take this content"}
	case NotNow:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "<" + strings.Join(c.to, ">, <") + ">: local error, try again later"} // as many servers do, it names who was meant
	case LostRequest:
		_ = c.conn.Conn().Close()
		return errCut
	}
	for _, to := range c.to {
		if err := s.Deliver(c.from, to, raw); err != nil {
			return err
		}
	}
	if s.opts.SavesSent {
		if err := s.saveSent(c.box, raw); err != nil {
			return err
		}
	}
	switch fault {
	case LostAnswer:
		_ = c.conn.Conn().Close()
		return errCut
	case HeldAnswer:
		s.hold()
	}
	return nil
}

func (c *smtpSession) Reset() { c.from, c.to = "", nil }

func (c *smtpSession) Logout() error { return nil }

// knows tells whether an address, or the one before its plus, has a mailbox here.
func (s *Server) knows(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lookup(address) != nil
}

// lookup finds the mailbox of an address; what stands between a plus and the @ does not count. The lock is held.
func (s *Server) lookup(address string) *box {
	address = strings.ToLower(address)
	if b := s.boxes[address]; b != nil {
		return b
	}
	local, domain, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return s.boxes[local+"@"+domain]
}

// Deliver puts a mail into the mailbox of one of our addresses, as it is but for a Return-Path and a Received line.
func (s *Server) Deliver(from, to string, raw []byte) error {
	return s.DeliverAt(s.opts.Now(), from, to, raw)
}

// DeliverAt is Deliver at another time.
func (s *Server) DeliverAt(at time.Time, from, to string, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.lookup(to)
	if b == nil {
		return fmt.Errorf("sandbox mail: no mailbox %s", to)
	}
	var whole bytes.Buffer
	fmt.Fprintf(&whole, "Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: from sandbox by localhost; %s\r\n", from, to, at.Format(time.RFC1123Z))
	whole.Write(raw)
	m := Message{From: from, To: to, Raw: whole.Bytes(), At: at}
	if err := put(b.user, inboxName, m.Raw, at); err != nil {
		return fmt.Errorf("sandbox mail: %w", err)
	}
	b.inbox = append(b.inbox, m)
	s.tell()
	return nil
}

func (s *Server) saveSent(b *box, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.opts.Now()
	if err := put(b.user, s.opts.Sent, raw, at); err != nil {
		return err
	}
	b.sent = append(b.sent, Message{From: b.Address, Raw: raw, At: at})
	s.tell()
	return nil
}
