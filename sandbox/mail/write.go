// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// Mail is a mail as a person writes it in an ordinary program.
type Mail struct {
	From       string // address
	FromName   string
	To         string // address
	Subject    string
	Text       string
	HTML       string // beside the text; may be empty
	MessageID  string // without brackets; made up where empty
	InReplyTo  string // without brackets
	References []string
	At         time.Time // zero: now
	Header     []string  // further lines, "Auto-Submitted: auto-replied"
	Files      []File
}

// File is an attachment.
type File struct {
	Name string
	Type string
	Data []byte
}

// Send delivers a mail to one of our addresses and returns its Message-ID. The sender needs no mailbox here.
func (s *Server) Send(m Mail) (messageID string, err error) {
	if m.At.IsZero() {
		m.At = s.opts.Now()
	}
	if m.MessageID == "" {
		_, domain, _ := strings.Cut(m.From, "@")
		m.MessageID = strings.ToLower(rand.Text()) + "@" + domain
	}
	return m.MessageID, s.DeliverAt(m.At, m.From, m.To, m.Bytes())
}

// Bytes is the mail in the form of RFC 5322.
func (m Mail) Bytes() []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: %s", (&mail.Address{Name: m.FromName, Address: m.From}).String())
	line("To: %s", (&mail.Address{Address: m.To}).String())
	line("Subject: %s", mime.QEncoding.Encode("utf-8", m.Subject))
	line("Date: %s", m.At.Format(time.RFC1123Z))
	line("Message-ID: <%s>", m.MessageID)
	if m.InReplyTo != "" {
		line("In-Reply-To: <%s>", m.InReplyTo)
	}
	if len(m.References) > 0 {
		line("References: <%s>", strings.Join(m.References, ">\r\n <"))
	}
	for _, h := range m.Header {
		line("%s", h)
	}
	line("MIME-Version: 1.0")
	const mixed, either = "sandbox-mixed-4b1d", "sandbox-either-9e02"
	if len(m.Files) > 0 {
		line("Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s", mixed, mixed)
	}
	if m.HTML != "" {
		line("Content-Type: multipart/alternative; boundary=%s\r\n\r\n--%s", either, either)
	}
	writeText(&b, "text/plain", m.Text)
	if m.HTML != "" {
		line("\r\n--%s", either)
		writeText(&b, "text/html", m.HTML)
		line("\r\n--%s--", either)
	}
	for _, f := range m.Files {
		line("\r\n--%s", mixed)
		line("Content-Type: %s", f.Type)
		line("Content-Disposition: %s", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		line("Content-Transfer-Encoding: base64\r\n")
		encoded := base64.StdEncoding.EncodeToString(f.Data)
		for ; len(encoded) > 76; encoded = encoded[76:] {
			line("%s", encoded[:76])
		}
		line("%s", encoded)
	}
	if len(m.Files) > 0 {
		line("--%s--", mixed)
	}
	return b.Bytes()
}

func writeText(b *bytes.Buffer, kind, text string) {
	fmt.Fprintf(b, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", kind)
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))) // a bytes.Buffer takes everything
	_ = w.Close()
	b.WriteString("\r\n")
}
