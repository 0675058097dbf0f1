// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

func TestIDsAscendAndLookLikeUUIDs(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	last := ""
	for range 10_000 {
		id := hilft.NewID()
		require.Regexp(t, form, id)
		require.Greater(t, id, last)
		last = id
	}
}

// Two nodes write in one case, in turn: what the one knows as the last word is the last for the other too, although each
// makes its ids by itself.
func TestIDsSortByTheHousesClock(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Hour)
	last := hilft.NewIDAt(at)
	for range 5000 {
		at = at.Add(time.Microsecond)
		id := hilft.NewIDAt(at)
		require.Regexp(t, `-7[0-9a-f]{3}-`, id)
		require.Greater(t, id, last)
		last = id
	}
	same := hilft.NewIDAt(at)
	require.Greater(t, same, last, "even at the same moment")
	require.Less(t, same, hilft.NewIDAt(at.Add(time.Microsecond)), "and without getting ahead")
	require.Less(t, hilft.NewID(), same, "what a node's own clock says is another matter")
}
