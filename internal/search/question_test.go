// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
)

func TestQuestionsAreReadAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, berlin) }
	word := func(w string) Term { return Term{Words: []string{w}} }
	typed := func(w string) Term { return Term{Words: []string{w}, Begins: true} }
	for s, want := range map[string]Question{
		"Störung":                     {Terms: []Term{typed("stoerung")}},
		"netz Weg ":                   {Terms: []Term{word("netz"), word("weg")}},
		`"Netz weg" seit`:             {Terms: []Term{{Words: []string{"netz", "weg"}, Exact: true}, typed("seit")}},
		`„kein Netz“`:                 {Terms: []Term{{Words: []string{"kein", "netz"}, Exact: true}}},
		`"noch nicht zu`:              {Terms: []Term{{Words: []string{"noch", "nicht", "zu"}, Exact: true}}},
		"12,50":                       {Terms: []Term{{Words: []string{"12", "50"}, Exact: true, Begins: true}}},
		"#1042":                       {Terms: []Term{typed("1042")}, Number: 1042},
		"von:mira netz":               {From: []string{"mira"}, Terms: []Term{typed("netz")}, filtered: true},
		`Von: "Mira Petersen"`:        {From: []string{"mira", "petersen"}, filtered: true},
		"kanal:E-Mail status:gelöst":  {Channel: "e mail", State: hilft.Solved, filtered: true},
		"status:zurückgestellt":       {State: hilft.Asleep, filtered: true},
		"vor:1.11.2026 netz":          {Before: day(2026, 11, 1), Terms: []Term{typed("netz")}, filtered: true},
		"nach:2026-10 bis:2026-11-30": {Since: day(2026, 11, 1), Before: day(2026, 12, 1), filtered: true},
		"since:2026":                  {Since: day(2026, 1, 1), filtered: true},
		"Achtung:Störung":             {Terms: []Term{{Words: []string{"achtung", "stoerung"}, Exact: true, Begins: true}}},
		"https://hilft.example/a":     {Terms: []Term{{Words: []string{"https", "hilft", "example", "a"}, Exact: true, Begins: true}}},
	} {
		got, err := Parse(s, berlin)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for s, code := range map[string]string{
		"": "search.nothing", " – ! ": "search.nothing", "status:halb": "search.bad_state", "vor:gestern": "search.bad_date", "seit:31.2.2026": "search.bad_date",
		"von:": "search.bad_from", "kanal:-": "search.bad_channel", strings.Repeat("netz ", 20): "search.too_many", strings.Repeat("x", 400): "search.too_long",
	} {
		_, err := Parse(s, berlin)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err), s)
		require.Equal(t, code, codeOf(err), s)
	}
}

func codeOf(err error) string {
	e, _ := errors.AsType[*hilft.Error](err)
	return e.Say
}

func FuzzQuestionsAreReadOrRefused(f *testing.F) {
	for _, s := range []string{"Störung", `von:"Mira`, "vor:1.1.2026 bis:2026", "„a“ »b« “c”", "status:offen:", "\xff:\"", "12,50 #7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s, time.UTC)
		if err != nil {
			require.Equal(t, hilft.Invalid, hilft.KindOf(err))
			return
		}
		require.True(t, q.filtered || len(q.Terms) > 0)
		for _, term := range q.Terms {
			require.NotEmpty(t, term.Words)
		}
		sn, _ := q.excerpt("", "", s)
		marksFit(t, sn)
	})
}

func marksFit(t require.TestingT, sn Snippet) {
	last := 0
	for _, m := range sn.Marks {
		require.True(t, last <= m.From && m.From < m.To && m.To <= len(utf16.Encode([]rune(sn.Text))), "%+v", sn)
		last = m.To
	}
}

