// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/hilft/hilft/channel"
)

// loopHeader marks our mails, so that we know them when somebody sends them back to us.
const loopHeader = "X-Hilft-Loop"

// sentName is how many characters the name of a file of ours has at most: encoded it has twelve times as many, in one line.
const sentName = 80

// sentRefs is how many of a long conversation's mails we name in References: its first and the last ones.
const sentRefs = 30

// message is one mail of ours, ready to be submitted.
type message struct {
	id     string // Message-ID without brackets
	thread string
	from   string // envelope
	to     string // envelope
	raw    []byte
}

// compose writes a mail. The same Outgoing gives the same bytes, as long as First is set.
func (l *line) compose(out channel.Outgoing) (message, error) {
	to := cmp.Or(recipient(out.To.Handle), recipient(out.To.ID))
	if to == "" {
		return message{}, &channel.Rejected{Reason: channel.ReasonNoRecipient, Detail: "no address to send to"}
	}
	name, address := l.set.name, l.set.address
	for _, a := range l.set.aliases {
		if a.Address == out.Addressed {
			address = a.Address
			if a.Name != "" {
				name = a.Name
			}
		}
	}
	from := envelope(address)
	_, domain, _ := strings.Cut(from, "@")
	m := message{thread: l.threadOfOutgoing(out), from: from, to: envelope(to)}
	m.id = messageID(l.acc.Key, m.thread, out.Key, domain)
	at := out.First
	if at.IsZero() {
		at = l.env.Now()
	}

	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	line("From", addressLine(name, from))
	line("To", addressLine(out.To.Name, m.to))
	if plus, ok := replyAddress(l.acc.Key, m.thread, from); ok && l.set.plus {
		line("Reply-To", addressLine(name, plus))
	}
	line("Subject", foldLine("Subject", subject(out)))
	line("Date", at.Format(time.RFC1123Z))
	line("Message-ID", "<"+m.id+">")
	if genuine(out.InReplyTo) {
		line("In-Reply-To", "<"+out.InReplyTo+">")
	}
	if refs := references(out); len(refs) > 0 {
		line("References", "<"+strings.Join(refs, ">\r\n <")+">")
	}
	line(loopHeader, loopMark(l.acc.Key, l.set.address))
	if out.Auto { // RFC 3834: no machine answers it
		line("Auto-Submitted", "auto-replied")
		line("X-Auto-Response-Suppress", "All")
	}
	line("MIME-Version", "1.0")
	writeBody(&b, out, spokenOf(out, l.set.quote))
	m.raw = b.Bytes()
	return m, nil
}

// recipient is the one address in a text; empty where there is none, or several, or something that is no line.
func recipient(text string) string {
	if all := addresses(text); len(all) == 1 && !strings.ContainsFunc(text, unicode.IsControl) {
		return all[0].Address
	}
	return ""
}

// threadOfOutgoing names the conversation that a mail of ours belongs to. One that nobody has begun begins with our key.
func (l *line) threadOfOutgoing(out channel.Outgoing) string {
	if out.Thread != "" {
		return threadOf(out.Thread)
	}
	for _, root := range append(slices.Clone(out.Refs), out.InReplyTo) {
		if root == "" {
			continue
		}
		if thread, ok := threadOfMessageID(l.acc.Key, root); ok {
			return thread
		}
		return threadBegun(out.To.ID, root)
	}
	return threadBegun("", "begun by us\x00"+out.Key)
}

// envelope writes the domain of an address in ASCII, where it can be.
func envelope(address string) string {
	at := strings.LastIndexByte(address, '@')
	if ascii(address[at+1:]) {
		return address
	}
	if domain, err := idna.Lookup.ToASCII(address[at+1:]); err == nil {
		return address[:at+1] + domain
	}
	return address
}

func addressLine(name, address string) string {
	return foldWords((&mail.Address{Name: oneLine(name, 200), Address: address}).String())
}

// foldWords breaks a header between its encoded words: a line of more than 998 bytes is one that servers refuse (RFC
// 5322, section 2.1.1).
func foldWords(encoded string) string { return strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?") }

// answering matches what mail programs put before the subject of an answer.
var answering = regexp.MustCompile(`^(?i:(re|aw|antw|antwort|sv|r)(\[\d+\])?\s*:\s*)+`)

// subject says "Re:" once on an answer.
func subject(out channel.Outgoing) string {
	s := oneLine(out.Subject, 250)
	if out.InReplyTo == "" && len(out.Refs) == 0 {
		return s
	}
	return strings.TrimSpace("Re: " + answering.ReplaceAllString(s, ""))
}

// foldLine encodes a header where it must be, and breaks it where it may be.
func foldLine(name, value string) string {
	encoded := foldWords(mime.QEncoding.Encode("utf-8", value))
	if strings.Contains(encoded, "=?") {
		return encoded
	}
	var b strings.Builder
	length := len(name) + 2
	for i, word := range strings.Split(encoded, " ") {
		if i > 0 {
			if length+len(word) > 76 {
				b.WriteString("\r\n")
				length = 0
			}
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += len(word)
	}
	return b.String()
}

// references names the mails of the conversation, the answered one last. Names that we made ourselves for mails without
// a Message-ID mean nothing to others.
func references(out channel.Outgoing) []string {
	var refs []string
	for _, id := range append(slices.Clone(out.Refs), out.InReplyTo) {
		if genuine(id) {
			refs = append(slices.DeleteFunc(refs, func(known string) bool { return known == id }), id)
		}
	}
	if len(refs) > sentRefs {
		refs = append(refs[:1:1], refs[len(refs)-sentRefs+1:]...)
	}
	return refs
}

// genuine tells whether an id is a Message-ID that may stand in a header.
func genuine(id string) bool {
	return id != "" && len(id) <= 400 && ascii(id) && !strings.HasPrefix(id, unnamedMark) && plainID(id) == id && !strings.ContainsAny(id, "<>")
}

func writeText(b *bytes.Buffer, kind, text string) {
	b.WriteString("Content-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))) // a bytes.Buffer takes everything
	_ = w.Close()
	b.WriteString("\r\n")
}

func writeFile(b *bytes.Buffer, f channel.File) {
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		kind, params = "application/octet-stream", nil
	}
	name := cutName(fileName(f.Name, kind), sentName)
	fmt.Fprintf(b, "Content-Type: %s\r\n", mime.FormatMediaType(kind, params))
	fmt.Fprintf(b, "Content-Disposition: %s\r\n", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if alt := oneLine(f.Alt, 250); alt != "" {
		fmt.Fprintf(b, "Content-Description: %s\r\n", foldLine("Content-Description", alt))
	}
	b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	encoded := base64.StdEncoding.EncodeToString(f.Data)
	for ; len(encoded) > 76; encoded = encoded[76:] {
		b.WriteString(encoded[:76] + "\r\n")
	}
	b.WriteString(encoded)
}
