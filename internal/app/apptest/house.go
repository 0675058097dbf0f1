// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// House is one process of the binary, with the settings with which it is opened again and again. Its methods may be
// called by one goroutine at a time; URL, Dead and Said by many.
type House struct {
	Bin      string
	Data     string            // its data folder
	Settings map[string]string // by name, as in the settings file; data and listen are set already

	addr string
	run  *run
}

// run is one life of the process.
type run struct {
	cmd   *exec.Cmd
	ready chan struct{} // it said that it is open
	dead  chan struct{} // it has ended, and all that it said is read
	err   error         // of Wait; read after dead

	mu   sync.Mutex
	said []string
}

// saidMost bounds what is kept of what a process said.
const saidMost = 2000

// NewHouse makes a house that is not open yet, on a free port of 127.0.0.1. An empty database means SQLite.
func NewHouse(bin, data, database string) (*House, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	h := &House{Bin: bin, Data: data, addr: addr, Settings: map[string]string{"data": data, "listen": addr, "allow_hosts": "127.0.0.1"}}
	if database != "" {
		h.Settings["database_url"] = database
	}
	return h, nil
}

// given are the ports that houses of this process have, also while they are dead.
var given sync.Map

// FreePort finds a port below those that the system gives out by itself, so that it is still free when a house that died
// comes back to it. Processes that run side by side look in different places.
func FreePort() (int, error) {
	for range 100 {
		port := 10000 + os.Getpid()%8*2500 + rand.IntN(2500)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("apptest: no free port")
}

// URL is where the house is found.
func (h *House) URL() string { return "http://" + h.addr }

// openWithin is generous: two houses, and whoever else is on the machine, open at a time.
const openWithin = 2 * time.Minute

// Open starts the process and returns when it serves. Further variables of its environment may be given: "HILFT_FAULT=…".
// Where the process ends instead, the error holds what it said. Others may open theirs first: until its turn has come, no
// deadline counts, and then openWithin does.
func (h *House) Open(ctx context.Context, env ...string) error {
	openings <- struct{}{}
	defer func() { <-openings }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), openWithin)
	defer cancel()
	if err := h.Start(ctx, env...); err != nil {
		return err
	}
	select {
	case <-h.run.ready:
	case <-h.run.dead:
		return fmt.Errorf("apptest: the house did not open: %w\n%s", h.run.err, strings.Join(h.Said(), "\n"))
	case <-ctx.Done():
		h.Kill()
		return fmt.Errorf("apptest: the house did not open in time\n%s", strings.Join(h.Said(), "\n"))
	}
	return h.readyz(ctx)
}

// Start starts the process and does not wait for it to serve.
func (h *House) Start(ctx context.Context, env ...string) error {
	if h.run != nil && !h.isDead() {
		return errors.New("apptest: the house is open already")
	}
	r := &run{cmd: exec.Command(h.Bin, "serve"), ready: make(chan struct{}), dead: make(chan struct{})}
	r.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.Data, "TZ=UTC", "HILFT_REQUEST_RATE=0"}, env...)
	for name, v := range h.Settings {
		r.cmd.Env = append(r.cmd.Env, "HILFT_"+strings.ToUpper(name)+"="+v)
	}
	out, err := r.cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("apptest: %w", err)
	}
	r.cmd.Stdout = r.cmd.Stderr // one after the other, as they were said
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("apptest: %w", err)
	}
	h.run = r
	go r.listen(out)
	return ctx.Err()
}

func (r *run) listen(out io.Reader) {
	defer close(r.dead)
	open := false
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			r.mu.Lock()
			if r.said = append(r.said, line); len(r.said) > saidMost {
				r.said = slices.Delete(r.said, 0, saidMost/2)
			}
			r.mu.Unlock()
		}
		if !open && strings.Contains(line, `"msg":"open"`) {
			open = true
			close(r.ready)
		}
		if err != nil {
			break
		}
	}
	r.err = r.cmd.Wait()
}

