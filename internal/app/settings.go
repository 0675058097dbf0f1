// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// Settings are what must be known before the house can open. Everything that may change while it runs is kept in the
// database instead.
type Settings struct {
	Data          string   `koanf:"data"`            // folder of the database, media and key
	Listen        string   `koanf:"listen"`          // host:port
	PublicURL     string   `koanf:"public_url"`      // where the world finds the house
	MediaURL      string   `koanf:"media_url"`       // another origin for media; empty: the same, sandboxed
	DatabaseURL   string   `koanf:"database_url"`    // postgres://…; empty: SQLite in the data folder
	NATSURL       string   `koanf:"nats_url"`        // external cluster; empty: inside this process
	SecretKeyFile string   `koanf:"secret_key_file"` // empty: in the data folder
	AllowHosts    []string `koanf:"allow_hosts"`     // hosts in private networks that may be connected to
	LogLevel      string   `koanf:"log_level"`       // debug, info, warn, error
}

// keys are the settings by name. Each may stand in the file, in HILFT_<NAME> and on the command line.
var keys = []string{"data", "listen", "public_url", "media_url", "database_url", "nats_url", "secret_key_file", "allow_hosts", "log_level"}

// EnvPrefix begins the names of environment variables.
const EnvPrefix = "HILFT_"

// ReadSettings takes defaults, then the file if one is named, then HILFT_ variables, then what flags say; the later
// wins. An unknown setting, or one that makes no sense, is an error of one line that says which and where.
func ReadSettings(file string, environ []string, flags map[string]string) (Settings, error) {
	k := koanf.New(".")
	load := func(where string, values map[string]any) error {
		for name := range values {
			if !slices.Contains(keys, name) {
				return fmt.Errorf("%s: there is no setting %q; the settings are %s", where, name, strings.Join(keys, ", "))
			}
		}
		return k.Load(confmap.Provider(values, ""), nil)
	}
	if err := load("defaults", map[string]any{"data": "data", "listen": "127.0.0.1:8080", "log_level": "info"}); err != nil {
		return Settings{}, err
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return Settings{}, fmt.Errorf("settings file: %w", err)
		}
		values, err := toml.Parser().Unmarshal(b)
		if err != nil {
			return Settings{}, fmt.Errorf("settings file %s: %w", file, err)
		}
		if err := load("settings file "+file, values); err != nil {
			return Settings{}, err
		}
	}
	if err := load("environment", fromEnviron(environ)); err != nil {
		return Settings{}, err
	}
	given := map[string]any{}
	for name, v := range flags {
		if v != "" {
			given[name] = v
		}
	}
	if err := load("command line", given); err != nil {
		return Settings{}, err
	}
	var s Settings
	if v, ok := k.Get("allow_hosts").(string); ok { // from the environment or a flag: a list with commas
		if err := k.Set("allow_hosts", strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })); err != nil {
			return Settings{}, err
		}
	}
	if err := k.UnmarshalWithConf("", &s, koanf.UnmarshalConf{}); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	return s.checked()
}

// notSettings are HILFT_ variables that other parts of the program read.
var notSettings = []string{"HILFT_CONFIG", "HILFT_FAULT", "HILFT_SHARED", "HILFT_SOAK", "HILFT_TEST_POSTGRES"}

func fromEnviron(environ []string) map[string]any {
	values := map[string]any{}
	for _, kv := range environ {
		name, v, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, EnvPrefix) && v != "" && !slices.Contains(notSettings, name) {
			values[strings.ToLower(strings.TrimPrefix(name, EnvPrefix))] = v
		}
	}
	return values
}

func (s Settings) checked() (Settings, error) {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return s, fmt.Errorf("listen: want host:port, got %q", s.Listen)
	}
	if s.PublicURL == "" {
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "localhost"
		}
		s.PublicURL = "http://" + net.JoinHostPort(host, port)
	}
	if s.PublicURL, err = origin("public_url", s.PublicURL); err != nil {
		return s, err
	}
	if s.MediaURL != "" {
		if s.MediaURL, err = origin("media_url", s.MediaURL); err != nil {
			return s, err
		}
	}
	if s.SecretKeyFile == "" {
		s.SecretKeyFile = filepath.Join(s.Data, "secret.key")
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.LogLevel) {
		return s, fmt.Errorf("log_level: want debug, info, warn or error, got %q", s.LogLevel)
	}
	return s, nil
}

func origin(name, v string) (string, error) {
	u, err := url.Parse(v)
	if err == nil && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		err = errors.New("not an origin")
	}
	if err != nil {
		return "", fmt.Errorf("%s: want https://host without a path, got %q", name, v)
	}
	return u.Scheme + "://" + u.Host, nil
}
