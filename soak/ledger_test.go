// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// ledger is what somebody outside the house wrote down, in a file of their own: it is on the disk before they go on, and
// the judge reads the file, not anybody's memory. It may be used by many goroutines.
type ledger struct {
	t    testing.TB
	path string

	mu   sync.Mutex
	file *os.File
}

// What is written down.
const (
	said  = "said"  // is about to be sent to the house
	acked = "acked" // the house said that it has it
	wrote = "wrote" // an agent is about to send a reply
	told  = "told"  // the house said that it has the reply
	taken = "taken" // the network was given the reply
)

// entry is one line. At is how much the disk had recorded then, where one records; else 0.
type entry struct {
	What string
	At   int64
	Name string
}

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{t: t, path: filepath.Join(t.TempDir(), "ledger")}
	var err error
	l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.file.Close() })
	return l
}

// note writes a line down. What is only intended need not be on the disk before anything comes of it.
func (l *ledger) note(what string, at int64, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintf(l.file, "%s %d %s\n", what, at, name)
	if err == nil && what != said && what != wrote {
		err = l.file.Sync()
	}
	if err != nil {
		l.t.Errorf("the ledger: %v", err)
	}
}

// read returns all lines.
func (l *ledger) read() []entry {
	l.t.Helper()
	file, err := os.Open(l.path)
	require.NoError(l.t, err)
	defer func() { _ = file.Close() }()
	var all []entry
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.SplitN(lines.Text(), " ", 3)
		require.Len(l.t, f, 3, "the ledger: %q", lines.Text())
		at, err := strconv.ParseInt(f[1], 10, 64)
		require.NoError(l.t, err)
		all = append(all, entry{f[0], at, f[2]})
	}
	require.NoError(l.t, lines.Err())
	return all
}

// until keeps the lines of what had happened when the disk had recorded so much.
func until(all []entry, at int64) []entry {
	kept := make([]entry, 0, len(all))
	for _, e := range all {
		if e.At <= at {
			kept = append(kept, e)
		}
	}
	return kept
}
