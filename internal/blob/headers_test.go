// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWhatAFileIsIsToldByItsBytes(t *testing.T) {
	t.Parallel()
	box := func(brand string) string { return "\x00\x00\x00\x1cftyp" + brand + "\x00\x00\x02\x00isommp41" }
	for _, c := range []struct {
		content, want string
		displayable   bool
	}{
		{"\x89PNG\r\n\x1a\n....", "image/png", true},
		{"\xff\xd8\xff\xe0..JFIF", "image/jpeg", true},
		{"GIF89a....<script>", "image/gif", true},
		{"RIFF....WEBPVP8 ", "image/webp", true},
		{box("avif"), "image/avif", true},
		{box("isom"), "video/mp4", true},
		{box("mp42"), "video/mp4", true},
		{box("qt  "), "video/quicktime", false},
		{box("M4A "), "audio/mp4", true},
		{box("heic"), "image/heic", false},
		{"OggS\x00....", "application/ogg", true},
		{"%PDF-1.7", "application/pdf", false},
		{"PK\x03\x04", "application/zip", false},
		{"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml", false},
		{"<?xml version='1.0'?><!-- c --><SVG onload=alert(1)>", "image/svg+xml", false},
		{"<?xml version='1.0'?><html>", "text/xml", false},
		{" <!DOCTYPE html><p>", "text/html", false},
		{"<script>alert(1)</script>", "text/html", false},
		{"Guten Tag", "text/plain", false},
		{"", "text/plain", false},
		{"\x00\x01\x02", "application/octet-stream", false},
	} {
		got := TypeOf([]byte(c.content))
		require.Equal(t, c.want, got, "%q", c.content)
		require.Equal(t, c.displayable, Displayable(got), got)
	}
}

func TestATypeWithAParameterIsNotDisplayable(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"image/svg+xml; x", "image/png; x", "IMAGE/PNG", "image/png\r\n", "image/*", ""} {
		require.False(t, Displayable(s), "%q", s)
	}
}

func TestFilesOfStrangersAreServedSoThatNothingRuns(t *testing.T) {
	t.Parallel()
	h := Headers("Rechnung März.html", "text/html")
	require.Equal(t, "application/octet-stream", h["Content-Type"])
	require.Equal(t, `attachment; filename="Rechnung M_rz.html"; filename*=UTF-8''Rechnung%20M%C3%A4rz.html`, h["Content-Disposition"])
	require.Equal(t, "nosniff", h["X-Content-Type-Options"])
	require.Equal(t, "same-site", h["Cross-Origin-Resource-Policy"])
	require.Contains(t, h["Content-Security-Policy"], "sandbox;")
	require.NotContains(t, h["Content-Security-Policy"], "allow-")

	h = Headers("router.jpg", "image/jpeg")
	require.Equal(t, "image/jpeg", h["Content-Type"])
	require.Equal(t, `inline; filename="router.jpg"`, h["Content-Disposition"])
	require.Contains(t, h["Content-Security-Policy"], "sandbox;")

	for _, mediaType := range []string{"image/svg+xml", "application/pdf", "text/plain", "x/y\r\nSet-Cookie: a=b"} {
		h = Headers("x", mediaType)
		require.Equal(t, "application/octet-stream", h["Content-Type"])
		require.True(t, strings.HasPrefix(h["Content-Disposition"], "attachment;"))
	}
}

func TestNamesOfStrangersAreCleaned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, name, want string }{
		{"an honest name stays", "Störung Straße 7.pdf", "Störung Straße 7.pdf"},
		{"Japanese stays", "請求書.pdf", "請求書.pdf"},
		{"no path", "../../etc/passwd", "passwd"},
		{"no Windows path", `C:\Windows\system.ini`, "system.ini"},
		{"no full-width path", "a／..／b", "a_.._b"},
		{"no fraction that becomes a path", "℀", "a_c"},
		{"no line break", "a\r\nSet-Cookie: x=y.txt", "aSet-Cookie_ x=y.txt"},
		{"no NUL", "bill.pdf\x00.exe", "bill.pdf.exe"},
		{"no turned direction", "bill\u202efdp.exe", "billfdp.exe"},
		{"no isolates", "\u2066a\u2069.txt", "a.txt"},
		{"no zero-width space", ".\u200bhtaccess", "htaccess"},
		{"no byte order mark", "\ufeffa.txt", "a.txt"},
		{"no invisible letter", "a\u3164b\u2800.txt", "ab.txt"},
		{"no line separator", "a\u2028b", "ab"},
		{"no private characters", "a\ue000b", "ab"},
		{"no broken UTF-8", "a\xff\xfeb.txt", "ab.txt"},
		{"no hidden file", "...bashrc", "bashrc"},
		{"no end that vanishes", "a.exe. . ", "a.exe"},
		{"no other kind of space", "a\u00a0b\u2003c", "a b c"},
		{"no device", "con.txt", "_con.txt"},
		{"no device with a space", "NUL .tar.gz", "_NUL .tar.gz"},
		{"one form of the same letter", "a\u0308.txt", "ä.txt"},
		{"quotes do not end the header", `a".txt`, "a_.txt"},
		{"never empty", "", "file"},
		{"never empty after cleaning", "\u200b/..", "file"},
		{"a long one keeps its extension", strings.Repeat("ä", 300) + ".jpeg", strings.Repeat("ä", 115) + ".jpeg"},
		{"a long extension is none", "a." + strings.Repeat("b", 300), "a." + strings.Repeat("b", 118)},
	} {
		require.Equal(t, c.want, Name(c.name), c.why)
	}
}

func TestOldBrowsersDecodeNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, `attachment; filename="a_2e_2fb.txt"; filename*=UTF-8''a%252e%252fb.txt`,
		Headers("a%2e%2fb.txt", "")["Content-Disposition"])
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"bill.pdf", "../a", "\u202egpj.exe", "a\u0308", "con", strings.Repeat(".a", 99), "%41\"\\", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := Name(name)
		if clean == "" || clean == "." || clean == ".." || strings.ContainsAny(clean, pathChars) || !utf8.ValidString(clean) {
			t.Fatalf("got %q for %q", clean, name)
		}
		if again := Name(clean); again != clean {
			t.Fatalf("got %q, then %q for %q", clean, again, name)
		}
		if n := utf8.RuneCountInString(clean); n > nameMax {
			t.Fatalf("got %d runes for %q", n, name)
		}
		value := Headers(name, "text/html")["Content-Disposition"]
		kind, params, err := mime.ParseMediaType(value)
		if err != nil || kind != "attachment" || params["filename"] != clean {
			t.Fatalf("got %s as %q, %q (%v), want %q", value, kind, params["filename"], err, clean)
		}
		for i := range len(value) {
			if value[i] < ' ' || value[i] > '~' {
				t.Fatalf("got %q in a header", value)
			}
		}
	})
}

func FuzzTypeOf(f *testing.F) {
	for _, s := range []string{"GIF89a", "<svg", "\x00\x00\x00\x18ftypisom", "%PDF-", "<!doctype html>", "RIFF\x00\x00\x00\x00WEBPVP"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		got := TypeOf(content)
		if kind, params, err := mime.ParseMediaType(got); err != nil || kind != got || len(params) > 0 {
			t.Fatalf("got %q, want a media type without parameters", got)
		}
		// Nothing that a browser would read as a page begins like a picture.
		if len(content) > 0 && content[0] == '<' && Displayable(got) {
			t.Fatalf("got %q for %q", got, content)
		}
	})
}
