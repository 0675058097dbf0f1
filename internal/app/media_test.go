// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// opens tells whether a house opens with these settings, and closes it again.
func opens(t *testing.T, flags map[string]string) error {
	t.Helper()
	s, err := ReadSettings("", nil, flags)
	require.NoError(t, err)
	h, err := Open(t.Context(), s, Options{Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		h.Close()
	}
	return err
}

// A node whose media folder is not the one that the others write to would miss customers' pictures one by one.
func TestANodeWithoutTheSharedFolderDoesNotOpen(t *testing.T) {
	t.Parallel()
	shared, own := t.TempDir(), t.TempDir()
	first := map[string]string{"data": shared, "database_url": storetest.PostgresURL(t)}
	require.NoError(t, opens(t, first))
	require.NoError(t, opens(t, first))
	second := map[string]string{"data": own, "database_url": first["database_url"], "secret_key_file": filepath.Join(shared, "secret.key")}
	err := opens(t, second)
	require.ErrorContains(t, err, "is not the media folder of this database")
	require.NotContains(t, err.Error(), "\n")
	ok, out := checked(t, second)
	require.False(t, ok)
	require.Contains(t, line(t, out, "media folder"), "WRONG: "+filepath.Join(own, "media"))
	ok, out = checked(t, first)
	require.True(t, ok, out)
	require.Contains(t, line(t, out, "media folder"), "(ok)")

	second["data"] = shared
	require.NoError(t, opens(t, second))
}

func TestAHouseWhoseMediaWereNotRestoredSaysSo(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"data": t.TempDir()}
	require.NoError(t, opens(t, flags))
	media := filepath.Join(flags["data"], "media")
	mark, err := os.ReadFile(filepath.Join(media, "folder"))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(media))
	require.ErrorContains(t, opens(t, flags), "write "+string(mark[:len(mark)-1])+" into "+filepath.Join(media, "folder"))
	ok, _ := checked(t, flags)
	require.False(t, ok)
	// Lost for good: the administrator goes on without them.
	require.NoError(t, os.WriteFile(filepath.Join(media, "folder"), mark, 0o600))
	require.NoError(t, opens(t, flags))
}

func TestACheckTellsWhichNodesRun(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"data": t.TempDir(), "database_url": storetest.PostgresURL(t)}
	require.NoError(t, opens(t, flags))
	ok, out := checked(t, flags)
	require.True(t, ok, out)
	require.Contains(t, line(t, out, "nodes running"), "(ok)")
	db := storetest.Open(t, flags["database_url"], nil)
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO node (id, machine, version, nats, made_at, seen_at) VALUES ('1', 'helgoland', 'v1', 1, ?, ?), ('2', 'sylt', 'v2', 0, ?, ?), ('3', 'amrum', 'v1', 1, 0, 0)`,
			store.Micros(tx.Now()), store.Micros(tx.Now()), store.Micros(tx.Now()), store.Micros(tx.Now()))
		return err
	}))
	_, out = checked(t, flags)
	require.Contains(t, line(t, out, "nodes running"), "helgoland v1, sylt v2")
	require.NotContains(t, line(t, out, "nodes running"), "amrum")
	require.Contains(t, out, "not all have NATS")
	require.Contains(t, out, "different versions")
}
