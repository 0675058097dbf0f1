// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// A house is backed up and restored: its trail holds and goes on, and says that both happened. Then somebody changes it.
func TestARestoredTrailHolds(t *testing.T) {
	t.Parallel()
	none := func(*testing.T) string { return "" }
	for name, urls := range map[string][2]func(t *testing.T) string{"sqlite": {none, none}, "postgres": {storetest.PostgresURL, storetest.EmptyPostgresURL}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lives := func(flags map[string]string, does func(o *opened)) Settings {
				o := open(t, flags)
				does(o)
				o.close()
				o.ends(t, 30*time.Second)
				s, err := ReadSettings("", nil, flags)
				require.NoError(t, err)
				return s
			}
			first := map[string]string{"data": t.TempDir(), "database_url": urls[0](t)}
			s := lives(first, func(o *opened) { o.setUp(t) })
			before, err := VerifyTrail(t.Context(), s, "")
			require.NoError(t, err)
			require.Positive(t, before.Rows)
			require.Equal(t, before.Rows, before.Signed, "what closes in order is signed to its end")
			file := filepath.Join(t.TempDir(), "house.hilft")
			_, err = backsUp(t, first, file, BackupOptions{})
			require.NoError(t, err)

			flags := map[string]string{"data": t.TempDir(), "database_url": urls[1](t), "secret_key_file": s.SecretKeyFile}
			again, err := ReadSettings("", nil, flags)
			require.NoError(t, err)
			_, err = Restore(t.Context(), again, file, BackupOptions{Tell: io.Discard})
			require.NoError(t, err)
			restored, err := VerifyTrail(t.Context(), again, before.Head)
			require.NoError(t, err)
			require.Equal(t, before.Rows, restored.Rows, "the backup is of the moment before it was noted")
			lives(flags, func(*opened) {})
			now, err := VerifyTrail(t.Context(), again, before.Head)
			require.NoError(t, err)
			require.Greater(t, now.Rows, restored.Rows)
			require.Equal(t, now.Rows, now.Signed)

			var out bytes.Buffer
			n, err := ExportTrail(t.Context(), again, 1, &out)
			require.NoError(t, err)
			require.Equal(t, now.Rows, n)
			require.Equal(t, n, int64(strings.Count(out.String(), "\n")))
			require.Contains(t, out.String(), "house.restored")

			db, _, err := store.Attach(t.Context(), databaseOf(again))
			require.NoError(t, err)
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE audit SET what = 'house.backed_up' WHERE n = 1`)
				return err
			}))
			require.NoError(t, db.Close())
			spoilt, err := VerifyTrail(t.Context(), again, "")
			require.ErrorIs(t, err, ErrTrail)
			require.Equal(t, "content", spoilt.Faults[0].Wrong)
			require.Equal(t, int64(1), spoilt.Faults[0].Row)
		})
	}
}
