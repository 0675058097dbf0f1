// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

// What a customer reads is the same in both parts, and folded again when it comes back.
func TestALetterHasItsSignatureAndWhatItAnswers(t *testing.T) {
	t.Parallel()
	out := channel.Outgoing{
		Key: "k", Language: "de", To: channel.Author{Handle: "mira@example.org"}, Text: "Ab 14 Uhr läuft es wieder.\nSiehe https://nordnetz.example/a?b=1&c=2.",
		Signature: "Ada <Lovelace>\nNordnetz",
		Answered:  &channel.Answered{By: channel.Author{Name: "Mira Köster"}, At: time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC), Text: "Nichts geht.\n<b>Seit gestern!</b>"},
	}
	l := &line{set: settings{address: ownAddress, quote: true}, acc: acc, env: channel.Env{Now: time.Now}}
	read := func() channel.Item {
		m, err := l.compose(out)
		require.NoError(t, err)
		return translate(t, string(m.raw))
	}
	got := read()
	require.Equal(t, "Ab 14 Uhr läuft es wieder.\nSiehe https://nordnetz.example/a?b=1&c=2.\n\n-- \nAda <Lovelace>\nNordnetz", got.Text)
	require.Equal(t, "Am 16.11.2026 schrieb Mira Köster:\n> Nichts geht.\n> <b>Seit gestern!</b>", got.Quoted)
	require.Contains(t, got.HTML, `<a href="https://nordnetz.example/a?b=1&amp;c=2">https://nordnetz.example/a?b=1&amp;c=2</a>.`)
	require.Contains(t, got.HTML, "&lt;b&gt;Seit gestern!&lt;/b&gt;")
	for _, never := range []string{"<img", "src=", "<script", "<b>"} {
		require.NotContains(t, got.HTML, never)
	}
	fresh, quoted := fold(htmlText(got.HTML))
	require.Equal(t, []string{strings.Join(strings.Fields(got.Text), " "), strings.Join(strings.Fields(got.Quoted), " ")},
		[]string{strings.Join(strings.Fields(fresh), " "), strings.Join(strings.Fields(quoted), " ")}, "both parts say the same")

	out.Language = "en"
	require.Contains(t, read().Quoted, "On 16 November 2026, Mira Köster wrote:")
	l.set.quote = false
	require.Empty(t, read().Quoted)
	out.Signature, out.Answered = "", nil
	require.Equal(t, out.Text, read().Text)
}

func TestWhatHilftSaysByItselfIsMarked(t *testing.T) {
	t.Parallel()
	m := compose(t, "Nordnetz", channel.Outgoing{Key: "k", To: channel.Author{Handle: "mira@example.org"}, Text: "Wir haben Ihre Nachricht.", Auto: true})
	require.Contains(t, string(m.raw), "\r\nAuto-Submitted: auto-replied\r\n")
	require.Contains(t, string(m.raw), "\r\nX-Auto-Response-Suppress: All\r\n")
	require.True(t, translate(t, string(m.raw)).Auto)
	m = compose(t, "Nordnetz", channel.Outgoing{Key: "k", To: channel.Author{Handle: "mira@example.org"}, Text: "Von mir."})
	require.NotContains(t, string(m.raw), "Auto-Submitted")
}
