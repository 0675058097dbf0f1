// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mailtest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// startFront puts TLS and the sign-in before OpenSMTPD, and passes everything else on to it and its answers back. The
// OpenSMTPD of Debian 12 cannot do it itself: built against OpenSSL 3, it fails at every TLS handshake, and without TLS it
// offers no sign-in.
func (s *Servers) startFront(t testing.TB) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(s.path("cert.pem"), s.path("key.pem"))
	require.NoError(t, err)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &passer{servers: s}, nil }))
	server.Domain = "submission.example"
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.ErrorLog = log.New(io.Discard, "", 0)
	starttls, err := net.Listen("tcp", net.JoinHostPort(s.Host, "0"))
	require.NoError(t, err)
	smtps, err := tls.Listen("tcp", net.JoinHostPort(s.Host, "0"), server.TLSConfig)
	require.NoError(t, err)
	_, s.Submission, _ = net.SplitHostPort(starttls.Addr().String())
	_, s.SMTPS, _ = net.SplitHostPort(smtps.Addr().String())
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(starttls) }()
	go func() { ended <- server.Serve(smtps) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
		<-ended
	})
}

// passer is one connection to the front.
type passer struct {
	servers *Servers
	signed  bool
	behind  *smtp.Client
}

func (*passer) AuthMechanisms() []string { return []string{sasl.Plain} }

func (p *passer) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		for _, b := range p.servers.boxes {
			if b.Address == username && b.Password == password {
				p.signed = true
				return nil
			}
		}
		return smtp.ErrAuthFailed
	}), nil
}

func (p *passer) Mail(from string, _ *smtp.MailOptions) error {
	if !p.signed {
		return smtp.ErrAuthRequired
	}
	p.Reset()
	conn, err := net.Dial("tcp", net.JoinHostPort(p.servers.Host, p.servers.MX))
	if err != nil {
		return err
	}
	p.behind = smtp.NewClient(conn)
	return p.behind.Mail(from, nil)
}

func (p *passer) Rcpt(to string, _ *smtp.RcptOptions) error { return p.behind.Rcpt(to, nil) }

func (p *passer) Data(r io.Reader) error {
	w, err := p.behind.Data()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Close()
}

func (p *passer) Reset() {
	if p.behind != nil {
		_ = p.behind.Close()
		p.behind = nil
	}
}

func (p *passer) Logout() error {
	p.Reset()
	return nil
}
