// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

// Waiting is how many functions wait for the writer, and for how many of them somebody outside waits.
func (db *DB) Waiting() (ordinary, first int) { return len(db.writer.queue), len(db.writer.first) }
