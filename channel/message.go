// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"time"

	"github.com/hilft/hilft"
)

// ItemKind is what an item reports.
type ItemKind string

const (
	Said    ItemKind = "said"    // somebody said something
	Edited  ItemKind = "edited"  // what was said reads differently now: ID, At, Text, HTML and Warning are set, and Attachments where they may have changed
	Deleted ItemKind = "deleted" // what was said is gone at the network, so it goes here: only ID and At are set
	Reached ItemKind = "reached" // how far it has come by then: only ID, At and Reach are set
	Shown   ItemKind = "shown"   // a private message of ours stood before the eyes of whom it is for: only ID and At are set
)

// Item is one thing that a network reports, in the house's words.
type Item struct {
	Kind ItemKind
	ID   string    // remote id of the message it is about, unique in the account, never empty
	At   time.Time // when it happened, by the network's clock

	// Thread is the remote id of the conversation where the network has one. Refs are remote ids of messages in the
	// same conversation, the one that is answered first. Either places the item; items may come in any order.
	Thread string
	Refs   []string
	// Proven says that the author holds a token that we gave out for this thread. Without it a private conversation is
	// joined by its own participants only.
	Proven bool

	Visibility  hilft.Visibility
	From        Author
	Subject     string
	Text        string       // plain text, without what it quotes
	Quoted      string       // plain text of what it quotes, folded away
	HTML        string       // the original, unsanitised, where it says or shows what Text does not
	Attachments []Attachment // Edited: what belongs to it now; nil: as before
	URL         string       // where people see it at the network
	Auto        bool         // sent by a machine (auto-reply, bounce, list): nobody waits for an answer
	Overheard   bool         // found by a search: the author did not address us

	Warning   string  `json:",omitempty"` // what its author wants people to know before they open it; empty: it is read at once
	Addressed string  `json:",omitempty"` // the address of ours that was written to, where an account has several: the answer comes from it
	Language  string  `json:",omitempty"` // "de", "en", …: where the network says in which language it is
	Genuine   Genuine `json:",omitempty"` // whether the author is who the item says, as the network found
	Proofs    string  `json:",omitempty"` // by what, in the network's own short words
	Mail      string  `json:",omitempty"` // the e-mail address at which its author says they are reached as well: nothing proves it

	// Unanswered says that its author asks that no machine answers it; people do.
	Unanswered bool `json:",omitempty"`

	// Returned says that this item tells of a message of ours that came back after the network had taken it.
	Returned *Returned `json:",omitempty"`

	Reach *Reach `json:",omitempty"` // of a Reached item
}

// Reach is how far a message has come among people who are not in the conversation, as the network counts.
type Reach struct {
	Shared int `json:"shared,omitempty"` // passed on
	Liked  int `json:"liked,omitempty"`
}

// Genuine is what a network that anybody can write to finds out about who has written. Empty: it was not asked.
type Genuine string

const (
	Confirmed Genuine = "confirmed" // the author is at home where the item says
	Doubtful  Genuine = "doubtful"  // it may be forged
	NotSaid   Genuine = "not_said"  // the author's home does not say how to tell
)

// Returned is the network's late no to a message of ours that it had taken. The connector is sure that it is ours.
type Returned struct {
	ID     string // remote id of the message that came back
	Reason string // one of Reason…
	Detail string // the network's own words
}

// Author is who said it.
type Author struct {
	ID     string // remote id, unique in the network, never empty
	Handle string // as people write it: "@mira@example.social", "mira@example.org"
	Name   string
	URL    string
	Us     bool // the account itself, by whatever tool
}

// AttachmentsMost is how many attachments of an item the house keeps: the first. Where there may be more, one of these must
// hold them.
const AttachmentsMost = 100

// Attachment is a file that belongs to a message. One of Data, URL and Hash is set: with a URL the file is
// still at the network.
type Attachment struct {
	Name string
	Type string // as claimed; nobody trusts it
	Size int64
	Alt  string // description for those who cannot see it
	Data []byte
	URL  string
	Hash string `json:",omitempty"` // of a file that the house took in before, with its own hands: Type and Size are what it found
}

// Outgoing is one message of ours to the network.
type Outgoing struct {
	Key        string // stable over all attempts, unique
	Thread     string // remote id of the conversation; empty for networks without one
	Visibility hilft.Visibility
	InReplyTo  string   // remote id of the message that is answered
	Refs       []string // remote ids of all messages of the conversation, oldest first
	To         Author   // who is answered
	Addressed  string   // Item.Addressed of what is answered
	Subject    string
	Text       string
	Warning    string // what people are to know before they open it; only where Limits.Warning
	Files      []File
	Auto       bool      // the house says it by itself, and says so where the network has a way to
	Language   string    // "de" or "en": of what is put around the text
	Signature  string    // what is put under a letter, on networks that have letters
	Answered   *Answered // what is answered, for networks where an answer quotes it
	First      time.Time // when Send was first called with this Key: ReadBack need not look further back
}

// Answered is a message that an answer of ours quotes.
type Answered struct {
	By   Author
	At   time.Time
	Text string
}

// File is an attachment of ours.
type File struct {
	Name string
	Type string // as the bytes told it
	Alt  string
	Size int64
	Hash string // SHA-256 of the content in hexadecimal: by this the house keeps it
	Data []byte `json:"-"` // there when a line is called; what waits holds the hash alone
}

// Receipt is the network's word that it has the message.
type Receipt struct {
	ID     string // remote id
	Thread string // remote id of the conversation, where sending began one
	URL    string
	At     time.Time // zero: now
}