func TestMarksLieInTheSnippet(t *testing.T) {
	t.Parallel()
	sn := snippet("vorher "+strings.Repeat("lang ", 40)+"😀 Störung\n\n  und Störung"+strings.Repeat(" danach", 60), [][2]int{{212, 220}, {228, 236}})
	units := utf16.Encode([]rune(sn.Text))
	require.True(t, strings.HasPrefix(sn.Text, "… lang") && strings.HasSuffix(sn.Text, "…"), sn.Text)
	for _, m := range sn.Marks {
		require.Equal(t, "Störung", string(utf16.Decode(units[m.From:m.To])))
	}
	require.Len(t, sn.Marks, 2)
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`(Netz|Störung|weg|😀|[ \n.]){0,200}`)).Draw(rt, "text")
		q := Question{Terms: []Term{{Words: []string{"netz"}}, {Words: []string{"stoer"}, Begins: true}}}
		sn, _ := q.excerpt("", "", s)
		marksFit(rt, sn)
		require.LessOrEqual(rt, len([]rune(sn.Text)), 2*snippetMost+2)
	})
}

func TestPagesHoldWhatWasPutIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		of := rapid.MapOf(rapid.Int64Range(1, 1<<32-1), rapid.SliceOfNDistinct(rapid.Uint32Range(0, 1<<15-1), 1, 400, rapid.ID[uint32])).Draw(rt, "postings")
		for _, docs := range of {
			slices.Sort(docs)
		}
		all := sorted(of)
		var got []posting
		pages := pack(all)
		for i, p := range pages {
			some, err := p.unpack()
			require.NoError(rt, err)
			require.Equal(rt, p.first, some[0].word)
			require.True(rt, len(p.body) <= pageMost+16 || len(some) == 1, "page %d", i)
			got = append(got, some...)
		}
		if len(all) > 0 {
			require.Equal(rt, all, got)
		}
		// Put in and taken out again, it is as before.
		word, doc := rapid.Int64Range(1, 1<<32-1).Draw(rt, "word"), rapid.Uint32Range(1<<15, 1<<16).Draw(rt, "doc")
		require.Equal(rt, append([]posting{}, got...), append([]posting{}, with(with(got, word, doc, true), word, doc, false)...))
		// Two runs that follow each other are one.
		merged, err := merge([][]page{pages, pages}, []uint32{0, 1 << 15})
		require.NoError(rt, err)
		var both []posting
		for _, p := range merged {
			some, err := p.unpack()
			require.NoError(rt, err)
			both = append(both, some...)
		}
		require.Len(rt, both, len(all))
		for i, p := range both {
			require.Len(rt, p.docs, 2*len(all[i].docs))
			require.Equal(rt, all[i].docs[0]+(1<<15), p.docs[len(all[i].docs)])
		}
		words := rapid.SliceOf(rapid.Int64Range(0, 1<<32-1)).Draw(rt, "words")
		unpacked, err := unpackWords(packWords(words))
		require.NoError(rt, err)
		require.Equal(rt, append([]int64{}, words...), append([]int64{}, unpacked...))
	})
}

func TestTornPagesAreRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := page{first: 1, body: rapid.SliceOf(rapid.Byte()).Draw(rt, "body")}
		_, _ = p.unpack() // and nothing panics
		_ = newSet(100).add(p.body)
		_, _ = unpackWords(p.body)
	})
}

func TestRunsStayFew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var runs []run // the newest first
		docs := int64(0)
		for range rapid.IntRange(1, 400).Draw(rt, "batches") {
			n := rapid.SampledFrom([]int64{1, 2, 7, 50, 1000}).Draw(rt, "n")
			runs = append([]run{{low: docs + 1, high: docs + n}}, runs...)
			docs += n
			for old := ripe(runs); old != nil; old = ripe(runs) {
				require.Equal(rt, runs[0].high, old[len(old)-1].high)
				runs = append([]run{{low: old[0].low, high: old[len(old)-1].high}}, runs[len(old):]...)
				require.Less(rt, runs[0].many(), 2*runMost)
			}
			require.Less(rt, len(runs), 6*runsMost+int(docs)/runMost)
		}
	})
}
