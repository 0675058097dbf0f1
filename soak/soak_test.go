// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package soak_test breaks things under the real binary, as often as it is asked to, and judges what came of it by
// ledgers that lie outside the house: what was said to it and acknowledged, and what those received to whom it sent.
//
// Nothing acknowledged may be missing, nothing may be there twice, and no reply may go out a second time by itself.
// Each test is one fault of docs/reliability.md; how often it happens is a variable of the environment, small in an
// ordinary test and large in make soak. What a run found is a row, and SOAK_TABLE names the file that they are written
// to, so that no figure is copied by hand.
package soak_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

// program is the binary that all tests run: built once.
var program string

func TestMain(m *testing.M) {
	if asDisk() {
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hilft-soak-")
		if err == nil {
			defer func() { _ = os.RemoveAll(dir) }()
			program, err = apptest.Binary(context.Background(), dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// long tells that this is make soak.
func long() bool { return os.Getenv("HILFT_SOAK") == "1" }

// dose is how often something happens: what the variable says; else little, and much in make soak.
func dose(t *testing.T, variable string, little, much int) int {
	t.Helper()
	if s := os.Getenv(variable); s != "" && long() {
		n, err := strconv.Atoi(s)
		require.NoError(t, err, variable)
		return n
	}
	if long() {
		return much
	}
	return little
}

// onlyLong leaves a test to make soak.
func onlyLong(t *testing.T, why string) {
	t.Helper()
	if !long() {
		t.Skipf("make soak runs this: %s", why)
	}
}

// row is what one test found.
type row struct {
	Fault    string // as docs/reliability.md calls it
	Database string
	Dose     string
	Acked    int
	Lost     int
	Doubled  int
	Replies  string
	Note     string
	Took     time.Duration
}

// rows are what all tests found.
type rows struct {
	mu  sync.Mutex
	all []row
}

var found rows

// report adds a row to the table of this run.
func report(t *testing.T, r row) {
	t.Helper()
	t.Logf("%s on %s: %s: %d acknowledged, %d lost, %d doubled; replies: %s; %s (%s)", r.Fault, r.Database, r.Dose, r.Acked, r.Lost, r.Doubled, r.Replies, r.Note, r.Took.Round(time.Millisecond))
	require.NoError(t, found.add(r, os.Getenv("SOAK_TABLE")))
}

// add writes the table to a file; to none where none is named. It has what was found until then: a run may take hours.
func (f *rows) add(r row, file string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, r)
	if file == "" {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Fault, b.Fault), strings.Compare(a.Database, b.Database))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%s, fault by fault:\n\n", time.Now().UTC().Format(time.DateOnly))
	b.WriteString("| fault | database | dose | acknowledged | lost | doubled | replies | found | took |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range f.all {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %s | %s | %s |\n", r.Fault, r.Database, r.Dose, r.Acked, r.Lost, r.Doubled, r.Replies, r.Note, r.Took.Round(100*time.Millisecond))
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
