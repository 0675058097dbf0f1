// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// While the clock is a day ahead one letter is put off for a moment, another is claimed by somebody who dies, and one is
// asked for in three days. Then the clock is set back, while the house watches or while it is closed: the first is due, the
// second when a lease has passed, and the third in its time.
func TestWhatAClockThatRanAheadPutOffIsDueWhenItIsSetBack(t *testing.T) {
	t.Parallel()
	for how, watches := range map[string]bool{"while it watches": true, "while it is closed": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
				q.HandleErrand("letter", Terms{Lease: time.Minute}, func(context.Context, *Claim) error { return nil })
				look := func() { require.NoError(t, q.lookAtClock(t.Context())) }
				q.put(t, Order{Kind: "letter", Args: 1}, Order{Kind: "letter", Args: 2})
				clock.Forward(24 * time.Hour)
				if watches {
					look()
				}
				q.put(t, Order{Kind: "letter", Args: 3, RunAt: clock.Now().Add(48 * time.Hour)})
				claimed, _ := q.grab(t, "letter", 1)
				require.NoError(t, q.fail(t.Context(), claimed[0][0], errors.New("nobody at home"), clock.Now().Add(time.Second)))
				dies, _ := q.grab(t, "letter", 1)
				require.Len(t, dies, 1)

				clock.Forward(-24 * time.Hour)
				if !watches {
					q.seen.Store(0) // as another process finds it
				}
				look()
				_, due := q.grab(t, "letter", 9)
				require.Equal(t, []string{"1"}, due)
				clock.Forward(time.Minute)
				look()
				_, due = q.grab(t, "letter", 9)
				require.ElementsMatch(t, []string{"1", "2"}, due)
				require.ErrorIs(t, q.finish(t, dies[0][0]), ErrLost)
				clock.Forward(71 * time.Hour)
				look()
				_, due = q.grab(t, "letter", 9)
				require.NotContains(t, due, "3")
				clock.Forward(time.Hour)
				_, due = q.grab(t, "letter", 9)
				require.Contains(t, due, "3")
			})
		})
	}
}
