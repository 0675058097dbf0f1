// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	clock := storetest.NewClock()
	db := storetest.Open(t, flags["database_url"], clock.Now)
	log := slog.New(slog.DiscardHandler)
	company := func() ([]string, string) {
		names, misfit, err := company(t.Context(), db)
		require.NoError(t, err)
		return names, misfit
	}
	beat := func(n *node, others int) {
		t.Helper()
		got, err := n.beat(t.Context())
		require.NoError(t, err)
		require.Equal(t, others, got)
	}
	one, two := newNode(db, "v1", true, log), newNode(db, "v1", true, log)
	one.machine, two.machine = "helgoland", "sylt"
	beat(one, 0)
	names, misfit := company()
	require.Equal(t, []string{"helgoland v1"}, names)
	require.Empty(t, misfit)
	beat(two, 1)
	names, misfit = company()
	require.Equal(t, []string{"helgoland v1", "sylt v1"}, names)
	require.Empty(t, misfit)

	deaf := newNode(db, "v2", false, log)
	beat(deaf, 2)
	_, misfit = company()
	require.Contains(t, misfit, "not all have NATS")
	require.Contains(t, misfit, "different versions")

	deaf.leave(t.Context())
	clock.Forward(goneAfter / 2)
	beat(two, 1)
	clock.Forward(goneAfter / 2)
	names, misfit = company()
	require.Equal(t, []string{"sylt v1"}, names, "who dies is gone a while later")
	require.Empty(t, misfit)
	clock.Forward(keptFor)
	beat(two, 0)
	require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM node`))
}

func TestANodeShowsItselfAsLongAsItRuns(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.PostgresURL(t), nil)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		newNode(db, "v1", false, slog.New(slog.DiscardHandler)).run(ctx)
	}()
	there := func() int { return storetest.Count(t, db, `SELECT COUNT(*) FROM node`) }
	require.Eventually(t, func() bool { return there() == 1 }, 20*time.Second, 10*time.Millisecond)
	cancel()
	<-over
	require.Zero(t, there())
}
