// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hilft/hilft/internal/app/apptest"
)

// verdict is what the judge found: what the house has, held against what those outside wrote down.
type verdict struct {
	acked   int
	lost    []string
	doubled []string
	order   []string       // what stands where it should not
	faults  []string       // anything else that must not be
	replies map[string]int // by how the house shows them
}

// all that is wrong; nothing, when all is well.
func (v verdict) all() []string { return slices.Concat(v.lost, v.doubled, v.order, v.faults) }

func (v verdict) repliesText() string {
	var parts []string
	for _, how := range slices.Sorted(maps.Keys(v.replies)) {
		parts = append(parts, fmt.Sprintf("%d %s", v.replies[how], how))
	}
	return strings.Join(parts, ", ")
}

func (v *verdict) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

const readers = 8 // cases that the judge reads at a time

// judge reads every case, as agents do, and compares. settled tells that the house has had time to do what was left.
func judge(ctx context.Context, agent *apptest.Agent, all []entry, settled bool) (verdict, error) {
	v := verdict{replies: map[string]int{}}
	rows, err := agent.AllCases(ctx)
	if err != nil {
		return v, err
	}
	h, err := agent.Health(ctx)
	if err != nil {
		return v, err
	}
	for _, q := range h.Queues {
		if q.Dead > 0 {
			v.fault("%d dead letters of %s", q.Dead, q.Kind)
		}
	}
	if len(h.Stuck) > 0 {
		v.fault("%d deliveries that cannot be read: %v", len(h.Stuck), h.Stuck)
	}
	var mu sync.Mutex
	var reading sync.WaitGroup
	heard, ours := map[string]int{}, map[string][]apptest.Message{}
	next := make(chan apptest.Row)
	for range readers {
		reading.Go(func() {
			for row := range next {
				c, err := agent.Case(ctx, row.ID)
				mu.Lock()
				if err != nil {
					v.fault("case %d cannot be read: %v", row.Number, err)
				} else {
					v.look(c, heard, ours)
				}
				mu.Unlock()
			}
		})
	}
	for _, row := range rows {
		next <- row
	}
	close(next)
	reading.Wait()
	v.words(all, heard)
	v.answers(all, ours, settled)
	return v, nil
}

// look counts what a case holds, and looks whether its conversation is in order.
func (v *verdict) look(c apptest.Case, heard map[string]int, ours map[string][]apptest.Message) {
	type placed struct {
		id string
		n  int
	}
	talk := ""
	var shown []placed
	for _, m := range c.Messages {
		if m.Direction == "outbound" {
			ours[m.Body] = append(ours[m.Body], m)
			continue
		}
		name, _, _ := strings.Cut(m.Body, " ")
		heard[name]++
		at := strings.LastIndexByte(name, '-')
		n, err := strconv.Atoi(name[at+1:])
		if at < 0 || err != nil {
			v.fault("case %d holds what nobody said", c.Number)
			continue
		}
		if talk != "" && talk != name[:at] {
			v.fault("case %d holds words of two conversations", c.Number)
		}
		talk = name[:at]
		if len(shown) > 0 && shown[len(shown)-1].n > n {
			v.order = append(v.order, name+" is shown behind what was said after it")
		}
		shown = append(shown, placed{m.ID, n})
	}
	// Those that were sent in order were placed in order: ids ascend as places are given.
	last := placed{}
	for _, p := range shown {
		if late(talk, p.n) {
			continue
		}
		if p.id < last.id {
			v.order = append(v.order, fmt.Sprintf("%s-%d was placed before %d, which was acknowledged before it was sent", talk, p.n, last.n))
		}
		last = p
	}
}

// words holds what the house heard against what was said and acknowledged.
func (v *verdict) words(all []entry, heard map[string]int) {
	was := map[string]bool{}
	for _, e := range all {
		switch e.What {
		case said:
			was[e.Name] = was[e.Name] || false
		case acked:
			was[e.Name] = true
		}
	}
	for name, acknowledged := range was {
		if acknowledged {
			v.acked++
		}
		switch n := heard[name]; {
		case n > 1:
			v.doubled = append(v.doubled, fmt.Sprintf("%s is there %d times", name, n))
		case n == 0 && acknowledged:
			v.lost = append(v.lost, name+" was acknowledged and is not there")
		}
	}
	for name := range heard {
		if _, ok := was[name]; !ok {
			v.fault("%s is there and was never said", name)
		}
	}
}

// answers holds what the house says of its replies against what agents were told and the network was given.
func (v *verdict) answers(all []entry, ours map[string][]apptest.Message, settled bool) {
	written, given := map[string]bool{}, map[string]int{}
	for _, e := range all {
		switch e.What {
		case wrote:
			written[e.Name] = written[e.Name] || false
		case told:
			written[e.Name] = true
		case taken:
			given[e.Name]++
		}
	}
	for text, n := range given {
		if n > 1 {
			v.doubled = append(v.doubled, fmt.Sprintf("%s went out %d times", text, n))
		}
		if len(ours[text]) == 0 {
			v.lost = append(v.lost, text+" went out and is not there")
		}
	}
	for text, sure := range written {
		there := ours[text]
		switch {
		case len(there) > 1:
			v.doubled = append(v.doubled, fmt.Sprintf("%s was written once and is there %d times", text, len(there)))
		case len(there) == 0 && sure:
			v.lost = append(v.lost, text+" was written and is not there")
		}
		if len(there) != 1 {
			continue
		}
		how := there[0].Delivery
		v.replies[how]++
		switch {
		case how == "sent" && given[text] == 0:
			v.fault("%s is shown as sent and did not go out", text)
		case how == "failed" && given[text] > 0:
			v.fault("%s is shown as failed and went out", text)
		case settled && how != "sent" && how != "failed" && how != "unknown":
			v.fault("%s has no end: it is %s", text, how)
		}
	}
}
