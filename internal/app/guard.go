// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/hilft/hilft/channel"
)

const (
	dialFor      = 10 * time.Second
	answerFor    = 60 * time.Second
	redirectMost = 3
	headerMost   = 64 << 10
)

// dialer is the one way out of the house. The address is checked after its name is resolved, when the connection is
// made, so that no name can lead into the private network it stands in. Hosts that the administrator allows by name are
// not checked.
func dialer(allow []string) channel.Dial {
	guarded := &net.Dialer{Timeout: dialFor, KeepAlive: 30 * time.Second, Control: ssrf.New(ssrf.WithAnyPort(), ssrf.WithNetworks("tcp4", "tcp6")).Safe}
	free := &net.Dialer{Timeout: dialFor, KeepAlive: 30 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !strings.HasPrefix(network, "tcp") {
			return nil, fmt.Errorf("dial %s: only tcp goes out", network)
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if allowed(allow, host, port) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// allowed tells whether the administrator allows a host by name, at all its ports or at this one.
func allowed(allow []string, host, port string) bool {
	at := net.JoinHostPort(host, port)
	return slices.ContainsFunc(allow, func(a string) bool { return strings.EqualFold(a, host) || strings.EqualFold(a, at) })
}

// client is the one HTTP client. It has no proxy and no cookies, speaks plainly with hosts alone that the administrator allows,
// follows few redirects, each through the same guard, and never carries credentials to another host.
func client(dial channel.Dial, allow []string) *http.Client {
	return &http.Client{
		Transport: encrypted{allow, &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, MaxIdleConns: 100, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: dialFor, ResponseHeaderTimeout: answerFor, MaxResponseHeaderBytes: headerMost,
		}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > redirectMost {
				return errors.New("too many redirects")
			}
			last := via[len(via)-1].URL
			if last.Scheme == "https" && req.URL.Scheme != "https" {
				return errors.New("redirected from https to an address without it")
			}
			if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
				req.Header.Del("Authorization")
				req.Header.Del("Cookie")
			}
			return nil
		},
	}
}

// encrypted lets no word out of the house that others on the way could read, but to hosts that the administrator allows: those
// stand in networks of their own.
type encrypted struct {
	allow []string
	*http.Transport
}

// errPlain is why a request did not go out.
var errPlain = errors.New("without https hilft speaks with hosts alone that are allowed by name (allow_hosts)")

// RoundTrip implements http.RoundTripper.
func (e encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	port := r.URL.Port()
	if port == "" {
		port = "80"
	}
	if r.URL.Scheme != "https" && !allowed(e.allow, r.URL.Hostname(), port) {
		if r.Body != nil {
			_ = r.Body.Close() // as every RoundTripper does
		}
		return nil, errPlain
	}
	return e.Transport.RoundTrip(r)
}
