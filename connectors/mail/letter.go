// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/hilft/hilft/channel"
)

// spoken is what a mail of ours says: the answer, the signature, and beneath what it answers. Its two parts are written
// from the same, and neither holds anything that is fetched when it is read.
type spoken struct {
	text      string
	signature string
	cited     string // who wrote what is quoted, and when
	quote     string
}

func spokenOf(out channel.Outgoing, quotes bool) spoken {
	s := spoken{text: clean(out.Text), signature: strings.TrimSpace(clean(out.Signature))}
	if a := out.Answered; a != nil && quotes && strings.TrimSpace(a.Text) != "" {
		who := oneLine(a.By.Name, 200)
		if who == "" {
			who = oneLine(a.By.Handle, 320)
		}
		s.cited = "On " + a.At.Format("2 January 2006") + ", " + who + " wrote:"
		if out.Language == "de" {
			s.cited = "Am " + a.At.Format("02.01.2006") + " schrieb " + who + ":"
		}
		s.quote = strings.TrimSpace(clean(a.Text))
	}
	return s
}

// plain is the part for those who read text.
func (s spoken) plain() string {
	var b strings.Builder
	b.WriteString(s.text)
	if s.signature != "" {
		b.WriteString("\n\n-- \n" + s.signature)
	}
	if s.quote != "" {
		b.WriteString("\n\n" + s.cited + "\n> " + strings.ReplaceAll(s.quote, "\n", "\n> "))
	}
	return b.String()
}

var webLink = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]`)

// html is the part for those who read HTML.
func (s spoken) html() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><body>\n<div>" + lines(s.text) + "</div>\n")
	if s.signature != "" {
		b.WriteString("<div><br>-- <br>\n" + lines(s.signature) + "</div>\n")
	}
	if s.quote != "" {
		b.WriteString("<div><br>" + html.EscapeString(s.cited) + "</div>\n<blockquote type=\"cite\" style=\"margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex\">" + lines(s.quote) + "</blockquote>\n")
	}
	return b.String() + "</body></html>\n"
}

// lines is a text as HTML, with addresses of the web as links to what they say.
func lines(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range webLink.FindAllStringIndex(text, -1) {
		address := html.EscapeString(text[at[0]:at[1]])
		b.WriteString(html.EscapeString(text[last:at[0]]) + `<a href="` + address + `">` + address + "</a>")
		last = at[1]
	}
	b.WriteString(html.EscapeString(text[last:]))
	return strings.ReplaceAll(b.String(), "\n", "<br>\n")
}

// boundaryOf separates parts. Neither quoted-printable nor base64 can contain it.
func boundaryOf(kind string, out channel.Outgoing) string {
	return "=_" + hex.EncodeToString(hash(kind, out.Key)[:12])
}

func writeBody(b *bytes.Buffer, out channel.Outgoing, s spoken) {
	if len(out.Files) == 0 {
		writeSpoken(b, out, s)
		return
	}
	boundary := boundaryOf("boundary", out)
	fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n--%s\r\n", boundary, boundary)
	writeSpoken(b, out, s)
	for _, f := range out.Files {
		fmt.Fprintf(b, "\r\n--%s\r\n", boundary)
		writeFile(b, f)
	}
	fmt.Fprintf(b, "\r\n--%s--\r\n", boundary)
}

func writeSpoken(b *bytes.Buffer, out channel.Outgoing, s spoken) {
	boundary := boundaryOf("alternative", out)
	fmt.Fprintf(b, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n--%s\r\n", boundary, boundary)
	writeText(b, "plain", s.plain())
	fmt.Fprintf(b, "\r\n--%s\r\n", boundary)
	writeText(b, "html", s.html())
	fmt.Fprintf(b, "\r\n--%s--\r\n", boundary)
}
