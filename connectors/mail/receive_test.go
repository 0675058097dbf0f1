// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

var update = flag.Bool("update", false, "write what is read as what is wanted")

var (
	secret = bytes.Repeat([]byte{1}, 32)
	acc    = channel.Account{ID: "acc-1", Key: secret, Settings: channel.Settings{"address": "support@nordnetz.example"}}
)

func translate(t testing.TB, raw string) channel.Item {
	t.Helper()
	items, err := Connector{}.Translate(acc, channel.Raw{Kind: kindMail, Body: []byte(raw)})
	require.NoError(t, err)
	require.Len(t, items, 1)
	return items[0]
}

func TestMailsReadAsTheyShould(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.eml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			raw = bytes.ReplaceAll(raw, []byte("TOKEN"), []byte(messageID(secret, threadBegun("mira@example.org", "frage-1@mail.example.org"), "key", "nordnetz.example")))
			got, err := json.MarshalIndent(translate(t, string(raw)), "", "  ")
			require.NoError(t, err)
			golden := strings.TrimSuffix(file, ".eml") + ".want.json"
			if *update {
				require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("it reads otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// plainMail is a small mail with further header lines.
func plainMail(lines ...string) string {
	return "From: mira@example.org\r\nTo: support@nordnetz.example\r\nDate: Mon, 16 Nov 2026 09:14:00 +0100\r\n" +
		strings.Join(append(lines, ""), "\r\n") + "\r\nText\r\n"
}

func TestMachinesAreToldFromPeople(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"Subject: Hallo":                                   false,
		"Auto-Submitted: no":                               false,
		"Auto-Submitted: auto-replied":                     true,
		"Auto-Submitted: auto-generated; x=1":              true,
		"Precedence: bulk":                                 true,
		"Precedence: first-class":                          false,
		"List-Id: <news.example.org>":                      true,
		"Precedence: auto_reply":                           true,
		"List-Unsubscribe: <mailto:no@news.example>":       true,
		"X-Autoreply: yes":                                 true,
		"X-Autoreply: no":                                  false,
		"X-Failed-Recipients: mira@example.org":            true,
		"Subject: Automatische Antwort: Kein Internet":     true,
		"Subject: Abwesenheitsnotiz":                       true,
		"Subject: Out of Office: Kein Internet":            true,
		"Subject: Automatic reply: Kein Internet":          true,
		"Subject: Re: Automatische Antwort: Kein Internet": false,
		"Subject: Nicht im Bürozentrum: Störung":           false,
		"Subject: I am out of the office until 5 May":      true,
		"Subject: Nicht im Büro bis 3. Mai":                true,
		"Subject: Autoreply - No internet":                 true,
		"Subject: Automatic reply is all I ever get":       false,
		"Subject: Automatische Antwort erhalten, und nun?": false,
		"Subject: Abwesenheitsnotiz abschalten":            false,
		"Subject: Out of office chairs?":                   false,
		"X-Auto-Response-Suppress: DR, OOF, AutoReply":     false,
		"List-Id: Support <support.nordnetz.example>":      false,
		"List-Post: <mailto:support@nordnetz.example>":     false,
		"List-Post: <mailto:nosupport@nordnetz.example>":   true,
		"Mailing-list: list support@nordnetz.example; contact support+owners@nordnetz.example": false,
		"Return-Path: <>":                                     true,
		"Return-Path: <mira@example.org>":                     false,
		loopHeader + ": " + loopMark(secret, ownAddress):      true,
		loopHeader + ": " + loopMark([]byte("x"), ownAddress): false,
	} {
		require.Equal(t, want, translate(t, plainMail("Message-ID: <1@example.org>", line)).Auto, line)
	}
}

const ownAddress = "support@nordnetz.example"

func TestEmptyIDsJoinNothing(t *testing.T) {
	t.Parallel()
	a := translate(t, plainMail("Message-ID: <>", "In-Reply-To: <>", "References: <> <>"))
	b := translate(t, plainMail("Subject: anders", "In-Reply-To: < >"))
	require.NotEmpty(t, a.ID)
	require.NotEqual(t, a.ID, b.ID)
	require.NotEqual(t, a.Thread, b.Thread)
	require.Empty(t, a.Refs)
	require.Empty(t, b.Refs)
	require.Equal(t, a.ID, translate(t, plainMail("Message-ID: <>", "In-Reply-To: <>", "References: <> <>")).ID, "the same bytes, the same name")
}

func TestReferencesNearestFirst(t *testing.T) {
	t.Parallel()
	var long strings.Builder
	for n := range 200 {
		fmt.Fprintf(&long, " <r%d@x>", n)
	}
	got := translate(t, plainMail("Message-ID: <9@x>", "In-Reply-To: <r199@x>", "References:"+long.String()))
	require.Len(t, got.Refs, maxRefs)
	require.Equal(t, []string{"r199@x", "r198@x", "r197@x"}, got.Refs[:3])
	require.Equal(t, threadBegun("mira@example.org", "r0@x"), got.Thread)
	require.False(t, got.Proven)
	require.Equal(t, threadBegun("mira@example.org", "1@x"), translate(t, plainMail("Message-ID: <1@x>")).Thread, "its first mail names a conversation")
}

func TestAMailOfVeryManyFilesKeepsThemAll(t *testing.T) {
	t.Parallel()
	const many = channel.AttachmentsMost + 20
	raw := "From: mira@example.org\r\nMessage-ID: <1@example.org>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nFotos\r\n"
	for i := range many {
		raw += fmt.Sprintf("--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=%d.png\r\n\r\nfoto\r\n", i)
	}
	raw += "--b--\r\n"
	got := translate(t, raw).Attachments
	require.Len(t, got, channel.AttachmentsMost)
	last := got[len(got)-1]
	require.Equal(t, []string{"message.eml", "message/rfc822", raw}, []string{last.Name, last.Type, string(last.Data)})
}

func TestTokenProvesTheConversation(t *testing.T) {
	t.Parallel()
	thread := threadBegun("mira@example.org", "frage-1@example.org")
	id := messageID(secret, thread, "key-1", "nordnetz.example")
	require.Equal(t, id, messageID(secret, thread, "key-1", "nordnetz.example"))
	require.NotEqual(t, id, messageID(secret, thread, "key-2", "nordnetz.example"))
	require.LessOrEqual(t, len(id), 100)
	plus, ok := replyAddress(secret, thread, ownAddress)
	require.True(t, ok)
	for name, lines := range map[string][]string{
		"References":   {"References: <other@x> <" + id + ">"},
		"In-Reply-To":  {"In-Reply-To: <" + strings.ToUpper(id) + ">"},
		"plus address": {"To: Nordnetz <" + strings.ToUpper(plus[:1]) + plus[1:] + ">"},
		"Cc":           {"Cc: jon@example.net, " + plus},
	} {
		got := translate(t, "From: mira@example.org\r\nMessage-ID: <2@x>\r\n"+strings.Join(lines, "\r\n")+"\r\n\r\nText\r\n")
		require.True(t, got.Proven, name)
		require.Equal(t, thread, got.Thread, name)
	}
	forged := messageID([]byte("another key"), thread, "key-1", "nordnetz.example")
	for _, bad := range []string{forged, "k." + strings.Repeat("a", 58) + "@nordnetz.example", "k.@x", id[:len(id)/2], "k." + id} {
		require.False(t, translate(t, plainMail("References: <"+bad+">")).Proven, bad)
	}
	_, ok = threadOfMessageID(nil, messageID(nil, thread, "key-1", "x"))
	require.False(t, ok, "without a key nothing is proven")
}

// Whoever knows the Message-ID of somebody's first mail can name it, and gets an answer.
func TestAnAnswerToAStrangerOpensNobodysConversation(t *testing.T) {
	t.Parallel()
	mira := translate(t, plainMail("Message-ID: <frage-1@example.org>"))
	require.Equal(t, mira.Thread, translate(t, plainMail("Message-ID: <2@x>", "In-Reply-To: <frage-1@example.org>")).Thread)
	for _, line := range []string{
		"References: <frage-1@example.org>", "In-Reply-To: <frage-1@example.org>", "Message-ID: <frage-1@example.org>", "References: <" + mira.Thread + ">",
	} {
		asked := translate(t, "From: thief@example.net\r\n"+line+"\r\n\r\nText\r\n")
		for _, thread := range []string{asked.Thread, ""} {
			ours := compose(t, "", channel.Outgoing{Key: "key-1", Thread: thread, InReplyTo: asked.ID, Refs: append(asked.Refs, asked.ID), To: asked.From, Text: "Guten Tag"})
			again := translate(t, "From: thief@example.net\r\nReferences: <"+ours.id+">\r\n\r\nText\r\n")
			require.True(t, again.Proven, line)
			require.Equal(t, asked.Thread, again.Thread, line)
			require.NotEqual(t, mira.Thread, again.Thread, line)
		}
	}
}

func TestAnswersGoToTheSenderAndFormsSpeakForTheCustomer(t *testing.T) {
	t.Parallel()
	mail := func(from, reply string) string {
		return "From: " + from + "\r\nReply-To: " + reply + "\r\n\r\nText\r\n"
	}
	require.Equal(t, "mira@example.org", translate(t, mail("mira@example.org", "thief@example.net")).From.Handle)
	require.Equal(t, "ute@example.com", translate(t, mail("no-reply@shop.example", "Ute <ute@example.com>")).From.ID)
	form := translate(t, mail(ownAddress, "ute@example.com")).From
	require.Equal(t, "ute@example.com", form.ID)
	require.False(t, form.Us)
}

// Anybody can write our address into From, and many a form on a website does.
func TestOurAddressAloneIsNotUs(t *testing.T) {
	t.Parallel()
	token := messageID(secret, threadBegun("mira@example.org", "frage-1@example.org"), "key-1", "nordnetz.example")
	for _, address := range []string{ownAddress, "Support+x@Nordnetz.example"} {
		mail := func(lines ...string) channel.Item {
			return translate(t, "From: "+address+"\r\n"+strings.Join(lines, "\r\n")+"\r\n\r\nText\r\n")
		}
		require.False(t, mail("Message-ID: <1@x>").From.Us)
		require.False(t, mail("Reply-To: "+ownAddress).From.Us)
		require.False(t, mail("References: <frage-1@example.org>").From.Us, "a customer's Message-ID is no secret")
		require.False(t, mail("References: <frage-1@example.org>", loopHeader+": "+loopMark(secret, ownAddress)).From.Us, "each mail of ours shows this mark")
		require.True(t, mail("References: <frage-1@example.org> <"+token+">").From.Us, "a colleague answers from another program")
		require.True(t, mail("Message-ID: <"+token+">").From.Us, "our own mail")
	}
}

// A customer has the Message-ID of what we answered. Whom our own server finds to have forged our address is not us.
func TestAForgedMailOfOursSpeaksNotInOurName(t *testing.T) {
	t.Parallel()
	token := messageID(secret, threadBegun("mira@example.org", "frage-1@example.org"), "key-1", "nordnetz.example")
	from := acc
	from.Settings = channel.Settings{setAddress: ownAddress, setServers: "mx.nordnetz.example"}
	for found, us := range map[string]bool{"dmarc=fail": false, "dmarc=pass": true, "none": true} {
		raw := "Authentication-Results: mx.nordnetz.example; " + found + "\r\nFrom: " + ownAddress + "\r\nMessage-ID: <2@x>\r\nReferences: <" + token + ">\r\n\r\nText\r\n"
		items, err := Connector{}.Translate(from, channel.Raw{Kind: kindMail, Body: []byte(raw)})
		require.NoError(t, err)
		require.Equal(t, us, items[0].From.Us, found)
	}
}

func TestWhoFillsInAFormWaits(t *testing.T) {
	t.Parallel()
	mail := func(from, line string) bool {
		return translate(t, "From: "+from+"\r\nReply-To: ute@example.com\r\n"+line+"\r\n\r\nText\r\n").Auto
	}
	for _, from := range []string{ownAddress, "no-reply@shop.example"} {
		require.False(t, mail(from, "Auto-Submitted: auto-generated"))
		require.False(t, mail(from, "X-Auto-Response-Suppress: All"))
		require.True(t, mail(from, "Auto-Submitted: auto-replied"))
		require.True(t, mail(from, "Precedence: bulk"))
	}
	require.True(t, mail("shop@shop.example", "Auto-Submitted: auto-generated"))
}

func TestTimeIsBelieved(t *testing.T) {
	t.Parallel()
	mail := func(received, date string) string {
		return "Received: by mx; " + received + "\r\nFrom: mira@example.org\r\nDate: " + date + "\r\n\r\nText\r\n"
	}
	const taken = "Mon, 16 Nov 2026 09:00:00 +0000"
	for date, want := range map[string]string{
		"Mon, 16 Nov 2026 08:59:00 +0000": "2026-11-16T08:59:00Z",
		"Mon, 16 Nov 2026 23:59:00 +0000": "2026-11-16T23:59:00Z",
		"Thu, 19 Nov 2026 08:59:00 +0000": "2026-11-16T09:00:00Z",
		"Thu, 01 Jan 1970 00:00:00 +0000": "2026-11-16T09:00:00Z",
		"gestern":                         "2026-11-16T09:00:00Z",
	} {
		require.Equal(t, want, translate(t, mail(taken, date)).At.Format(time.RFC3339), date)
	}
	require.Equal(t, 1989, translate(t, mail("nie", "nie")).At.Year(), "no time of ours is older than 1990")
}

func TestNoWordIsLostByFolding(t *testing.T) {
	t.Parallel()
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for name, c := range map[string]struct{ text, fresh, quoted string }{
		"nothing quoted":        {"Hallo\n\nWelt", "Hallo Welt", ""},
		"only a quotation":      {"> alles\n> alt", "> alles > alt", ""},
		"forwarded without":     {"---------- Forwarded message ---------\nFrom: x\nalles", "---------- Forwarded message --------- From: x alles", ""},
		"prose with a colon":    {"Am Montag schrieb ich Ihnen folgendes:\nnichts geht", "Am Montag schrieb ich Ihnen folgendes: nichts geht", ""},
		"von im Satz":           {"Von: hier bis dort\nist nichts zu sehen", "Von: hier bis dort ist nichts zu sehen", ""},
		"unmarked below":        {"Neu.\n\nOn 1 Jan 2026, at 10:00, A <a@b.c> wrote:\nold one\nold two", "Neu.", "On 1 Jan 2026, at 10:00, A <a@b.c> wrote: old one old two"},
		"Outlook in English":    {"New.\n\nFrom: A <a@b.c>\nSent: Monday\nTo: B\nSubject: C\n\nold", "New.", "From: A <a@b.c> Sent: Monday To: B Subject: C old"},
		"German divider":        {"Neu.\n-----Ursprüngliche Nachricht-----\nVon: A\nalt", "Neu.", "-----Ursprüngliche Nachricht----- Von: A alt"},
		"answers between":       {"> eins?\nja\n> zwei?\nnein", "ja nein", "> eins? > zwei?"},
		"signature stays":       {"Neu.\n-- \nMira", "Neu. -- Mira", ""},
		"attribution, then new": {"Am 1.1.2026 um 10:00 schrieb A:\n> alt\n\nneu", "neu", "Am 1.1.2026 um 10:00 schrieb A: > alt"},
	} {
		fresh, quoted := fold(c.text)
		require.Equal(t, c.fresh, words(fresh), name)
		require.Equal(t, c.quoted, words(quoted), name)
	}
}

func TestHTMLIsReadAsText(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"<p>Eins</p><p>Zwei &amp; <b>dr</b>ei</p>": "Eins\n\nZwei & drei",
		"a<br>b<br/>c": "a\nb\nc",
		"<script>alert(1)</script>da<style>x</style>":                          "da",
		"<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>":      "1 2\n3",
		"neu<div class=gmail_quote>Am<blockquote>alt</blockquote></div>danach": "neu\n> Am\n> alt\ndanach",
		"<blockquote>a<blockquote>b</blockquote></blockquote>c":                "> a\n>> b\nc",
	} {
		require.Equal(t, want, htmlText(source), source)
	}
}

// As Outlook on the web and Web.de write their answers.
func TestWhatHTMLQuotesWithoutSayingSoIsFolded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, quoted string }{
		"Outlook": {
			`<div>Neu</div><hr><div id="divRplyFwdMsg"><b>Von:</b> A &lt;a@b.c&gt;<br><b>Gesendet:</b> Montag<br><b>An:</b> B<br><b>Betreff:</b> C<div>&nbsp;</div></div><div>alt</div>`,
			"Von: A <a@b.c>\nGesendet: Montag\nAn: B\nBetreff: C\nalt",
		},
		"Web.de": {
			`<div>Neu</div><div name="quote"><div><b>Gesendet:</b> Montag, 16. November 2026<br><b>Von:</b> A &lt;a@b.c&gt;<br><b>An:</b> B<br><b>Betreff:</b> C</div><div name="quoted-content">alt</div></div>`,
			"Gesendet: Montag, 16. November 2026\nVon: A <a@b.c>\nAn: B\nBetreff: C\nalt",
		},
	} {
		fresh, quoted := fold(htmlText(c.source))
		require.Equal(t, "Neu", fresh, name)
		require.Equal(t, c.quoted, quoted, name)
	}
}

