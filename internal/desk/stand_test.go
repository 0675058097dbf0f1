// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
)

func TestWhereACaseStands(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 10, 14, 10, 0, 0, 0, time.UTC)
	min := func(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
	heard := func(at, made int) word {
		return word{direction: hilft.Inbound, at: min(at), madeAt: min(made), text: "?"}
	}
	asks := func(at int) word { return heard(at, at) }
	answer := func(at int, d hilft.Delivery) word {
		return word{direction: hilft.Outbound, here: true, delivery: d, at: min(at), madeAt: min(at), text: "!"}
	}
	elsewhere := func(at, made int) word {
		return word{direction: hilft.Outbound, delivery: hilft.Sent, at: min(at), madeAt: min(made), text: "!"}
	}
	gone := func(w word) word { w.deleted = true; return w }
	letGo := func(w word) word { w.letGo = true; return w }
	letter := func(w word) word { w.auto, w.letter = true, true; return w }
	machine := func(w word) word { w.auto = true; return w }
	note := word{direction: hilft.Note, here: true, at: min(99), madeAt: min(99), text: "note"}
	never := -1

	for name, c := range map[string]struct {
		words   []word // newest first
		solved  int    // when it was solved last
		state   hilft.CaseState
		waits   int
		trouble int
	}{
		"a question":                             {[]word{asks(1)}, never, hilft.Open, 1, 0},
		"the oldest of three waits longest":      {[]word{asks(3), asks(2), asks(1)}, never, hilft.Open, 1, 0},
		"answered":                               {[]word{answer(2, hilft.Sent), asks(1)}, never, hilft.Waiting, never, 0},
		"an answer on its way":                   {[]word{answer(2, hilft.Queued), asks(1)}, never, hilft.Waiting, never, 0},
		"an answer being sent":                   {[]word{answer(2, hilft.Sending), asks(1)}, never, hilft.Waiting, never, 0},
		"an answer that failed is none":          {[]word{answer(2, hilft.Failed), asks(1)}, never, hilft.Open, 1, 1},
		"an answer that nobody knows of is none": {[]word{answer(2, hilft.Unknown), asks(1)}, never, hilft.Open, 1, 1},
		"an answer that failed and was let go":   {[]word{letGo(answer(2, hilft.Failed)), asks(1)}, never, hilft.Open, 1, 0},
		"a receipt that failed":                  {[]word{machine(answer(2, hilft.Failed)), asks(1)}, never, hilft.Open, 1, 0},
		"a letter that failed":                   {[]word{letter(answer(3, hilft.Failed)), answer(2, hilft.Sent), asks(1)}, never, hilft.Waiting, never, 1},
		"a letter that failed and was let go":    {[]word{letGo(letter(answer(3, hilft.Failed))), answer(2, hilft.Sent), asks(1)}, never, hilft.Waiting, never, 0},
		"an answer that was deleted is none":     {[]word{gone(answer(2, hilft.Sent)), asks(1)}, never, hilft.Open, 1, 0},
		"asked again":                            {[]word{asks(4), asks(3), answer(2, hilft.Sent), asks(1)}, never, hilft.Open, 3, 0},
		"a question taken back":                  {[]word{gone(asks(1))}, never, hilft.Waiting, never, 0},
		"an auto-reply waits for nobody":         {[]word{machine(asks(3)), answer(2, hilft.Sent), asks(1)}, never, hilft.Waiting, never, 0},
		"a note is no answer":                    {[]word{note, asks(1)}, never, hilft.Open, 1, 0},
		"answered elsewhere":                     {[]word{elsewhere(2, 9), asks(1)}, never, hilft.Waiting, never, 0},
		"asked in the moment of an answer":       {[]word{asks(2), elsewhere(2, 9)}, never, hilft.Open, 2, 0},
		"answered elsewhere before it was asked": {[]word{asks(3), elsewhere(2, 9)}, never, hilft.Open, 3, 0},
		"a word that came late was not answered by who had not heard it": {[]word{answer(5, hilft.Sent), heard(4, 6), asks(1)}, never, hilft.Open, 4, 0},
		"a word with a slow clock":                                       {[]word{answer(5, hilft.Sent), heard(-600, 6), asks(1)}, never, hilft.Open, -600, 0},
		"solved without an answer":                                       {[]word{asks(1)}, 2, hilft.Solved, never, 0},
		"solved, then the next word":                                     {[]word{asks(3), asks(1)}, 2, hilft.Open, 3, 0},
		"solved, then a machine's word":                                  {[]word{machine(asks(3)), asks(1)}, 2, hilft.Solved, never, 0},
		"solved, then a word that was taken back":                        {[]word{gone(asks(3)), asks(1)}, 2, hilft.Solved, never, 0},
		"solved, then a word, then an answer":                            {[]word{answer(4, hilft.Sent), asks(3), asks(1)}, 2, hilft.Waiting, never, 0},
		"solved, then a word of ours":                                    {[]word{answer(4, hilft.Sent), asks(1)}, 2, hilft.Solved, never, 0},
		"nothing was said":                                               {nil, never, hilft.Waiting, never, 0},
	} {
		cs := Case{State: hilft.Open}
		if c.solved != never {
			cs.SolvedAt = min(c.solved)
		}
		got := stand(cs, c.words, roundTheClock(time.Hour))
		require.Equal(t, c.state, got.State, name)
		require.Equal(t, c.trouble, got.Trouble, name)
		if c.waits == never {
			require.Zero(t, got.WaitsSince, name)
			require.Zero(t, got.DueAt, name)
		} else {
			require.Equal(t, min(c.waits), got.WaitsSince, name)
			require.Equal(t, min(c.waits).Add(time.Hour), got.DueAt, name)
		}
		for _, before := range []hilft.CaseState{hilft.Open, hilft.Waiting, hilft.Solved} {
			cs.State = before
			require.Equal(t, got, stand(cs, c.words, roundTheClock(time.Hour)), "%s: where it stood before does not matter", name)
		}
	}
}

