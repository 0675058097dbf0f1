// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package watch looks after the house for those who run it: which processes there are and how their disks and database
// do, what needs a person, and who is told about it.
//
// It promises:
//
//   - Something that needs a person raises one alert, which is repeated once a day and ended by a second message when it
//     is over, however many nodes there are and however often they start anew.
//   - A message is written as a job in the transaction that changes its alert. It may arrive twice after a crash, under
//     the same id; it is not lost.
//   - An alert holds figures, states and the names that the house gave to its own accounts. It never holds what customers
//     said, or who they are.
//
// The room owns the tables node, watch, alert and alert_target. It reads what other rooms tell of themselves.
package watch
