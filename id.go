// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// The ids of our own nouns. Each is a UUID of version 7 in its usual text form, so that ids sort by the time they were
// made. What a network calls a thing is never one of these: remote ids are plain strings that only their connector may
// read.
type (
	BrandID        string
	AgentID        string
	AccountID      string
	PersonID       string
	IdentityID     string
	ConversationID string
	CaseID         string
	MessageID      string
	TagID          string
	LinkID         string
	NoteID         string // of what is said about a person; a note in a case is a message
	ConsentID      string
	CompanyID      string
	ViewID         string
)

// turns gives out the first 60 bits of ids: the millisecond, and which part of it, in 4096ths. They ascend strictly.
type turns struct {
	sync.Mutex
	last int64
}

func (t *turns) next(at time.Time) int64 {
	us := at.UnixMicro()
	turn := us/1000<<12 | us%1000<<12/1000
	t.Lock()
	defer t.Unlock()
	t.last = max(t.last+1, turn)
	return t.last
}

// Apart, because this node's clock may be ahead of the house's: ids by the one must not push on those by the other.
var byWall, byHouse turns

// NewID makes a UUIDv7 (RFC 9562, section 5.7). Ids made by one process are strictly ascending.
func NewID() string { return newID(byWall.next(time.Now())) }

// NewIDAt is NewID for a thing of a moment that the house's clock tells, on whichever node: ids sort by it, to the
// microsecond.
func NewIDAt(at time.Time) string { return newID(byHouse.next(at)) }

func newID(turn int64) string {
	var b [16]byte
	_, _ = rand.Read(b[8:]) // crypto/rand never fails: it ends the process instead
	for i := range 6 {
		b[i] = byte(turn >> (52 - 8*i))
	}
	b[6], b[7] = 0x70|byte(turn>>8)&0x0f, byte(turn)
	b[8] = b[8]&0x3f | 0x80

	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
