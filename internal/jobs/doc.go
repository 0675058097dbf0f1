// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package jobs is durable work: what must follow from a change is written in the transaction of the change, and done
// once, in order, however often the house falls over.
//
// It promises:
//
//   - A job exists if and only if the transaction that enqueued it is durable.
//   - Jobs of one lane are done in the order in which they were enqueued; a job that fails holds up its lane, and no
//     other, until it is done or dead. Jobs without a lane have no order.
//   - A claimed job whose worker dies is claimed again when its lease ends; the late worker cannot finish it, because
//     finishing is fenced by the attempt's number.
//   - A job whose attempts end is kept as a dead letter until a person decides.
//
// A job is done at least once, and its database work exactly once: a Work handler's writes and the end of the job are
// one transaction; an Errand, which talks to the world, calls Claim.Done in the transaction that writes down what the
// world said.
//
// The room owns the tables job and event. An event row says what happened, for screens and for the record; it too is
// written in the transaction of what it tells.
package jobs
