// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// intake is the simplest model of what the house makes of items: it gives each its place, in whatever order they come.
// Deliveries are absorbed by their key, the latest word stands, and what is gone stays gone, also when it is only heard
// of later.
type intake struct {
	keys     map[string]bool
	messages map[string]message
}

// message is where one message stands.
type message struct {
	Said       bool
	Gone       bool
	Text       string
	Subject    string
	Author     string
	Thread     string
	Visibility hilft.Visibility
	TextAt     time.Time
	Edited     bool
}

func (m message) reads(text string) bool { return m.Said && !m.Gone && strings.Contains(m.Text, text) }

func (m message) isGone() bool { return m.Gone && m.Text == "" }

func newIntake() *intake {
	return &intake{keys: map[string]bool{}, messages: map[string]message{}}
}

// take gives the items of one delivery their place, once.
func (in *intake) take(key string, items []channel.Item) {
	if in.keys[key] {
		return
	}
	in.keys[key] = true
	for _, item := range items {
		in.messages[item.ID] = in.messages[item.ID].after(item)
	}
}

// after is the message after one more item about it.
func (m message) after(item channel.Item) message {
	if item.Kind == channel.Said {
		m.Said, m.Subject, m.Author, m.Thread, m.Visibility = true, item.Subject, item.From.ID, item.Thread, item.Visibility
	}
	switch {
	case item.Kind == channel.Deleted || m.Gone:
		m.Gone, m.Text, m.Subject, m.TextAt, m.Edited = true, "", "", time.Time{}, false
	case item.Kind == channel.Said && !m.Edited, item.Kind == channel.Edited && !m.newerThan(item):
		m.Text, m.TextAt, m.Edited = item.Text, item.At, item.Kind == channel.Edited
	}
	return m
}

// newerThan tells whether the edit that stands is newer; of two at the same time, either may stand, but always the same.
func (m message) newerThan(item channel.Item) bool {
	if !m.Edited {
		return false
	}
	if m.TextAt.Equal(item.At) {
		return m.Text > item.Text
	}
	return m.TextAt.After(item.At)
}
