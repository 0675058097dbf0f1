// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/bus"
)

// What a node has told is believed for as long as it goes on telling; one that has died is forgotten, and so is a page that is silent.
func TestANodeThatIsSilentIsForgotten(t *testing.T) {
	t.Parallel()
	wakes, err := bus.Open(t.Context(), bus.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(wakes.Close)
	p, now := newPresence(wakes, time.Minute), time.Now()
	words := make(chan word, wordsMost)
	mine := tab{"rosa", "r"}
	p.come(mine, words)
	p.looks(look{mine, spot{Brand: "b"}})
	told := func(at time.Duration) string {
		p.round(now.Add(at))
		select {
		case w := <-words:
			return string(w.data)
		default:
			return ""
		}
	}
	require.JSONEq(t, `{"whole":true,"cases":{}}`, told(0))
	p.hear(announced{Node: "other", Brand: "b", Cases: byCase{"c": {{"ben", Reads}}}}, now)
	p.hear(announced{Node: "other", Brand: "another", Cases: byCase{"x": {{"ben", Reads}}}}, now)
	require.JSONEq(t, `{"whole":false,"cases":{"c":[{"agent":"ben","doing":"reads"}]}}`, told(time.Second))
	require.Equal(t, []hilft.CaseID{"c"}, p.busy("b", "rosa"))
	require.Empty(t, p.busy("b", "ben"))
	p.hear(announced{Node: "other", Brand: "b", Cases: byCase{"c": {{"ben", Reads}}}}, now.Add(10*time.Second))
	require.Empty(t, told(15*time.Second), "nothing has changed")
	require.JSONEq(t, `{"whole":false,"cases":{"c":[]}}`, told(23*time.Second))
	require.Empty(t, p.busy("b", "rosa"))
}

// What a second costs a node whose five hundred pages look at one brand, all of them at cases, while two hundred of them say something
// else: four tellings, each in words once, to five hundred.
func BenchmarkPresenceOfFiveHundredForASecond(b *testing.B) {
	wakes, err := bus.Open(b.Context(), bus.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	defer wakes.Close()
	p := newPresence(wakes, time.Minute)
	const pages = 500
	words := make([]chan word, pages)
	at := func(i int) tab { return tab{hilft.AgentID(fmt.Sprint("agent", i)), "t"} }
	for i := range words {
		words[i] = make(chan word, wordsMost)
		p.come(at(i), words[i])
		p.looks(look{at(i), spot{"brand", hilft.CaseID(fmt.Sprintf("case-%036d", i)), Reads}})
	}
	bytes, turn := 0, 0
	for b.Loop() {
		for range 4 {
			for range 50 {
				turn++
				p.looks(look{at(turn % pages), spot{"brand", hilft.CaseID(fmt.Sprintf("case-%036d", turn%997)), Writes}})
			}
			p.round(time.Now())
			for _, c := range words {
				for len(c) > 0 {
					bytes += len((<-c).data)
				}
			}
		}
	}
	b.ReportMetric(float64(bytes)/float64(b.N)/pages, "bytes/page")
}
