// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package mail is the connector for e-mail: one mailbox, read by IMAP and answered by SMTP submission.
//
// # What is needed
//
// The address, and what the provider says about its servers: host, port and security (TLS, or STARTTLS; without
// encryption only on this machine) of IMAP and of SMTP submission, a user and a password. With two-factor sign-in at the
// provider that is an app password. The mailbox should be one of its own for customer service. Certificates are checked
// against the name of the server.
//
// At Microsoft 365, Google and others with OAuth, an administrator signs in with an app of their own instead of a password;
// IMAP and SMTP then take the token by XOAUTH2 or OAUTHBEARER. It is renewed three minutes before it ends, and once when a
// server does not take it; the provider's no to that asks for a new sign-in.
//
// # What works
//
// New mail comes at once where the server has IDLE, and otherwise, and beside it, once a minute. The first read goes back
// fourteen days. Nothing is deleted, moved or marked as read. Mail larger than 40 MiB is shown in its beginning, with a
// note. When the server numbers its mails anew (UIDVALIDITY), the last fourteen days before the newest known mail are read
// again; a mail that is known keeps its key, which is made of its bytes. A mail that the server fails to give, again and
// again, is listed among those that cannot be read, and does not hold up those behind it.
//
// A conversation is named after its author and the Message-ID of its first mail. Every mail of ours has a Message-ID that carries this
// name and a MAC under a key of the account; an answer that names it in References proves that its author has had a mail
// from the conversation, whatever address it comes from. Bounces find their conversation in the same way. On wish the
// Reply-To carries the token as well (address+token@…), where the server takes such addresses. Mails without a Message-ID
// get a name made of their bytes; an empty id never joins anything.
//
// What a mail quotes is folded away, and what is new is shown; together they are the whole text. Texts above 200 KiB are
// cut, with the whole attached. Mails of machines (Auto-Submitted, Precedence, List-Id, an empty Return-Path, bounces) are
// marked as such, so that nothing answers them by itself and nobody is said to wait; what somebody has entered into a form
// on a website is not one of them, nor what comes by a list that is an address of the account. Who only asks that no machine
// answers (X-Auto-Response-Suppress), as Exchange does in the name of people, gets no receipt.
//
// # To whom an answer goes
//
// To the address in From, even where Reply-To names another: mail is forged easily, and one forged Reply-To would send an
// answer with all that it quotes to a stranger. A form on a website that writes in the name of our own address or of a
// noreply address, with the customer in Reply-To, is the exception: there the customer is the author.
//
// For the same reason a mail from our own address counts as ours only where it carries a token of the conversation: a
// colleague who answers from another program quotes one. Any other is a stranger's until somebody has looked at it.
//
// The answer comes from the address of the mailbox that was written to. It has a plain and an HTML part that say the same,
// with the signature and, beneath, what it answers; there is nothing in it that is fetched.
//
// # Who has written
//
// What the mailbox's own server found out about SPF, DKIM and DMARC is read from Authentication-Results (RFC 8601), if its
// name is among the settings: only the topmost such header under that name counts. We check no signatures ourselves.
//
// # What mail cannot do
//
// A mail that went out cannot be changed or taken back. The server's 250 says that it has the mail, not that somebody
// reads it; a bounce comes later, into the conversation, and the answer is then marked as failed with its reason. When the connection breaks between the mail's content and that
// 250, nobody knows whether it went out: the connector then looks for it in the folder of sent mail (the one that the
// server names for it, or "Sent"). Providers that keep a copy there themselves make that look-up worth something; where
// they do not, we put the copy there after the 250, so that not finding it proves nothing, and a person decides.
//
// # Limits
//
// Twenty files of 20 MiB each are offered; what a provider takes is often less, and its no is shown. Providers limit
// mails an hour and connections at a time: a 421, 450, 451 or 452 before the content, and LIMIT or OVERQUOTA of IMAP, make
// us wait five minutes.
package mail
