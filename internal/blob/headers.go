// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	nameMax   = 120 // runes
	extMax    = 16
	noName    = "file"
	octets    = "application/octet-stream"
	pathChars = `/\:*?"<>|`
)

// Headers are the response headers under which a stranger's file can be given to a browser: as a download under a
// cleaned name, or inline where Displayable says so; of no other type than we say, in a sandbox, without scripts, and
// for pages of our own site only.
func Headers(name, mediaType string) map[string]string {
	disposition := "attachment"
	if Displayable(mediaType) {
		disposition = "inline"
	} else {
		mediaType = octets
	}
	return map[string]string{
		"Content-Type":                 mediaType,
		"Content-Disposition":          disposition + fileName(Name(name)),
		"Content-Security-Policy":      "sandbox; default-src 'none'; img-src 'self'; media-src 'self'",
		"Cross-Origin-Resource-Policy": "same-site",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
	}
}

// Name makes a file name that strangers chose safe to show and to save: one line, no path, nothing invisible, nothing
// that turns the reading direction, nothing that a file system gives a meaning to. It is never empty, and cleaning a
// clean name changes nothing.
func Name(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	// Compatibility forms first: a full-width slash is a slash to some who come after us.
	name = norm.NFKC.String(strings.ToValidUTF8(name, ""))
	name = norm.NFKC.String(strings.Map(visible, name)) // what stood apart may combine now
	name = trim(name)
	stem, _, _ := strings.Cut(name, ".")
	if slices.Contains(devices, strings.ToUpper(trim(stem))) {
		name = "_" + name
	}
	if name == "" {
		return noName
	}
	return shorten(name)
}

// Names that are devices on Windows, with whatever extension.
var devices = []string{
	"CON", "PRN", "AUX", "NUL",
	"COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
}

// visible drops what cannot be seen and replaces what could be taken for a path.
func visible(r rune) rune {
	switch {
	case strings.ContainsRune(pathChars, r):
		return '_'
	case unicode.Is(unicode.Zs, r):
		return ' '
	case r == utf8.RuneError,
		unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector),
		r == '\u2800': // a Braille cell without a dot
		return -1
	}
	return r
}

// trim takes away dots and spaces at both ends: a leading dot hides a file, trailing ones vanish on Windows.
func trim(name string) string { return strings.Trim(name, ". ") }

// shorten cuts the stem and keeps the extension, by which people know what they open.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= nameMax {
		return name
	}
	ext := path.Ext(name)
	if utf8.RuneCountInString(ext) > extMax {
		ext = ""
	}
	stem := []rune(strings.TrimSuffix(name, ext))
	return trim(string(stem[:nameMax-utf8.RuneCountInString(ext)])) + ext
}

// fileName writes the name as RFC 6266 wants it: in ASCII for old browsers, then as RFC 8187 encodes it, which wins.
func fileName(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) { // some browsers decode % even here
			return '_'
		}
		return r
	}, name)
	if ascii == name {
		return fmt.Sprintf(`; filename="%s"`, name)
	}
	return fmt.Sprintf(`; filename="%s"; filename*=UTF-8''%s`, ascii, percent(name))
}

func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("!#$&+-.^_`|~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
