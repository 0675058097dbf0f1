// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A process of ours stands between the house and the system (ptrace), sees every call that changes a file in the data
// folder, and plays the disk: it writes down what was written and what was synced, in order, so that the folder can be
// rebuilt as a power cut would have left it; and it can refuse calls, as a broken or a full disk does.
//
// It is this test binary, started in the place of the house. A filter (seccomp) picks the calls, so that all others cost
// nothing. What is recorded stands in the record before the house goes on, so whoever outside learns something finds in
// the record all that led to it.

// The environment of the process that plays the disk.
const (
	diskEnv  = "SOAK_DISK"  // folder of the record and of the orders
	rootEnv  = "SOAK_ROOT"  // the data folder
	houseEnv = "SOAK_HOUSE" // the real binary
	stageEnv = "SOAK_STAGE" // "filter": not the disk yet, but the house before it begins
)

// act is one call that changed something. Its bytes follow it in the record.
type act struct {
	Do   string // make, write, truncate, sync, mkdir, link, rename, remove
	File uint64 `json:",omitempty"` // which file: its inode
	Path string `json:",omitempty"`
	To   string `json:",omitempty"`
	Off  int64  `json:",omitempty"` // of a write; the length, of a truncate
	Seen int    `json:",omitempty"` // sync: so many acts were recorded when it began; they are what it covers
	Len  int    `json:",omitempty"` // bytes that follow
}

// asDisk does the work of the process that plays the disk, if this is it.
func asDisk() bool {
	if os.Getenv(diskEnv) == "" {
		return false
	}
	var err error
	if os.Getenv(stageEnv) == "filter" {
		err = becomeHouse()
	} else {
		var code int
		if code, err = (&disk{root: os.Getenv(rootEnv), dir: os.Getenv(diskEnv)}).play(); err == nil {
			os.Exit(code)
		}
	}
	fmt.Fprintln(os.Stderr, "disk: "+err.Error())
	os.Exit(97)
	return true
}

// watched are the calls at which the house is held.
var watched = []uint32{
	unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC,
	unix.SYS_OPEN, unix.SYS_OPENAT, unix.SYS_CREAT, unix.SYS_MKDIR, unix.SYS_MKDIRAT, unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
	unix.SYS_LINK, unix.SYS_LINKAT, unix.SYS_UNLINK, unix.SYS_UNLINKAT,
}

// becomeHouse puts the filter over this process and turns it into the house.
func becomeHouse() error {
	runtime.LockOSThread()
	var code []unix.SockFilter
	code = append(code, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}) // the number of the call
	for i, nr := range watched {
		code = append(code, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: uint8(len(watched) - i), K: nr})
	}
	code = append(code,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_TRACE})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	house := os.Getenv(houseEnv)
	env := os.Environ()
	kept := env[:0]
	for _, kv := range env {
		if !strings.HasPrefix(kv, "SOAK_") {
			kept = append(kept, kv)
		}
	}
	return fmt.Errorf("%s: %w", house, syscall.Exec(house, append([]string{house}, os.Args[1:]...), kept))
}

// disk is the process that plays it. All of it happens on one thread: the system demands that of whoever holds others.
type disk struct {
	root, dir string
	record    *os.File
	count     int         // acts recorded
	held      map[int]act // by thread: the call under way
	known     map[int]bool

	order string // of the last look
	calls int    // that were counted since the order was given
}

// play runs the house to its end and returns its exit code.
func (d *disk) play() (int, error) {
	runtime.LockOSThread()
	d.held, d.known = map[int]act{}, map[int]bool{}
	var err error
	if d.record, err = os.OpenFile(filepath.Join(d.dir, recordName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return 0, err
	}
	if d.count, err = countActs(d.record.Name()); err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), stageEnv+"=filter")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, os.Interrupt)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid := cmd.Process.Pid
	go func() {
		for s := range asked {
			_ = syscall.Kill(pid, s.(syscall.Signal))
		}
	}()
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, unix.WALL, nil); err != nil {
		return 0, err
	}
	const options = unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC |
		unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(pid, options); err != nil {
		return 0, fmt.Errorf("ptrace: %w", err)
	}
	d.known[pid] = true
	if err := unix.PtraceCont(pid, 0); err != nil {
		return 0, fmt.Errorf("ptrace: %w", err)
	}
	for {
		tid, err := unix.Wait4(-1, &ws, unix.WALL, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("wait: %w", err)
		}
		switch {
		case tid == pid && ws.Exited():
			return ws.ExitStatus(), nil
		case tid == pid && ws.Signaled():
			return 128 + int(ws.Signal()), nil
		case ws.Stopped():
			d.stopped(tid, ws)
		}
	}
}

