// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// backsUp makes a backup of the house with these settings.
func backsUp(t *testing.T, flags map[string]string, file string, o BackupOptions) (Backed, error) {
	t.Helper()
	s, err := ReadSettings("", nil, flags)
	require.NoError(t, err)
	o.Tell = io.Discard
	return Backup(t.Context(), s, file, io.Discard, o)
}

// When the disk with the media is not mounted, a backup would lack them all, and the administrator's old ones go after it.
func TestABackupIsNotMadeOfAnotherMediaFolder(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := map[string]string{"data": t.TempDir(), "database_url": url(t)}
			require.NoError(t, opens(t, flags))
			file := filepath.Join(t.TempDir(), "house.hilft")
			_, err := backsUp(t, flags, file, BackupOptions{})
			require.NoError(t, err)
			yesterday, err := os.ReadFile(file)
			require.NoError(t, err)

			media := filepath.Join(flags["data"], "media")
			require.NoError(t, os.Rename(media, media+".unmounted"))
			_, err = backsUp(t, flags, file, BackupOptions{})
			require.ErrorContains(t, err, media+" is not the media folder of this database")
			require.ErrorContains(t, err, "--without-media")
			require.NotContains(t, err.Error(), "\n")
			require.NoDirExists(t, media)
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, yesterday, kept)

			_, err = backsUp(t, flags, file, BackupOptions{WithoutMedia: true})
			require.NoError(t, err)
			require.NoError(t, os.Rename(media+".unmounted", media))
			_, err = backsUp(t, flags, file, BackupOptions{})
			require.NoError(t, err)
		})
	}
}

// A house that an old hilft left has not marked its folder yet, or does not know of marks at all.
func TestABackupIsMadeOfAFolderThatBearsNoMarkYet(t *testing.T) {
	t.Parallel()
	for _, schema := range []int64{1, 10} {
		flags := map[string]string{"data": t.TempDir()}
		storetest.Lived(t, "", filepath.Join(flags["data"], "hilft.db"), schema)
		storetest.Media(t, filepath.Join(flags["data"], "media"))
		_, err := backsUp(t, flags, filepath.Join(t.TempDir(), "house.hilft"), BackupOptions{})
		require.NoError(t, err)
	}
}

// Whoever can look into a backup does; with the public half of its key, what the disk gives back is compared with what was
// written.
func TestABackupIsReadBackWithEitherHalfOfItsKey(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"data": t.TempDir()}
	storetest.Lived(t, "", filepath.Join(flags["data"], "hilft.db"), 10)
	storetest.Media(t, filepath.Join(flags["data"], "media"))
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for name, half := range map[string]string{"public": key.Recipient().String(), "secret": key.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := BackupOptions{KeyFile: filepath.Join(dir, "backup.key"), Tell: io.Discard}
			require.NoError(t, os.WriteFile(o.KeyFile, []byte(half+"\n"), 0o600))
			b, err := backsUp(t, flags, filepath.Join(dir, "house.hilft"), o)
			require.NoError(t, err)
			require.NoError(t, readBack(b, o))

			written, err := os.ReadFile(b.File)
			require.NoError(t, err)
			written[len(written)/2] ^= 0x40
			require.NoError(t, os.WriteFile(b.File, written, 0o600))
			require.Error(t, readBack(b, o))
		})
	}
}

// Who starts hilft once before they restore has made a key there. They learn it before hours are spent on filling the house.
func TestAnotherKeyInTheWayIsToldBeforeAnythingIsRestored(t *testing.T) {
	t.Parallel()
	burnt := map[string]string{"data": t.TempDir()}
	require.NoError(t, opens(t, burnt))
	dir := t.TempDir()
	file, o := filepath.Join(dir, "house.hilft"), BackupOptions{KeyFile: filepath.Join(dir, "backup.key"), WithSecretKey: true}
	made, err := backsUp(t, burnt, file, o)
	require.NoError(t, err)
	original, err := os.ReadFile(filepath.Join(burnt["data"], "secret.key"))
	require.NoError(t, err)
	for name, url := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := map[string]string{"data": t.TempDir(), "database_url": url(t)}
			require.NoError(t, opens(t, flags))
			s, err := ReadSettings("", nil, flags)
			require.NoError(t, err)
			path := filepath.Join(s.Data, "hilft.db")
			before := storetest.Rows(t, s.DatabaseURL, path)
			filled := false
			o := BackupOptions{KeyFile: o.KeyFile, Tell: io.Discard, Progress: func(_, _ int64) { filled = true }}

			_, err = Restore(t.Context(), s, file, o)
			require.ErrorContains(t, err, s.SecretKeyFile+" is another key than that in the backup: move it away")
			require.False(t, filled)
			require.Equal(t, before, storetest.Rows(t, s.DatabaseURL, path))

			require.NoError(t, os.Rename(s.SecretKeyFile, s.SecretKeyFile+".new"))
			is, err := Restore(t.Context(), s, file, o)
			require.NoError(t, err)
			require.Equal(t, made.Rows, is.Rows)
			kept, err := os.ReadFile(s.SecretKeyFile)
			require.NoError(t, err)
			require.Equal(t, original, kept)
		})
	}
}
