// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"encoding/json"
	"fmt"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/hilft/hilft"
)

// Shortcuts are the keys that somebody has chosen otherwise: a character, or nothing for none, by the desk's name of the
// act. What is not in it has the key that the desk gives it.
type Shortcuts map[string]string

// shortcutsMost is how many acts may have another key; the desk has fewer.
const shortcutsMost = 200

// check returns them composed (NFC), nil for none. Invalid: a name that no act can have, a key that is not one visible
// character, or one key for two acts. Which acts there are, and what keys they have by themselves, the desk knows alone.
func (s Shortcuts) check() (Shortcuts, error) {
	if len(s) > shortcutsMost {
		return nil, hilft.FailField(hilft.Invalid, "agent.keys.invalid", "keys", nil)
	}
	var clean Shortcuts
	by := map[string]string{}
	for act, key := range s {
		key = norm.NFC.String(key)
		if !actName(act) || key != "" && !oneCharacter(key) {
			return nil, hilft.FailField(hilft.Invalid, "agent.keys.invalid", "keys", nil)
		}
		if other, taken := by[key]; taken && key != "" {
			return nil, hilft.FailField(hilft.Invalid, "agent.keys.twice", "keys", fmt.Errorf("%s and %s", act, other))
		}
		by[key] = act
		if clean == nil {
			clean = Shortcuts{}
		}
		clean[act] = key
	}
	return clean, nil
}

// actName tells whether the desk can call an act so: letters of ASCII, forty at most.
func actName(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// oneCharacter tells whether a key writes this, and it can be seen when it is shown.
func oneCharacter(s string) bool {
	r := []rune(s)
	return len(r) == 1 && unicode.IsGraphic(r[0]) && !unicode.In(r[0], unicode.Z, unicode.M, unicode.Other_Default_Ignorable_Code_Point) && r[0] != unicode.ReplacementChar
}

// text is how they are kept; empty for none.
func (s Shortcuts) text() (string, error) {
	if len(s) == 0 {
		return "", nil
	}
	b, err := json.Marshal(s)
	return string(b), err
}

func shortcutsOf(text string) (s Shortcuts, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &s)
	}
	return s, err
}

// Then is what the desk shows after an act.
type Then string

const (
	ThenNext Then = "next" // the case that must be answered next
	ThenStay Then = "stay" // the case as it is now
	ThenList Then = "list"
)

// After is what somebody wants to see after each act with which they may be done with a case.
type After struct{ Solve, Send, SendSolve Then }

// afterAtFirst is how it is for newcomers.
var afterAtFirst = After{Solve: ThenNext, Send: ThenStay, SendSolve: ThenNext}

func (a After) check() error {
	for _, t := range []Then{a.Solve, a.Send, a.SendSolve} {
		switch t {
		case ThenNext, ThenStay, ThenList:
		default:
			return hilft.FailField(hilft.Invalid, "agent.after.unknown", "after", nil)
		}
	}
	return nil
}