// readyz asks until the house serves: a busy machine may not let it reach its database at the first question.
func (h *House) readyz(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL()+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("apptest: %w", err)
		}
		status, err := Status(client, req)
		switch {
		case err != nil:
			return fmt.Errorf("apptest: ready: %w", err)
		case status == http.StatusOK:
			return nil
		case status != http.StatusServiceUnavailable:
			return fmt.Errorf("apptest: ready: answered %d", status)
		}
		again := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			again.Stop()
			return fmt.Errorf("apptest: ready: answered 503: %w", ctx.Err())
		case <-h.run.dead:
			again.Stop()
			return fmt.Errorf("apptest: the house did not get ready: %w", h.run.err)
		case <-again.C:
		}
	}
}

// Said is what the process said, line by line; only the last lines where it said much.
func (h *House) Said() []string {
	if h.run == nil {
		return nil
	}
	h.run.mu.Lock()
	defer h.run.mu.Unlock()
	return slices.Clone(h.run.said)
}

// Invitation is the address that the process has told to whoever started it, at which the house is set up; empty: it has
// told none.
func (h *House) Invitation() string {
	for _, line := range h.Said() {
		if before, code, ok := strings.Cut(line, "/setup#"); ok {
			code, _, _ = strings.Cut(code, " ")
			return before[max(0, strings.LastIndex(before, "http")):] + "/setup#" + code
		}
	}
	return ""
}

// Dead is closed when the process has ended.
func (h *House) Dead() <-chan struct{} { return h.run.dead }

func (h *House) isDead() bool {
	select {
	case <-h.run.dead:
		return true
	default:
		return false
	}
}

// Killed tells whether the process was ended by SIGKILL: from outside, or by a fault point.
func (h *House) Killed() bool {
	if h.run == nil || !h.isDead() {
		return false
	}
	status, ok := h.run.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Kill ends the process as a power cut would, and waits until it is gone. A house that is not open stays so.
func (h *House) Kill() {
	if h.run == nil {
		return
	}
	_ = h.run.cmd.Process.Kill()
	<-h.run.dead
}

// Pause lets the process sleep, as a machine does that is moved or starved, until Wake.
func (h *House) Pause() error { return h.signal(syscall.SIGSTOP) }

// Wake lets a process go on that was paused.
func (h *House) Wake() error { return h.signal(syscall.SIGCONT) }

func (h *House) signal(s syscall.Signal) error {
	if err := h.run.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("apptest: %w", err)
	}
	return nil
}

// Stop asks the process to end and waits until it has.
func (h *House) Stop(ctx context.Context) error {
	if h.run == nil || h.isDead() {
		return nil
	}
	if err := h.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-h.run.dead:
		return h.run.err
	case <-ctx.Done():
		h.Kill()
		return errors.New("apptest: the house did not end in time")
	}
}

// PID is the number of the process.
func (h *House) PID() int { return h.run.cmd.Process.Pid }

// Use is what the process has used of the machine.
type Use struct {
	CPU time.Duration // user and system
	RSS int64         // bytes, now
}

// Use tells what the process has used so far, from /proc.
func (h *House) Use() (Use, error) {
	proc := "/proc/" + strconv.Itoa(h.run.cmd.Process.Pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return Use{}, fmt.Errorf("apptest: %w", err)
	}
	// Behind the name in brackets, which may hold anything: fields 14 and 15 of proc(5) are ticks of a hundredth.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var u Use
	for _, i := range []int{11, 12} {
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return Use{}, fmt.Errorf("apptest: %w", err)
		}
		u.CPU += time.Duration(ticks) * 10 * time.Millisecond
	}
	pages, err := strconv.ParseInt(fields[21], 10, 64)
	if err != nil {
		return Use{}, fmt.Errorf("apptest: %w", err)
	}
	u.RSS = pages * int64(os.Getpagesize())
	return u, nil
}
