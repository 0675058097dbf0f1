// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

const (
	plainPromise = "any error but ErrUnknownOutcome promises that the message did not go out"
	timeOut      = "ErrUnknownOutcome when the message may have gone out (every time-out after the first byte of the request)"
)

var sendTests = []test{
	{"answer in every room", sendAnswers},
	{"text as it was written", sendText},
	{"move private", sendPrivate},
	{"warning", sendWarning},
	{"files", sendFiles},
	{"same key again", sendAgain},
	{"rate limited", sendRateLimited},
	{"sign-in expired", sendSignIn},
	{"network down", sendDown},
	{"refused", sendRefused},
	{"gone", sendGone},
	{"answer lost", sendLostAnswer},
	{"request lost", sendLostRequest},
	{"answer held back", sendHeldAnswer},
	{"garbage", sendGarbage},
	{"gives up with its caller", sendCancelled},
	{"caller gone before", sendTooLate},
}

// answer writes an answer to what a customer said, as the desk does.
func (b *bench) answer(to channel.Item, key, text string) channel.Outgoing {
	out := channel.Outgoing{
		Key: key, Thread: to.Thread, Visibility: to.Visibility, InReplyTo: to.ID, To: to.From, Text: text,
		Refs: append(append([]string(nil), to.Refs...), to.ID), First: b.env.Now(),
	}
	if b.desc.Limits.Subject {
		out.Subject = "Re: " + to.Subject
	}
	return out
}

// asked opens a line at which a customer has just asked something.
func (b *bench) asked(t testing.TB, in hilft.Visibility) (channel.Line, channel.Item) {
	t.Helper()
	line := b.open(t)
	return line, b.listen(t, b.anEar(t, line), b.speech("mira", in))
}

func sendAnswers(t *testing.T, b *bench) {
	line := b.open(t)
	ears := b.anEar(t, line)
	for i, room := range b.desc.Rooms {
		mira := b.listen(t, ears, b.speech("mira", room.Visibility))
		jon := b.listen(t, ears, b.speech("jon", room.Visibility))
		for j, to := range []struct {
			name string
			item channel.Item
		}{{"mira", mira}, {"jon", jon}} {
			out := b.answer(to.item, fmt.Sprintf("key-%d-%d", i, j), "Wir prüfen die Leitung und melden uns bis 14 Uhr, "+to.name+".")
			receipt, err := line.Send(within(t, soon), out)
			require.NoError(t, err, "Send fails though the network is well")
			arrived := b.Arrived(t)
			require.Len(t, arrived, 2*i+j+1, "one Send, one message at the network")
			b.same(t, out, receipt, arrived[2*i+j], to.name)
		}
	}
}

// same holds what the network has to what was sent, and the receipt to both.
func (b *bench) same(t testing.TB, out channel.Outgoing, receipt channel.Receipt, got Arrival, to string) {
	t.Helper()
	if receipt.ID == "" || receipt.ID != got.ID {
		broken(t, "Receipt.ID is the remote id", "it is %q, and the network holds %q", receipt.ID, got.ID)
	}
	if !strings.Contains(got.Text, out.Text) {
		broken(t, "Send delivers Outgoing.Text", "got %q, want %q", got.Text, out.Text)
	}
	if got.Visibility != out.Visibility {
		broken(t, "Outgoing.Visibility says who may read it", "got %q, want %q", got.Visibility, out.Visibility)
	}
	if got.InReplyTo != out.InReplyTo && !b.Features().NoReplies {
		broken(t, "Outgoing.InReplyTo is the message that is answered", "got %q, want %q", got.InReplyTo, out.InReplyTo)
	}
	if got.To != to && (got.Visibility == hilft.Private || got.To != "") {
		broken(t, "Outgoing.To is who is answered", "it reached %q, and was for %q", got.To, to)
	}
	if b.desc.Limits.Subject && got.Subject != out.Subject {
		broken(t, "Limits.Subject: messages have a subject", "got %q, want %q", got.Subject, out.Subject)
	}
}

func sendText(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	for i, text := range []string{
		"Grüße aus Köln 🙂 – „bald“ läuft's wieder",
		"a < b && c > d; <b>nicht fett</b> &amp; so",
		"erste Zeile\nzweite Zeile\n\nnach einer Leerzeile",
		"Gruß\n.\n..\n.ende",
		"From here on it works\n-- \nIhr Team",
		"{\"id\": \"\\n\"} %s %d {{.}} ${x}",
		strings.Repeat("lang ", 60) + "Ende",
	} {
		if most := b.desc.Limits.TextMax; most > 0 && len([]rune(text)) > most {
			continue
		}
		_, err := line.Send(within(t, soon), b.answer(item, fmt.Sprintf("key-%d", i), text))
		require.NoError(t, err, "Send refuses %q", text)
		arrived := b.Arrived(t)
		require.NotEmpty(t, arrived, "a receipt, and nothing at the network")
		if got := plain(arrived[len(arrived)-1].Text); !strings.Contains(got, plain(text)) {
			broken(t, "Send delivers Outgoing.Text", "what was written is not what arrived (-want +got):\n%s", cmp.Diff(plain(text), got))
		}
	}
}

