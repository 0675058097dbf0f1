// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package text understands words without asking anybody: it is pure. So far it knows how people write the same word.
//
// It promises:
//
//   - Case, diacritics and the ways to write an umlaut do not tell words apart: Störung, STÖRUNG and stoerung are one, and
//     so are Straße and Strasse.
//   - What is folded stays as it is when it is folded again.
//   - Whatever bytes come in, every word says exactly where it stands in them.
package text
