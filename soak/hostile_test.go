// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/store/storetest"
	sandbox "github.com/hilft/hilft/sandbox/mail"
)

// Bounds of what one hostile delivery may cost.
const (
	memoryMost = 256 << 20 // bytes that the house grows by
	cpuMost    = 10 * time.Second
)

// cost is what something costs the house.
type cost struct {
	grew int64
	cpu  time.Duration
}

// measure looks at the house every few milliseconds while something is done to it.
func measure(t *testing.T, h *apptest.House, what string, do func()) cost {
	t.Helper()
	before, err := h.Use()
	require.NoError(t, err)
	over, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := before.RSS
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if u, err := h.Use(); err == nil {
				most = max(most, u.RSS)
			}
			select {
			case <-tick.C:
			case <-over:
				peak <- most
				return
			}
		}
	}()
	do()
	close(over)
	c := cost{grew: <-peak - before.RSS}
	after, err := h.Use()
	require.NoError(t, err, "the house died of it: %s", what)
	c.cpu = after.CPU - before.CPU
	require.LessOrEqual(t, c.grew, int64(memoryMost), "memory: %s", what)
	require.LessOrEqual(t, c.cpu, cpuMost, "CPU: %s", what)
	return c
}

func (c cost) String() string {
	return fmt.Sprintf("%d MiB, %.1f s CPU", c.grew>>20, c.cpu.Seconds())
}

func (c *cost) most(o cost) { c.grew, c.cpu = max(c.grew, o.grew), max(c.cpu, o.cpu) }

// post is a webhook that somebody sends who knows the secret and means no good.
type post struct {
	name   string
	body   func() []byte
	gzip   bool
	stream bool // without saying how long it is
	want   []int
}

var saying = func(s string) func() []byte {
	return func() []byte {
		return []byte(`{"id":"m","thread":"t","from":{"id":"c"},"text":` + s + `}`)
	}
}

func repeated(before, s string, n int, after string) func() []byte {
	return func() []byte { return []byte(before + strings.Repeat(s, n) + after) }
}

var posts = []post{
	{name: "100 MB", body: repeated(`{"id":"m","text":"`, "a", 100<<20, `"}`), want: []int{413}},
	{name: "100 MB, length not said", body: repeated(`{"id":"m","text":"`, "a", 100<<20, `"}`), stream: true, want: []int{413}},
	{name: "100,000 deep", body: repeated(`{"id":"m","x":`, "[", 100_000, ""), want: []int{400}},
	{name: "100,000 deep and closed", body: func() []byte {
		return []byte(`{"id":"m","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`)
	}, want: []int{400}},
	{name: "1 million keys", body: repeated(`{"thread":"t","from":{"id":"c"},"text":"x","id":"keys"`, `,"k":1`, 1_000_000, `}`), want: []int{200}},
	{name: "gzip of 1 GB", body: func() []byte { return bytes.Repeat([]byte(" "), 1<<30) }, gzip: true, want: []int{413}},
	{name: "gzip cut off", body: func() []byte { return []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03") }, want: []int{400, 422}},
	{name: "not a number", body: saying(`NaN`), want: []int{400}},
	{name: "invalid UTF-8", body: saying("\"\xff\xfe\""), want: []int{400}},
	{name: "half of a surrogate pair", body: saying(`"\ud800"`), want: []int{200}},
	{name: "NUL", body: saying(`"a\u0000b"`), want: []int{200}},
	{name: "1 million emoji", body: repeated(`{"id":"emoji","thread":"t","from":{"id":"c"},"text":"`, "🎉", 1_000_000, `"}`), want: []int{200}},
	{name: "the other way round", body: saying(`"\u202eabc\u2066\u200b\u200d"`), want: []int{200}},
	{name: "keys twice", body: func() []byte {
		return []byte(`{"id":"one","id":"two","thread":"t","from":{"id":"c"},"text":"x","text":"y"}`)
	}, want: []int{200}},
	{name: "501 messages", body: repeated(`{"messages":[{}`, ",{}", 500, `]}`), want: []int{400}},
	{name: "nothing", body: func() []byte { return nil }, want: []int{400}},
}

// Webhooks that mean no good are refused with a reason, or kept; neither costs much.
func TestHostileWebhooks(t *testing.T) {
	t.Parallel()
	for _, db := range []struct {
		name string
		url  func(t *testing.T) string
	}{{"sqlite", func(*testing.T) string { return "" }}, {"postgres", storetest.PostgresURL}} {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			url := db.url(t)
			s := open(t, plan{database: url, calm: true})
			client := &http.Client{Timeout: time.Minute}
			defer client.CloseIdleConnections()
			var most cost
			for i, p := range posts {
				if !long() && (p.gzip || p.stream) {
					continue // to make them takes seconds
				}
				body := p.body()
				body = bytes.Replace(body, []byte(`"id":"m"`), fmt.Appendf(nil, `"id":"m%d"`, i), 1)
				if p.gzip {
					body = packed(t, body)
				}
				c := measure(t, s.house, p.name, func() {
					status := p.send(t, s, client, body)
					require.Contains(t, p.want, status, p.name)
					require.NoError(t, settle(t.Context(), s.agent), p.name)
				})
				t.Logf("%s: %s", p.name, c)
				most.most(c)
			}
			h, err := s.agent.Health(t.Context())
			require.NoError(t, err)
			require.Empty(t, h.Stuck, "what was taken can be read")
			report(t, row{
				Fault: "hostile webhooks", Database: named(url), Dose: fmt.Sprintf("%d kinds", len(posts)),
				Note: "refused with a reason or kept; each at most " + most.String(), Took: time.Since(began),
			})
		})
	}
}

