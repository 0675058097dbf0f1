// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft

// Visibility tells who can read a conversation.
type Visibility string

const (
	Public  Visibility = "public"
	Private Visibility = "private"
)

// Direction tells who speaks to whom. A note never leaves the house.
type Direction string

const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Note     Direction = "note"
)

// Delivery is where an outbound message stands. It is Sent only when the network has given it an id; Unknown when a
// crash or a time-out leaves open whether it went out, and then a person decides.
type Delivery string

const (
	Held      Delivery = "held" // for some seconds, in which it can be taken back
	Queued    Delivery = "queued"
	Sending   Delivery = "sending"
	Sent      Delivery = "sent"
	Failed    Delivery = "failed"
	Unknown   Delivery = "unknown"
	Withdrawn Delivery = "withdrawn" // somebody has taken it back
)

// Next tells whether a delivery may go from d to next. Sent is final, but for what the network sends back later: that has
// failed. A person may queue a failed or an unknown one
// again, or say of an unknown one that it arrived.
func (d Delivery) Next(next Delivery) bool {
	switch d {
	case Held:
		return next == Queued || next == Withdrawn || next == Failed || next == Unknown
	case Queued:
		return next == Sending || next == Failed || next == Unknown
	case Sending:
		return next == Sent || next == Failed || next == Unknown || next == Queued
	case Failed:
		return next == Queued
	case Unknown:
		return next == Sent || next == Queued || next == Failed
	case Sent, Withdrawn:
		return false
	}
	return false
}

// CaseState is where a concern stands.
type CaseState string

const (
	Open    CaseState = "open"    // the customer waits for us, or it was put aside until now
	Waiting CaseState = "waiting" // we have answered; the customer has the word
	Asleep  CaseState = "asleep"  // put aside until a moment, or until the customer's next word
	Solved  CaseState = "solved"  // done, until the customer's next word
	Merged  CaseState = "merged"  // it went into another case, which has its words
)

// Priority is how urgent somebody here says that a case is. What that does to the order of the inbox stands with the desk's Case.Rank.
type Priority string

const (
	Urgent Priority = "urgent"
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// AccountState is how an account's line is doing.
type AccountState string

const (
	AccountOK       AccountState = "ok"
	AccountStarting AccountState = "starting" // connected, not yet heard from
	AccountTrouble  AccountState = "trouble"  // fails for the moment; tries again by itself
	AccountSignIn   AccountState = "sign_in"  // an administrator must sign in again
	AccountPaused   AccountState = "paused"   // an administrator switched it off
)

// Names of jobs that one room writes for another. They are stored, and so never change.
const (
	JobIntake   = "intake"   // switchboard → switchboard, intake: translate a raw delivery and give it its place
	JobRelease  = "release"  // desk → desk: let a reply go out that was held
	JobDeliver  = "deliver"  // desk → switchboard: send an outbound message
	JobDelivery = "delivery" // switchboard → desk: where that message stands
	JobAlert    = "alert"    // watch → watch: tell one who is to be told
	JobCanary   = "canary"   // switchboard → switchboard: send a sign of life over an account
	JobLook     = "look"     // desk → switchboard: ask how messages stand at their network
	JobReckon   = "reckon"   // desk → desk: reckon anew when answers are due
	JobRetag    = "retag"    // desk → desk: take a tag that goes off its cases
	JobCount    = "count"    // desk → desk: count what a saved view has found when it was made
	JobLink     = "link"     // access → watch: mail somebody a link that lets them in
	JobWebhook  = "webhook"  // webhook → webhook: post an event to who asked for it
	JobPush     = "push"     // push → push: tell somebody on their device
	JobOnward   = "onward"   // desk, switchboard → desk: write a letter with the answers that nobody was there to see
)

// Names of events: what happened, in the order in which it did. They are stored, and so never change.
const (
	EventCaseOpened     = "case.opened"
	EventCaseReopened   = "case.reopened"
	EventCaseAssigned   = "case.assigned"
	EventCaseSolved     = "case.solved"
	EventCaseSlept      = "case.slept"  // somebody put it aside
	EventCaseWoken      = "case.woken"  // its time has come, its customer has spoken, or somebody took it up again
	EventCaseUndone     = "case.undone" // somebody took back what they did
	EventCasePriority   = "case.priority"
	EventCaseNamed      = "case.named" // somebody gave it a title, or gave it up
	EventCaseTagged     = "case.tagged"
	EventCaseMerged     = "case.merged"    // it went into another
	EventCaseTook       = "case.took"      // another went into it
	EventCaseSplit      = "case.split"     // some of its words became a case of their own
	EventCaseContinued  = "case.continued" // another goes on from it
	EventCaseLate       = "case.late"      // its answer is due soon, late, or late for others to know
	EventMessageHeard   = "message.heard"
	EventMessageEdited  = "message.edited"
	EventMessageDeleted = "message.deleted"
	EventMessageReached = "message.reached" // it has spread further, or less far
	EventMessageWritten = "message.written"
	EventMessageShown   = "message.shown"    // it stood before the eyes of whom it is for
	EventMessageMoved   = "message.delivery" // its Delivery changed
	EventNoteWritten    = "note.written"
	EventDraftTaken     = "draft.taken" // somebody goes on with what a colleague has begun to write
	EventAccountState   = "account.state"
	EventItemStuck      = "item.stuck" // a delivery we could not read: kept, listed
	EventItemAside      = "item.aside" // somebody decided that nothing is to be done about one
	EventJobDead        = "job.dead"   // attempts ended: kept, listed
	EventJobRevived     = "job.revived"
	EventJobDiscarded   = "job.discarded"
	EventAlertRaised    = "alert.raised"
	EventAlertResolved  = "alert.resolved"

	EventLinkProposed   = "person.proposed"     // there is evidence that they are somebody else's human
	EventLinkDecided    = "person.link"         // somebody linked them with another, parted them, or dismissed a proposal
	EventPersonNoted    = "person.note"         // somebody wrote, changed or removed a note about them
	EventConsentWritten = "person.consent"      // somebody wrote down that they have agreed to something, or no more
	EventPersonCompany  = "person.company"      // for which company they speak
	EventPersonUndone   = "person.undone"       // somebody took back what they did
	EventCompanyNamed   = "person.company_name" // a company is called otherwise

	EventServiceChanged  = "service.changed"           // when customers are answered, and how soon
	EventServiceReckoned = "service.reckoned"          // the answers that were due already are due by that
	EventTagsChanged     = "tags.changed"              // a tag of the brand is called otherwise, became one with another, or goes
	EventViewsChanged    = "views.changed"             // somebody saved a view, changed it, or removed it; or it is counted
	EventWatchChanged    = "watch.changed"             // what is watched for, and who is told
	EventSecondRemoved   = "agent.second_step_removed" // an administrator took away what somebody had lost
)
