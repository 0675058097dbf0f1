// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Desk is where the work is done. It is safe for concurrent use.
type Desk struct {
	db        *store.DB
	jobs      *jobs.Jobs
	answerIn  AnswerIn
	calendars calendars
}

// AnswerIn tells within what time a brand wants a customer's word answered for which it has set no target.
type AnswerIn func(ctx context.Context, tx *store.Tx, brand hilft.BrandID) (time.Duration, error)

// New makes the desk and takes over the jobs that are meant for it.
func New(db *store.DB, q *jobs.Jobs, answerIn AnswerIn) *Desk {
	d := &Desk{db: db, jobs: q, answerIn: answerIn}
	q.HandleWork(hilft.JobDelivery, jobs.Terms{Workers: 8}, d.delivered)
	q.HandleEnd(hilft.JobDelivery, d.neverTold)
	q.HandleWork(hilft.JobRelease, jobs.Terms{Workers: 2}, d.release)
	q.HandleEnd(hilft.JobRelease, d.neverReleased)
	q.HandleWork(hilft.JobOnward, jobs.Terms{Workers: 2}, d.goesOn)
	q.HandleWork(hilft.JobRetag, jobs.Terms{Workers: 1, Claim: 1}, d.retag)
	q.HandleErrand(hilft.JobCount, jobs.Terms{Workers: 1, Claim: 1}, d.count)
	q.HandleWork(hilft.JobReckon, jobs.Terms{Workers: 1, Claim: 1}, d.reckon)
	return d
}

// Case is what a person wants.
type Case struct {
	ID         hilft.CaseID
	Number     int64
	Brand      hilft.BrandID
	Person     hilft.PersonID
	PersonName string // read with lists and cases
	Title      string
	Named      bool // its title is somebody's; else it is how its first word begins
	Priority   hilft.Priority
	Tags       []hilft.TagID
	State      hilft.CaseState
	Agent      hilft.AgentID // who owns it; empty: nobody yet
	Reserved   hilft.AgentID // whom the queue has served it to; read with lists and cases
	Account    hilft.AccountID
	Network    string
	Visibility hilft.Visibility
	Preview    string
	WaitsSince time.Time // the oldest word not answered
	DueAt      time.Time
	Late       Lateness // what the clock has told of that
	Answered   bool
	Trouble    int // messages of ours that failed, or of which nobody knows
	ChangedAt  time.Time
	lastAt     time.Time // of its last word that is no note, by the network's clock
	MadeAt     time.Time
	SolvedAt   time.Time    // the last time it was
	WakesAt    time.Time    // until when it is put aside; zero: it is not
	WokenAt    time.Time    // that time came, and until somebody answers it is open; zero: no
	Into       hilft.CaseID // the one that has its words, when it is Merged
	After      hilft.CaseID // the one that it continues; empty: none
	sleptAt    time.Time    // when it was put aside
	alarmAt    time.Time    // the next moment at which time alone changes it; zero: none
	toldAt     time.Time    // the moment that Late is about; zero: nothing was told

	read     standing // as it was read
	readTags []hilft.TagID
}

// Conversation is one remote thread.
type Conversation struct {
	ID         hilft.ConversationID
	Brand      hilft.BrandID
	Account    hilft.AccountID
	Network    string
	Thread     string // the network's id of it; may be empty
	Visibility hilft.Visibility
	Person     hilft.PersonID // who began it; empty: we did
	Case       hilft.CaseID   // empty: nobody has said anything yet
	Subject    string
	URL        string
	MadeAt     time.Time
}

// Message is what was said, or noted.
type Message struct {
	ID           hilft.MessageID
	Brand        hilft.BrandID
	Conversation hilft.ConversationID
	Case         hilft.CaseID
	Account      hilft.AccountID
	Remote       string
	Direction    hilft.Direction
	Visibility   hilft.Visibility
	Identity     hilft.IdentityID
	Agent        hilft.AgentID
	InReplyTo    string
	Subject      string
	Body         string
	Quoted       string
	HTML         string
	Warning      string // what it is folded behind
	URL          string
	Files        []File
	Auto         bool
	Addressed    string // the address of ours that was written to
	Genuine      channel.Genuine
	Proofs       string
	Reach        channel.Reach
	At           time.Time
	MadeAt       time.Time
	EditedAt     time.Time
	DeletedAt    time.Time
	Delivery     hilft.Delivery
	Reason       string
	Detail       string
	RetryAt      time.Time
	LetGoAt      time.Time       // it failed, and a person left it at that; zero: nobody did
	Request      string          // the agent's request that wrote it; not read
	ShownAt      time.Time       // when it stood before the eyes of whom it is for; zero: that is not known
	Letter       hilft.MessageID // the one that carries it on; empty: none does
	LetterTo     string          // where to

	// Read with a case.
	Network      string
	AuthorName   string
	AuthorHandle string
	AuthorURL    string
}

// File is an attachment of a message: in the blob folder, or still at the network.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	Alt  string `json:"alt,omitempty"`
	Hash string `json:"hash,omitempty"`
	URL  string `json:"url,omitempty"`
}
