// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Options say which mailboxes there are and how the provider behaves.
type Options struct {
	Mailboxes []Box
	IMAP      string           // where to listen; default "127.0.0.1:0"
	SMTP      string           // where to listen; default "127.0.0.1:0"
	Sent      string           // the folder of sent mail; default "Sent"
	SavesSent bool             // the provider itself puts what is submitted into that folder
	Bearer    bool             // tokens are taken by OAUTHBEARER (RFC 7628); else by XOAUTH2
	Now       func() time.Time // default time.Now
}

// Box is one mailbox.
type Box struct {
	Address  string // also the name to sign in with
	Password string
	Name     string // of its owner, for people
}

// Message is one mail as it lies in a mailbox.
type Message struct {
	From string // envelope
	To   string // envelope
	Raw  []byte // with a Return-Path and a Received line at its head
	At   time.Time
}

// Server is the provider. Its methods may be called by many goroutines.
type Server struct {
	opts Options

	imap   *imapserver.Server
	smtp   *smtp.Server
	imapAt net.Listener
	smtpAt net.Listener
	served sync.WaitGroup

	mu      sync.Mutex
	boxes   map[string]*box
	grants  grants
	fault   Fault
	release chan struct{} // closed when what a fault holds back may go
	conns   map[net.Conn]bool
	news    chan struct{} // closed and renewed at every change
	closed  bool
}

// box is a mailbox: what IMAP shows of it, and what we remember.
type box struct {
	Box
	user   *imapmemserver.User
	inbox  []Message
	sent   []Message
	idling int

	withheld []imap.UID
}

const inboxName = "INBOX"

// New makes a provider that does not listen yet.
func New(opts Options) *Server {
	if opts.IMAP == "" {
		opts.IMAP = "127.0.0.1:0"
	}
	if opts.SMTP == "" {
		opts.SMTP = "127.0.0.1:0"
	}
	if opts.Sent == "" {
		opts.Sent = "Sent"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{
		opts: opts, boxes: map[string]*box{}, grants: grants{codes: map[string]code{}, access: map[string]access{}, refresh: map[string]string{}}, conns: map[net.Conn]bool{},
		release: make(chan struct{}), news: make(chan struct{}),
	}
	for _, b := range opts.Mailboxes {
		s.addBox(b)
	}
	return s
}

func (s *Server) addBox(b Box) *box {
	b.Address = strings.ToLower(b.Address)
	made := &box{Box: b, user: imapmemserver.NewUser(b.Address, b.Password)}
	for _, folder := range []string{inboxName, s.opts.Sent} {
		_ = made.user.Create(folder, nil) // a new user has no folder that it could collide with
	}
	s.boxes[b.Address] = made
	return made
}

// Add opens one more mailbox. An address that is there already stays as it is.
func (s *Server) Add(b Box) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boxes[strings.ToLower(b.Address)] == nil {
		s.addBox(b)
	}
}

// Start opens both servers and returns when they listen.
func (s *Server) Start() error {
	imapAt, err := net.Listen("tcp", s.opts.IMAP)
	if err != nil {
		return fmt.Errorf("sandbox mail: %w", err)
	}
	smtpAt, err := net.Listen("tcp", s.opts.SMTP)
	if err != nil {
		_ = imapAt.Close()
		return fmt.Errorf("sandbox mail: %w", err)
	}
	silent := log.New(io.Discard, "", 0)
	s.imapAt, s.smtpAt = imapAt, smtpAt
	s.imap = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{server: s}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapSpecialUse: {}, imap.CapUIDPlus: {}},
		Logger:       silent,
		InsecureAuth: true,
	})
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{server: s, conn: c}, nil
	}))
	s.smtp.Domain = "localhost"
	s.smtp.AllowInsecureAuth = true
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.MaxMessageBytes = 64 << 20
	s.smtp.ErrorLog = silent
	s.served.Go(func() { _ = s.imap.Serve(&gate{Listener: imapAt, server: s}) })
	s.served.Go(func() { _ = s.smtp.Serve(&gate{Listener: smtpAt, server: s}) })
	return nil
}

// Close ends both servers and every connection. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed || s.imap == nil {
		s.closed = true
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.letGo()
	s.cut()
	s.mu.Unlock()
	err := errors.Join(s.imap.Close(), s.smtp.Close(), ignoreClosed(s.imapAt.Close()), ignoreClosed(s.smtpAt.Close()))
	s.served.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// IMAPAddr is where the IMAP server listens: host and port.
func (s *Server) IMAPAddr() string { return s.imapAt.Addr().String() }

// SMTPAddr is where the submission server listens: host and port.
func (s *Server) SMTPAddr() string { return s.smtpAt.Addr().String() }

// Mailboxes returns all mailboxes, in the order of their addresses.
func (s *Server) Mailboxes() []Box {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Box, 0, len(s.boxes))
	for _, b := range s.boxes {
		all = append(all, b.Box)
	}
	slices.SortFunc(all, func(a, b Box) int { return strings.Compare(a.Address, b.Address) })
	return all
}

// Mailbox returns what has arrived at an address, oldest first; nil for an address that is not ours.
func (s *Server) Mailbox(address string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.boxes[strings.ToLower(address)]; b != nil {
		return slices.Clone(b.inbox)
	}
	return nil
}

// Sent returns what lies in the folder of sent mail, oldest first.
func (s *Server) Sent(address string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.boxes[strings.ToLower(address)]; b != nil {
		return slices.Clone(b.sent)
	}
	return nil
}

// Await waits until a mail that is wanted lies in a mailbox, and returns the first.
func (s *Server) Await(ctx context.Context, address string, wanted func(Message) bool) (Message, error) {
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		all := s.Mailbox(address)
		if i := slices.IndexFunc(all, wanted); i >= 0 {
			return all[i], nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("sandbox mail: no such mail at %s: %w", address, context.Cause(ctx))
		}
	}
}

// AwaitIdle waits until somebody is signed in to a mailbox and waits there for news (IDLE).
func (s *Server) AwaitIdle(ctx context.Context, address string) error {
	for {
		s.mu.Lock()
		b, news := s.boxes[strings.ToLower(address)], s.news
		idle := b != nil && b.idling > 0
		s.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("sandbox mail: nobody waits at %s: %w", address, context.Cause(ctx))
		}
	}
}

// RenewValidity gives the inbox of an address a new UIDVALIDITY, as a restored backup or a move to another server does:
// the same mails under new numbers. It cuts all IMAP connections.
func (s *Server) RenewValidity(address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(address)]
	if b == nil {
		return fmt.Errorf("sandbox mail: no mailbox %s", address)
	}
	if err := b.user.Delete(inboxName); err != nil {
		return fmt.Errorf("sandbox mail: %w", err)
	}
	if err := b.user.Create(inboxName, nil); err != nil {
		return fmt.Errorf("sandbox mail: %w", err)
	}
	for _, m := range b.inbox {
		if err := put(b.user, inboxName, m.Raw, m.At); err != nil {
			return err
		}
	}
	s.cut()
	return nil
}

// tell wakes everybody who awaits something. The lock is held.
func (s *Server) tell() {
	close(s.news)
	s.news = make(chan struct{})
}

// Unseen counts the mails of an inbox that nobody has marked as read.
func (s *Server) Unseen(address string) int {
	s.mu.Lock()
	b := s.boxes[strings.ToLower(address)]
	s.mu.Unlock()
	if b == nil {
		return 0
	}
	status, err := b.user.Status(inboxName, &imap.StatusOptions{NumUnseen: true})
	if err != nil || status.NumUnseen == nil {
		return 0
	}
	return int(*status.NumUnseen)
}
