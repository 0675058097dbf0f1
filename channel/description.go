// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"time"

	"github.com/hilft/hilft"
)

// Description is all that the house knows of a network before it opens a line: names, settings, abilities, limits,
// policy. It is data, so that forms, composer, health page and handbook are drawn from it.
type Description struct {
	ID       string // lower case, stored with every account, never changed: "mastodon"
	Name     Text
	About    Text   // one sentence: what an administrator gets by connecting it
	Guide    []Text // what to do at the network first, step by step
	Settings []Field
	Rooms    []Room // the ways to talk, at least one
	Can      Abilities
	Limits   Limits
	Policy   Policy
}

// Text is one text in every language of the house, by language code. "de" and "en" are always there.
type Text map[string]string

// Field is one setting.
type Field struct {
	Key      string    `json:"key"`
	Kind     FieldKind `json:"kind"`
	Label    Text      `json:"label"`
	Help     Text      `json:"help,omitempty"`
	Default  string    `json:"default,omitempty"`
	Example  string    `json:"example,omitempty"`
	Choices  []Choice  `json:"choices,omitempty"`
	Required bool      `json:"required"`
	Advanced bool      `json:"advanced,omitempty"` // folded away at first
	Hidden   bool      `json:"hidden,omitempty"`   // written by a sign-in, in no form
}

// Choice is one value of a FieldChoice.
type Choice struct {
	Value  string `json:"value"`
	Label  Text   `json:"label"`
	SignIn bool   `json:"sign_in,omitempty"` // whoever chooses it signs in at the network
}

// FieldKind is how a setting is entered, checked and kept.
type FieldKind string

const (
	FieldText   FieldKind = "text"
	FieldSecret FieldKind = "secret" // sealed at rest, never shown again
	FieldURL    FieldKind = "url"    // http or https, with a host
	FieldHost   FieldKind = "host"
	FieldPort   FieldKind = "port"
	FieldEmail  FieldKind = "email"
	FieldBool   FieldKind = "bool" // "true" or "false"
	FieldChoice FieldKind = "choice"
	FieldList   FieldKind = "list" // one entry a line
)

// Room is one way to talk on a network.
type Room struct {
	Visibility hilft.Visibility `json:"visibility"`
	Name       Text             `json:"name"`              // "direct message"
	Caution    Text             `json:"caution,omitempty"` // what must be known before writing here
}

// Level is how well something is done.
type Level string

const (
	No      Level = ""
	Partial Level = "partial"
	Full    Level = "full"
)

// Abilities say which optional interfaces a connector and its lines have; channeltest holds them to it.
type Abilities struct {
	Hook        Level `json:"hook,omitempty"`
	Poll        Level `json:"poll,omitempty"`
	Stream      Level `json:"stream,omitempty"`
	ReadBack    Level `json:"read_back,omitempty"`
	SignIn      Level `json:"sign_in,omitempty"`
	MovePrivate Level `json:"move_private,omitempty"` // a public message can be answered in private
	Edits       Level `json:"edits,omitempty"`        // the network reports edits
	Deletions   Level `json:"deletions,omitempty"`    // the network reports deletions
	Look        Level `json:"look,omitempty"`         // the network can be asked how messages stand
	Files       Level `json:"files,omitempty"`        // we can send files
	Mailbox     Level `json:"mailbox,omitempty"`      // the other side collects its messages from us
	Typing      Level `json:"typing,omitempty"`       // each side may be shown that the other is writing
	Begin       Level `json:"begin,omitempty"`        // Send reaches who never wrote to us: an Outgoing that names nobody but To.Handle
	Canary      Level `json:"canary,omitempty"`       // a sign of life can be sent to the account itself
}

// Limits are what the network takes.
type Limits struct {
	TextMax    int   `json:"text_max,omitempty"`    // characters as Counting says; 0: none
	Counting   Count `json:"counting,omitempty"`    // default: runes
	URLLength  int   `json:"url_length,omitempty"`  // every link counts as so many; 0: as it is
	Addressed  bool  `json:"addressed,omitempty"`   // the person's name is put before the text and counts, without its host
	Subject    bool  `json:"subject,omitempty"`     // messages have a subject
	Warning    bool  `json:"warning,omitempty"`     // messages may be folded behind a warning, which counts with the text
	Describes  bool  `json:"describes,omitempty"`   // files go with their descriptions, and people expect one with each
	FilesMax   int   `json:"files_max,omitempty"`   // files a message
	FileSize   int64 `json:"file_size,omitempty"`   // bytes a file
	FilesSize  int64 `json:"files_size,omitempty"`  // bytes all files of a message; 0: no limit of its own
	PerMinute  int   `json:"per_minute,omitempty"`  // calls the account may make; 0: no own limit
	SendMinute int   `json:"send_minute,omitempty"` // messages the account may send; 0: no own limit
}

// Count is what the network counts as one character.
type Count string

const (
	CountRunes     Count = "runes"
	CountGraphemes Count = "graphemes"
	CountUTF16     Count = "utf16"
)

// Policy is how the house behaves on this network.
type Policy struct {
	PollEvery time.Duration // how often to ask; beside a stream or hook the net under it
	Backfill  time.Duration // how far back the first read goes
	// ThreadIsConcern: a new thread of somebody who already has an open case is a new concern (mail). Without it a
	// private thread joins the person's one open case on this account (post, then direct message).
	ThreadIsConcern bool
	// SenderIDs: people's own programs name their messages, so two different ones may bear one id (mail).
	SenderIDs bool
	// Receipts: a brand may tell people that their first word has arrived, who are Confirmed to be whom they say or who
	// are Proven (mail).
	Receipts bool
	RawMax   int64 // bytes of one delivery; 0: 1 MiB
}
