// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package switchboard runs the lines to the networks: it receives once and delivers once.
//
// It promises:
//
//   - What a network delivers is stored as it came, under its own key, before the network is told that we have it; the
//     same delivery again changes nothing. A batch of a poll and the cursor behind it are stored together.
//   - What cannot be read is kept and listed, never dropped.
//   - A message is handed to the network by one worker at a time. Before that it is written down that it is about to
//     happen, so after a crash nobody takes it for granted that it did not: it is read back where the network allows it,
//     and else put before a person. It is never sent again on a guess; and that a network does not have it counts only
//     when no request of ours can still be under way.
//   - An account's line is listened to on exactly one node. What fails is tried again, later and later, and the health
//     page says so.
//
// The room owns the tables account, inbox, delivery, mailbox and canary.
package switchboard