// stopped looks at a thread that is held, and lets it go on. One that is gone by now cannot be.
func (d *disk) stopped(tid int, ws unix.WaitStatus) {
	const syscallStop = unix.SIGTRAP | 0x80
	switch s := ws.StopSignal(); {
	case s == syscallStop:
		d.done(tid)
		_ = unix.PtraceCont(tid, 0)
	case s == unix.SIGTRAP && ws.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		if d.begins(tid) {
			_ = unix.PtraceSyscall(tid, 0) // and is held again when the call has been made
		} else {
			_ = unix.PtraceCont(tid, 0)
		}
	case s == unix.SIGTRAP && ws.TrapCause() > 0, s == unix.SIGSTOP && !d.known[tid]:
		d.known[tid] = true
		_ = unix.PtraceCont(tid, 0)
	default:
		_ = unix.PtraceCont(tid, int(s))
	}
}

// begins looks at a call that is about to be made. It tells whether its end must be seen.
func (d *disk) begins(tid int) bool {
	var r unix.PtraceRegs
	if unix.PtraceGetRegs(tid, &r) != nil {
		return false
	}
	a, size, ours := d.read(tid, r)
	if !ours {
		return false
	}
	if errno := d.refuses(a, size); errno != 0 {
		r.Orig_rax = ^uint64(0) // no call at all
		r.Rax = uint64(-int64(errno))
		_ = unix.PtraceSetRegs(tid, &r)
		return false
	}
	a.Seen = d.count
	d.held[tid] = a
	return true
}

// read tells what a call is about to do to the data folder, and how large its file is.
func (d *disk) read(tid int, r unix.PtraceRegs) (a act, size int64, ours bool) {
	at := func(dirfd, path uint64) string {
		p := stringAt(tid, path)
		if int32(uint32(dirfd)) != unix.AT_FDCWD && !filepath.IsAbs(p) {
			p = filepath.Join(linkOf(tid, dirfd), p)
		}
		return p
	}
	const cwd = ^uint64(99) // AT_FDCWD
	switch nr := r.Orig_rax; nr {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		a.Path = linkOf(tid, r.Rdi)
		if !d.within(a.Path) {
			return a, 0, false
		}
		var st unix.Stat_t
		if unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", tid, r.Rdi), &st) != nil {
			return a, 0, false
		}
		a.File, size = st.Ino, st.Size
		switch nr {
		case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
			a.Do = "sync"
		case unix.SYS_FTRUNCATE:
			a.Do, a.Off = "truncate", int64(r.Rsi)
		case unix.SYS_FALLOCATE:
			a.Do, a.Off = "truncate", max(size, int64(r.Rdx+r.R10))
		case unix.SYS_PWRITE64:
			a.Do, a.Off, a.Len = "write", int64(r.R10), int(r.Rdx)
		case unix.SYS_WRITE:
			a.Do, a.Off, a.Len = "write", position(tid, r.Rdi, size), int(r.Rdx)
		default:
			a.Do = "unknown" // seen by the one who rebuilds, who then knows nothing
		}
	case unix.SYS_OPEN, unix.SYS_OPENAT, unix.SYS_CREAT:
		flags := r.Rsi
		a.Path = at(cwd, r.Rdi)
		switch nr {
		case unix.SYS_OPENAT:
			a.Path, flags = at(r.Rdi, r.Rsi), r.Rdx
		case unix.SYS_CREAT:
			flags = unix.O_CREAT | unix.O_TRUNC
		}
		_, err := os.Lstat(a.Path)
		switch {
		case errors.Is(err, os.ErrNotExist) && flags&unix.O_CREAT != 0:
			a.Do = "make"
		case flags&unix.O_TRUNC != 0:
			a.Do = "truncate"
		default:
			return a, 0, false
		}
	case unix.SYS_MKDIR:
		a.Do, a.Path = "mkdir", at(cwd, r.Rdi)
	case unix.SYS_MKDIRAT:
		a.Do, a.Path = "mkdir", at(r.Rdi, r.Rsi)
	case unix.SYS_RENAME:
		a.Do, a.Path, a.To = "rename", at(cwd, r.Rdi), at(cwd, r.Rsi)
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		a.Do, a.Path, a.To = "rename", at(r.Rdi, r.Rsi), at(r.Rdx, r.R10)
	case unix.SYS_LINK:
		a.Do, a.Path, a.To = "link", at(cwd, r.Rdi), at(cwd, r.Rsi)
	case unix.SYS_LINKAT:
		a.Do, a.Path, a.To = "link", at(r.Rdi, r.Rsi), at(r.Rdx, r.R10)
	case unix.SYS_UNLINK:
		a.Do, a.Path = "remove", at(cwd, r.Rdi)
	case unix.SYS_UNLINKAT:
		a.Do, a.Path = "remove", at(r.Rdi, r.Rsi)
	}
	return a, size, d.within(a.Path) || d.within(a.To)
}

