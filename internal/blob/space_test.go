// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderKnowsItsRoom(t *testing.T) {
	t.Parallel()
	f, err := Open(t.TempDir())
	require.NoError(t, err)
	s, err := f.Space()
	require.NoError(t, err)
	require.Positive(t, s.Total)
	require.LessOrEqual(t, s.Free, s.Total)
	_, err = SpaceAt(filepath.Join(t.TempDir(), "nowhere"))
	require.Error(t, err)
}
