// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package audit is the trail of what people did to the house and whose private words they read, as a chain that shows
// when somebody has changed it.
//
// It promises:
//
//   - An act is written in its own transaction: it happened if and only if its row is there.
//   - Rows are numbered without a gap, and each holds the SHA-256 of the row before it and of itself, in every order in
//     which many nodes may write.
//   - The end of the chain is signed, within a second, with a key that does not lie in the database. Whoever can only write
//     to the database changes, takes away, adds or swaps no row that was signed without being found by Verify.
//   - What is read is written once per person, way in, thing and quarter of an hour, within a second and before the house
//     closes. What nobody could write any more because too much waits is not shown.
//   - A row holds ids, roles and names of settings. It never holds what customers said, who they are, or a secret: to
//     forget a person breaks nothing.
//
// The room owns the tables audit and audit_head.
package audit