func TestNamesAreHarmless(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Rechnung.pdf": "Rechnung.pdf", "../../etc/passwd": "_.._etc_passwd", "a\u202efdp.exe": "afdp.exe", "\u200b": "file.pdf", "": "file.pdf",
		"ﬁle\x00\r\n.txt": "file .txt", "=?utf-8?q?Anschlu=C3=9F?=.png": "Anschluß.png", "C:\\x.doc": "C__x.doc",
	} {
		require.Equal(t, want, fileName(name, "application/pdf"), "%q", name)
	}
	require.LessOrEqual(t, utf8.RuneCountInString(fileName(strings.Repeat("ä", 5000)+".png", "")), 120)
}

func TestEncodingsAreUndone(t *testing.T) {
	t.Parallel()
	for encoded, want := range map[string]string{
		"Gr=C3=BC=C3=9Fe": "Grüße", "a=\r\nb": "ab", "a= \t\nb": "ab", "a=\n": "a", "a=": "a", "1=2 =ZZ =3D": "1=2 =ZZ =", "=c3=bc": "ü",
	} {
		require.Equal(t, want, string(fromQuoted([]byte(encoded))), "%q", encoded)
	}
	for encoded, want := range map[string]string{
		"SGFsbG8=": "Hallo", "SGFs\r\nbG8": "Hallo", "SGE=\nbGxv\n": "Hallo", "S!G*F s b G 8": "Hallo", "***": "***", "": "",
	} {
		require.Equal(t, want, string(fromBase64([]byte(encoded))), "%q", encoded)
	}
	for label, b := range map[string]string{
		"iso-8859-1": "Gr\xfc\xdfe", "utf-8": "Gr\xfc\xdfe", "": "Gr\xfc\xdfe", "windows-1252": "Grüße", "klingon": "Grüße", "utf-16le": "G\x00r\x00\xfc\x00\xdf\x00e\x00",
	} {
		require.Equal(t, "Grüße", decode([]byte(b), label), "%s", label)
	}
}

func TestLongTextIsAttachedWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Über ", maxText/4)
	got := translate(t, "From: mira@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+long)
	require.LessOrEqual(t, len(got.Text), maxText)
	require.True(t, utf8.ValidString(got.Text))
	require.Len(t, got.Attachments, 1)
	require.Equal(t, strings.TrimSpace(long), string(got.Attachments[0].Data))
}

func TestOversizeSaysSo(t *testing.T) {
	t.Parallel()
	items, err := Connector{}.Translate(acc, channel.Raw{Kind: kindOversize, Body: []byte("From: mira@example.org\r\nMessage-ID: <1@x>\r\n" +
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nMein Film\r\n--b\r\nContent-Type: video/mp4; name=film.mp4\r\n\r\nAAAA")})
	require.NoError(t, err)
	require.Contains(t, items[0].Text, "zu groß")
	require.Contains(t, items[0].Text, "film.mp4")
	require.Contains(t, items[0].Text, "Mein Film")
	require.Empty(t, items[0].Attachments)
}

// worked is how long processors have worked for this process. A busy machine does not change it much.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var use syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// TestHostileMailsAreBounded holds Translate to a second of work, and to lose nothing.
func TestHostileMailsAreBounded(t *testing.T) { //nolint:paralleltest // it measures time
	const head = "From: mira@example.org\r\nMessage-ID: <1@x>\r\n"
	nested := func(depth int) string {
		var b strings.Builder
		b.WriteString(head)
		for n := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", n, n)
		}
		return b.String() + "\r\nganz innen\r\n"
	}
	inEachPart := func(line string) string {
		return head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n"+line+"\r\n\r\nx\r\n", 999)
	}
	rfc822 := head + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 1000) + "\r\ninnen"
	for name, c := range map[string]struct {
		raw        string
		unreadable bool
	}{
		"100,000 parts":         {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 100_000) + "--b--\r\n", false},
		"10 MB of header":       {head + strings.Repeat("X-Y: zzzzzzzzzzzzzzzzzz\r\n", 400_000) + "\r\nText", true},
		"10 MB in one header":   {head + "Subject: " + strings.Repeat("a", 10<<20) + "\r\n\r\nText", true},
		"nested 1,000 deep":     {nested(1000), false},
		"nested 49 deep, 20 MB": {nested(49) + strings.Repeat("--b1 nearly\r\nQUJDQUJD\r\n", 800_000), false},
		"letters in letters":    {rfc822, false},
		"encoded words":         {head + "Subject: " + strings.Repeat("=?utf-8?b?w7w=?= ", 50_000) + "\r\n\r\nText", false},
		"broken boundary":       {head + "Content-Type: multipart/mixed; boundary=\"\r\n\r\nText", false},
		"parameters":            {inEachPart("Content-Type: image/png" + strings.Repeat("; a=b", 6_000)), false},
		"semicolons":            {inEachPart("Content-Type: image/png" + strings.Repeat(";", 30_000)), false},
		"quotes in a file name": {inEachPart(`Content-Disposition: attachment; filename="` + strings.Repeat(`\"`, 10_000) + `"`), false},
		"boundary never there":  {head + "Content-Type: multipart/mixed; boundary=nie\r\n\r\nText", false},
		"addresses":             {"From: " + strings.Repeat("\"", 300_000) + "<mira@example.org>, mira@example.org\r\n\r\nText", true},
		"quotes":                {head + "\r\n" + strings.Repeat("> ", 5<<20) + "\r\nneu", false},
		"attributions":          {head + "\r\n" + strings.Repeat("Am 1.1.2026 schrieb ich\r\n", 300_000), false},
		"HTML in depth":         {head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div><blockquote>", 300_000) + "Text", false},
		"HTML attributes":       {head + "Content-Type: text/html\r\n\r\n<div " + strings.Repeat("a=b ", 500_000) + ">Text", false},
		"broken quoting":        {head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=*=", 4<<20), false},
		"quoted in one line":    {head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=C3=BC", 4<<20), false},
		"broken base64":         {head + "Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("=*=", 8<<20), false},
		"a large file":          {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 480_000) + "--b--", false},
	} {
		t.Run(name, func(t *testing.T) {
			best := time.Hour
			for range 3 {
				body := []byte(c.raw)
				began := worked(t)
				items, err := Connector{}.Translate(acc, channel.Raw{Kind: kindMail, Body: body})
				best = min(best, worked(t)-began)
				require.Equal(t, c.unreadable, err != nil, "%v", err)
				if err == nil {
					require.Len(t, items, 1)
					require.LessOrEqual(t, len(items[0].Text)+len(items[0].Quoted), maxText)
					require.LessOrEqual(t, len(items[0].Attachments), maxParts+1)
					require.Positive(t, len(items[0].Text)+len(items[0].Attachments), "nothing of it is left")
				}
				if best < bound {
					break
				}
			}
			require.Less(t, best, bound)
		})
	}
}

func FuzzTranslate(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte("From: a@b\nContent-Type: multipart/alternative; boundary==\n\n--=\nContent-Type: text/html\n\n<blockquote>\n--=--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range []string{kindMail, kindOversize} {
			before := bytes.Clone(raw)
			items, err := Connector{}.Translate(acc, channel.Raw{Kind: kind, Body: raw})
			require.Equal(t, before, raw)
			if err != nil {
				continue
			}
			item := items[0]
			require.NotEmpty(t, item.ID)
			require.NotEmpty(t, item.From.ID)
			require.NotEmpty(t, item.Thread)
			require.False(t, item.At.IsZero())
			require.Equal(t, hilft.Private, item.Visibility)
			require.NotContains(t, item.Refs, "")
			for _, s := range append([]string{item.ID, item.Thread, item.Subject, item.Text, item.Quoted, item.HTML, item.From.ID, item.From.Name, item.From.Handle}, item.Refs...) {
				require.True(t, utf8.ValidString(s) && !strings.ContainsRune(s, 0), "%q", s)
			}
			for _, a := range item.Attachments {
				require.NotEmpty(t, a.Name)
				require.False(t, strings.ContainsAny(a.Name, "/\\\x00\r\n"), "%q", a.Name)
			}
		}
	})
}