func (d *disk) within(path string) bool {
	return path == d.root || strings.HasPrefix(path, d.root+"/")
}

// refuses tells whether the disk does not take a call, and why. Orders are given in a file: "full" as long as the disk
// is, "fail n name" for the n-th call from now on, under a name so that one order is told from the next.
func (d *disk) refuses(a act, size int64) unix.Errno {
	order, err := os.ReadFile(filepath.Join(d.dir, orderName))
	if err != nil {
		return 0
	}
	if string(order) != d.order {
		d.order, d.calls = string(order), 0
	}
	f := strings.Fields(d.order)
	switch {
	case len(f) == 1 && f[0] == "full":
		if a.Do == "make" || a.Do == "mkdir" || (a.Do == "write" || a.Do == "truncate") && a.Off+int64(a.Len) > size {
			return unix.ENOSPC
		}
	case len(f) == 3 && f[0] == "fail" && a.Do != "remove":
		d.calls++
		if n, _ := strconv.Atoi(f[1]); d.calls == n {
			_ = os.WriteFile(filepath.Join(d.dir, firedName), []byte(f[2]+" "+a.Do+" "+d.short(a.Path)), 0o600)
			return unix.EIO
		}
	}
	return 0
}

// short names a file for people; those with names made by chance by their folder.
func (d *disk) short(path string) string {
	name, _ := filepath.Rel(d.root, path)
	for _, beginning := range []string{"media", ".hilft-key"} {
		if strings.HasPrefix(name, beginning) {
			return beginning
		}
	}
	return name
}

// done records a call that has been made.
func (d *disk) done(tid int) {
	a, ok := d.held[tid]
	delete(d.held, tid)
	var r unix.PtraceRegs
	if !ok || unix.PtraceGetRegs(tid, &r) != nil || int64(r.Rax) < 0 {
		return
	}
	var data []byte
	switch a.Do {
	case "write":
		data = bytesOf(tid, r.Rsi, int(r.Rax))
	case "make", "truncate":
		if a.File == 0 {
			var st unix.Stat_t
			if unix.Stat(a.Path, &st) != nil {
				return
			}
			a.File = st.Ino
		}
	}
	a.Len = len(data)
	if a.Do != "sync" {
		a.Seen = 0
	}
	head, err := json.Marshal(a)
	if err == nil {
		line := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
		_, err = d.record.Write(append(append(line, head...), data...))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "disk: "+err.Error())
		os.Exit(98)
	}
	d.count++
}

func linkOf(tid int, fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	return strings.TrimSuffix(path, " (deleted)")
}

// position is where an open file is written next.
func position(tid int, fd uint64, size int64) int64 {
	info, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd))
	var pos int64
	var flags uint64
	_, _ = fmt.Sscanf(string(info), "pos: %d\nflags: %o", &pos, &flags)
	if flags&unix.O_APPEND != 0 {
		return size
	}
	return pos
}

func bytesOf(tid int, at uint64, n int) []byte {
	b := make([]byte, n)
	if n == 0 {
		return b
	}
	local := []unix.Iovec{{Base: &b[0], Len: uint64(n)}}
	got, err := unix.ProcessVMReadv(tid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: n}}, 0)
	if err != nil || got != n {
		fmt.Fprintf(os.Stderr, "disk: reading %d bytes: %d, %v\n", n, got, err)
		os.Exit(98)
	}
	return b
}

// stringAt reads a string that ends in a zero. It does not read over the end of a page, where nothing may be.
func stringAt(tid int, at uint64) string {
	var all []byte
	for len(all) < unix.PathMax {
		n := min(256, int(4096-at%4096))
		b := make([]byte, n)
		local := []unix.Iovec{{Base: &b[0], Len: uint64(n)}}
		if got, err := unix.ProcessVMReadv(tid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: n}}, 0); err != nil || got != n {
			return ""
		}
		if end := strings.IndexByte(string(b), 0); end >= 0 {
			return string(append(all, b[:end]...))
		}
		all = append(all, b...)
		at += uint64(n)
	}
	return ""
}
