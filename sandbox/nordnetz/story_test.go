// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/sandbox/mail"
)

func TestThePlanIsTheSameForTheSameSeedAndEnds(t *testing.T) {
	t.Parallel()
	plan := Plan(1)
	require.Equal(t, plan, Plan(1))
	require.NotEqual(t, plan, Plan(2))
	all := len(past()) + len(plan)
	require.Greater(t, all, 50)
	require.Less(t, all, 80)
	open := len(arrivals())
	for i, cue := range plan[open:] {
		pause := cue.At - plan[open+i-1].At
		least, most := pauseLeast, pauseMost
		if len(plan)-open-i <= calmLast {
			least, most = calmLeast, calmMost
		}
		require.GreaterOrEqual(t, pause, least)
		require.Less(t, pause, most)
	}
}

func TestEverybodySpeaksWhereTheyAre(t *testing.T) {
	t.Parallel()
	cast := map[string]Customer{}
	names := map[string]bool{}
	for _, c := range Cast() {
		require.NotContains(t, cast, c.Key)
		require.False(t, names[c.Name], "two are called %s: nobody could tell them apart", c.Name)
		cast[c.Key], names[c.Name] = c, true
		if c.Mail != "" {
			require.True(t, strings.HasSuffix(c.Mail, ".example"), "%s must not be an address of somebody", c.Mail)
		}
		if _, domain, away := strings.Cut(c.Handle, "@"); away {
			require.True(t, strings.HasSuffix(domain, ".example"))
		}
		require.LessOrEqual(t, utf8.RuneCountInString(c.Thanks), 400)
	}
	spoken := map[string]Place{}
	speaks := map[string]bool{}
	deleted := map[string]bool{}
	for _, w := range slices.Concat(past(), arrivals(), unfolding()) {
		c, known := cast[w.By]
		require.True(t, known, w.By)
		speaks[w.By] = true
		switch w.On {
		case Mail:
			require.NotEmpty(t, c.Mail, c.Name)
			require.NotEmpty(t, w.Subject, c.Name)
		case Toot, Direct:
			require.NotEmpty(t, c.Handle, c.Name)
			if !w.Delete {
				require.Contains(t, w.Text, "@nordnetz", "otherwise nobody hears it")
				require.LessOrEqual(t, utf8.RuneCountInString(w.Text), 500)
			}
		case Chat:
			require.LessOrEqual(t, utf8.RuneCountInString(w.Text), 4000)
		}
		require.Equal(t, w.Delete, w.Text == "", c.Name)
		if w.After != "" {
			require.Equal(t, w.On, spoken[w.After], "%s goes on from %q", c.Name, w.After)
			require.False(t, deleted[w.After])
			deleted[w.After] = w.Delete
		}
		if w.Key != "" {
			require.NotContains(t, spoken, w.Key)
			spoken[w.Key] = w.On
		}
	}
	for key, c := range cast {
		require.True(t, speaks[key], "%s never says anything", c.Name)
	}
}

func TestThePastLiesInTheLastTwoHours(t *testing.T) {
	t.Parallel()
	words := past()
	require.GreaterOrEqual(t, len(words)+len(arrivals()), 12)
	for _, w := range words {
		require.Positive(t, w.Ago)
		require.LessOrEqual(t, w.Ago, 2*time.Hour)
	}
	for _, w := range unfolding() {
		require.Zero(t, w.Ago)
	}
}

func TestDatesAreFilledIn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	require.Equal(t, "am 27.02.2026 und am 01.03.2026.", dated("am {-3} und am {-1}.", now))
	for _, as := range []string{"", "{-", "{-x}", "{-1", "ohne"} {
		require.Equal(t, as, dated(as, now))
	}
}

func TestAnAnswerToAMailQuotesItAndNamesIt(t *testing.T) {
	t.Parallel()
	ours := mail.Mail{
		From: Address, FromName: Brand, To: "tom.whitfield@harbourmail.example", Subject: "Your line", Text: "Hello Tom,\n\nit is back.\n",
		MessageID: "3@nordnetz.example", References: []string{"1@harbourmail.example", "2@nordnetz.example"}, At: time.Now(),
	}
	c := Customer{Mail: "tom.whitfield@harbourmail.example", Name: "Tom Whitfield", English: true, Thanks: "Brilliant."}
	m, err := replyTo(mail.Message{Raw: ours.Bytes()}, c, time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, "Re: Your line", m.Subject)
	require.Equal(t, "3@nordnetz.example", m.InReplyTo)
	require.Equal(t, []string{"1@harbourmail.example", "2@nordnetz.example", "3@nordnetz.example"}, m.References)
	require.Equal(t, "Brilliant.\n\nOn 2 Mar 2026 at 09:05, Nordnetz <hilfe@nordnetz.example> wrote:\n> Hello Tom,\n>\n> it is back.\n", m.Text)
}

func TestAttachmentsAreWhatTheyClaimToBe(t *testing.T) {
	t.Parallel()
	img, err := png.Decode(bytes.NewReader(photo()))
	require.NoError(t, err)
	require.Equal(t, 480, img.Bounds().Dx())
	pdf := bill()
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-1.4\n")))
	require.Equal(t, bytes.Index(pdf, []byte("xref\n")), func() int {
		_, after, _ := bytes.Cut(pdf, []byte("startxref\n"))
		n := 0
		for _, c := range after {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		return n
	}())
}
