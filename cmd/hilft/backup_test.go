// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// old is a data folder that an older hilft has left, and the settings for it.
func old(t *testing.T) (data string, environ []string) {
	t.Helper()
	data = t.TempDir()
	storetest.Lived(t, "", filepath.Join(data, "hilft.db"), 10)
	storetest.Media(t, filepath.Join(data, "media"))
	return data, []string{"HILFT_DATA=" + data}
}

func last(t *testing.T, out string) (told map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(out), &told), out)
	return told
}

// An upgrade leaves a way back, and once there is nothing to upgrade it does nothing.
func TestAnUpgradeMakesABackupFirst(t *testing.T) {
	t.Parallel()
	data, environ := old(t)
	before := storetest.Rows(t, "", filepath.Join(data, "hilft.db"))
	newest, err := store.NewestSchema()
	require.NoError(t, err)

	code, _, errs := called(t, environ, "upgrade", "--backup", filepath.Join(data, "no", "such", "folder"))
	require.Equal(t, 1, code)
	require.Contains(t, errs, "nothing was upgraded")
	require.Equal(t, before, storetest.Rows(t, "", filepath.Join(data, "hilft.db")))

	code, _, errs = called(t, environ, "upgrade", "--backup", "-")
	require.Equal(t, 1, code)
	require.Equal(t, "hilft: the backup is read back before anything is upgraded: name a file for it\n", errs)
	require.Equal(t, before, storetest.Rows(t, "", filepath.Join(data, "hilft.db")))

	code, out, errs := called(t, environ, "upgrade")
	require.Zero(t, code, errs)
	told := last(t, out)
	require.EqualValues(t, 10, told["from"])
	require.EqualValues(t, newest, told["to"])
	files, err := filepath.Glob(filepath.Join(data, "before-schema-*.hilft"))
	require.NoError(t, err)
	require.Len(t, files, 1)

	elsewhere := []string{"HILFT_DATA=" + t.TempDir()}
	code, out, errs = called(t, elsewhere, "restore", files[0])
	require.Zero(t, code, errs)
	require.EqualValues(t, 10, last(t, out)["schema"])
	require.Contains(t, out, `"media":0`)

	code, out, errs = called(t, environ, "upgrade")
	require.Zero(t, code, errs)
	require.NotContains(t, out, "backup")
}

// The machine that makes backups need not be able to open them: an upgrade there has a way back as well, and says how far it
// could look.
func TestAnUpgradeNeedsThePublicHalfOfTheKeyOnly(t *testing.T) {
	t.Parallel()
	data, environ := old(t)
	before := storetest.Rows(t, "", filepath.Join(data, "hilft.db"))
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	dir := t.TempDir()
	half, whole := filepath.Join(dir, "half.key"), filepath.Join(dir, "whole.key")
	require.NoError(t, os.WriteFile(half, []byte(key.Recipient().String()+"\n"), 0o600))
	require.NoError(t, os.WriteFile(whole, []byte(key.String()+"\n"), 0o600))

	code, out, errs := called(t, environ, "upgrade", "--key-file", half)
	require.Zero(t, code, errs)
	require.EqualValues(t, 10, last(t, out)["from"])
	require.Contains(t, errs, "only the key itself opens it")
	files, err := filepath.Glob(filepath.Join(data, "before-schema-*.hilft"))
	require.NoError(t, err)
	require.Len(t, files, 1)

	elsewhere := t.TempDir()
	code, _, errs = called(t, []string{"HILFT_DATA=" + elsewhere}, "restore", files[0], "--key-file", whole)
	require.Zero(t, code, errs)
	require.Len(t, storetest.Rows(t, "", filepath.Join(elsewhere, "hilft.db"))["message"], len(before["message"]))
}

// A restore that is killed before its end leaves an empty house, into which the next one restores.
func TestARestoreThatWasKilledIsDoneAgain(t *testing.T) {
	t.Parallel()
	data, environ := old(t)
	file := filepath.Join(t.TempDir(), "house.hilft")
	code, _, errs := called(t, environ, "backup", file)
	require.Zero(t, code, errs)
	before := storetest.Rows(t, "", filepath.Join(data, "hilft.db"))
	for name, url := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			elsewhere := t.TempDir()
			environ := []string{"HILFT_DATA=" + elsewhere}
			at := url(t)
			if at != "" {
				environ = append(environ, "HILFT_DATABASE_URL="+at)
			}
			code, out, _ := called(t, append(environ, "HILFT_FAULT=restore.loaded"), "restore", file)
			require.Equal(t, -1, code, "it was not killed")
			require.Empty(t, out)
			if at == "" {
				require.NoFileExists(t, filepath.Join(elsewhere, "hilft.db"))
			} else {
				require.Empty(t, storetest.Rows(t, at, "")["message"])
			}
			var errs string
			require.Eventually(t, func() bool { // Postgres notices in its own time that somebody is gone
				code, out, errs = called(t, environ, "restore", file)
				return code == 0
			}, time.Minute, 100*time.Millisecond)
			require.Len(t, storetest.Rows(t, at, filepath.Join(elsewhere, "hilft.db"))["message"], len(before["message"]), out)
			code, _, errs = called(t, environ, "restore", file)
			require.Equal(t, 1, code)
			require.Contains(t, errs, "somebody lives in this house")
		})
	}
}

// What goes to standard output is the same file, and the key of the house goes nowhere unsealed.
func TestABackupMayGoToStandardOutput(t *testing.T) {
	t.Parallel()
	data, environ := old(t)
	code, _, errs := called(t, environ, "upgrade")
	require.Zero(t, code, errs)
	require.NoError(t, os.WriteFile(filepath.Join(data, "secret.key"), []byte("geheim"), 0o600))
	code, _, errs = called(t, environ, "backup", "-", "--with-secret-key")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "encrypted backups only")

	code, out, errs := called(t, environ, "backup", "-")
	require.Zero(t, code, errs)
	require.Positive(t, last(t, errs)["bytes"])
	file := filepath.Join(t.TempDir(), "house.hilft")
	require.NoError(t, os.WriteFile(file, []byte(out), 0o600))
	code, out, errs = called(t, nil, "restore", "--check", file)
	require.Zero(t, code, errs)
	require.Positive(t, last(t, out)["rows"])

	// A file that is there stays until the next is complete.
	key := filepath.Join(t.TempDir(), "backup.key")
	code, _, errs = called(t, environ, "backup", file, "--key-file", key, "--with-secret-key")
	require.Zero(t, code, errs)
	require.Contains(t, errs, "made a key for backups")
	restored := t.TempDir()
	code, _, errs = called(t, []string{"HILFT_DATA=" + restored}, "restore", file, "--key-file", key)
	require.Zero(t, code, errs)
	kept, err := os.ReadFile(filepath.Join(restored, "secret.key"))
	require.NoError(t, err)
	require.Equal(t, "geheim", string(kept))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
