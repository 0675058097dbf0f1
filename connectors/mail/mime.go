// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/textproto"
	"strings"

	"github.com/jhillyerd/enmime/v2"
	"github.com/jhillyerd/enmime/v2/mediatype"
)

// Bounds of what is taken apart. What lies beyond them is kept whole, as an attachment.
const (
	maxParts      = 1000
	maxDepth      = 50
	maxHeader     = 1 << 20   // bytes of a mail's header; a larger one is not read at all
	maxPartHeader = 32 << 10  // bytes of the header of a part
	maxMedia      = 4 << 10   // bytes of a Content-Type or Content-Disposition; enmime takes the square of the time for more
	maxLooked     = 192 << 20 // bytes looked through for boundaries: every level looks through all that lies in it
)

var errHeader = errors.New("mail: no header that can be read")

// part is one leaf of a mail: its words or one of its files.
type part struct {
	header textproto.MIMEHeader
	kind   string // media type, lower case
	params map[string]string
	body   []byte       // as it was sent, before decoding
	either *alternative // the multipart/alternative that it is one voice of
}

// alternative is one multipart/alternative: the same said in several ways.
type alternative struct{ plain bool }

// takeApart splits a mail into its header and its leaves. enmime reads the headers, media types and addresses, all that
// senders get wrong in a thousand ways. We split and decode: enmime's own splitting is quadratic in the number of parts
// and far worse in their depth, so that one hostile mail of a few kilobytes would keep a processor busy for minutes.
func takeApart(raw []byte) (textproto.MIMEHeader, []part, error) {
	head, body, ok := cutHeader(raw, maxHeader)
	if !ok {
		return nil, nil, errHeader
	}
	header, err := readHeader(head)
	if err != nil {
		return nil, nil, err
	}
	var s splitter
	s.split(header, body, 0, nil)
	return header, s.parts, nil
}

type splitter struct {
	parts  []part
	looked int
}

func (s *splitter) split(header textproto.MIMEHeader, body []byte, depth int, either *alternative) {
	kind, params, err := media(header, "Content-Type")
	if err != nil || kind == "" {
		kind, params = "text/plain", nil
		if depth > 0 && first(header, "Content-Type") != "" {
			kind = "application/octet-stream"
		}
	}
	p := part{header: header, kind: strings.ToLower(kind), params: params, body: body, either: either}
	var inner [][]byte
	if strings.HasPrefix(p.kind, "multipart/") && depth < maxDepth && s.looked+len(body) <= maxLooked {
		s.looked += len(body)
		inner = cutParts(body, params["boundary"])
	}
	if len(inner) == 0 {
		s.parts = append(s.parts, p)
		return
	}
	if p.kind == "multipart/alternative" {
		either = &alternative{}
	}
	for _, entity := range inner {
		if len(s.parts) >= maxParts {
			s.parts = append(s.parts[:maxParts], part{kind: "application/octet-stream", body: body})
			return
		}
		head, rest, ok := cutHeader(entity, maxPartHeader)
		h, err := readHeader(head)
		if !ok || err != nil {
			s.parts = append(s.parts, part{kind: "application/octet-stream", body: entity})
			continue
		}
		s.split(h, rest, depth+1, either)
	}
}

