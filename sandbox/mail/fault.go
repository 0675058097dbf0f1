// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Fault is a way in which a provider fails.
type Fault string

const (
	Well        Fault = ""
	NoRecipient Fault = "no recipient" // 550 to every RCPT
	Refused     Fault = "refused"      // 554 to every mail, after its content
	NotNow      Fault = "not now"      // 451 to every mail, after its content
	LostAnswer  Fault = "lost answer"  // takes a mail, then cuts the connection without an answer
	LostRequest Fault = "lost request" // throws a mail away, then cuts the connection without an answer
	HeldAnswer  Fault = "held answer"  // takes a mail and does not answer
	SignInFails Fault = "sign-in fails"
	TooMany     Fault = "too many" // a limit is reached, for reading and for sending
	Down        Fault = "down"     // cuts every connection as soon as it is there
	Slow        Fault = "slow"     // takes every connection and says nothing
	Garbage     Fault = "garbage"  // answers every connection with bytes of another language
)

// Fail makes the provider fail from now on, until the next call; Well makes it well again. Faults of whole connections
// and of the sign-in cut those that are open.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letGo()
	s.fault = f
	switch f {
	case Down, Slow, Garbage, SignInFails, TooMany:
		s.cut()
	}
}

// Withhold lets the provider name a mail of an inbox for ever and give nothing of it, as one does whose disk has lost it.
func (s *Server) Withhold(address string, uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(address)]
	b.withheld = append(b.withheld, imap.UID(uid))
}

// now returns the present fault.
func (s *Server) now() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// letGo ends what a fault holds back. The lock is held.
func (s *Server) letGo() {
	close(s.release)
	s.release = make(chan struct{})
}

// hold waits until the fault is over or the server ends.
func (s *Server) hold() {
	s.mu.Lock()
	release, closed := s.release, s.closed
	s.mu.Unlock()
	if !closed {
		<-release
	}
}

// cut ends every open connection. The lock is held.
func (s *Server) cut() {
	for conn := range s.conns {
		_ = conn.Close()
	}
	clear(s.conns)
}

// gate is a listener behind which connections fail as they should.
type gate struct {
	net.Listener
	server *Server
}

// Accept returns the next connection that is to be served. Those that are to fail are dealt with here.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := g.server
		s.mu.Lock()
		switch {
		case s.closed || s.fault == Down:
			_ = conn.Close()
		case s.fault == Garbage:
			_, _ = conn.Write([]byte("\x16\x03\x01<html>\r\nHTTP/1.1 200 OK\r\n\r\n\x00\xff{]\r\n"))
			_ = conn.Close()
		case s.fault == Slow:
			s.conns[conn] = true
		default:
			s.conns[conn] = true
			s.mu.Unlock()
			return &gone{Conn: conn, server: s}, nil
		}
		s.mu.Unlock()
	}
}

// gone is a connection that is forgotten when it is closed.
type gone struct {
	net.Conn
	server *Server
}

func (c *gone) Close() error {
	c.server.mu.Lock()
	delete(c.server.conns, c.Conn)
	c.server.mu.Unlock()
	return c.Conn.Close()
}
