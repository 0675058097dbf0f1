// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package mail is a mail provider inside the process, for the demo, for training and for tests: an IMAP server and an
// SMTP submission server on loopback that share their mailboxes. It is written from RFC 3501, RFC 2177 and RFC 5321 and
// knows nothing of our own mail connector.
//
// Mail goes from one of its addresses to another; what is sent to any other address is refused at once, so that nothing
// leaves the machine. Send and Deliver put mail into a mailbox as a customer's provider would, Mailbox and Await show
// what arrived, Handler shows it to a person, and Fault makes the provider fail in the ways in which providers fail.
package mail
