// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package store keeps the one truth: a SQL database, SQLite in the data folder by default, Postgres by URL.
//
// It promises:
//
//   - One transaction type for both. Write runs a function in a transaction that is durable when Write returns nil;
//     Read runs one on a snapshot and never waits for writers.
//   - On SQLite all writes pass through one connection and share commits: functions that wait at the same time run one
//     after another inside one transaction, each in a savepoint of its own, so that a bad one takes none with it. A
//     function given to Write must therefore not wait for the network, nor call Write again.
//   - On Postgres every Write is a transaction of its own, tried again when the server asks for that.
//   - What runs after the commit (Tx.After) runs only when the commit is durable.
//
// SQL is written by hand in the subset both databases share, with ? as the placeholder; a time is a whole number of
// microseconds since 1970 in UTC (0: none), a yes or no is 1 or 0, JSON is text.
//
// Tables are owned by the rooms that write them; store owns none but the list of migrations.
package store
