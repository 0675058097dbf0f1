// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook tells other programs what happens in a brand, as it happens.
//
// It promises:
//
//   - Every event of a brand that an endpoint asked for, from its registration on, is posted to it at least once, under an
//     id that stays the same however often it comes.
//   - Of one case they come in the order in which they happened: what could not be delivered holds up that case, and
//     no other.
//   - An endpoint never gets another brand's events.
//   - Each is signed as the Standard Webhooks specification says. A secret is told once; for a day after it was renewed, the
//     one before it signs as well.
//   - What fails is tried again for three days, more and more seldom. An endpoint that has taken nothing for so long is
//     switched off, and people are told.
//   - An endpoint that hangs or fails does not hold up others.
//   - What is posted holds ids and states. What people said is fetched, with a token, by who may.
//
// The room owns the tables webhook, webhook_cursor and webhook_delivery.
package webhook