// A case that is added to without a look at its words stands where it would with one.
func TestAWordThatFollowsChangesWhatItWouldHaveChanged(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 10, 14, 10, 0, 0, 0, time.UTC)
	followed := 0
	rapid.Check(t, func(rt *rapid.T) {
		minute := func(what string, from, to int) time.Time {
			return day.Add(time.Duration(rapid.IntRange(from, to).Draw(rt, what)) * time.Minute)
		}
		draw := func(i int, direction hilft.Direction) word {
			return word{
				id: hilft.MessageID(rune('a' + i)), direction: direction, at: minute("at", 0, 20), madeAt: day.Add(time.Duration(i) * time.Minute),
				delivery: rapid.SampledFrom([]hilft.Delivery{hilft.Sent, hilft.Failed, hilft.Queued, hilft.Unknown}).Draw(rt, "delivery"),
				here:     rapid.Bool().Draw(rt, "here"), auto: rapid.IntRange(0, 5).Draw(rt, "auto") == 0, deleted: rapid.IntRange(0, 5).Draw(rt, "deleted") == 0,
				account: rapid.SampledFrom([]hilft.AccountID{"mail", "chat"}).Draw(rt, "account"), network: "n", visibility: hilft.Private, text: string(rune('A' + i)),
			}
		}
		s := &seat{}
		for i := range rapid.IntRange(0, 6).Draw(rt, "words") {
			direction := rapid.SampledFrom([]hilft.Direction{hilft.Inbound, hilft.Inbound, hilft.Outbound, hilft.Note}).Draw(rt, "direction")
			w := draw(i, direction)
			if direction == hilft.Inbound {
				w.delivery, w.here = "", false
			}
			s.put(w)
		}
		if rapid.Bool().Draw(rt, "solved once") {
			s.SolvedAt = minute("solved", 0, 6)
		}
		s.settle(roundTheClock(time.Hour), day.Add(7*time.Minute))
		w := draw(8, hilft.Inbound)
		w.delivery, w.here = "", false
		if rapid.Bool().Draw(rt, "says more") { // or chance alone finds none that follows, once in ten runs
			w.at, w.account, w.auto, w.deleted = day.Add(21*time.Minute), s.Account, false, false
		}
		if !s.follows(w) {
			return
		}
		followed++
		quick, full := *s, *s
		quick.unread, quick.words, full.words = true, []word{w}, slices.Clone(s.words)
		full.put(w)
		quick.settle(roundTheClock(time.Hour), w.madeAt)
		full.settle(roundTheClock(time.Hour), w.madeAt)
		require.Equal(rt, full.Case, quick.Case)
	})
	require.NotZero(t, followed, "no word ever followed")
}

func TestThePreviewIsOfTheLastWordThatIsStillThere(t *testing.T) {
	t.Parallel()
	w := func(text string, deleted bool) word {
		return word{direction: hilft.Inbound, text: text, deleted: deleted, account: hilft.AccountID(text), visibility: hilft.Public}
	}
	c := stand(Case{Preview: "secret"}, []word{w("", true), w("b", false), w("a", false)}, roundTheClock(0))
	require.Equal(t, []any{"b", hilft.AccountID("b")}, []any{c.Preview, c.Account})
	c = stand(Case{Preview: "secret"}, []word{w("", true)}, roundTheClock(0))
	require.Empty(t, c.Preview, "what was deleted is not shown in lists either")
	long := stand(Case{}, []word{w(strings.Repeat("ä \n", 5000), false)}, roundTheClock(0))
	require.Len(t, []rune(long.Preview), previewMost)
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"Störung", "Seit gestern …", "Störung"},
		{"", "Seit gestern geht das Internet nicht. Was tun?", "Seit gestern geht das Internet nicht."},
		{"", "Hallo! Wie geht es?", "Hallo! Wie geht es?"},
		{" \n", "a\n b", "a b"},
		{"", strings.Repeat("wort ", 40), strings.TrimSpace(strings.Repeat("wort ", 15)) + "…"},
		{"", strings.Repeat("ä", 100), strings.Repeat("ä", 79) + "…"},
		{"", "", ""},
	} {
		require.Equal(t, c[2], titleOf(c[0], c[1]))
	}
}

func TestWhatDidNotArriveComesFirst(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 14, 10, 0, 0, 0, time.UTC)
	require.Less(t, Case{DueAt: now}.Rank(), Case{DueAt: now.Add(time.Second)}.Rank())
	require.Less(t, Case{ChangedAt: now, Trouble: 1}.Rank(), Case{DueAt: now.Add(-1000 * time.Hour)}.Rank())
}
