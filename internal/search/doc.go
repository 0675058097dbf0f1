// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package search finds what was ever said, by the words in it.
//
// It promises:
//
//   - Words are found as people write them: Störung, stoerung, STÖRUNG and Storung; Verkehr in Ersatzverkehr.
//   - Nothing is found but in a brand that whoever asks may read. The words of one brand are numbered apart from those of
//     another, so that a question never touches theirs.
//   - What is found reads so now: a text that was edited away or deleted is not found, from the moment it is. Its words
//     leave the index a moment later, and a word that nobody else said leaves the house.
//   - The index is made behind the messages, gives way while much comes in, and says how many it does not have yet. A kill
//     loses nothing and counts nothing twice. It can be thrown away at any time: it is made anew of the messages.
//   - A question costs what its page costs, not what there is.
//
// Messages are numbered in the order in which they came. A run is the words of a row of them; the newest runs are small, and
// eight of one size become one of the next. A question looks into the newest runs first and stops when its page is full.
//
// The room owns the tables search_state, search_text, search_word, search_gram, search_run, search_page and search_change;
// into the last the database itself writes when a message is changed.
package search
