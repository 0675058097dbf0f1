// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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
	AllowHosts    []string `koanf:"allow_hosts"`     // hosts in private networks that may be connected to, and spoken with plainly
	LogLevel      string   `koanf:"log_level"`       // debug, info, warn, error
	// How long a node that was asked to end goes on to serve while /readyz says no, so that a load balancer takes it out.
	LeaveAfter time.Duration `koanf:"leave_after"`
	// How long an answer in a chat waits for its visitor before it goes on by e-mail; 0: it waits until they come back.
	OnwardAfter time.Duration `koanf:"onward_after"`

	// How many requests to the API a token may make in a minute, on each node; others in proportion. 0: no limit.
	RequestRate int `koanf:"request_rate"`

	OTLPEndpoint string `koanf:"otlp_endpoint"` // http(s) address of a collector of traces; empty: none

	// Reverse proxies, as addresses or networks, whose X-Forwarded-For tells where a request comes from. By default those
	// of this machine: without them all the world would come from one address, and share one limit.
	TrustedProxies []string `koanf:"trusted_proxies"`

	// Who may read the figures for Prometheus, as addresses or networks. They say how busy the house is, so by default
	// this machine alone.
	MetricsFrom []string `koanf:"metrics_from"`
}

// keys are the settings by name. Each may stand in the file, in HILFT_<NAME> and on the command line.
var keys = []string{"data", "listen", "public_url", "media_url", "database_url", "nats_url", "secret_key_file", "allow_hosts", "trusted_proxies", "metrics_from", "log_level", "otlp_endpoint", "leave_after", "onward_after", "request_rate"}

// lists are the settings that hold several values: a list in the file, elsewhere with commas between.
var lists = []string{"allow_hosts", "trusted_proxies", "metrics_from"}

// times are the settings that are a time, with the longest that makes sense: whoever starts and ends programs kills them
// when they do not end, and an answer by e-mail after a day is none.
var times = map[string]time.Duration{"leave_after": 5 * time.Minute, "onward_after": 24 * time.Hour}

const thisMachine = "127.0.0.1, ::1"

// EnvPrefix begins the names of environment variables.
const EnvPrefix = "HILFT_"

// ReadSettings takes defaults, then the file if one is named, then HILFT_ variables, then what flags say; the later
// wins. An unknown setting, or one that makes no sense, is an error of one line that says which and where.
func ReadSettings(file string, environ []string, flags map[string]string) (Settings, error) {
	k := koanf.New(".")
	load := func(where string, values map[string]any) error {
		for name, v := range values {
			if !slices.Contains(keys, name) {
				return fmt.Errorf("%s: there is no setting %q; the settings are %s", where, name, strings.Join(keys, ", "))
			}
			var err error
			if values[name], err = shaped(name, v); err != nil {
				return fmt.Errorf("%s: %s: %w", where, name, err)
			}
		}
		return k.Load(confmap.Provider(values, ""), nil)
	}
	defaults := map[string]any{
		"data": "data", "listen": "127.0.0.1:8080", "log_level": "info", "trusted_proxies": thisMachine, "metrics_from": thisMachine, "leave_after": "0s", "onward_after": "2m", "request_rate": "1200",
	}
	if err := load("defaults", defaults); err != nil {
		return Settings{}, err
	}
	if file != "" {
		values, err := fromFile(file)
		if err != nil {
			return Settings{}, err
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
	if err := k.Unmarshal("", &s); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	return s.checked()
}

func fromFile(file string) (map[string]any, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	values, err := toml.Parser().Unmarshal(b)
	if wrong, ok := errors.AsType[interface {
		error
		Position() (row, column int)
	}](err); ok {
		row, _ := wrong.Position()
		return nil, fmt.Errorf("settings file %s, line %d: %w", file, row, err)
	}
	if err != nil {
		return nil, fmt.Errorf("settings file %s: %w", file, err)
	}
	return values, nil
}

// shaped is a value of a setting as Settings holds it: text, or for a list texts.
func shaped(name string, v any) (any, error) {
	text, isText := v.(string)
	if !slices.Contains(lists, name) {
		if !isText {
			return nil, errors.New("want text in quotes")
		}
		if most, isTime := times[name]; isTime {
			if d, err := time.ParseDuration(text); err != nil || d < 0 || d > most {
				return nil, fmt.Errorf("want a time like 10s, at most %s, got %q", most, text)
			}
		}
		if name == "request_rate" {
			if n, err := strconv.Atoi(text); err != nil || n < 0 || n > 1_000_000 {
				return nil, fmt.Errorf("want how many requests a minute, 0 for no limit, got %q", text)
			}
		}
		return text, nil
	}
	if isText {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }), nil
	}
	all, isList := v.([]any)
	texts := make([]string, 0, len(all))
	for _, one := range all {
		text, isText := one.(string)
		isList = isList && isText
		texts = append(texts, text)
	}
	if !isList {
		return nil, errors.New(`want a list of texts: ["one", "two"]`)
	}
	return texts, nil
}

// notSettings are HILFT_ variables that other parts of the program read.
var notSettings = []string{"HILFT_BIN", "HILFT_CLOCK", "HILFT_CONFIG", "HILFT_FAULT", "HILFT_SHARED", "HILFT_SOAK", "HILFT_TEST_POSTGRES"}

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
	if n, e := strconv.ParseUint(port, 10, 16); err == nil && (e != nil || n == 0 && port != "0") {
		err = errors.New("no port")
	}
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
	if u, err := url.Parse(s.OTLPEndpoint); s.OTLPEndpoint != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return s, fmt.Errorf("otlp_endpoint: want http://host:4318 or another web address, got %q", redacted(s.OTLPEndpoint))
	}
	if _, err := prefixes(s.TrustedProxies); err != nil {
		return s, fmt.Errorf("trusted_proxies: %w", err)
	}
	if _, err := prefixes(s.MetricsFrom); err != nil {
		return s, fmt.Errorf("metrics_from: %w", err)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.LogLevel) {
		return s, fmt.Errorf("log_level: want debug, info, warn or error, got %q", s.LogLevel)
	}
	return s, nil
}

// prefixes reads addresses and networks: "10.0.0.7", "10.0.0.0/8".
func prefixes(all []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(all))
	for _, s := range all {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			at, e := netip.ParseAddr(s)
			if e != nil {
				return nil, fmt.Errorf("want addresses or networks like 10.0.0.0/8, got %q", s)
			}
			p = netip.PrefixFrom(at, at.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// origin reads an address as browsers name the place where a page comes from: without a path, in lower case, without
// the port that its scheme implies.
func origin(name, v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%s: want https://host without anything behind it, got %q", name, redacted(v))
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host, nil
}
