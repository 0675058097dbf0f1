// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func settingsFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hilft.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestWithoutSettingsTheHouseIsOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	s, err := ReadSettings("", []string{"PATH=/bin", "HILFT_DATA=", "HILFT_BIN=/bin/hilft", "HILFT_FAULT=x"}, nil)
	require.NoError(t, err)
	require.Equal(t, Settings{
		Data: "data", Listen: "127.0.0.1:8080", PublicURL: "http://127.0.0.1:8080", SecretKeyFile: filepath.Join("data", "secret.key"),
		TrustedProxies: []string{"127.0.0.1", "::1"}, MetricsFrom: []string{"127.0.0.1", "::1"}, LogLevel: "info", OnwardAfter: 2 * time.Minute, RequestRate: 1200,
	}, s)
}

func TestTheLaterWordWins(t *testing.T) {
	t.Parallel()
	file := settingsFile(t, `
data = "/srv/file"
listen = "127.0.0.1:1"
public_url = "https://file.example/"
log_level = "warn"
allow_hosts = ["mail.intern", "10.0.0.7:993"]
trusted_proxies = []
metrics_from = ["10.7.0.0/16"]
`)
	s, err := ReadSettings(file, nil, nil)
	require.NoError(t, err)
	require.Equal(t, Settings{
		Data: "/srv/file", Listen: "127.0.0.1:1", PublicURL: "https://file.example", SecretKeyFile: "/srv/file/secret.key",
		AllowHosts: []string{"mail.intern", "10.0.0.7:993"}, TrustedProxies: []string{}, MetricsFrom: []string{"10.7.0.0/16"}, LogLevel: "warn", OnwardAfter: 2 * time.Minute, RequestRate: 1200,
	}, s)

	environ := []string{"HILFT_LISTEN=127.0.0.1:2", "HILFT_LOG_LEVEL=error", "HILFT_ALLOW_HOSTS=a.intern, b.intern,c.intern"}
	s, err = ReadSettings(file, environ, map[string]string{"log_level": "debug", "listen": "", "trusted_proxies": "10.0.0.0/8"})
	require.NoError(t, err)
	require.Equal(t, "/srv/file", s.Data)
	require.Equal(t, "127.0.0.1:2", s.Listen, "environment before file; an empty flag says nothing")
	require.Equal(t, "debug", s.LogLevel, "flag before environment")
	require.Equal(t, []string{"a.intern", "b.intern", "c.intern"}, s.AllowHosts)
	require.Equal(t, []string{"10.0.0.0/8"}, s.TrustedProxies)
}

