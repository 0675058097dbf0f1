// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package channel is the contract between the house and the networks.
//
// A Connector is our translator for one network: stateless, it describes itself as data, reads what the network sent
// and opens a Line for one account. It may forget everything between two calls: retry, dedupe, order, storage, rate
// limits and backoff belong to the switchboard.
//
// Three things happen to what a network reports, in this order, and never in another:
//
//  1. It is received as Raw, unread, by Hook, Poll or Stream, and stored under its unique key.
//  2. Translate turns it into Items. It is a pure function: the same bytes give the same items on every day.
//  3. Intake gives every item its place.
//
// What differs between networks is said by small optional interfaces (behaviour) and by the Description (limits and
// policy). The core never names a network. The suite in channeltest holds every connector to this page.
package channel
