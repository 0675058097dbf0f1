// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"runtime"
	"sync"
)

// turns are as many as there are cores; where there is only one, two still get on. As many houses are opened at a time:
// that costs more than anything that one does later, and tests that wait for the rest of their lives begin with it too.
var (
	turns    = make(chan struct{}, max(2, runtime.NumCPU()))
	openings = make(chan struct{}, max(2, runtime.NumCPU()))
)

// Turn waits until fewer tests of this process keep the machine busy than it has cores, and returns what ends the turn;
// it may be called again. A machine on which all of them are busy at once lets each wait for so long that it fails for
// nothing but that. Tests that mostly wait take no turn, and nobody takes a second one in theirs.
func Turn() (end func()) {
	turns <- struct{}{}
	return sync.OnceFunc(func() { <-turns })
}
