// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// turnsMost are as many as there are cores, and one for those who wait in theirs. As many houses are opened at a time: that
// costs more than anything that one does later, and tests that wait for the rest of their lives begin with it too.
var (
	turnsMost = max(2, runtime.NumCPU()) + 1
	openings  = make(chan struct{}, turnsMost-1)
	next      sync.Mutex
)

// turnFree is how long whoever is next waits until they look for a free turn anew: other packages end theirs without a word.
const turnFree = 20 * time.Millisecond

// Turn waits until few enough tests, of all packages, keep the machine busy, and returns what ends the turn; it may be
// called again. A machine on which all of them are busy at once does less altogether, and lets each wait for so long that it
// fails for nothing but that. Tests that mostly wait take no turn, and nobody takes a second one in theirs.
func Turn() (end func()) {
	next.Lock()
	defer next.Unlock()
	look := time.NewTicker(turnFree)
	defer look.Stop()
	for {
		for n := range turnsMost {
			if f := turn(n); f != nil {
				return sync.OnceFunc(func() { _ = f.Close() })
			}
		}
		<-look.C
	}
}

// turn takes one of the turns if it is free: a lock on a file, which ends with its process at the latest.
func turn(n int) *os.File {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("hilft-turn-%d-%d", os.Getuid(), n)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		panic(err)
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		_ = f.Close()
		return nil
	}
	return f
}
