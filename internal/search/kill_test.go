// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// indexEnv names a database whose index a process of this test makes, and does nothing else.
const indexEnv = "HILFT_TEST_INDEX"

func TestMain(m *testing.M) {
	path := os.Getenv(indexEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := index(context.Background(), path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func index(ctx context.Context, path string) error {
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(ctx, bus.Options{Log: log})
	if err != nil {
		return err
	}
	defer b.Close()
	return New(db, jobs.New(db, b, log)).CatchUp(ctx)
}

// However often whoever makes the index is killed, in the end it has every word of every message once.
func TestAKillLosesNothingAndCountsNothingTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hilft.db")
	db, err := store.Open(t.Context(), store.Options{Path: path})
	require.NoError(t, err)
	const many = 12_000
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var rows [][]any
		for n := range many {
			rows = append(rows, []any{fmt.Sprintf("m%06d", n), fmt.Sprintf("Wort%d und Netz%d heute", n%1000, n%7), n})
		}
		if _, err := tx.Exec(ctx, `INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language, waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at)
			VALUES ('c', 1, 'nord', 'p', '', 'open', '', '', '', 'private', '', 'de', 0, 0, 0, 0, 0, 0, 0, 0)`); err != nil {
			return err
		}
		for i, r := range rows {
			rows[i] = []any{r[0], "nord", "", "c", "", "", "", "note", "private", "", "", "", "", r[1], "", "", "", "[]", 0, r[2], r[2], 0, 0, "", "", "", 0, ""}
		}
		return tx.Insert(ctx, `INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id, agent_id,
			in_reply_to, subject, body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request)`, rows, ``)
	}))
	require.NoError(t, db.Close())

	finished := false
	for kills := 0; !finished; kills++ {
		require.Less(t, kills, 200)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), indexEnv+"="+path)
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(time.Duration(20+kills*15)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		finished = cmd.Wait() == nil
		timer.Stop()
	}
	db, err = store.Open(t.Context(), store.Options{Path: path})
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	h := &house{t: t, db: db}
	laid := h.laid()
	require.Len(t, laid["nord heute"], many)
	require.Len(t, laid["nord wort7"], many/1000)
	require.Equal(t, many, h.count(`SELECT COUNT(*) FROM search_text`))
}
