// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package hilft is the vocabulary of the house: the nouns that every room uses, their states and the steps between
// them, the kinds of error, and the names of events and jobs. It imports the standard library only and does no I/O.
//
// The way of a customer's word through the house:
//
//	network → connectors/x → switchboard → intake → desk → switchboard → network
//	          translate      receive once  who? what?  work  deliver once
//
// The glossary with the German words is docs/glossary.md.
package hilft