func packed(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(body)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// send posts a body. A house that has heard enough answers and hangs up, so writing may fail before the answer is read.
func (p post) send(t *testing.T, s *site, client *http.Client, body []byte) int {
	t.Helper()
	req, err := s.shop.Request(t.Context(), s.hook, body, time.Now())
	require.NoError(t, err)
	if p.gzip || strings.HasPrefix(p.name, "gzip") {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if p.stream {
		req.Body, req.ContentLength = io.NopCloser(io.MultiReader(bytes.NewReader(body))), -1
	}
	req.Header.Set("Expect", "100-continue")
	client.Transport = &http.Transport{ExpectContinueTimeout: 10 * time.Second, DisableKeepAlives: true}
	status, err := answerOf(client, req)
	if err != nil && slices.Contains(p.want, http.StatusRequestEntityTooLarge) {
		return http.StatusRequestEntityTooLarge // it hung up in the middle of it
	}
	require.NoError(t, err, p.name)
	return status
}

// letters are mails that mean no good, or are broken.
var letters = []struct {
	name string
	body func() string // with what follows From, To and Date
}{
	{"100,000 parts", func() string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 100_000) + "--b--\r\n"
	}},
	{"one header of 10 MB", func() string { return "X-Long: " + strings.Repeat("a", 10<<20) + "\r\n\r\nHallo\r\n" }},
	{"100,000 headers", func() string {
		return strings.Repeat("X-Many: "+strings.Repeat("a", 90)+"\r\n", 100_000) + "\r\nHallo\r\n"
	}},
	{"1,000 mails in one another", func() string {
		return strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 1000) + "Subject: innen\r\n\r\nHallo\r\n"
	}},
	{"1,000 multiparts in one another", func() string {
		var b strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "Content-Type: text/plain\r\n\r\nHallo\r\n"
	}},
	{"a boundary that never comes", func() string {
		return "Content-Type: multipart/mixed; boundary=never\r\n\r\nHallo\r\n--other\r\nContent-Type: text/plain\r\n\r\nx\r\n"
	}},
	{"a boundary of nothing", func() string { return "Content-Type: multipart/alternative; boundary=\"\"\r\n\r\n--\r\n\r\nHallo\r\n" }},
	{"winmail.dat", func() string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSiehe Anhang\r\n--b\r\n" +
			"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString(append([]byte{0x78, 0x9f, 0x3e, 0x22}, make([]byte, 2000)...)) + "\r\n--b--\r\n"
	}},
	{"an archive of nothing but zeros", func() string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(make([]byte, 64<<20)) // into memory
		_ = z.Close()
		return "Content-Type: application/gzip\r\nContent-Disposition: attachment; filename=bomb.gz\r\nContent-Transfer-Encoding: base64\r\n\r\n" + folded(b.Bytes())
	}},
	{"a picture of 50,000 by 50,000", func() string {
		return "Content-Type: image/png\r\nContent-Disposition: attachment; filename=big.png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			folded([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x06\x00\x00\x00"))
	}},
	{"20,000 encoded words", func() string {
		return "Subject: " + strings.Repeat("=?utf-8?q?=C3=A4?=\r\n ", 20_000) + "\r\n\r\nHallo\r\n"
	}},
	{"10 MB of HTML, 100,000 deep", func() string {
		return "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 100_000) + strings.Repeat("<b>x</b>\r\n", 1<<20)
	}},
	{"no words and no encoding", func() string {
		return "Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! not base64 \x00\x01\xff\r\n"
	}},
	{"an empty Message-ID", func() string { return "Message-ID: <>\r\n\r\nHallo\r\n" }},
	{"somebody's Message-ID", func() string { return "Message-ID: <same@example.org>\r\n\r\nHallo\r\n" }},
	{"somebody's Message-ID again", func() string { return "Message-ID: <same@example.org>\r\n\r\nNoch ein anderer\r\n" }},
	{"signed by S/MIME", func() string {
		return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b\r\n\r\n--b\r\n\r\nHallo\r\n--b\r\n" +
			"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCAMIACAQEx\r\n--b--\r\n"
	}},
	{"a picture that is a program", func() string {
		return "Content-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=x.svg\r\n\r\n<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>\r\n"
	}},
}

