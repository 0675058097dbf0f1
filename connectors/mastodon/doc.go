// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package mastodon connects an account on a Mastodon server, or on one that speaks its API.
//
// # What works
//
// Whoever mentions the account, in public or in a direct message, is heard within a second by streaming, and within a
// minute by polling where the stream is broken. Answers go out as a reply to the post that is answered, in public with
// the visibility of that post, or as a direct message; a public post can be answered by a direct message. Replies that
// somebody of the brand writes in Mastodon itself are heard too, so that a case answered there is answered here. Edits
// are heard by the stream, and by polling for the forty newest mentions. Whatever was edited or deleted while nobody
// listened is noticed when somebody reads the case: then its posts are asked for again, twenty with one call, and with
// them how often they were boosted and favourited. Content warnings go both ways, and so do pictures, films and sounds
// with their descriptions: they are uploaded first, and the post waits until the server has made them ready. Quoted posts
// are taken over.
//
// # What the network does not give
//
//   - Direct messages are not private in the sense of a letter: whoever runs one of the servers involved can read them.
//   - A deletion is told by the stream only. What is deleted while the stream is broken stays here until somebody reads it.
//   - A server says of a post that its author no longer lets us read, as by blocking the account, what it says of one that
//     is deleted. Both go here.
//   - Servers before 4.3, and some that speak the same API, cannot be asked for many posts at once: of those the five newest
//     are looked at.
//   - A follower's or a hashtag's posts that do not mention the account are not heard.
//   - Posts carry no id of ours. Idempotency-Key is sent, but servers forget it after an hour and may do so earlier;
//     nothing rests on it. After a broken answer the account's own posts are read back and compared: text, visibility
//     and what is answered.
//   - A server takes pictures, films and sounds only, and no others beside a film or a sound; it says so when it refuses.
//
// # Limits
//
// The server decides how long a post may be (500 characters where nobody changed it) and tells so. What a person sees as
// one character counts as one, every link as 23, a mention without its server's name, and the mention that each answer
// begins with counts too. A server takes 300 calls in five minutes and 300 posts in three hours; a quiet account makes
// about three calls a minute.
//
// # How to connect
//
// Enter the server's address and sign in there as the brand's account; hilft registers itself as an app and asks for
// what it needs and no more: read:accounts, read:statuses, read:notifications, write:statuses, write:media. Nobody has to
// apply for keys. Accounts that were connected before files could be sent lack the last of these: sign in again. Since version 4.3 Mastodon holds back private mentions by strangers unless told otherwise. Polling reads them
// all the same; to hear them at once, open Preferences, Notifications in Mastodon and accept them.
//
// # Where this is written
//
// https://docs.joinmastodon.org/methods/streaming, /methods/notifications, /methods/statuses, /methods/media, /methods/oauth,
// /entities/Instance, /api/rate-limits.
package mastodon
