// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package blob keeps media files: what customers attach, what agents attach, raw mails that nobody could read.
//
// It promises:
//
//   - A file is known by the SHA-256 of its content. The same content is kept once.
//   - When Put returns without an error the file is on the disk, and stays there through a crash.
//   - Get reads a file to its end and compares the hash before it gives out the first byte. A file that has changed on
//     the disk is an error and is counted; it is never shown.
//   - What a file is, is told by its bytes. Neither its name nor what a sender claims has a say.
//
// Who may see a file is decided elsewhere; how a browser is kept from running one is said by Headers.
//
// On the disk, below the folder:
//
//	3f/3f9a…      a file, in a folder named after the first two digits of its hash
//	folder        the folder's mark, by which it is told from others
//	incoming/     files that are being written; what a crash left there is removed a day later
package blob