// cutHeader cuts an entity after the blank line. An entity that begins with one has no header; one without any is all
// header. It is not ok when the header is larger than most.
func cutHeader(entity []byte, most int) (head, body []byte, ok bool) {
	window := entity[:min(len(entity), most+4)]
	if rest, found := bytes.CutPrefix(window, []byte("\r\n")); found {
		return nil, entity[len(window)-len(rest):], true
	}
	if rest, found := bytes.CutPrefix(window, []byte("\n")); found {
		return nil, entity[len(window)-len(rest):], true
	}
	for at := 0; at < len(window); {
		i := bytes.IndexByte(window[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		switch {
		case bytes.HasPrefix(window[at:], []byte("\n")):
			return entity[:at], entity[at+1:], true
		case bytes.HasPrefix(window[at:], []byte("\r\n")):
			return entity[:at], entity[at+2:], true
		}
	}
	if len(entity) > most {
		return nil, nil, false
	}
	return entity, nil, true
}

// readHeader reads a header as tolerantly as enmime does.
func readHeader(head []byte) (textproto.MIMEHeader, error) {
	if len(head) == 0 {
		return textproto.MIMEHeader{}, nil
	}
	h, err := enmime.ReadHeader(bufio.NewReader(bytes.NewReader(head)), deaf{})
	if err != nil {
		return nil, errors.Join(errHeader, err)
	}
	return h, nil
}

// deaf does not collect what enmime remarks about a header.
type deaf struct{}

func (deaf) AddError(string, string, ...any)   {}
func (deaf) AddWarning(string, string, ...any) {}

// cutParts cuts the body of a multipart at its boundary (RFC 2046, section 5.1). What stands before the first and after
// the last is not part of the mail.
func cutParts(body []byte, boundary string) [][]byte {
	if boundary == "" || len(boundary) > 200 {
		return nil
	}
	mark := []byte("--" + boundary)
	var parts [][]byte
	start := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		end := lineEnd(body, at)
		tail := bytes.TrimRight(body[at:end], " \t\r\n")
		last := bytes.HasPrefix(tail, []byte("--"))
		if len(tail) > 0 && !last {
			continue // the beginning of a longer boundary
		}
		if start >= 0 {
			parts = append(parts, trimLineEnd(body[start:i]))
		}
		if last || len(parts) > maxParts {
			return parts
		}
		start, at = end, end
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:]) // never closed: cut off on its way
	}
	return parts
}

func lineEnd(b []byte, from int) int {
	if i := bytes.IndexByte(b[from:], '\n'); i >= 0 {
		return from + i + 1
	}
	return len(b)
}

func trimLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// content undoes the transfer encoding of a part. What cannot be undone is returned as it is.
func (p part) content() []byte {
	switch strings.ToLower(strings.TrimSpace(first(p.header, "Content-Transfer-Encoding"))) {
	case "base64":
		return fromBase64(p.body)
	case "quoted-printable":
		return fromQuoted(p.body)
	}
	return p.body
}

// fromQuoted decodes quoted-printable (RFC 2045, section 6.7). An equals sign that begins nothing stands for itself.
func fromQuoted(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return append(out, b...)
		}
		out, b = append(out, b[:i]...), b[i+1:]
		var c [1]byte
		if len(b) >= 2 {
			if _, err := hex.Decode(c[:], b[:2]); err == nil {
				out, b = append(out, c[0]), b[2:]
				continue
			}
		}
		if len(b) < 80 && len(bytes.TrimSpace(b)) == 0 {
			return out // a line that would have gone on
		}
		line := bytes.TrimLeft(b[:min(len(b), 80)], " \t")
		if rest, ok := bytes.CutPrefix(bytes.TrimPrefix(line, []byte("\r")), []byte("\n")); ok {
			b = b[min(len(b), 80)-len(rest):] // the line goes on
			continue
		}
		out = append(out, '=')
	}
}

// fromBase64 decodes what is base64 in the bytes and passes over the rest, as RFC 2045 wants it (section 6.8). Padding
// ends a run, not the file: some programs pad every line.
func fromBase64(b []byte) []byte {
	out := make([]byte, 0, len(b)*3/4)
	run := make([]byte, 0, len(b))
	flush := func() {
		if len(run)%4 == 1 {
			run = run[:len(run)-1] // six bits are no byte
		}
		out, _ = base64.RawStdEncoding.AppendDecode(out, run) // only letters of its alphabet are in it
		run = run[:0]
	}
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/':
			run = append(run, c)
		case c == '=':
			flush()
		}
	}
	flush()
	if len(out) == 0 {
		return b
	}
	return out
}

// disposition returns what the sender wants done with a part ("attachment"), and the name of its file.
func (p part) disposition() (what, name string) {
	what, params, err := media(p.header, "Content-Disposition")
	if err != nil {
		what = ""
	}
	name = params["filename"]
	if name == "" {
		name = p.params["name"]
	}
	return strings.ToLower(what), name
}

// media reads a header that is a word with parameters.
func media(h textproto.MIMEHeader, name string) (word string, params map[string]string, err error) {
	value := first(h, name)
	word, params, _, err = mediatype.Parse(value[:min(len(value), maxMedia)])
	return word, params, err
}

func first(h textproto.MIMEHeader, name string) string {
	if all := h[textproto.CanonicalMIMEHeaderKey(name)]; len(all) > 0 {
		return all[0]
	}
	return ""
}
