// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package push tells agents on their own devices what concerns them, when they do not have the desk before them: by Web Push,
// from this house to the push service of their browser and through nobody else.
//
// It promises:
//
//   - Nobody is told who did not ask for it, in that browser.
//   - What is sent holds ids and words of ours, never a customer's, and is encrypted for that one browser (RFC 8291): the
//     push service between cannot read it.
//   - Of what somebody may not see, or has done themselves, they are not told.
//   - With the session in which it was asked for, a subscription ends: nothing is sent to a browser that has signed out, or
//     whose session was ended elsewhere.
//   - A push service that says that a browser is gone is not asked again.
//
// A push is a courtesy: what it tells stands in the desk. One that cannot be delivered within some hours is let go.
//
// The room owns the tables push_subscription, push_choice and push_cursor.
package push