// plain leaves aside what networks may change: the kind of line ends, and blanks before them.
func plain(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func sendPrivate(t *testing.T, b *bench) {
	if b.desc.Can.MovePrivate == channel.No {
		t.Skip("a public message cannot be answered in private here")
	}
	line, item := b.asked(t, hilft.Public)
	out := b.answer(item, "key-private", "Schreiben Sie uns hier die Kundennummer, dann sehen wir nach.")
	out.Visibility, out.Thread, out.Refs = hilft.Private, "", nil // a conversation that does not exist yet
	receipt, err := line.Send(within(t, soon), out)
	if b.desc.Can.MovePrivate == channel.Partial && MeaningOf(err) == Rejected {
		return
	}
	require.NoError(t, err, "Send fails though the network is well")
	arrived := b.Arrived(t)
	require.Len(t, arrived, 1, "one Send, one message at the network")
	got := arrived[0]
	if got.Visibility != hilft.Private || got.To != "mira" {
		broken(t, "Can.MovePrivate: a public message can be answered in private", "the answer to mira is %s, for %q", got.Visibility, got.To)
	}
	if receipt.ID != got.ID {
		broken(t, "Receipt.ID is the remote id", "it is %q, and the network holds %q", receipt.ID, got.ID)
	}
}

func sendWarning(t *testing.T, b *bench) {
	if !b.desc.Limits.Warning {
		t.Skip("nothing is folded behind a warning here")
	}
	line, item := b.asked(t, b.room())
	out := b.answer(item, "key-warning", "So sieht es hinter der Wand aus.")
	out.Warning = "Offene Leitungen"
	_, err := line.Send(within(t, soon), out)
	require.NoError(t, err, "Send fails though the network is well")
	_, err = line.Send(within(t, soon), b.answer(item, "key-plain", "Es läuft wieder."))
	require.NoError(t, err, "Send fails though the network is well")
	arrived := b.Arrived(t)
	require.Len(t, arrived, 2, "one Send, one message at the network")
	if got := arrived[0]; got.Warning != out.Warning || strings.Contains(got.Text, out.Warning) {
		broken(t, "Outgoing.Warning is what people are to know before they open it", "got %q before %q", got.Warning, got.Text)
	}
	if arrived[1].Warning != "" {
		broken(t, "Outgoing.Warning is what people are to know before they open it", "there was none, and %q arrived", arrived[1].Warning)
	}
}

func sendFiles(t *testing.T, b *bench) {
	if b.desc.Can.Files == channel.No {
		t.Skip("we cannot send files here")
	}
	line, item := b.asked(t, b.room())
	out := b.answer(item, "key-files", "So sieht der richtige Anschluss aus.")
	picture := []byte("\x89PNG\r\n\x1a\n not much of a picture")
	sum := sha256.Sum256(picture)
	out.Files = []channel.File{{
		Name: "Anschluß.png", Type: "image/png", Alt: "Die linke Buchse", Size: int64(len(picture)), Hash: hex.EncodeToString(sum[:]), Data: picture,
	}}
	_, err := line.Send(within(t, soon), out)
	require.NoError(t, err, "Send fails though the network is well")
	arrived := b.Arrived(t)
	require.Len(t, arrived, 1, "one Send, one message at the network")
	got := arrived[0].Files
	// Where the other side collects its messages from us, the house keeps the file and the message names it.
	if len(got) != 1 || string(got[0].Data) != string(picture) && got[0].Hash != out.Files[0].Hash {
		broken(t, "Can.Files: we can send files", "of one file arrived (-want +got):\n%s", cmp.Diff(out.Files, got))
		return
	}
	if b.desc.Limits.Describes && got[0].Alt != out.Files[0].Alt {
		broken(t, "File.Alt is a description for those who cannot see it", "got %q, want %q", got[0].Alt, out.Files[0].Alt)
	}
}

func sendAgain(t *testing.T, b *bench) {
	if !b.Features().SendsOnce {
		t.Skip("this network does not keep our Key")
	}
	line, item := b.asked(t, b.room())
	out := b.answer(item, "key-again", "Es läuft wieder.")
	first, err := line.Send(within(t, soon), out)
	require.NoError(t, err, "Send fails though the network is well")
	second, err := line.Send(within(t, soon), out)
	require.NoError(t, err, "Send fails the second time, though the network keeps our Key")
	other, err := line.Send(within(t, soon), b.answer(item, "key-other", "Es läuft wieder."))
	require.NoError(t, err, "Send fails though the network is well")
	if first.ID != second.ID || len(b.Arrived(t)) != 2 {
		broken(t, "Outgoing.Key is stable over all attempts", "the same Key is %q and %q, and the network holds %d instead of 2", first.ID, second.ID, len(b.Arrived(t)))
	}
	if first.ID == other.ID {
		broken(t, "Outgoing.Key is unique", "the same words with another Key have the same id %q", other.ID)
	}
}

// sendFails sends while the network fails. Where the message surely did not go out it then holds the connector to send
// it with the same Key, once.
func (b *bench) sendFails(t *testing.T, f Fault, want Meaning) {
	t.Helper()
	line, item := b.asked(t, b.room())
	out := b.answer(item, "key-fault", "Wir kümmern uns darum.")
	b.fault(t, f)
	_, err := line.Send(within(t, soon), out)
	b.means(t, "Send", err, want)
	b.keepsPromise(t, err)
	if want == Open {
		return
	}
	b.Fault(t, NoFault)
	if want == SignIn {
		line = b.open(t) // the administrator has signed in again
	}
	receipt, err := line.Send(within(t, soon), out)
	require.NoError(t, err, "the network is well again, and Send with the same Key fails")
	arrived := b.Arrived(t)
	require.Len(t, arrived, 1, "one message, after one failed attempt")
	b.same(t, out, receipt, arrived[0], "mira")
}

// keepsPromise holds an error to what it says about the message.
func (b *bench) keepsPromise(t testing.TB, err error) {
	t.Helper()
	if meaning := MeaningOf(err); meaning != Open && meaning != Done && len(b.Arrived(t)) > 0 {
		broken(t, plainPromise, "it is at the network, and Send says %q: %v", meaning, err)
	}
	if MeaningOf(err) == Done && len(b.Arrived(t)) == 0 {
		broken(t, "Send returns a Receipt only when the network has taken the message and named it", "nothing is there")
	}
}

func sendRateLimited(t *testing.T, b *bench) { b.sendFails(t, RateLimited, Limited) }
func sendSignIn(t *testing.T, b *bench)      { b.sendFails(t, SignInExpired, SignIn) }
func sendDown(t *testing.T, b *bench)        { b.sendFails(t, Down, Temporary) }
func sendRefused(t *testing.T, b *bench)     { b.sendFails(t, Refused, Rejected) }
func sendGone(t *testing.T, b *bench)        { b.sendFails(t, Gone, Lost) }

func sendLostAnswer(t *testing.T, b *bench) {
	b.sendFails(t, LostAnswer, Open)
	require.Len(t, b.Arrived(t), 1, "the answer was lost: the message went out once, and nobody may send it again")
}

func sendLostRequest(t *testing.T, b *bench) {
	b.sendFails(t, LostRequest, Open)
	require.Empty(t, b.Arrived(t), "the stand-in throws away what is sent with this fault")
}

func sendHeldAnswer(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	b.fault(t, HeldAnswer)
	quick(t, "Send", func() {
		_, err := line.Send(within(t, 3*brief), b.answer(item, "key-held", "Wir kümmern uns darum."))
		if MeaningOf(err) != Open {
			broken(t, timeOut, "the time-out is %q: %v", MeaningOf(err), err)
		}
	})
}

func sendGarbage(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	b.fault(t, Garbage)
	var err error
	func() {
		defer recovered(&err)
		_, err = line.Send(within(t, soon), b.answer(item, "key-garbage", "Wir kümmern uns darum."))
	}()
	if err == nil {
		broken(t, "Send returns a Receipt only when the network has taken the message and named it", "the network answered garbage, and Send is content")
	}
	b.keepsPromise(t, err)
}

func sendCancelled(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	b.fault(t, Slow)
	quick(t, "Send", func() {
		_, err := line.Send(within(t, brief), b.answer(item, "key-slow", "Wir kümmern uns darum."))
		if err == nil {
			broken(t, "Send returns a Receipt only when the network has taken the message and named it", "there was no answer, and Send is content")
		}
		b.keepsPromise(t, err)
	})
}

func sendTooLate(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	quick(t, "Send", func() {
		_, err := line.Send(ctx, b.answer(item, "key-late", "Wir kümmern uns darum."))
		if err == nil {
			broken(t, "a call gives up with its caller", "the caller had gone before, and Send is content")
		}
		b.keepsPromise(t, err)
	})
}

// quick holds a call to return soon after its caller has gone.
func quick(t testing.TB, verb string, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	select {
	case <-done:
	case <-time.After(brief + soon/2):
		t.Fatalf("the contract says: a call gives up with its caller\nbut %s still runs %s after its context has ended", verb, soon/2)
	}
}
