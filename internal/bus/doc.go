// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package bus wakes those who wait: workers, streams to browsers, chat sockets, on this node and on every other.
//
// It promises little, and on purpose:
//
//   - A wake-up carries ids and nothing else. No fact lives here: whoever is woken reads the database.
//   - A wake-up may be lost, at any time, without an error to anybody. Whoever waits for one looks for itself as well,
//     once a second; with NATS gone for good everything still works, that second later.
//   - Publish never waits and Subscribe never waits, whatever the network does. What cannot go out at once is dropped
//     and counted, not kept: an old wake-up is worth nothing.
//   - Wake-ups of one publisher on one subject arrive in their order, if they arrive.
//
// Without a URL a NATS server runs inside the process, without storage and without an open port. With one, the nodes
// of a house share that cluster, and a lost connection is tried again for as long as the house runs.
//
// Subjects are NATS subjects: tokens with dots between them; a subscription may hold * for one token and a final > for
// all that follow.
package bus
