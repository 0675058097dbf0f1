// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import "testing"

// cutsFindOut tells what is wrong with a house that does not wait for the disk.
func cutsFindOut(t *testing.T, bin string) (wrong []string) {
	t.Helper()
	s, disk := record(t, bin, 80)
	all := s.led.read()
	for i := 0; i < tries && len(wrong) == 0; i++ { // right behind an acknowledgement, with nothing left of what was not synced
		wrong = cutPower(t, s, disk, all, 6*i).all()
	}
	return wrong
}
