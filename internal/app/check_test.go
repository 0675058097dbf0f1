// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store/storetest"
)

func checked(t *testing.T, flags map[string]string) (bool, string) {
	t.Helper()
	s, err := ReadSettings("", nil, flags)
	require.NoError(t, err)
	var out bytes.Buffer
	ok := Check(t.Context(), s, &out)
	return ok, out.String()
}

// line is what a check says about something.
func line(t *testing.T, out, what string) string {
	t.Helper()
	for l := range strings.Lines(out) {
		if strings.HasPrefix(l, what) {
			return strings.TrimSpace(l)
		}
	}
	t.Fatalf("nothing about %s in:\n%s", what, out)
	return ""
}

func TestCheckSaysWhatIsAndChangesNothing(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	ok, out := checked(t, map[string]string{"data": data})
	require.True(t, ok, out)
	for _, what := range []string{"data folder", "database", "secret key"} {
		require.Contains(t, line(t, out, what), "made at the first start")
	}
	require.NoDirExists(t, data)

	s, err := ReadSettings("", nil, map[string]string{"data": data})
	require.NoError(t, err)
	h, err := Open(t.Context(), s, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	h.Close()
	before := files(t, data)
	ok, out = checked(t, map[string]string{"data": data})
	require.True(t, ok, out)
	require.Contains(t, line(t, out, "database"), "(ok)")
	require.Contains(t, line(t, out, "secret key"), "(ok)")
	require.Equal(t, before, files(t, data))

	// Another key than the one of this database, and none, would both be refused at the start.
	other := filepath.Join(t.TempDir(), "secret.key")
	_, err = access.OpenKeys(other)
	require.NoError(t, err)
	ok, out = checked(t, map[string]string{"data": data, "secret_key_file": other})
	require.False(t, ok, out)
	require.Contains(t, line(t, out, "secret key"), "WRONG: this is not the secret key file that the database was sealed with")
	ok, out = checked(t, map[string]string{"data": data, "secret_key_file": filepath.Join(data, "lost.key")})
	require.False(t, ok, out)
	require.Contains(t, line(t, out, "secret key"), "put the old one back")
	require.Equal(t, before, files(t, data))
}

func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") {
			all = append(all, path)
		}
		return err
	}))
	return all
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	odd := filepath.Join(dir, "odd")
	require.NoError(t, os.WriteFile(odd, []byte("not a key"), 0o600))
	for what, c := range map[string]struct {
		flags map[string]string
		about string
	}{
		"cannot assign requested address": {map[string]string{"data": dir, "listen": "192.0.2.1:8080"}, "listens on"},
		"is not a folder":                 {map[string]string{"data": odd}, "data folder"},
		"WRONG":                           {map[string]string{"data": dir, "secret_key_file": odd}, "secret key"},
		"want postgres://user:password@host:5432/database": {map[string]string{"data": dir, "database_url": "nonsense"}, "database"},
		"connection refused": {map[string]string{"data": dir, "database_url": "postgres://hilft:geheim@127.0.0.1:1/hilft?password=geheim"}, "database"},
		"settings.nats_url":  {map[string]string{"data": dir, "nats_url": "nats://:geheim@"}, "wake-ups"},
	} {
		began := time.Now()
		ok, out := checked(t, c.flags)
		require.False(t, ok, out)
		require.Contains(t, line(t, out, c.about), what)
		require.NotContains(t, out, "geheim")
		require.Less(t, time.Since(began), 15*time.Second)
	}
}

func TestCheckSaysWhatMayBeMeant(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	data := t.TempDir()
	for _, c := range []struct {
		flags       map[string]string
		about, says string
	}{
		{map[string]string{"listen": taken.Addr().String()}, "listens on", "taken: by hilft itself"},
		{map[string]string{"listen": "127.0.0.1:0"}, "listens on", "(ok)"},
		{map[string]string{"public_url": "http://desk.example"}, "public address", "without https"},
		{map[string]string{"public_url": "https://desk.example", "media_url": "https://desk.example"}, "media", "not kept apart"},
		{map[string]string{"public_url": "https://desk.example", "media_url": "https://media.example"}, "media", "(ok)"},
		{map[string]string{"trusted_proxies": ","}, "proxies", "none is trusted"},
		{map[string]string{"metrics_from": ","}, "metrics for", "closed"},
	} {
		c.flags["data"] = data
		ok, out := checked(t, c.flags)
		require.True(t, ok, out)
		require.Contains(t, line(t, out, c.about), c.says)
	}
}

func TestCheckKnowsAPostgres(t *testing.T) {
	t.Parallel()
	url := storetest.EmptyPostgresURL(t)
	flags := map[string]string{"data": t.TempDir(), "database_url": url}
	ok, out := checked(t, flags)
	require.True(t, ok, out)
	s, err := ReadSettings("", nil, flags)
	require.NoError(t, err)
	h, err := Open(t.Context(), s, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	h.Close()
	ok, out = checked(t, flags)
	require.True(t, ok, out)
	require.Contains(t, line(t, out, "database"), "(ok)")
	require.NoError(t, os.Remove(filepath.Join(s.Data, "secret.key")))
	ok, out = checked(t, flags)
	require.False(t, ok, out)
	require.Contains(t, line(t, out, "secret key"), "put the old one back")
	_, err = Open(t.Context(), s, Options{Log: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "put the old one back", "a new key opens nothing that the old one sealed")
}

func TestCheckAsksTheCluster(t *testing.T) {
	t.Parallel()
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	nats.Start()
	t.Cleanup(nats.WaitForShutdown)
	t.Cleanup(nats.Shutdown)
	require.True(t, nats.ReadyForConnections(10*time.Second))
	ok, out := checked(t, map[string]string{"data": t.TempDir(), "nats_url": nats.ClientURL()})
	require.True(t, ok, out)
	require.Contains(t, line(t, out, "wake-ups"), "(ok)")

	ok, out = checked(t, map[string]string{"data": t.TempDir(), "nats_url": "nats://127.0.0.1:1"})
	require.True(t, ok, "the house opens without it: %s", out)
	require.Contains(t, line(t, out, "wake-ups"), "nothing answers there")
}

func TestNoPasswordIsShown(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://hilft:geheim@db/hilft":                                                 "postgres://hilft:xxxxx@db/hilft",
		"postgres://db/hilft?user=hilft&password=geheim&sslmode=verify":                    "postgres://db/hilft?password=xxxxx&sslmode=verify&user=hilft",
		"postgres://db/hilft?sslpassword=geheim":                                           "postgres://db/hilft?sslpassword=xxxxx",
		"nats://a:geheim@one:4222,nats://b:geheim@two:4222":                                "nats://a:xxxxx@one:4222,nats://b:xxxxx@two:4222",
		"nats://geheim@one:4222":                                                           "nats://xxxxx@one:4222",
		"postgres://hilft:geheim@a,b/hilft":                                                "postgres://hilft:xxxxx@a,b/hilft",
		"postgres://hilft:geheim@a:5432,b:5433,[::1]:1/hilft?target_session_attrs=primary": "postgres://hilft:xxxxx@a:5432,b:5433,[::1]:1/hilft?target_session_attrs=primary",
		"postgres://hilft:ge,heim@a:5432,b/hilft":                                          "postgres://hilft:xxxxx@a:5432,b/hilft",
		"postgres://hilft:7/heim@db/hilft":                                                 "an address that cannot be read",
		"host=db password=geheim":                                                          "an address that cannot be read",
		"postgres://hilft:ge%heim@db":                                                      "an address that cannot be read",
	} {
		require.Equal(t, want, redacted(given))
	}
}
