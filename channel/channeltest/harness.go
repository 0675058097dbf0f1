// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"testing"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Network is a stand-in for one network as the suite drives it: customers speak at it, it calls us, and it can be made
// to fail. The connector under test meets it over its own wire protocol, on a server on loopback; the suite meets it
// through this interface. A Network is used by one subtest only. What it starts, it ends with t.Cleanup.
//
// Things are named by remote ids: exactly those that the connector puts in Item.ID, Item.Refs, Receipt.ID and
// Outgoing.InReplyTo. For mail that is the Message-ID as the connector writes it, for Mastodon the id of the status.
type Network interface {
	// Connector returns the connector under test.
	Connector() channel.Connector

	// Account returns an account with which Check succeeds, the same at every call. ID, Settings and Key are set. Since
	// is set, in the past. Self may be left empty: the suite then fills it with what Check tells, as the house does.
	Account(t testing.TB) channel.Account

	// Stranger returns an account that is like ours but for credentials that the network does not accept, with another
	// ID and another Key. False where the network has nothing that proves who we are.
	Stranger(t testing.TB) (channel.Account, bool)

	// Env returns what the connector may touch, with an HTTP client and a dialer that reach the stand-in. NewEnv makes
	// one. The suite calls CloseIdleConnections on the client before it looks for goroutines that were left behind.
	Env(t testing.TB) channel.Env

	// Features says what holds for this network where its Description does not.
	Features() Features

	// Say lets a customer speak, and returns the remote id of what was said. It has happened when Say returns: the next
	// Poll, Hooks or Pushed shows it, and a connected Stream has it on its way.
	Say(t testing.TB, s Speech) (remoteID string)

	// Edit changes what was said; every edit has a time of its own at the network. Only called where the description says
	// Can.Edits.
	Edit(t testing.TB, remoteID, text string)

	// Delete removes what was said. Only called where the description says Can.Deletions.
	Delete(t testing.TB, remoteID string)

	// Hooks returns the requests with which the network has called us since the last call of Hooks, oldest first, each
	// complete with its signature and with Now set to when it was made. Networks without hooks return nil.
	Hooks(t testing.TB) []channel.HookRequest

	// Arrived returns all that has reached the network from us, oldest first, whether it was answered or not.
	Arrived(t testing.TB) []Arrival

	// Fault makes the network fail from now on, until the next call of Fault; NoFault makes it well again. False: this
	// network cannot fail in this way, and nothing has changed.
	Fault(t testing.TB, f Fault) bool
}

// Features say what holds for a network where its Description does not. The zero value is right for many.
type Features struct {
	// SendsOnce: the network keeps our Key, so that the same message sent again with the same Key is not said twice and
	// has the same remote id.
	SendsOnce bool
	// HookProof is the header or query parameter that carries the signature of a hook. Networks with hooks name it.
	HookProof string
	// HookWindow is how old a signed hook may be; 0: its signature has no time.
	HookWindow time.Duration
	// HookBodyOpen: a token proves who calls, but does not cover the body, so that a changed byte goes unseen.
	HookBodyOpen bool
	// AnyBytesAreText: there are no bytes that Translate could refuse to read.
	AnyBytesAreText bool
	// NoReplies: what we send does not say at the network which message it answers, so Arrival.InReplyTo stays empty.
	NoReplies bool
}

// Streaming is a Network whose connector has a stream.
type Streaming interface {
	// AwaitStream returns when the connector's stream is connected and would hear what is said next. It fails the test
	// after ten seconds.
	AwaitStream(t testing.TB)
}

// Pushing is a Network that the house itself stands before: what customers say is made into Raw by another room, not by
// the connector (the sockets of the website chat).
type Pushing interface {
	// Pushed returns what was made since its last call, oldest first.
	Pushed(t testing.TB) []channel.Raw
}

// Spreading is a Network that counts how far messages have come.
type Spreading interface {
	// Spread says how often a message was passed on and liked by now.
	Spread(t testing.TB, remoteID string, shared, liked int)
}

// Speech is what a customer says.
type Speech struct {
	// From is a short name in ASCII ("mira"), out of which the network makes an address or a handle. The same name is
	// the same author.
	From       string
	Text       string
	Subject    string // only where Limits.Subject
	Warning    string // only where Limits.Warning
	Visibility hilft.Visibility
	// ReplyTo is the remote id of what is answered, by a customer or by us; empty: the start of a conversation, and in
	// private the author's first word to us.
	ReplyTo string
	// At is when it was said; zero: now. Only set for connectors with a Poll.
	At time.Time
}

// Arrival is one message of ours, as the network holds it.
type Arrival struct {
	ID         string // remote id, the same as in our Receipt
	InReplyTo  string // remote id
	Visibility hilft.Visibility
	To         string // the Speech.From of the customer whom it reached; empty where only the whole world was addressed
	Subject    string
	Warning    string
	Text       string
	Files      []channel.File
}

// Fault is a way in which a network fails.
type Fault string

const (
	// NoFault: the network is well.
	NoFault Fault = ""
	// RateLimited: every call is refused because there were too many, with a time from which it is taken again in the
	// way of the network.
	RateLimited Fault = "rate limited"
	// LostAnswer: a message that we send reaches the network and is kept, then the connection breaks without an answer.
	// Reading is not disturbed.
	LostAnswer Fault = "lost answer"
	// LostRequest: a message that we send is read to its end and thrown away, then the connection breaks without an
	// answer. Reading is not disturbed.
	LostRequest Fault = "lost request"
	// HeldAnswer: a message that we send reaches the network and is kept, then the connection stays open without an
	// answer, until the caller goes away or the test ends. Reading is not disturbed.
	HeldAnswer Fault = "held answer"
	// Down: nothing answers at the network's address: connections are refused, those that are open are cut. The dialer of Env may do it.
	Down Fault = "down"
	// SignInExpired: our credentials are no longer accepted, for sending and for reading.
	SignInExpired Fault = "sign-in expired"
	// Garbage: every call is answered at once with bytes that are not the network's language.
	Garbage Fault = "garbage"
	// Slow: every call is taken and never answered, until the caller goes away or the test ends.
	Slow Fault = "slow"
	// Refused: every message that we send is refused for good, for what it says.
	Refused Fault = "refused"
	// Gone: what our messages answer does not exist any more.
	Gone Fault = "gone"
)
