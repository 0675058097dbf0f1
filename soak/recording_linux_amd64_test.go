// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

// The files of the folder that the disk and the test share.
const (
	recordName = "record"
	orderName  = "order"
	firedName  = "fired"
)

// recording is the test's side of a disk that is played: its record, and the orders it is given.
type recording struct {
	t    *testing.T
	dir  string
	root string
}

func newRecording(t *testing.T) *recording { return &recording{t: t, dir: t.TempDir()} }

// under lets a house live on the disk from its next opening on.
func (r *recording) under(h *apptest.House) {
	r.t.Helper()
	self, err := os.Executable()
	require.NoError(r.t, err)
	r.root, err = filepath.EvalSymlinks(h.Data)
	require.NoError(r.t, err)
	script := filepath.Join(r.dir, "house")
	text := fmt.Sprintf("#!/bin/sh\n%s='%s' %s='%s' %s='%s' exec '%s' \"$@\"\n", diskEnv, r.dir, rootEnv, r.root, houseEnv, h.Bin, self)
	require.NoError(r.t, os.WriteFile(script, []byte(text), 0o700))
	h.Bin, h.Settings["data"] = script, r.root
}

// size is how much is recorded.
func (r *recording) size() int64 {
	info, err := os.Stat(filepath.Join(r.dir, recordName))
	if err != nil {
		return 0
	}
	return info.Size()
}

// order tells the disk what to do from now on; nothing: to be well.
func (r *recording) order(text string) {
	r.t.Helper()
	name := filepath.Join(r.dir, orderName)
	if text == "" {
		require.NoError(r.t, os.Remove(name))
		return
	}
	require.NoError(r.t, os.WriteFile(name+".new", []byte(text), 0o600))
	require.NoError(r.t, os.Rename(name+".new", name))
}

// fired tells whether the call of an order "fail n name" came, and which it was.
func (r *recording) fired(name string) (string, bool) {
	text, err := os.ReadFile(filepath.Join(r.dir, firedName))
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(text), name+" ")
}

// eachAct reads a record up to a size.
func eachAct(file string, until int64, each func(a act, data []byte)) error {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewReaderSize(f, 1<<20)
	for at := int64(0); ; {
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		head := make([]byte, binary.LittleEndian.Uint32(size[:]))
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		var a act
		if err := json.Unmarshal(head, &a); err != nil {
			return err
		}
		data := make([]byte, a.Len)
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		if at += int64(4 + len(head) + a.Len); at > until {
			return nil
		}
		each(a, data)
	}
}

func countActs(file string) (n int, err error) {
	return n, eachAct(file, 1<<62, func(act, []byte) { n++ })
}

// platter is what lies on the disk: of every file and folder what is there for certain, and what came after the last
// sync and may be there or not.
type platter struct {
	t     *testing.T
	root  string
	files map[uint64]*platterFile
	tree  map[string]*platterFile // as the house sees it
	dirs  map[string]*platterDir
	acts  int
}

type platterFile struct {
	dir    bool
	writes []platterWrite
	synced int // acts before this one are there for certain
}

type platterWrite struct {
	act  int
	off  int64
	data []byte
	cut  bool // the file ends at off
}

type platterDir struct {
	changes []platterChange
	synced  int
}

type platterChange struct {
	act  int
	name string
	file *platterFile // nil: the name is gone
}

// readPlatter reads the record up to a size.
func (r *recording) readPlatter(until int64) *platter {
	r.t.Helper()
	p := &platter{t: r.t, root: r.root, files: map[uint64]*platterFile{}, tree: map[string]*platterFile{}, dirs: map[string]*platterDir{r.root: {}}}
	require.NoError(r.t, eachAct(filepath.Join(r.dir, recordName), until, p.take))
	return p
}

