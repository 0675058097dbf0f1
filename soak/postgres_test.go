// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/store/storetest"
)

// Postgres is restarted, killed and started again, ends our sessions, is cut off, slow, and only to be read, one after
// the other, under load. RESTARTS says how often each.
func TestPostgresIsInTrouble(t *testing.T) {
	t.Parallel()
	rounds := dose(t, "RESTARTS", 1, 15)
	began := time.Now()
	pg := ownPostgres(t)
	w, url := newWire(t, pg.url)
	s := open(t, plan{database: url, calm: true, waits: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rounds+1)*settledIn)
	defer cancel()
	words, stop := context.WithCancel(ctx)
	defer stop()
	c := &crowd{s: s, connections: talkers(), words: 1 << 20}
	d := &desk{s: s}
	var load sync.WaitGroup
	load.Go(func() { c.talk(words) })
	load.Go(func() { d.answer(words, 1<<20, 50*time.Millisecond) })

	for len(s.shop.Taken()) < 3 { // until then all is well
		require.True(t, pause(ctx, 5*time.Millisecond), "no replies")
	}
	latency := time.Second
	if long() {
		latency = 5 * time.Second
	}
	troubles := []struct {
		name  string
		begin func()
		end   func()
		lasts time.Duration
	}{
		{"sessions ended", pg.endSessions, nil, 0},
		{"connections cut", w.cut, nil, 0},
		{"nobody let in", func() { w.set(0, true) }, func() { w.set(0, false) }, time.Second},
		{"only to be read", func() { pg.readOnly(true) }, func() { pg.readOnly(false) }, time.Second},
		{"slow", func() { w.set(latency, false) }, func() { w.set(0, false) }, 2 * latency},
		{"restarted", func() { pg.stop("fast") }, pg.start, 0},
		{"killed", pg.kill, pg.start, 0},
	}
	back := time.Duration(0)
	for range rounds {
		for _, i := range rand.Perm(len(troubles)) {
			tr := troubles[i]
			tr.begin()
			require.True(t, pause(ctx, tr.lasts))
			if tr.end != nil {
				tr.end()
			}
			well := time.Now()
			before := c.acked.Load()
			for c.acked.Load() < before+50 {
				require.True(t, pause(ctx, 5*time.Millisecond), "words are not taken again after: %s", tr.name)
			}
			back = max(back, time.Since(well))
		}
	}
	stop()
	load.Wait()
	var names []string
	for _, tr := range troubles {
		names = append(names, tr.name)
	}
	require.Empty(t, c.oddOnes(), "a database in trouble is a 503")
	s.verdict(row{
		Fault: "Postgres in trouble", Database: "Postgres", Dose: fmt.Sprintf("%d times each: %s", rounds, strings.Join(names, ", ")),
		Note: fmt.Sprintf("%d posts answered 503; taken again after %s at the most", c.busy.Load(), back.Round(time.Millisecond)),
	}, began)
}

// The n-th question to Postgres, or its answer, is lost with its connection, for every n. NTH says up to which.
func TestPostgresFailsOnce(t *testing.T) {
	t.Parallel()
	nth := dose(t, "NTH", 20, 500)
	began := time.Now()
	w, url := newWire(t, storetest.PostgresURL(t))
	s := open(t, plan{database: url, calm: true})
	ctx, cancel := context.WithTimeout(t.Context(), settledIn+time.Duration(nth)*10*time.Second)
	defer cancel()
	fired, refused := failOnce(ctx, s, nth, w.trouble())
	s.verdict(row{
		Fault: "n-th question to the database fails", Database: "Postgres", Dose: fmt.Sprintf("n = 1 to %d", nth),
		Note: fmt.Sprintf("%s; %d posts answered 503", counted(fired), refused),
	}, began)
}

// postgresServer is a server of the test's own, which may be ended in any way.
type postgresServer struct {
	t    *testing.T
	bin  string
	dir  string
	url  string
	port string
	as   *syscall.Credential
}

// ownPostgres starts a server. Where Postgres is not installed the test is skipped; in CI that is a failure.
func ownPostgres(t *testing.T) *postgresServer {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if at, err := exec.LookPath("initdb"); len(bins) == 0 && err == nil {
		bins = []string{at}
	}
	if len(bins) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Postgres server")
		}
		t.Skip("no Postgres server (Debian: apt-get install postgresql)")
	}
	slices.Sort(bins)
	p := &postgresServer{t: t, bin: filepath.Dir(bins[len(bins)-1])}
	var err error
	p.dir, err = os.MkdirTemp("", "hilft-postgres-") //nolint:usetesting // its owner must be able to reach it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(p.dir) })
	if os.Geteuid() == 0 { // it does not run as root
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		require.NoError(t, os.Chown(p.dir, uid, gid))
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	p.run("initdb", "-D", p.data(), "-U", "hilft", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	port, err := apptest.FreePort() // else a connection may have it while the server is down
	require.NoError(t, err)
	p.port = strconv.Itoa(port)
	p.url = "postgres://hilft@127.0.0.1:" + p.port + "/postgres?sslmode=disable"
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *postgresServer) data() string { return filepath.Join(p.dir, "data") }

func (p *postgresServer) run(program string, args ...string) {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, "%s: %s", program, out)
}

// start starts it with what it promises by default: what it has committed is on the disk.
func (p *postgresServer) start() {
	p.t.Helper()
	p.run("pg_ctl", "-D", p.data(), "-l", filepath.Join(p.dir, "log"), "-w", "-t", "60",
		"-o", "-p "+p.port+" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on -c synchronous_commit=on -c full_page_writes=on", "start")
}

func (p *postgresServer) stop(mode string) {
	p.t.Helper()
	p.run("pg_ctl", "-D", p.data(), "-m", mode, "-w", "stop")
}

// kill ends the server and all of its processes with SIGKILL.
func (p *postgresServer) kill() {
	text, err := os.ReadFile(filepath.Join(p.data(), "postmaster.pid"))
	if err != nil {
		return // it is not there
	}
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0]))
	if err != nil {
		return
	}
	all := append(childrenOf(pid), pid)
	for _, one := range all {
		_ = syscall.Kill(one, syscall.SIGKILL)
	}
	for _, one := range all {
		for syscall.Kill(one, 0) == nil && !zombie(one) {
			time.Sleep(time.Millisecond)
		}
	}
	_ = os.Remove(filepath.Join(p.data(), "postmaster.pid")) // its number may be somebody else's by now
}

func childrenOf(pid int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		if f := statOf(file); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			all = append(all, child)
		}
	}
	return all
}

func zombie(pid int) bool {
	f := statOf(fmt.Sprintf("/proc/%d/stat", pid))
	return len(f) == 0 || f[0] == "Z"
}

// statOf are the fields behind the name: state, parent and so on.
func statOf(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

func (p *postgresServer) ask(statements ...string) {
	p.t.Helper()
	u, err := url.Parse(p.url)
	require.NoError(p.t, err)
	u.Path = "/template1" // so that it does not end itself, and may always write
	db, err := sql.Open("pgx", u.String())
	require.NoError(p.t, err)
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		_, err := db.ExecContext(p.t.Context(), s)
		require.NoError(p.t, err, s)
	}
}

const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'`

func (p *postgresServer) endSessions() { p.ask(endAll) }

func (p *postgresServer) readOnly(on bool) {
	p.ask(fmt.Sprintf(`ALTER DATABASE postgres SET default_transaction_read_only = %t`, on), endAll)
}
