// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a row holds, it holds after it was written and read, whatever that is.
func TestARowIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	table := Table{Name: "t", Columns: []Column{{"n", Number}, {"s", Text}, {"b", Bytes}, {"z", Text}}}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\\nN\t\r\n.bx]{0,8}`))
		row := []any{
			rapid.Int64().Draw(t, "n"), text.Draw(t, "s"), rapid.SliceOf(rapid.Byte()).Draw(t, "b"),
			rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.Just[any](nil)).Draw(t, "z"),
		}
		b, err := appendLine(nil, table, row)
		require.NoError(t, err)
		got := make([]any, len(row))
		rest, err := readLine(append(b, "behind"...), table, got)
		require.NoError(t, err)
		require.Equal(t, "behind", string(rest))
		require.Equal(t, row, got)
	})
}

// What is no row of the table is refused, and nothing panics.
func FuzzReadLine(f *testing.F) {
	table := Table{Name: "t", Columns: []Column{{"n", Number}, {"s", Text}, {"b", Bytes}}}
	for _, line := range []string{"1\tx\t\\\\x00\n", "1\tx\n", "x\ty\tz\n", "\\N\t\\\t\\\\x0\n", "1\tx\t\\\\x00\t\n", "1"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		values := make([]any, 3)
		if _, err := readLine(line, table, values); err == nil {
			if _, err := appendLine(nil, table, values); err != nil {
				t.Fatal(err)
			}
		}
	})
}
