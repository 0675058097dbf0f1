// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package faults names the points at which the house may die, so that the kill tests can end the real binary exactly
// there, and lets a node's clock be wrong. Unless HILFT_FAULT is set for a test, a point costs one comparison.
package faults

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// The points, in the order in which a customer's word and our answer pass them.
const (
	HookVerified    = "hook.verified"    // the signature is good, nothing is stored
	ReceiveInserted = "receive.inserted" // stored in the transaction, not committed
	ReceiveDurable  = "receive.durable"  // committed, not acknowledged
	IntakeClaimed   = "intake.claimed"
	IntakeTaken     = "intake.taken"   // the item has its place in the transaction, not committed
	IntakeDurable   = "intake.durable" // committed
	ReplyWritten    = "reply.written"  // reply and delivery job in the transaction, not committed
	ReplyDurable    = "reply.durable"  // committed, the agent does not know yet
	DeliverClaimed  = "deliver.claimed"
	DeliverMarked   = "deliver.marked"  // written down that we are about to send
	DeliverSent     = "deliver.sent"    // the network has it, we have not written it down
	DeliverDurable  = "deliver.durable" // written down, the desk does not know yet
	DeliveryTold    = "delivery.told"   // the desk knows, not committed
)

// OnwardWritten is passed by answers that go on in a letter: it is written and they are marked, not committed.
const OnwardWritten = "onward.written"

// Points of the administrator's work, which no word passes.
const (
	MigrationBegun = "migration.begun" // a migration's transaction is open, nothing is changed
	MigrationRun   = "migration.run"   // changed in the transaction, not committed
	RestoreLoaded  = "restore.loaded"  // all rows are there, not yet in their place
)

// Points lists those that a customer's word and our answer pass.
var Points = []string{
	HookVerified, ReceiveInserted, ReceiveDurable, IntakeClaimed, IntakeTaken, IntakeDurable,
	ReplyWritten, ReplyDurable, DeliverClaimed, DeliverMarked, DeliverSent, DeliverDurable, DeliveryTold,
}

// armed is HILFT_FAULT, "point" or "point:n" for the n-th time it is passed.
var armed, countdown = parse(os.Getenv("HILFT_FAULT"))

func parse(s string) (string, *atomic.Int64) {
	name, n, _ := strings.Cut(s, ":")
	var c atomic.Int64
	c.Store(1)
	if i, err := strconv.ParseInt(n, 10, 64); err == nil {
		c.Store(i)
	}
	return name, &c
}

// Point ends the process with SIGKILL, as a power cut or the system's memory guard would, when it is the armed one.
func Point(name string) {
	if armed == "" || armed != name || countdown.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}

// askew is HILFT_CLOCK, by how much this node's clock is wrong: "5m", "-90s".
var askew, _ = time.ParseDuration(os.Getenv("HILFT_CLOCK"))

// Wall is this node's clock: right, unless HILFT_CLOCK is set for a test.
func Wall() time.Time { return time.Now().Add(askew) }
