// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package intake gives every item its place: who said it, in which conversation, about which concern. This is where a
// mention becomes a case.
//
// It promises that an item has its whole place or none: person, conversation, case, message and the record of what
// happened are one transaction with the end of the delivery it came in.
package intake
