// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/api"
	"github.com/hilft/hilft/connectors/webchat"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/intake"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

// house is all rooms below HTTP, and the door.
type house struct {
	db     *store.DB
	jobs   *jobs.Jobs
	access *access.Access
	desk   *desk.Desk
	board  *switchboard.Switchboard
	api    *httpapi.API
	server *httptest.Server
}

func openHouse(t *testing.T) *house { return openHouseOn(t, storetest.Open(t, "", nil)) }

// openHouseOn opens the house on a database, at work until the test ends.
func openHouseOn(t *testing.T, db *store.DB) *house {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	h := &house{db: db}
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	blobs, err := blob.Open(filepath.Join(t.TempDir(), "media"))
	require.NoError(t, err)
	keys, err := access.OpenKeys(filepath.Join(t.TempDir(), "secret.key"))
	require.NoError(t, err)
	networks := []channel.Connector{api.Connector{}, webchat.New()}
	h.access = access.New(access.Deps{DB: db})
	h.jobs = jobs.New(db, b, log)
	h.desk = desk.New(db, h.jobs, access.AnswerIn)
	env := channeltest.NewEnv(t)
	h.server = httptest.NewUnstartedServer(nil)
	env.PublicURL = "http://" + h.server.Listener.Addr().String()
	h.board = switchboard.New(switchboard.Deps{DB: db, Jobs: h.jobs, Bus: b, Blobs: blobs, Keys: keys, Connectors: networks, Env: env, Log: log},
		intake.New(blobs, h.desk, db.Now))
	h.api = httpapi.New(httpapi.Deps{
		DB: db, Bus: b, Jobs: h.jobs, Access: h.access, Keys: keys, Blobs: blobs, Desk: h.desk, Switchboard: h.board, Connectors: networks,
		Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>hilft</title>")}}, PublicURL: env.PublicURL, Version: "test", Log: log,
	})
	h.server.Config.Handler = h.api
	h.server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { h.jobs.Run(ctx) })
	wg.Go(func() { h.board.Run(ctx) })
	wg.Go(func() { h.api.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		h.server.Close()
		h.board.Close()
		b.Close()
	})
	return h
}
