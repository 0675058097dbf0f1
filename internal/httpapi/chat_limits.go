// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const chatGateTidy = time.Minute // how often those who have long been quiet are forgotten

// chatGate lets so many a minute pass for each key. A whole minute's worth may come at once.
type chatGate struct {
	minute int

	mu    sync.Mutex
	keys  map[string]*rate.Limiter
	tidy  time.Time
	every rate.Limit
}

func newChatGate(minute int) *chatGate {
	return &chatGate{minute: minute, keys: map[string]*rate.Limiter{}, every: rate.Limit(float64(minute) / 60)}
}

// pass tells how long to wait; 0: pass.
func (g *chatGate) pass(key string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.tidy) > chatGateTidy {
		for k, l := range g.keys {
			if l.TokensAt(now) >= float64(g.minute) {
				delete(g.keys, k)
			}
		}
		g.tidy = now
	}
	l, ok := g.keys[key]
	if !ok {
		l = rate.NewLimiter(g.every, g.minute)
		g.keys[key] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return time.Duration(missing / float64(g.every) * float64(time.Second))
}

// chatRemoteHost is the address at the other end of the connection.
func chatRemoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// chatHousehold is what is counted as one place: an IPv4 address, or the /64 that a provider gives one household.
func chatHousehold(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}