func folded(b []byte) string {
	var out strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(b)), 76) {
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.String()
}

// Mails that mean no good become a case each, or stand in the list of what cannot be read; none is lost, and none costs
// much.
func TestHostileMails(t *testing.T) {
	t.Parallel()
	began := time.Now()
	const address, password = "support@nordnetz.example", "hafenlicht"
	provider := sandbox.New(sandbox.Options{Mailboxes: []sandbox.Box{{Address: address, Password: password}}})
	require.NoError(t, provider.Start())
	t.Cleanup(func() { _ = provider.Close() })
	s := open(t, plan{calm: true})
	imapHost, imapPort, _ := net.SplitHostPort(provider.IMAPAddr())
	smtpHost, smtpPort, _ := net.SplitHostPort(provider.SMTPAddr())
	_, err := s.agent.Connect(t.Context(), "mail", "Post", map[string]string{
		"address": address, "name": "Nordnetz", "password": password,
		"imap_host": imapHost, "imap_port": imapPort, "imap_security": "none",
		"smtp_host": smtpHost, "smtp_port": smtpPort, "smtp_security": "none",
	})
	require.NoError(t, err)
	var most cost
	kept := 0
	for i, l := range letters {
		from := fmt.Sprintf("kunde%d@example.org", i)
		raw := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\n%s", from, address, time.Now().Format(time.RFC1123Z), l.body())
		c := measure(t, s.house, l.name, func() {
			require.NoError(t, provider.Deliver(from, address, []byte(raw)), l.name)
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			require.NoError(t, s.agent.Until(ctx, func(ctx context.Context) error {
				rows, err := s.agent.AllCases(ctx)
				if err != nil {
					return err
				}
				h, err := s.agent.Health(ctx)
				if err == nil && len(rows)+len(h.Stuck) != i+1 {
					err = fmt.Errorf("%d cases, %d that cannot be read", len(rows), len(h.Stuck))
				}
				kept = len(h.Stuck)
				return err
			}), "%s\n%s", l.name, lastWords(s.house))
		})
		t.Logf("%s: %s", l.name, c)
		most.most(c)
	}
	report(t, row{
		Fault: "hostile mails", Database: "SQLite", Dose: fmt.Sprintf("%d mails", len(letters)), Acked: len(letters),
		Note: fmt.Sprintf("%d became cases, %d kept as unreadable; each at most %s", len(letters)-kept, kept, most), Took: time.Since(began),
	})
}
