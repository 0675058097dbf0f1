// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/desk"
)

// What a network would refuse is refused before it is queued, and what would take the house's memory too.
func TestFilesFitTogether(t *testing.T) {
	t.Parallel()
	files := func(n int, size int64) (all []desk.File) {
		for range n {
			all = append(all, desk.File{Size: size})
		}
		return all
	}
	for _, c := range []struct {
		limits channel.Limits
		files  []desk.File
		code   string
	}{
		{channel.Limits{}, files(0, 0), ""},
		{channel.Limits{}, files(1, 1), "reply.no_files"},
		{channel.Limits{FilesMax: 2}, files(3, 1), "reply.too_many_files"},
		{channel.Limits{FilesMax: 2, FileSize: 10}, files(2, 10), ""},
		{channel.Limits{FilesMax: 2, FileSize: 10}, files(2, 11), "reply.file_too_large"},
		{channel.Limits{FilesMax: 2, FileSize: 10, FilesSize: 19}, files(2, 10), "reply.files_too_large"},
		{channel.Limits{FilesMax: 20, FileSize: 1 << 40}, files(4, filesMost/4), ""},
		{channel.Limits{FilesMax: 20, FileSize: 1 << 40, FilesSize: 1 << 50}, files(4, filesMost/4+1), "reply.files_too_large"},
	} {
		err := filesFit(c.limits, c.files)
		if c.code == "" {
			require.NoError(t, err)
			continue
		}
		var fail *hilft.Error
		require.ErrorAs(t, err, &fail)
		require.Equal(t, c.code, fail.Say)
	}
}
