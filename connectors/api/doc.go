// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package api makes any system a network: a shop, an app, a ticket machine, a network that hilft has no connector for.
// That system posts what customers say to us, and we post the answers to it, both signed with one secret.
// docs/api-channel.md is the page for the people who write the other side, with a script that does both.
//
// # What works
//
// Messages, edits and deletions come in, up to 500 in one request. Answers go out to the callback address, in public or
// in private, also in private to what was said in public, with files. Where the other side has a lookup address, hilft
// finds out by itself whether an answer arrived whose acknowledgement was lost; without one a person decides.
//
// # What an administrator does
//
// Agree on a secret of at least 16 characters with the other side, enter it with the callback address, and give the other
// side the address of this account, {public URL}/hooks/{account id}. To change the secret, enter the new one as secret
// and the old one as previous secret; when the other side has changed too, remove the old one. While both are there
// hilft takes either, and signs with both.
//
// # Signature
//
// Every request carries X-Hilft-Timestamp, the time in seconds since 1970, and X-Hilft-Signature, one or more of
// v1=<hex HMAC-SHA256(secret, timestamp + "." + body)>, separated by commas. The body is signed as it travels, byte for
// byte; a request without one signs its query string in its place. A request of which the timestamp is more than five
// minutes away from our clock, in either direction, is refused. A request that is repeated within that time does no harm:
// the id of a message is its key, and the house takes every key once.
//
// # Limits
//
// 500 messages and 20 MiB a request, 20 files a message, 400 bytes an id. Answers have at most 10 files of 5 MiB.
// Redirects are not followed. The callback has to answer with an empty body or a JSON object: a login page that says
// 200 to everything is not taken for a delivery.
package api