func (p *platter) take(a act, data []byte) {
	defer func() { p.acts++ }()
	switch a.Do {
	case "make":
		f := &platterFile{}
		p.files[a.File] = f
		p.name(a.Path, f)
	case "mkdir":
		p.dirs[a.Path] = &platterDir{}
		p.name(a.Path, &platterFile{dir: true})
	case "link":
		p.name(a.To, p.tree[a.Path])
	case "rename":
		f := p.tree[a.Path]
		p.name(a.Path, nil)
		p.name(a.To, f)
	case "remove":
		p.name(a.Path, nil)
	case "write":
		f := p.file(a)
		f.writes = append(f.writes, platterWrite{act: p.acts, off: a.Off, data: data})
	case "truncate":
		f := p.file(a)
		f.writes = append(f.writes, platterWrite{act: p.acts, off: a.Off, cut: true})
	case "sync":
		if d := p.dirs[a.Path]; d != nil {
			d.synced = max(d.synced, a.Seen)
			return
		}
		f := p.file(a)
		f.synced = max(f.synced, a.Seen)
	default:
		require.Fail(p.t, "the disk saw a call that it cannot play", "%+v", a)
	}
}

func (p *platter) file(a act) *platterFile {
	f := p.files[a.File]
	require.NotNil(p.t, f, "a file that nobody made: %+v", a)
	return f
}

func (p *platter) name(path string, f *platterFile) {
	d := p.dirs[filepath.Dir(path)]
	require.NotNil(p.t, d, "a folder that nobody made: %s", path)
	d.changes = append(d.changes, platterChange{p.acts, filepath.Base(path), f})
	if f == nil {
		delete(p.tree, path)
	} else {
		p.tree[path] = f
	}
}

// leaves says what a power cut leaves of what was not synced.
type leaves string

const (
	leavesNothing leaves = "nothing" // of it
	leavesSome    leaves = "some"    // writes here and there, some of them torn
	leavesAll     leaves = "all"
)

const sector = 512

// rebuild makes the folder as it is found after a power cut. What SQLite shares between processes in memory (-shm) is
// left out, as it is not read after a start.
func (p *platter) rebuild(into string, what leaves, chance *rand.Rand) {
	p.t.Helper()
	p.rebuildDir(p.root, into, what, chance)
}

func (p *platter) rebuildDir(path, into string, what leaves, chance *rand.Rand) {
	d := p.dirs[path]
	sure := 0
	for sure < len(d.changes) && d.changes[sure].act < d.synced {
		sure++
	}
	open := len(d.changes) - sure
	switch what { // names change in order
	case leavesNothing:
		open = 0
	case leavesSome:
		open = chance.IntN(open + 1)
	case leavesAll:
	}
	entries := map[string]*platterFile{}
	for _, c := range d.changes[:sure+open] {
		if entries[c.name] = c.file; c.file == nil {
			delete(entries, c.name)
		}
	}
	require.NoError(p.t, os.MkdirAll(into, 0o700))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		f := entries[name]
		switch {
		case f.dir:
			p.rebuildDir(filepath.Join(path, name), filepath.Join(into, name), what, chance)
		case !strings.HasSuffix(name, "-shm"):
			require.NoError(p.t, os.WriteFile(filepath.Join(into, name), f.content(what, chance), 0o600))
		}
	}
}

func (f *platterFile) content(what leaves, chance *rand.Rand) []byte {
	var b []byte
	put := func(off int64, data []byte) {
		if end := int(off) + len(data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[off:], data)
	}
	for _, w := range f.writes {
		sure := w.act < f.synced || what == leavesAll
		switch {
		case !sure && (what == leavesNothing || chance.IntN(2) == 0):
		case w.cut && int(w.off) <= len(b):
			b = b[:w.off]
		case w.cut:
			put(w.off, nil)
		case sure || chance.IntN(2) == 0:
			put(w.off, w.data)
		default: // torn: some of its sectors
			for at := 0; at < len(w.data); at += sector {
				if chance.IntN(2) == 0 {
					put(w.off+int64(at), w.data[at:min(len(w.data), at+sector)])
				}
			}
		}
	}
	return b
}
