// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mailtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// Box is one mailbox.
type Box struct {
	Address  string
	Password string
}

// SentFolder is the folder of sent mail. Its name is not "Sent", so that it is found by its special use only.
const SentFolder = "Gesendet"

// patience is how long a server may take to start or to stop.
const patience = 20 * time.Second

// Servers are a running Dovecot and OpenSMTPD that share their mailboxes.
type Servers struct {
	Host string // of all of them: an address, which is in their certificate
	// Ports.
	IMAP       string // without encryption, or with STARTTLS
	IMAPS      string // with TLS
	LMTP       string
	Submission string // STARTTLS and sign-in, before MX
	SMTPS      string // TLS and sign-in, before MX
	MX         string // OpenSMTPD, without TLS and sign-in

	Roots *x509.CertPool // who signed their certificate

	dir     string
	boxes   []Box
	dovecot *exec.Cmd
}

// Start starts both servers with these mailboxes, and returns when they take connections.
func Start(t testing.TB, boxes ...Box) *Servers {
	t.Helper()
	need(t)
	dir, err := os.MkdirTemp("", "hilft-mail-") //nolint:usetesting // short, as sockets want it, and open to the servers' users
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	s := &Servers{Host: "127.0.0.1", dir: dir, boxes: boxes}
	freePorts(t, &s.IMAP, &s.IMAPS, &s.LMTP, &s.MX)
	s.Roots = s.certificate(t)
	s.configureDovecot(t)
	s.startDovecot(t)
	t.Cleanup(func() { stop(t, s.dovecot) })
	s.startOpenSMTPD(t)
	s.startFront(t)
	return s
}

// need skips the test where a server or a right is missing.
func need(t testing.TB) {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("real mail servers: %s", what)
		}
		t.Skipf("real mail servers: %s", what)
	}
	for file, pack := range map[string]string{
		"/usr/sbin/dovecot": "dovecot-imapd", "/usr/lib/dovecot/imap": "dovecot-imapd", "/usr/lib/dovecot/lmtp": "dovecot-lmtpd", "/usr/sbin/smtpd": "opensmtpd",
	} {
		if _, err := os.Stat(file); err != nil {
			missing("the package " + pack + " is not installed")
		}
	}
	if os.Getuid() != 0 {
		missing("they start as root only")
	}
}

// freePorts finds ports that nobody listens on. They are held until all are found: one that was let go may be given
// again. They lie below those that the system gives out by itself, to thousands of connections while tests run: between
// here and the server's start another server would get one of them.
func freePorts(t testing.TB, ports ...*string) {
	t.Helper()
	for _, port := range ports {
		var l net.Listener
		for try := 0; l == nil; try++ {
			*port = strconv.Itoa(10000 + mathrand.IntN(10000))
			var err error
			if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", *port)); try == 50 {
				require.NoError(t, err)
			}
		}
		defer func() { _ = l.Close() }()
	}
}

// certificate makes a certificate that signs itself, and returns whom to trust.
func (s *Servers) certificate(t testing.TB) *x509.CertPool {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.write(t, "cert.pem", string(cert), 0o644)
	s.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), 0o600)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(cert))
	return roots
}

func (s *Servers) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Servers) write(t testing.TB, name, content string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.path(name), []byte(content), mode))
	require.NoError(t, os.Chmod(s.path(name), mode))
}

// run starts a server whose output goes to a file, and returns when its ports take connections.
func (s *Servers) run(t testing.TB, name string, ports []string, command string, args ...string) *exec.Cmd {
	t.Helper()
	log, err := os.OpenFile(s.path(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer func() { _ = log.Close() }()
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	for _, port := range ports {
		if err := s.answers(port); err != nil {
			stop(t, cmd)
			said, _ := os.ReadFile(s.path(name + ".log"))
			require.Failf(t, name+" does not start", "%v\n%s", err, said)
		}
	}
	return cmd
}

// answers waits until a port greets.
func (s *Servers) answers(port string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, port))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// stop ends a server and all that it has started.
func stop(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(patience/4, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer killer.Stop()
	_ = cmd.Wait() // ended by our signal
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}

// Inject sends a mail from the world to one of our mailboxes, by SMTP to OpenSMTPD and by LMTP to Dovecot.
func (s *Servers) Inject(t testing.TB, from, to string, raw []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, s.MX))
	require.NoError(t, err)
	c := smtp.NewClient(conn)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SendMail(from, []string{to}, strings.NewReader(string(raw))))
}

// Deliver puts mails into one of our mailboxes, by LMTP to Dovecot.
func (s *Servers) Deliver(t testing.TB, from, to string, raws ...[]byte) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, s.LMTP))
	require.NoError(t, err)
	c := smtp.NewClientLMTP(conn)
	defer func() { _ = c.Close() }()
	for _, raw := range raws {
		require.NoError(t, c.Mail(from, nil))
		require.NoError(t, c.Rcpt(to, nil))
		w, err := c.Data()
		require.NoError(t, err)
		_, err = w.Write(raw)
		require.NoError(t, errors.Join(err, w.Close()))
	}
}

// lock lets only one OpenSMTPD run on this machine at a time.
func lock(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "hilft-opensmtpd.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	t.Cleanup(func() { _ = f.Close() })
}

func (s *Servers) startOpenSMTPD(t testing.TB) {
	t.Helper()
	var users strings.Builder
	domains := map[string]bool{}
	for _, b := range s.boxes {
		fmt.Fprintf(&users, "%s\tnobody\n", b.Address) // Dovecot knows who it is; OpenSMTPD wants a user of the system
		_, domain, _ := strings.Cut(b.Address, "@")
		domains[`"`+domain+`"`] = true
	}
	s.write(t, "boxes", users.String(), 0o644)
	s.write(t, "smtpd.conf", fmt.Sprintf(`table boxes file:%[1]s/boxes
listen on 127.0.0.1 port %[2]s hostname mx.example
action "deliver" lmtp "127.0.0.1:%[3]s" rcpt-to virtual <boxes>
match from any for domain { %[4]s } action "deliver"
`, s.dir, s.MX, s.LMTP, strings.Join(slices.Sorted(maps.Keys(domains)), ", ")), 0o600)

	ports := []string{s.MX}
	const serve = "exec /usr/sbin/smtpd -d -f "
	for _, d := range []string{"spool", "run"} {
		require.NoError(t, os.Mkdir(s.path(d+"-smtpd"), 0o755))
		require.NoError(t, os.Chmod(s.path(d+"-smtpd"), 0o711))
	}
	var cmd *exec.Cmd
	if exec.Command("unshare", "-m", "true").Run() == nil {
		cmd = s.run(t, "smtpd", ports, "unshare", "-m", "sh", "-c", fmt.Sprintf(
			"mount --make-rprivate / && mount --bind %[1]s/spool-smtpd /var/spool && mount --bind %[1]s/run-smtpd /run && %[2]s%[1]s/smtpd.conf", s.dir, serve))
	} else {
		lock(t)
		cmd = s.run(t, "smtpd", ports, "sh", "-c", serve+s.path("smtpd.conf"))
	}
	t.Cleanup(func() { stop(t, cmd) })
}
