// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hilft/hilft/sandbox/mail"
)

// What the world knows of the company.
const (
	Brand   = "Nordnetz"
	Address = "hilfe@nordnetz.example" // of its mailbox
	Domain  = "norden.example"         // of the Mastodon server on which it lives
	Account = "nordnetz"               // its name there
)

// Place is where a word is spoken.
type Place string

// The places of the story.
const (
	Mail   Place = "mail"
	Toot   Place = "toot"   // in public
	Direct Place = "direct" // a direct message there
	Chat   Place = "chat"
)

// Customer is somebody in the story.
type Customer struct {
	Key     string // the name in the story
	Name    string
	English bool
	Mail    string // address; empty: does not write mail
	Handle  string // at Mastodon; empty: is not there
	About   string // what they say of themselves there
	Thanks  string // what they say when they have been answered, once
}

// Word is one thing that a customer says or does.
type Word struct {
	Key     string // empty: nobody refers to it
	By      string // a customer's key
	On      Place
	Ago     time.Duration // of what was said before the story begins
	After   string        // the key of a word that this one goes on from, edits or deletes
	Edit    bool
	Delete  bool
	Subject string
	Text    string // "{-2}" stands for the date two days ago
	HTML    string // a mail's other form
	Header  []string
	Files   []mail.File
}

// Cue is a word and when it is spoken, counted from the moment the curtain rises.
type Cue struct {
	At   time.Duration
	Word Word
}

const (
	pauseLeast, pauseMost = 8 * time.Second, 20 * time.Second
	calmLeast, calmMost   = 40 * time.Second, 100 * time.Second
	calmLast              = 12 // so many words come slowly at the end
	thinkLeast, thinkMost = 15 * time.Second, 40 * time.Second
)

// Plan is the part of the story that unfolds before one's eyes: the same for the same seed. The chats of the first
// minutes come at once, for a visitor's browser does not write into the past.
func Plan(seed uint64) []Cue {
	chance := rand.New(rand.NewPCG(seed, 1))
	var cues []Cue
	at := time.Duration(0)
	for _, w := range arrivals() {
		cues = append(cues, Cue{At: at, Word: w})
	}
	words := unfolding()
	for i, w := range words {
		if len(words)-i <= calmLast {
			at += between(chance, calmLeast, calmMost)
		} else {
			at += between(chance, pauseLeast, pauseMost)
		}
		cues = append(cues, Cue{At: at, Word: w})
	}
	return cues
}

func between(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)))
}

// dated fills in the dates of a text.
func dated(text string, now time.Time) string {
	for strings.Contains(text, "{-") {
		before, rest, _ := strings.Cut(text, "{-")
		days, after, closed := strings.Cut(rest, "}")
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err != nil || !closed {
			return text
		}
		text = before + now.AddDate(0, 0, -n).Format("02.01.2006") + after
	}
	return text
}
