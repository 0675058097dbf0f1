// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

func TestLengthIsCountedAsTheNetworkDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits channel.Limits
		text   string
		want   int
	}{
		{channel.Limits{}, "Grüße 👩‍💻", 9},
		{channel.Limits{Counting: channel.CountRunes}, "Grüße 👩‍💻", 9},
		{channel.Limits{Counting: channel.CountGraphemes}, "Grüße 👩‍💻", 7},
		{channel.Limits{Counting: channel.CountUTF16}, "Grüße 👩‍💻", 11},
		{channel.Limits{}, "https://a.example/lang", 22},
		{channel.Limits{URLLength: 23}, "https://a.example", 23},
		{channel.Limits{URLLength: 23}, "a http://a.example/b\nhttps://a.example http://a.example", 2 + 23 + 1 + 23 + 1 + 23},
		{channel.Limits{URLLength: 23}, "https://a.example/b https://a.example", 23 + 1 + 23},
		{channel.Limits{URLLength: 23}, "<https://a.example>", 25},
		{channel.Limits{URLLength: 23}, "https:// ist keine", 18},
	} {
		require.Equal(t, c.want, c.limits.Length(c.text), "%q by %+v", c.text, c.limits)
	}
}

// A text that holds nothing but links is not copied for each of them.
func TestLengthOfManyLinksIsCountedAtOnce(t *testing.T) { //nolint:paralleltest // it counts what is allocated meanwhile
	text := strings.Repeat("http://a ", 10_000)
	limits := channel.Limits{URLLength: 23}
	require.Equal(t, 10_000*24, limits.Length(text))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	limits.Length(text)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20))
}

func TestANameBeforeTheTextTakesOfItsLength(t *testing.T) {
	t.Parallel()
	limits := channel.Limits{TextMax: 500, Addressed: true}
	require.Equal(t, 494, limits.For("@mira@elsewhere.example").TextMax)
	require.Equal(t, 494, limits.For("mira").TextMax)
	require.Equal(t, 1, limits.For("@"+strings.Repeat("m", 600)).TextMax)
	require.Equal(t, 500, channel.Limits{TextMax: 500}.For("@mira").TextMax)
	require.Zero(t, channel.Limits{Addressed: true}.For("@mira").TextMax)
}
