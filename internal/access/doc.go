// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package access knows the people who work here: the first run, brands, agents with their roles and settings, sign-in,
// sessions; and it holds the house's secret key.
//
// It promises:
//
//   - The house is set up exactly once, however many try at the same moment.
//   - Passwords are kept as argon2id alone, and a sign-in with an unknown address is answered in the same words and
//     after the same work as one with a wrong password.
//   - Tries are counted before a password is looked at, so that trying many at once gains nothing. Whoever guesses
//     from elsewhere cannot keep an agent out of a place where that agent has signed in before.
//   - A session that has ended stays ended: no request still under way revives it.
//   - A secret sealed for one place (table, column, row) opens in no other.
//
// It owns the tables house, brand, agent, agent_session and attempt.
//
// Message keys of its errors, by kind:
//
//	Invalid          brand.name.empty .long · brand.language.unknown · brand.answer_in.range · agent.name.empty .long ·
//	                 agent.email.invalid · agent.language.unknown · agent.scheme.unknown · agent.role.unknown ·
//	                 agent.initials.invalid · password.short .long .common .guessable · password.wrong
//	NotFound         brand.not_found · agent.not_found
//	Conflict         setup.done · agent.email.taken · agent.close.self · agent.password.self
//	Forbidden        access.administrator_only
//	Unauthenticated  session.wrong (address or password) · session.missing (nobody is signed in)
//	Unavailable      session.locked (the cause is a *Locked)
//	Internal         secret.unreadable
package access
