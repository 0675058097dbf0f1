// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The machine of the database dies under load, and the one that followed it takes over. Whatever was acknowledged is
// there, once; the house goes on by itself, for it knows both addresses.
func TestTheDatabasesMachineDies(t *testing.T) {
	t.Parallel()
	primary := newPostgres(t)
	primary.initialise()
	primary.start()
	standby := newPostgres(t)
	standby.follow(primary)
	standby.start()
	primary.promise()

	both := fmt.Sprintf("postgres://hilft:%s@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write", primary.password, primary.port, standby.port)
	n := buildOn(t, both, 2)
	n.open(0, 1)
	n.connect(false)
	ctx, cancel := context.WithTimeout(n.ctx, settledIn)
	defer cancel()

	dead := make(chan struct{})
	for range 400 {
		n.words.add()
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		n.words.send(ctx, dead)
	}()
	n.eventually("a good part is acknowledged", func() bool { return len(n.words.unacked()) < 250 })
	primary.die()
	n.eventually("nothing is accepted any more", func() bool { return ready(n.all[0]) != 200 && ready(n.all[1]) != 200 })
	close(dead)
	<-sent
	require.NotEmpty(t, n.words.unacked(), "it died in the middle of it")
	standby.promote()

	n.eventually("the house finds it", func() bool { return ready(n.all[0]) == 200 && ready(n.all[1]) == 200 })
	n.words.send(ctx, nil)
	require.Empty(t, n.words.unacked())
	n.judge()
}

// postgresServer is a Postgres server of the test's own, with a disk of its own.
type postgresServer struct {
	t          *testing.T
	bin        string
	dir        string
	port       int
	password   string
	owner      *syscall.Credential // nil: whoever runs the test
	postmaster *exec.Cmd
}

// newPostgres finds the server's programs. In CI they must be there.
func newPostgres(t *testing.T) *postgresServer {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("CI") == "true" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	p := &postgresServer{t: t}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return versionOf(a) - versionOf(b) })
	if len(found) > 0 {
		p.bin = filepath.Dir(found[len(found)-1])
	} else if at, err := exec.LookPath("postgres"); err == nil {
		p.bin = filepath.Dir(at)
	} else {
		missing("no Postgres server (Debian: apt-get install postgresql)")
	}
	var err error
	p.dir, err = os.MkdirTemp("", "hilft-standby-") //nolint:usetesting // below the test's own folder its owner could not go
	require.NoError(t, err)
	t.Cleanup(func() {
		p.die()
		_ = os.RemoveAll(p.dir)
	})
	if os.Geteuid() == 0 {
		who, err := user.Lookup("postgres")
		if err != nil {
			missing("no user postgres, and Postgres does not run as root")
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		p.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(p.dir, uid, gid))
	}
	p.password = strings.ToLower(rand.Text())
	// Below those that the system gives out by itself; whether it is free is known when it is taken.
	port, err := rand.Int(rand.Reader, big.NewInt(8000))
	require.NoError(t, err)
	p.port = 22000 + int(port.Int64())
	return p
}

func versionOf(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

func (p *postgresServer) data() string { return filepath.Join(p.dir, "data") }

func (p *postgresServer) url() string {
	return fmt.Sprintf("postgres://hilft:%s@127.0.0.1:%d/postgres?sslmode=disable", p.password, p.port)
}

func (p *postgresServer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	return cmd
}

func (p *postgresServer) run(name string, args ...string) {
	p.t.Helper()
	out, err := p.command(name, args...).CombinedOutput()
	require.NoError(p.t, err, "%s: %s", name, out)
}

func (p *postgresServer) initialise() {
	p.t.Helper()
	file := filepath.Join(p.dir, "password")
	require.NoError(p.t, os.WriteFile(file, []byte(p.password), 0o600))
	if p.owner != nil {
		require.NoError(p.t, os.Chown(file, int(p.owner.Uid), int(p.owner.Gid)))
	}
	p.run("initdb", "-D", p.data(), "-U", "hilft", "-A", "md5", "--pwfile="+file, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
}

// follow makes this server a copy of another that follows it.
func (p *postgresServer) follow(primary *postgresServer) {
	p.t.Helper()
	p.password = primary.password
	p.run("pg_basebackup", "-D", p.data(), "-R", "-c", "fast", "-X", "stream", "--no-sync", "-d", primary.url()+"&application_name=standby")
}

func (p *postgresServer) start() {
	p.t.Helper()
	p.postmaster = p.command("postgres", "-D", p.data(), "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	require.NoError(p.t, p.postmaster.Start())
	require.Eventually(p.t, func() bool { return p.ask("SELECT CAST(1 AS TEXT)") == "1" }, patience, 50*time.Millisecond, "Postgres does not start")
}

func (p *postgresServer) ask(query string) (answer string) {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.url())
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, query).Scan(&answer); err != nil {
		return err.Error()
	}
	return answer
}

// promise lets this server acknowledge only what its follower has on its disk as well.
func (p *postgresServer) promise() {
	p.t.Helper()
	conf, err := os.OpenFile(filepath.Join(p.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(p.t, err)
	_, err = conf.WriteString("\nsynchronous_standby_names = 'standby'\n")
	require.NoError(p.t, err)
	require.NoError(p.t, conf.Close())
	require.NoError(p.t, p.postmaster.Process.Signal(syscall.SIGHUP))
	require.Eventually(p.t, func() bool {
		return p.ask("SELECT sync_state || current_setting('synchronous_standby_names') FROM pg_stat_replication") == "syncstandby"
	}, patience, 50*time.Millisecond, "nobody follows")
}

// promote lets a follower become the server that is written to.
func (p *postgresServer) promote() {
	p.t.Helper()
	require.Equal(p.t, "true", p.ask("SELECT CAST(pg_promote(false) AS TEXT)"))
	require.Eventually(p.t, func() bool { return p.ask("SELECT CAST(pg_is_in_recovery() AS TEXT)") == "false" }, patience, 50*time.Millisecond, "it goes on following")
}

// die ends the server as a power cut would: all its processes at once.
func (p *postgresServer) die() {
	if p.postmaster == nil || p.postmaster.ProcessState != nil {
		return
	}
	pid := p.postmaster.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP) // it makes no new ones
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
	_ = p.postmaster.Process.Kill()
	_ = p.postmaster.Wait()
}
