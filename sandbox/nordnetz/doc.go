// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package nordnetz is the demonstration's story: the customers of Nordnetz, a telecom company that does not exist, and a
// director who lets them speak at the stand-in networks. Nobody in it is real, and every address ends in .example, where
// nothing can ever be delivered.
//
// Some have written before the curtain rises (Past), the others write one after another while somebody watches (Run).
// Whoever is answered says one fitting thing more. The story is the same each time, its pauses are drawn from a seed,
// and it ends: about sixty words, then only answers to answers.
package nordnetz
