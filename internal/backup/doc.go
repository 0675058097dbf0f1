// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package backup makes one file of a whole house while people work in it, and a house of such a file.
//
// It promises:
//
//   - A backup holds what was committed at one moment: all of it, and nothing half. Whoever works meanwhile does not wait.
//   - A file that was cut off, changed, or encrypted for another key is refused before anything is made of it.
//   - It can be restored into either database, whichever it was made of, and by every later hilft.
//   - Only an empty house is filled. What fails on the way leaves it empty.
//   - A restored house is a house of the past: it gives no number away that its original may have given since, nobody is
//     signed in to it, and it says of itself that what it was about to do may have been done (Restored).
//
// The room owns the table backup. Restoring writes everybody's tables, once, before any room is open.
//
// The file is a tar archive in zstd, in age where it is encrypted, so that it can be opened without hilft:
//
//	hilft.json           which schema, made when and by what
//	table/<name>/<n>     rows, in the text format of Postgres's COPY
//	media/<hash>         files that customers and agents attached
//	secret.key           the house's key, if that was asked for
//	end.json             how much there must be, and the SHA-256 of all of it
package backup
