// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"io"
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// decode turns bytes of a charset into clean text: valid UTF-8, lines that end with \n, no control characters. Charsets
// are often wrong: bytes that are valid UTF-8 and not ASCII are hardly ever anything else, and bytes that are not are
// read as Windows-1252 where the sender said nothing better.
func decode(b []byte, label string) string {
	label = strings.ToLower(strings.Trim(label, " \"'"))
	enc, name := charset.Lookup(label)
	narrow := enc == nil || name == "utf-8" || strings.HasPrefix(name, "windows-") || strings.HasPrefix(name, "iso-8859-")
	if narrow && utf8.Valid(b) {
		return clean(string(b))
	}
	if enc == nil || name == "utf-8" {
		enc = charmap.Windows1252
	}
	out, _, err := transform.Bytes(enc.NewDecoder(), b)
	if err != nil {
		return clean(strings.ToValidUTF8(string(b), "\uFFFD"))
	}
	return clean(string(out))
}

// clean takes away what no reader should see and no database should store.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case r == '\uFEFF' || unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// oneLine is clean for headers and names: a single line without marks that are not seen or turn the direction of
// reading, and not longer than most.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unseen(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return shorten(strings.Join(strings.Fields(s), " "), most)
}

// unseen tells zero-width and bidirectional marks. The joiner of emoji stays, for "👩‍💻" is one picture.
func unseen(r rune) bool {
	return r != '\u200D' && unicode.Is(unicode.Cf, r)
}

func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// words undoes the encoding of a header (RFC 2047), also where its bytes are of no encoding at all.
func words(s string, most int) string {
	s = s[:min(len(s), 64<<10)]
	if !utf8.ValidString(s) {
		s = decode([]byte(s), "")
	}
	decoder := mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		return strings.NewReader(decode(b, label)), nil
	}}
	if plain, err := decoder.DecodeHeader(s); err == nil {
		s = plain
	}
	return oneLine(s, most)
}

// fileName makes a name harmless: normal form, one line, no folder, nothing that is not seen, never empty.
func fileName(name, kind string) string {
	name = norm.NFKC.String(words(name, 1000))
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		case r == '\u200D' || unseen(r) || unicode.IsControl(r):
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	if name == "" {
		return "file" + ending(kind)
	}
	return cutName(name, 120)
}

// cutName shortens the name of a file and leaves its ending.
func cutName(name string, most int) string {
	if ext := path.Ext(name); utf8.RuneCountInString(name) > most && len(ext) < 12 {
		return shorten(strings.TrimSuffix(name, ext), most-len(ext)) + ext
	}
	return shorten(name, most)
}

// ending is the usual end of the name of a file of a kind.
func ending(kind string) string {
	switch kind {
	case "message/rfc822":
		return ".eml"
	case "text/html":
		return ".html"
	case "text/calendar":
		return ".ics"
	case "text/plain", "message/delivery-status", "text/rfc822-headers":
		return ".txt"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	case "application/pdf":
		return ".pdf"
	}
	return ".bin"
}
