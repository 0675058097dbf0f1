// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mailtest

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"
)

// mailUser is the user of the system to whom all mail belongs.
const mailUser = "mail"

func (s *Servers) configureDovecot(t testing.TB) {
	t.Helper()
	owner, err := user.Lookup(mailUser)
	require.NoError(t, err, "Debian has this user")
	uid, err := strconv.Atoi(owner.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(owner.Gid)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(s.path("mail"), 0o700))
	require.NoError(t, os.Chown(s.path("mail"), uid, gid))

	var users strings.Builder
	for _, b := range s.boxes {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", b.Address, b.Password)
	}
	s.write(t, "users", users.String(), 0o644)
	s.write(t, "dovecot.conf", fmt.Sprintf(`base_dir = %[1]s/run-dovecot
state_dir = %[1]s/state
log_path = %[1]s/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
first_valid_uid = 1
auth_failure_delay = 0
mail_location = maildir:%[1]s/mail/%%u
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u %[1]s/users
}
userdb {
  driver = static
  args = uid=%[2]s gid=%[3]s home=%[1]s/mail/%%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  mailbox %[4]s {
    special_use = \Sent
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = %[5]s
  }
  inet_listener imaps {
    port = %[6]s
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = %[7]s
  }
}
`, s.dir, owner.Uid, owner.Gid, SentFolder, s.IMAP, s.IMAPS, s.LMTP), 0o600)
}

func (s *Servers) startDovecot(t testing.TB) {
	t.Helper()
	s.dovecot = s.run(t, "dovecot-out", []string{s.IMAP, s.IMAPS, s.LMTP}, "/usr/sbin/dovecot", "-F", "-c", s.path("dovecot.conf"))
}

// RestartDovecot ends Dovecot, with all its connections, and starts it again on the same ports.
func (s *Servers) RestartDovecot(t testing.TB) {
	t.Helper()
	stop(t, s.dovecot)
	s.startDovecot(t)
}

// RenewValidity makes Dovecot number the mails of an inbox anew, as after a move to another server.
func (s *Servers) RenewValidity(t testing.TB, address string) {
	t.Helper()
	stop(t, s.dovecot)
	for _, pattern := range []string{"dovecot-uidlist", "dovecot-uidvalidity*", "dovecot.index*", "dovecot.list.index*"} {
		files, err := filepath.Glob(filepath.Join(s.path("mail"), address, pattern))
		require.NoError(t, err)
		for _, f := range files {
			require.NoError(t, os.Remove(f))
		}
	}
	s.startDovecot(t)
}

// Spoil takes a mail in an inbox away from Dovecot and leaves its entry, as a failing disk does. Part is what the mail
// holds.
func (s *Servers) Spoil(t testing.TB, address, part string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.path("mail"), address, "[nc][eu][wr]", "*"))
	require.NoError(t, err)
	spoilt := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		require.NoError(t, err)
		if strings.Contains(string(raw), part) {
			require.NoError(t, os.Chmod(f, 0))
			spoilt++
		}
	}
	require.Equal(t, 1, spoilt, "mails with %s", part)
}

// Read returns the mails in a folder, oldest first, without marking them as read.
func (s *Servers) Read(t testing.TB, b Box, folder string) [][]byte {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, s.IMAP))
	require.NoError(t, err)
	c := imapclient.New(conn, nil)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.Login(b.Address, b.Password).Wait())
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	require.NoError(t, err)
	if box.NumMessages == 0 {
		return nil
	}
	got, err := c.Fetch(imap.SeqSet{imap.SeqRange{Start: 1, Stop: box.NumMessages}}, &imap.FetchOptions{
		Flags: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	require.NoError(t, err)
	var mails [][]byte
	for _, m := range got {
		mails = append(mails, m.BodySection[0].Bytes)
	}
	return mails
}

// Await waits until a mail that is wanted lies in an inbox.
func (s *Servers) Await(t testing.TB, b Box, wanted func(raw []byte) bool) []byte {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		for _, raw := range s.Read(t, b, "INBOX") {
			if wanted(raw) {
				return raw
			}
		}
		select {
		case <-again.C:
		case <-deadline:
			require.Failf(t, "no such mail", "in the inbox of %s", b.Address)
		}
	}
}
