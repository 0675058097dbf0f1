// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hilft/hilft/internal/access"
)

// Rates say how many requests to the API may come in a minute; 0: as many as like. Each node counts for itself.
type Rates struct {
	Token   int // with one token
	Session int // in one session of a browser
	Address int // from one address, of who has neither, or a token that is none
}

// RatesOf are the rates of a house in which a token may do so many requests a minute: a browser, which asks for many things
// at once when somebody steps through cases, five times as many, and who has not signed in half as many.
func RatesOf(token int) Rates { return Rates{token, 5 * token, token / 2} }

// burst is how much of a minute's requests may come at once.
const burst = 4

// rater counts requests. Each of whom it counts has a bucket that fills up again as time goes by.
type rater struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
	size float64 // a quarter of a minute's requests
}

// bucketsMost is how many are kept until those that are full again are forgotten.
const bucketsMost = 20_000

func newRater(now func() time.Time) *rater { return &rater{now: now, buckets: map[string]bucket{}} }

// filled is the bucket as it is at a time, of who may do so many requests a minute.
func (b bucket) filled(perMinute int, now time.Time) bucket {
	size := math.Max(1, float64(perMinute)/burst)
	if b.at.IsZero() {
		return bucket{size, now, size}
	}
	b.left = math.Min(size, b.left+now.Sub(b.at).Minutes()*float64(perMinute))
	b.at, b.size = now, size
	return b
}

// take counts cost requests of somebody. It tells how many are left at once, and for how long they must wait if they may
// not; cost 0 only looks.
func (r *rater) take(who string, perMinute int, cost float64) (left int, wait time.Duration) {
	if perMinute <= 0 {
		return math.MaxInt, 0
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[who].filled(perMinute, now)
	if b.left < 1 {
		wait = time.Duration((1 - b.left) / float64(perMinute) * float64(time.Minute))
	} else {
		b.left -= cost
	}
	if len(r.buckets) >= bucketsMost {
		r.forget(now)
	}
	r.buckets[who] = b
	return int(b.left), wait
}

// forget leaves out whoever has not asked for a minute: their buckets are full by now.
func (r *rater) forget(now time.Time) {
	for who, b := range r.buckets {
		if now.Sub(b.at) >= time.Minute {
			delete(r.buckets, who)
		}
	}
}

// tooMany answers who asks too often.
func tooMany(wait time.Duration) error {
	return &Problem{Status: http.StatusTooManyRequests, Title: http.StatusText(http.StatusTooManyRequests), Code: "request.too_many", retryAfter: wait}
}

// admits counts a request. Who asks too often is answered so, and admits tells that they were.
func (a *API) admits(w http.ResponseWriter, r *http.Request, who string, perMinute int, cost float64) bool {
	left, wait := a.rates.take(who, perMinute, cost)
	if perMinute > 0 && (wait > 0 || access.TokenOf(r.Context()).ID != "") {
		h := w.Header()
		h.Set("RateLimit-Limit", strconv.Itoa(perMinute))
		h.Set("RateLimit-Remaining", strconv.Itoa(max(0, left)))
		h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(math.Max(wait.Seconds(), 60*(float64(perMinute)/burst-float64(left))/float64(perMinute))))))
	}
	if wait > 0 {
		a.fail(w, r, tooMany(wait))
		return false
	}
	return true
}

// paced counts requests of sessions, and of who has none by their address.
func (a *API) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, rate := "address "+network(r.Context()), a.Rates.Address
		if access.Actor(r.Context()).ID != "" {
			who, rate = "session "+a.sessions.Token(r.Context()), a.Rates.Session
		}
		if a.admits(w, r, who, rate, 1) {
			next.ServeHTTP(w, r)
		}
	})
}

// network is from where a request comes: of an IPv6 address the part that a household has to itself.
func network(ctx context.Context) string {
	ip, err := netip.ParseAddr(placeFrom(ctx))
	if err != nil {
		return placeFrom(ctx)
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
