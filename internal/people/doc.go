// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package people knows the customers: what each network calls them, and who they are.
//
// It promises:
//
//   - A person of one brand is never seen by another.
//   - Two persons are one human only where somebody here has said so, for evidence that is kept; a name is none.
//   - To take that back loses nothing, whatever was said meanwhile. What was dismissed is not proposed again for the same evidence.
//   - What somebody agreed to is added to, and never changed.
//
// The room owns the tables person, identity, person_link, proven_address, link_code, person_note, consent and company.
package people