func TestAWrongSettingIsOneLineThatSaysWhichAndWhere(t *testing.T) {
	t.Parallel()
	type where struct {
		file    string
		environ []string
		flags   map[string]string
	}
	for want, w := range map[string]where{
		`settings file FILE: there is no setting "publicurl"; the settings are data, listen, public_url, media_url, database_url, nats_url, secret_key_file, allow_hosts, trusted_proxies, metrics_from, log_level`: {file: `publicurl = "x"`},
		`settings file FILE: there is no setting "server"`:                                                {file: "[server]\nlisten = 1"},
		`environment: there is no setting "dta"`:                                                          {environ: []string{"HILFT_DTA=x"}},
		`settings file FILE: listen: want text in quotes`:                                                 {file: `listen = 8080`},
		`settings file FILE: data: want text in quotes`:                                                   {file: "[data]\nx = 1"},
		`settings file FILE: allow_hosts: want a list of texts`:                                           {file: `allow_hosts = [1, 2]`},
		`settings file FILE, line 3: toml: `:                                                              {file: "data = \"x\"\n\nlisten = = 1"},
		`listen: want host:port, got "8080"`:                                                              {flags: map[string]string{"listen": "8080"}},
		`listen: want host:port, got "x:99999"`:                                                           {flags: map[string]string{"listen": "x:99999"}},
		`listen: want host:port, got "x:http"`:                                                            {flags: map[string]string{"listen": "x:http"}},
		`public_url: want https://host`:                                                                   {environ: []string{"HILFT_PUBLIC_URL=desk.example"}},
		`public_url: want https://host without anything behind it, got "https://desk.example/hilft"`:      {environ: []string{"HILFT_PUBLIC_URL=https://desk.example/hilft"}},
		`public_url: want https://host without anything behind it, got "https://rosa:xxxxx@desk.example"`: {environ: []string{"HILFT_PUBLIC_URL=https://rosa:geheim@desk.example"}},
		`media_url: want https://host`:                                                                    {environ: []string{"HILFT_MEDIA_URL=ftp://media.example"}},
		`trusted_proxies: want addresses or networks like 10.0.0.0/8, got "proxy"`:                        {environ: []string{"HILFT_TRUSTED_PROXIES=proxy"}},
		`metrics_from: want addresses or networks like 10.0.0.0/8, got "all"`:                             {flags: map[string]string{"metrics_from": "all"}},
		`environment: leave_after: want a time like 10s, at most 5m0s, got "10"`:                          {environ: []string{"HILFT_LEAVE_AFTER=10"}},
		`command line: leave_after: want a time like 10s, at most 5m0s, got "1h"`:                         {flags: map[string]string{"leave_after": "1h"}},
		`environment: onward_after: want a time like 10s, at most 24h0m0s, got "25h"`:                     {environ: []string{"HILFT_ONWARD_AFTER=25h"}},
		`log_level: want debug, info, warn or error, got "loud"`:                                          {environ: []string{"HILFT_LOG_LEVEL=loud"}},
	} {
		file := ""
		if w.file != "" {
			file = settingsFile(t, w.file)
		}
		_, err := ReadSettings(file, w.environ, w.flags)
		require.Error(t, err, want)
		got := strings.ReplaceAll(err.Error(), file, "FILE")
		if file == "" {
			got = err.Error()
		}
		require.True(t, strings.HasPrefix(got, want), "got  %s\nwant %s", got, want)
		require.NotContains(t, got, "\n")
		require.NotContains(t, got, "geheim")
	}
	_, err := ReadSettings(filepath.Join(t.TempDir(), "none.toml"), nil, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Contains(t, err.Error(), "none.toml")
}

func TestAnOriginIsAsBrowsersSendIt(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://Desk.Example/": "https://desk.example", "https://desk.example:443": "https://desk.example", "http://desk.example:80/": "http://desk.example",
		"https://desk.example:8443": "https://desk.example:8443", "http://[::1]:8080": "http://[::1]:8080",
	} {
		got, err := origin("public_url", given)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for listen, want := range map[string]string{"0.0.0.0:80": "http://localhost", ":9000": "http://localhost:9000", "[::]:9000": "http://localhost:9000", "[::1]:9000": "http://[::1]:9000"} {
		s, err := ReadSettings("", nil, map[string]string{"listen": listen})
		require.NoError(t, err)
		require.Equal(t, want, s.PublicURL)
	}
}

// The handbook's table names every setting, in the order of the program, and no other.
func TestTheHandbookNamesEverySetting(t *testing.T) {
	t.Parallel()
	book, err := os.ReadFile("../../docs/admin.md")
	require.NoError(t, err)
	var named []string
	for line := range strings.Lines(string(book)) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | `"); ok && strings.HasPrefix(line, "| `") {
			named = append(named, name)
			require.True(t, strings.HasPrefix(rest, EnvPrefix+strings.ToUpper(name)+"` | `--"+strings.ReplaceAll(name, "_", "-")+"`"), line)
		}
	}
	require.Equal(t, keys, named)
	var fields []string
	for f := range reflect.TypeFor[Settings]().Fields() {
		fields = append(fields, f.Tag.Get("koanf"))
	}
	require.ElementsMatch(t, keys, fields)
	for _, name := range lists {
		require.True(t, slices.Contains(keys, name))
	}
}

func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{`data = "x"`, "[data]", `allow_hosts = ["a", 1]`, `listen = """`, "public_url = 'https://x'\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "f.toml")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		if _, err := ReadSettings(path, nil, nil); err != nil {
			require.NotContains(t, strings.TrimRight(err.Error(), "\n"), "\n")
		}
	})
}
