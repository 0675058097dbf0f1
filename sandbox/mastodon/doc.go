// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package mastodon is a stand-in for a Mastodon server: it speaks the server's side of the wire on loopback, so that the
// demo, training and tests have a network that needs no account and lets nothing leave the machine.
//
// It is written from the network's own documents (docs.joinmastodon.org, version 4.7) and shares no code with our
// connector, so that one mistake is not made on both sides. What it keeps is in memory, bounded, and gone when it ends.
//
// It has the parts of the API that a desk needs: registering an app and signing in (/api/v1/apps, /oauth), the signed-in
// account, the instance, notifications, conversations, statuses, and streaming as server-sent events and over a
// WebSocket. It has no federation: accounts of other domains are made by the control API and behave as if their posts
// had just come in. Its web pages are for people: the sign-in, and what has been posted.
//
// The control API is the exported methods of Server: they make accounts, speak as them, break things (Fail), and tell
// what there is (State, Wait).
package mastodon
