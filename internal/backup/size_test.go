// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/backup"
	"github.com/hilft/hilft/internal/store"
)

// How long it takes for a house of MESSAGES messages, and how long writers wait meanwhile; it prints its figures. A million
// are to be backed up in two minutes and restored in ten.
func TestAHouseOfManyMessages(t *testing.T) {
	t.Parallel()
	many := 2000
	if n, err := strconv.Atoi(os.Getenv("MESSAGES")); err == nil {
		many = n
	}
	for name := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := lived(t, name, newest(t))
			db, err := store.Open(t.Context(), p.opts)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			for from := 0; from < many; from += 500 {
				fill(t, db, from, min(from+500, many))
			}

			path := filepath.Join(t.TempDir(), "house.hilft")
			file, err := os.Create(path)
			require.NoError(t, err)
			defer func() { _ = file.Close() }()
			done := make(chan struct{})
			slowest := make(chan time.Duration)
			go func() { slowest <- writeUntil(t, db, done) }()
			began := time.Now()
			made, err := backup.Write(t.Context(), file, backup.From{DB: db})
			require.NoError(t, err)
			backedUp := time.Since(began)
			close(done)
			waited := <-slowest
			require.GreaterOrEqual(t, made.Rows, int64(4*many))
			size, err := file.Seek(0, 1)
			require.NoError(t, err)
			_, err = file.Seek(0, 0)
			require.NoError(t, err)

			is := placeAt(t, databases[name](t))
			began = time.Now()
			_, _, err = backup.Restore(t.Context(), file, backup.Into{Store: is.opts, Blobs: is.blobs})
			require.NoError(t, err)
			t.Logf("%s: %d messages, %d rows, %d MB: backed up in %s, in which the slowest write took %s; restored in %s",
				name, many, made.Rows, size>>20, backedUp.Round(time.Millisecond), waited.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		})
	}
}

// writeUntil writes on and on, and tells how long the slowest took.
func writeUntil(t *testing.T, db *store.DB, done <-chan struct{}) (slowest time.Duration) {
	for n := 0; ; n++ {
		select {
		case <-done:
			return slowest
		default:
		}
		began := time.Now()
		err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET heard_at = ? WHERE id = 'a1'`, n)
			return err
		})
		if err != nil {
			t.Error(err)
			return slowest
		}
		slowest = max(slowest, time.Since(began))
	}
}

// prose is forty words out of three thousand, others in every message: what repeats itself would cost next to nothing.
func prose(n int) string {
	rng := rand.New(rand.NewPCG(uint64(n), 0))
	var b strings.Builder
	for range 40 {
		b.WriteString(strconv.FormatInt(int64(rng.IntN(3000))*7_654_321, 36) + " ")
	}
	return b.String()
}

// fill adds messages as they come in: each with its raw delivery, its place and its event.
func fill(t *testing.T, db *store.DB, from, to int) {
	t.Helper()
	var messages, inbox, refs, events [][]any
	for n := from; n < to; n++ {
		id := fmt.Sprintf("x%08d", n)
		text := prose(n)
		messages = append(messages, []any{id, "b1", "v1", "c1", "a1", "mail", "r" + id, "inbound", "private", "i1", "", "", "Kein Netz", text, "", "", "", "[]", 0, n, n, 0, 0, "", "", "", 0, ""})
		inbox = append(inbox, []any{"a1", "k" + id, "poll", []byte("From: joerg\r\n\r\n" + text), "", n, "kept", ""})
		refs = append(refs, []any{"a1", "private", "m:r" + id, "v1"})
		events = append(events, []any{n, "message.heard", "b1", "c1", id, "", "{}"})
	}
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, in := range []struct {
			into string
			rows [][]any
		}{
			{`INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id, agent_id, in_reply_to, subject,
				body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request)`, messages},
			{`INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error)`, inbox},
			{`INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id)`, refs},
			{`INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data)`, events},
		} {
			if err := tx.Insert(ctx, in.into, in.rows, ""); err != nil {
				return err
			}
		}
		return nil
	}))
}
