// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/hilft/hilft"
)

const (
	dialTime  = 2 * time.Second
	retryWait = 300 * time.Millisecond
	writeTime = 5 * time.Second
	pingEvery = 10 * time.Second // two unanswered pings end a connection that is only half there
)

// embed starts a NATS server in this process that nobody outside it can reach.
func embed() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "hilft",
		DontListen: true,
		NoLog:      true,
		NoSigs:     true,
	})
	if err != nil {
		return nil, err
	}
	s.Start() // returns when it has started: there is no port to accept on
	return s, nil
}

// addresses checks a list of server addresses. An address may hold a password, so no error repeats it.
func addresses(list string) (string, error) {
	if list == "" {
		return "", nil
	}
	var urls []string
	for a := range strings.SplitSeq(list, ",") {
		a = strings.TrimSpace(a)
		if !strings.Contains(a, "://") {
			a = "nats://" + a
		}
		u, err := url.Parse(a)
		if err != nil || u.Hostname() == "" {
			return "", hilft.FailField(hilft.Invalid, "settings.nats_url", "nats_url", errors.New("not an address"))
		}
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
		default:
			return "", hilft.FailField(hilft.Invalid, "settings.nats_url", "nats_url",
				errors.New("an address begins with nats://, tls://, ws:// or wss://"))
		}
		urls = append(urls, a)
	}
	return strings.Join(urls, ","), nil
}

// options are the same for the embedded server and a cluster: for ever, and nothing kept for later.
func (b *Bus) options(ctx context.Context) []nats.Option {
	ready := sync.OnceFunc(func() { close(b.ready) })
	connected := func(nc *nats.Conn) {
		b.connected.Store(true)
		ready()
		b.log.Info("bus: connected", "server", nc.ConnectedUrlRedacted())
	}
	return []nats.Option{
		nats.Name("hilft"),
		nats.SetCustomDialer(dialer(func(network, address string) (net.Conn, error) {
			d := net.Dialer{Timeout: dialTime}
			return d.DialContext(ctx, network, address)
		})),
		nats.SkipHostLookup(), // the dialer does it, and can be told to stop
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a cluster whose passwords are being changed comes back too
		nats.ReconnectWait(retryWait),
		nats.ReconnectJitter(retryWait, retryWait),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(writeTime),
		nats.ConnectHandler(connected),
		nats.ReconnectHandler(connected),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.connected.Store(false)
			if err != nil {
				b.log.Warn("bus: connection lost", "err", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			if sub != nil {
				b.log.Warn("bus: trouble with a subscription", "subject", sub.Subject, "err", err)
				return
			}
			b.log.Warn("bus: trouble", "err", err)
		}),
	}
}

// dialer is a function as the client library's dialer.
type dialer func(network, address string) (net.Conn, error)

func (d dialer) Dial(network, address string) (net.Conn, error) { return d(network, address) }
