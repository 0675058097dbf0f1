// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package desk is the work: what customers want, who answers, and what was said.
//
// It promises:
//
//   - A case spans conversations: what somebody says in public and then in private is one concern.
//   - In whatever order a network reports, the same case stands there in the end: what is answered before it came,
//     edited before it was said, deleted before it was known.
//   - A private conversation is joined by its own people only; a mail that merely quotes our ids opens its own case.
//   - A reply and the job that delivers it are one transaction. It is shown as sent only when the network has named it.
//   - A reply is stopped when something was said since its author last looked.
//   - A solved case is opened again by the customer's next word.
//   - An answer is due within so much service as the most special target says, and that it is late is told once.
//   - The number beside a list, also one that somebody has put together, is how many cases it has, and is never counted when it is
//     asked for.
//   - A case that is put aside comes back when its time comes, or with its customer's next word, whichever is first; what is due to them
//     is due all the same.
//
// What the order of reports does decide: what things are numbered and which of two words of one second stands first;
// with which of several open concerns of a person a private word goes on that refers to none; that two cases which people
// here have worked on stay two; and whose private conversation a word of ours from another tool is in, when a stranger
// has named the message it answers before that was reported.
//
// The room owns the tables cases, case_number, case_tag, tag, tagging, tally, saved_view, saved_view_stamp, conversation,
// conversation_ref, message, moved, pending_change, draft, reservation, service_hours and answer_target.
package desk
