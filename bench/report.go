// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// report is all that was found.
type report struct {
	Machine machine   `json:"machine"`
	At      time.Time `json:"at"`
	Results []result  `json:"results"`
}

// result is one line of the table. Times are milliseconds.
type result struct {
	What     string  `json:"what"`
	Database string  `json:"database,omitempty"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	P50      float64 `json:"p50_ms,omitempty"`
	P99      float64 `json:"p99_ms,omitempty"`
	Wall     float64 `json:"wall_s,omitempty"`
	CPU      float64 `json:"cpu_s,omitempty"` // of the house's process, user and system
	Target   string  `json:"target,omitempty"`
	Met      bool    `json:"met"`
	Note     string  `json:"note,omitempty"`
}

// medians takes the median run of every line by its value, whole, so that what stands beside the value belongs to it.
func medians(runs [][]result) []result {
	out := make([]result, 0, len(runs[0]))
	for i := range runs[0] {
		var line []result
		for _, r := range runs {
			line = append(line, r[i])
		}
		slices.SortFunc(line, func(a, b result) int {
			switch {
			case a.Value < b.Value:
				return -1
			case a.Value > b.Value:
				return 1
			}
			return 0
		})
		out = append(out, line[len(line)/2])
	}
	return out
}

func (r report) print(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.Machine)
	b.WriteString("| what | database | value | p50 | p99 | wall | CPU of the house | target | met |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range r.Results {
		met := ""
		if l.Target != "" {
			met = map[bool]string{true: "yes", false: "**no**"}[l.Met]
		}
		what := l.What
		if l.Note != "" {
			what += " (" + l.Note + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s %s | %s | %s | %s | %s | %s | %s |\n", what, l.Database, number(l.Value), l.Unit,
			unlessZero(l.P50, "ms"), unlessZero(l.P99, "ms"), unlessZero(l.Wall, "s"), unlessZero(l.CPU, "s"), l.Target, met)
	}
	_, _ = io.WriteString(w, b.String())
}

func unlessZero(v float64, unit string) string {
	if v == 0 {
		return ""
	}
	return number(v) + " " + unit
}

// number is short and readable: 12,345 · 12.3 · 0.12.
func number(v float64) string {
	switch {
	case v >= 100:
		s := fmt.Sprintf("%.0f", v)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// latencies are how long each of many took.
type latencies []time.Duration

func (l latencies) at(share float64) float64 {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return float64(l[min(len(l)-1, int(share*float64(len(l))))]) / float64(time.Millisecond)
}
