// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/hilft/hilft"
)

// Release is the argument of a hilft.JobRelease: a reply that waits, so that it can be taken back.
type Release struct {
	Message hilft.MessageID `json:"message"`
}

// Dispatch is the argument of a hilft.JobDeliver: a message that the desk asks the switchboard to deliver.
type Dispatch struct {
	Brand   hilft.BrandID   `json:"brand"`
	Account hilft.AccountID `json:"account"`
	Message hilft.MessageID `json:"message"`
	Out     Outgoing        `json:"out"`
	Again   bool            `json:"again,omitempty"` // a person decided to send it again
	Anew    bool            `json:"anew,omitempty"`  // it had gone out and come back: Out.Key is another than then
}

// Looking is the argument of a hilft.JobLook: messages that the desk wants the switchboard to ask after.
type Looking struct {
	Account hilft.AccountID `json:"account"`
	Have    []Standing      `json:"have"` // at most LookMost
}

// Report is the argument of a hilft.JobDelivery: the switchboard's word to the desk about a message.
type Report struct {
	Message  hilft.MessageID `json:"message"`
	Delivery hilft.Delivery  `json:"delivery"`
	Reason   string          `json:"reason,omitempty"` // one of Reason…, or why it waits
	Detail   string          `json:"detail,omitempty"` // the network's own words
	RetryAt  time.Time       `json:"retry_at,omitzero"`
	Receipt  Receipt         `json:"receipt,omitzero"`
	Onward   *Onward         `json:"onward,omitempty"` // of a Sent one that waits until the other side collects it; nil: there is no other way
}

// Onward is how a message goes on that nobody comes to collect: in a letter, after a while.
type Onward struct {
	Account  hilft.AccountID `json:"account"`
	Network  string          `json:"network"`
	After    time.Duration   `json:"after"`
	Restored bool            `json:"restored,omitempty"` // the house was restored since: the letter may have gone out
}

// OnwardArgs is the argument of a hilft.JobOnward.
type OnwardArgs struct {
	Message hilft.MessageID `json:"message"` // the first answer that waits
	Onward
}

// Reasons that the switchboard gives beside those of the networks.
const (
	ReasonGone      = "gone"       // what is answered was deleted
	ReasonGaveUp    = "gave_up"    // tried until it made no sense any more
	ReasonSignIn    = "sign_in"    // waits until an administrator signs in again
	ReasonPaused    = "paused"     // waits until the account is resumed
	ReasonRateLimit = "rate_limit" // waits until the network takes from us again
	ReasonBusy      = "busy"       // waits for others of its account, each of which takes long
	ReasonTemporary = "temporary"  // failed for the moment, will be tried again
	ReasonUnknown   = "unknown"    // may have gone out
	ReasonRestored  = "restored"   // was to be sent when the backup was made from which the house was restored
	ReasonRemoved   = "removed"    // the account was removed
	ReasonFileLost  = "file_lost"  // a file that belongs to it is gone or damaged in our own keeping
)

// For is what is left of the limits when somebody is answered: their name may have to go before the text.
func (l Limits) For(handle string) Limits {
	if l.Addressed && l.TextMax > 0 {
		name, _, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
		l.TextMax = max(1, l.TextMax-l.Length("@"+name+" "))
	}
	return l
}

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// Length counts a text as the network does.
func (l Limits) Length(text string) int {
	if l.URLLength > 0 {
		text = link.ReplaceAllLiteralString(text, strings.Repeat("x", l.URLLength))
	}
	switch l.Counting {
	case CountGraphemes:
		n := 0
		for g := graphemes.FromString(text); g.Next(); {
			n++
		}
		return n
	case CountUTF16:
		n := 0
		for _, r := range text {
			n++
			if r > 0xffff {
				n++
			}
		}
		return n
	case CountRunes:
	}
	return utf8.RuneCountInString(text)
}
