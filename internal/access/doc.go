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
//   - Who signs in by a provider (OpenID Connect) is known by issuer and subject. An address, however well the provider says it
//     is proved, makes nobody an agent who is here already.
//   - A secret sealed for one place (table, column, row) opens in no other.
//
// It owns the tables house, brand, agent, agent_session and attempt; provider, provider_bond and provider_departure.
//
// Message keys of its errors, by kind:
//
//	Invalid          brand.name.empty .long · brand.language.unknown · brand.answer_in.range · agent.name.empty .long ·
//	                 agent.email.invalid · agent.language.unknown · agent.scheme.unknown · agent.role.unknown ·
//	                 agent.initials.invalid · password.short .long .common .guessable · password.wrong
//	NotFound         brand.not_found · agent.not_found · provider.not_found · provider.no_bond
//	Conflict         setup.done · agent.email.taken · agent.close.self · agent.password.self · provider.bind_first .taken
//	                 .other_address .only_way .last .too_many .too_many_bonds
//	Forbidden        access.administrator_only · session.provider_only · provider.other_browser
//	Unauthenticated  session.wrong (address or password) · session.missing (nobody is signed in) · provider.refused .declined
//	                 .nobody .unproved .elsewhere .not_fresh
//	Unavailable      session.locked (the cause is a *Locked) · provider.away
//	Internal         secret.unreadable
package access
