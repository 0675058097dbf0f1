// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package mailtest runs real mail servers for tests: Dovecot for IMAP and LMTP, OpenSMTPD for SMTP, as Debian
// packages them (dovecot-imapd, dovecot-lmtpd, opensmtpd). They live in a folder of their own, listen on free ports of
// 127.0.0.1 only, and end with the test that started them.
//
// OpenSMTPD knows only one queue and one control socket on a machine. Each of ours therefore gets a mount namespace of its
// own; where the machine does not allow that, one runs after the other.
//
// Where a server is not installed or we are not root, the test is skipped with one line that says so, or fails when
// CI=true.
package mailtest
