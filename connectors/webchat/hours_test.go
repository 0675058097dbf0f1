// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/webchat"
)

func TestHoursSayWhenSomebodyAnswers(t *testing.T) {
	t.Parallel()
	const office = "Mo-Fr 9:00-17:00\n\nSa: 10-12"
	for _, c := range []struct{ name, hours, zone, now, next string }{
		{"without hours always", "", "", "2026-11-29T03:00:00+01:00", ""},
		{"in the middle", office, "", "2026-11-25T12:00:00+01:00", ""},
		{"on the dot", office, "", "2026-11-25T09:00:00+01:00", ""},
		{"the last moment", office, "", "2026-11-25T16:59:59+01:00", ""},
		{"the end is not within", office, "", "2026-11-25T17:00:00+01:00", "2026-11-26T09:00:00+01:00"},
		{"early", office, "", "2026-11-25T03:00:00+01:00", "2026-11-25T09:00:00+01:00"},
		{"over the weekend", office, "", "2026-11-28T12:00:00+01:00", "2026-11-30T09:00:00+01:00"},
		{"in the house's zone, wherever we are", office, "", "2026-11-25T08:30:00Z", ""},
		{"in another zone", office, "America/New_York", "2026-11-25T08:30:00Z", "2026-11-25T09:00:00-05:00"},
		{"a week ahead", "Mi 9-10", "", "2026-11-25T10:00:00+01:00", "2026-12-02T09:00:00+01:00"},
		{"past midnight", "Fri-Sun 20:00-2:00", "", "2026-11-30T01:30:00+01:00", ""},
		{"a night's end", "Fri-Sun 20:00-2:00", "", "2026-11-30T02:00:00+01:00", "2026-12-04T20:00:00+01:00"},
		{"until midnight", "Mo-So 0:00-24:00", "", "2026-11-29T23:59:59+01:00", ""},
		{"around the end of the week", "Sat–Mon 9–12", "", "2026-11-29T10:00:00+01:00", ""},
		{"written out", "Montag - Mittwoch, 9:00 - 17:00", "", "2026-11-24T10:00:00+01:00", ""},
		{"when the clock goes back", "So 9-17", "", "2026-10-25T08:59:00+01:00", "2026-10-25T09:00:00+01:00"},
		{"when the clock goes forward", "So 9-17", "", "2026-03-29T09:00:00+02:00", ""},
		{"from the day before the clock goes forward", "So 9-17", "", "2026-03-28T12:00:00+01:00", "2026-03-29T09:00:00+02:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			open, next, attended := webchat.New().Hours(shop(channel.Settings{"hours": c.hours, "zone": c.zone}), now)
			require.False(t, attended)
			if c.next == "" {
				require.True(t, open)
				return
			}
			want, err := time.Parse(time.RFC3339, c.next)
			require.NoError(t, err)
			require.False(t, open)
			require.True(t, want.Equal(next), "%s", next)
		})
	}
}

func TestWhetherSomebodyMustBeThereIsASetting(t *testing.T) {
	t.Parallel()
	_, _, attended := webchat.New().Hours(shop(channel.Settings{"attended": "true"}), time.Unix(0, 0))
	require.True(t, attended)
}
