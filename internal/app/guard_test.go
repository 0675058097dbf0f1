// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"github.com/stretchr/testify/require"
)

func TestNoAddressLeadsIntoThePrivateNetwork(t *testing.T) {
	t.Parallel()
	dial := dialer(nil)
	for name, host := range map[string]string{
		"loopback": "127.0.0.1", "all of loopback": "127.8.9.1", "loopback by name": "localhost", "loopback 6": "::1", "this host": "0.0.0.0", "unspecified": "::",
		"private A": "10.0.0.1", "private B": "172.16.0.1", "private C": "192.168.1.1", "carrier": "100.64.0.1", "link": "169.254.1.1", "metadata": "169.254.169.254",
		"metadata 6": "fd00:ec2::254", "unique local": "fc00::1", "link 6": "fe80::1", "mapped loopback": "::ffff:127.0.0.1", "mapped metadata": "::ffff:169.254.169.254",
		"compatible": "::127.0.0.1", "NAT64": "64:ff9b::7f00:1", "NAT64 local": "64:ff9b:1::7f00:1", "6to4": "2002:7f00:1::", "Teredo": "2001::1",
		"documentation": "2001:db8::1", "broadcast": "255.255.255.255", "multicast": "224.0.0.1", "multicast 6": "ff02::1", "benchmark": "198.18.0.1", "reserved": "240.0.0.1",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		conn, err := dial(ctx, "tcp", net.JoinHostPort(host, "9"))
		cancel()
		if conn != nil {
			_ = conn.Close()
		}
		require.Error(t, err, name)
		if name == "loopback by name" || strings.Contains(err.Error(), "unreachable") || strings.Contains(err.Error(), "no suitable address") {
			continue // a machine without the protocol refuses by itself
		}
		require.ErrorIs(t, err, ssrf.ErrProhibitedIP, "%s: it was tried", name)
	}
	for _, network := range []string{"udp", "unix", "ip"} {
		_, err := dial(t.Context(), network, "192.0.2.1:53")
		require.ErrorContains(t, err, "only tcp")
	}
}

// way is the one client of a house that allows hosts.
func way(allow ...string) *http.Client { return client(dialer(allow), allow) }

// sealed is an address with https, which an encrypted way out begins to follow; nobody there needs to speak it.
func sealed(address string) string { return strings.Replace(address, "http://", "https://", 1) }

// inside is a server of the private network, which counts who comes.
func inside(t *testing.T, do http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(do)
	t.Cleanup(s.Close)
	return s
}

func TestANameThatLeadsInsideIsRefusedWhenItIsResolved(t *testing.T) {
	t.Parallel()
	s := inside(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	for _, host := range []string{"localhost", "LOCALHOST", "localhost.", "127.1", "0x7f000001", "2130706433"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		conn, err := dialer([]string{"mail.intern"})(ctx, "tcp", net.JoinHostPort(host, port))
		cancel()
		if conn != nil {
			_ = conn.Close()
		}
		require.Error(t, err, host)
	}
}

func get(t *testing.T, c *http.Client, url string, header ...string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	return res, err
}

func TestHostsThatTheAdministratorAllowsAreReached(t *testing.T) {
	t.Parallel()
	s := inside(t, func(http.ResponseWriter, *http.Request) {})
	at, err := url.Parse(s.URL)
	require.NoError(t, err)
	for _, allow := range []string{"127.0.0.1", at.Host} {
		res, err := get(t, way(allow), s.URL)
		require.NoError(t, err, allow)
		require.Equal(t, 200, res.StatusCode)
	}
	res, err := get(t, way("LocalHost"), "http://LOCALHOST:"+at.Port())
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
	for _, other := range []string{"127.0.0.1:1", "127.0.0.2", "localhost"} {
		_, err := get(t, way(other), sealed(s.URL))
		require.ErrorIs(t, err, ssrf.ErrProhibitedIP, other)
	}
}

func TestARedirectIsGuardedLikeTheFirstStep(t *testing.T) {
	t.Parallel()
	secret := inside(t, func(http.ResponseWriter, *http.Request) { t.Error("reached by a redirect") })
	to := ""
	var seen []string
	s := inside(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/inside":
			http.Redirect(w, r, sealed(secret.URL), http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	at, err := url.Parse(s.URL)
	require.NoError(t, err)
	_, err = get(t, way(at.Host), s.URL+"/inside")
	require.ErrorIs(t, err, ssrf.ErrProhibitedIP)
	_, err = get(t, way(at.Host), s.URL+"/round")
	require.ErrorContains(t, err, "too many redirects")
	require.Len(t, seen, 1+1+redirectMost)

	seen, to = nil, "http://localhost:"+at.Port()+"/"
	_, err = get(t, way("127.0.0.1", "localhost"), s.URL+"/elsewhere", "Authorization", "Bearer geheim")
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer geheim", ""}, seen, "credentials stay with their host")

	c := way()
	req := func(address string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer geheim")
		return r
	}
	require.ErrorContains(t, c.CheckRedirect(req("http://a.example/"), []*http.Request{req("https://a.example/")}), "without it")
	upgraded := req("https://a.example/")
	require.NoError(t, c.CheckRedirect(upgraded, []*http.Request{req("http://a.example/")}))
}

func TestNoProxyOfTheEnvironmentIsAsked(t *testing.T) { //nolint:paralleltest // it sets the environment
	proxy := inside(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	s := inside(t, func(http.ResponseWriter, *http.Request) {})
	res, err := get(t, way("127.0.0.1"), s.URL)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
	out, ok := way().Transport.(encrypted)
	require.True(t, ok)
	require.Nil(t, out.Proxy)
}

// Words that go out can be read by nobody on the way, but in a network that the administrator answers for.
func TestNothingGoesOutInPlainWords(t *testing.T) {
	t.Parallel()
	s := inside(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/plain" {
			http.Redirect(w, r, "http://shop.example/", http.StatusFound)
		}
	})
	at, err := url.Parse(s.URL)
	require.NoError(t, err)
	for _, address := range []string{"http://shop.example", "http://203.0.113.9/", "HTTP://shop.example:8080/x", s.URL, "http://127.0.0.1:80"} {
		_, err := get(t, way("mail.intern"), address)
		require.ErrorIs(t, err, errPlain, address)
	}
	_, err = get(t, way(at.Host), s.URL+"/plain")
	require.ErrorIs(t, err, errPlain, "nor by a redirect")
	_, err = get(t, way("mail.intern"), sealed(s.URL))
	require.ErrorIs(t, err, ssrf.ErrProhibitedIP, "with https it is the address that counts")
	res, err := get(t, way(at.Host), s.URL)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
}
