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
)

var lastID struct {
	sync.Mutex
	ms  int64
	seq uint16
}

// NewID makes a UUIDv7 (RFC 9562, section 5.7). Ids made by one process are strictly ascending: the twelve bits after
// the millisecond count up within it.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[8:]) // crypto/rand never fails: it ends the process instead
	lastID.Lock()
	ms := time.Now().UnixMilli()
	if ms > lastID.ms {
		lastID.ms, lastID.seq = ms, 0
	} else if lastID.seq++; lastID.seq == 1<<12 {
		lastID.ms, lastID.seq = lastID.ms+1, 0
	}
	ms, seq := lastID.ms, lastID.seq
	lastID.Unlock()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[7] = 0x70|byte(seq>>8), byte(seq)
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
