// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"slices"

	"github.com/hilft/hilft"
)

// Filter says which of a brand's cases somebody wants to see. What it does not name does not matter; the zero value is all of them.
type Filter struct {
	States     []hilft.CaseState `json:"states,omitempty"`
	Owner      Owner             `json:"owner,omitempty"`
	Agent      hilft.AgentID     `json:"agent,omitempty"` // with OwnerAgent
	Tags       []hilft.TagID     `json:"tags,omitempty"`
	AllTags    bool              `json:"all_tags,omitempty"` // it has every one of them; else any
	Priorities []hilft.Priority  `json:"priorities,omitempty"`
	Networks   []string          `json:"networks,omitempty"`
	Accounts   []hilft.AccountID `json:"accounts,omitempty"`
	Visibility hilft.Visibility  `json:"visibility,omitempty"`
	Due        Due               `json:"due,omitempty"`
	Trouble    bool              `json:"trouble,omitempty"`
}

// Owner says whose cases.
type Owner string

const (
	OwnerAny    Owner = ""
	OwnerMe     Owner = "me" // whoever looks
	OwnerNobody Owner = "nobody"
	OwnerAgent  Owner = "agent"
)

// Due says how near the time is until which an answer is due, as far as the clock has told of it.
type Due string

const (
	DueAny  Due = ""
	DueSoon Due = "soon" // or late already
	DueLate Due = "late"
)

// filterMost is how many of a kind a filter names.
const filterMost = 10

// sound tells whether every part of a filter is one that there can be, and is in a form of which there is one.
func (f *Filter) sound() bool {
	f.States, f.Tags, f.Priorities, f.Networks, f.Accounts = sorted(f.States), sorted(f.Tags), sorted(f.Priorities), sorted(f.Networks), sorted(f.Accounts)
	for _, n := range []int{len(f.Tags), len(f.Networks), len(f.Accounts)} {
		if n > filterMost {
			return false
		}
	}
	if f.AllTags = f.AllTags && len(f.Tags) > 1; f.Owner != OwnerAgent {
		f.Agent = ""
	}
	return onlyOf(f.States, hilft.Open, hilft.Waiting, hilft.Asleep, hilft.Solved) && onlyOf(f.Priorities, hilft.Urgent, hilft.High, hilft.Normal, hilft.Low) &&
		onlyOf([]Owner{f.Owner}, OwnerAny, OwnerMe, OwnerNobody, OwnerAgent) && (f.Owner == OwnerAgent) == (f.Agent != "") &&
		onlyOf([]hilft.Visibility{f.Visibility}, "", hilft.Public, hilft.Private) && onlyOf([]Due{f.Due}, DueAny, DueSoon, DueLate)
}

func sorted[T ~string](all []T) []T {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

func onlyOf[T comparable](all []T, of ...T) bool {
	return !slices.ContainsFunc(all, func(v T) bool { return !slices.Contains(of, v) })
}

// has tells whether a case that stands so is among those that a filter names, for whoever looks. The browser app has the same rule
// (web/src/inbox/filter.ts), and both are held to testdata/filters.json.
func (f *Filter) has(s *standing, me hilft.AgentID) bool {
	if len(f.States) > 0 && !slices.Contains(f.States, s.state) || f.Trouble && !s.trouble {
		return false
	}
	switch f.Owner {
	case OwnerMe:
		if me == "" || s.agent != me {
			return false
		}
	case OwnerNobody:
		if s.agent != "" {
			return false
		}
	case OwnerAgent:
		if s.agent != f.Agent {
			return false
		}
	case OwnerAny:
	}
	if f.Due == DueSoon && s.late < Soon || f.Due == DueLate && s.late < Late || f.Visibility != "" && s.visibility != f.Visibility ||
		len(f.Priorities) > 0 && !slices.Contains(f.Priorities, s.priority) ||
		len(f.Networks) > 0 && !slices.Contains(f.Networks, s.network) || len(f.Accounts) > 0 && !slices.Contains(f.Accounts, s.account) {
		return false
	}
	has := func(t hilft.TagID) bool { return slices.Contains(s.tags, t) }
	switch {
	case len(f.Tags) == 0:
		return true
	case f.AllTags:
		return !slices.ContainsFunc(f.Tags, func(t hilft.TagID) bool { return !has(t) })
	}
	return slices.ContainsFunc(f.Tags, has)
}

// stream is a part of a brand's cases that one index has in the order of a list.
type stream struct {
	from  string // the tables
	where string
	args  []any
	key   string // what it is ordered by
	id    string
}

// streams are parts that together have all the cases of a filter: as few others as there is an index for. A case may be in several.
func (f *Filter) streams(brand hilft.BrandID, me hilft.AgentID, o Order) (all []stream) {
	states := f.States
	if len(states) == 0 {
		states = []hilft.CaseState{hilft.Open, hilft.Waiting, hilft.Asleep, hilft.Solved}
	}
	add := func(state hilft.CaseState, more string, args ...any) {
		all = append(all, stream{"cases c", `c.brand_id = ? AND c.state = ?` + more, append([]any{string(brand), string(state)}, args...), "c." + o.column(), "c.id"})
	}
	owner := f.Agent
	if f.Owner == OwnerMe {
		owner = me
	}
	switch next := o == OrderNext; {
	case f.Trouble && next:
		return []stream{{"cases c", `c.brand_id = ? AND c.trouble > 0`, []any{string(brand)}, "c.rank", "c.id"}}
	case len(f.Tags) > 0:
		tags := f.Tags
		if f.AllTags {
			tags = tags[:1]
		}
		for _, t := range tags {
			for _, state := range states {
				all = append(all, stream{
					"case_tag t CROSS JOIN cases c", `c.id = t.case_id AND c.brand_id = ? AND t.tag_id = ? AND t.state = ?`,
					[]any{string(brand), string(t), string(state)},
					"t." + o.column(), "t.case_id",
				})
			}
		}
	case next && owner != "":
		for _, state := range states {
			add(state, ` AND c.agent_id = ?`, string(owner))
		}
	case len(f.Priorities) > 0 && !slices.Contains(f.Priorities, hilft.Normal):
		for _, p := range f.Priorities {
			for _, state := range states {
				add(state, ` AND c.priority = ? AND c.priority <> 'normal'`, string(p))
			}
		}
	case next && f.Owner == OwnerNobody:
		for _, state := range states {
			add(state, ` AND c.agent_id = ?`, "")
		}
	default:
		for _, state := range states {
			add(state, "")
		}
	}
	return all
}
