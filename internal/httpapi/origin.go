// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hilft/hilft/internal/access"
)

// place tells where a request comes from: the other end of the connection, or, where that is a proxy that the house
// trusts, what the proxy says. The header is read from its end, because only what trusted proxies have added to it is
// more than a claim.
func (a *API) place(r *http.Request) string {
	at, ok := address(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, ok := address(strings.TrimSpace(hop))
		if !ok || !within(a.TrustedProxies, at) {
			break
		}
		at = before
	}
	return at.String()
}

func within(places []netip.Prefix, at netip.Addr) bool {
	return slices.ContainsFunc(places, func(p netip.Prefix) bool { return p.Contains(at) })
}

// from hides a door from everybody who does not come from certain places.
func (a *API) from(places []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, ok := address(a.place(r))
		if !ok || !within(places, at) {
			a.fail(w, r, notFound("page.not_found"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// address reads an IP address, with or without a port.
func address(s string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	at, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return at.Unmap().WithZone(""), err == nil
}

type placeOf struct{}

type browserOf struct{}

// placed notes where a request comes from and with which browser, for the limits and for the list of sessions.
func (a *API) placed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), placeOf{}, a.place(r))
		ctx = context.WithValue(ctx, browserOf{}, access.BrowserOf(r.UserAgent()))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func browserFrom(ctx context.Context) string {
	browser, _ := ctx.Value(browserOf{}).(string)
	return browser
}

func placeFrom(ctx context.Context) string {
	place, _ := ctx.Value(placeOf{}).(string)
	return place
}

// apart keeps strangers' files and the house's own pages on origins of their own, where media have one: its host serves
// media and nothing else, and the public host no media. A proxy that hides the host from us is served as before.
func (a *API) apart(next http.Handler) http.Handler {
	media, own := hostOf(a.MediaURL), hostOf(a.PublicURL)
	if media == "" || media == own {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isMedia := strings.HasPrefix(r.URL.Path, "/media/")
		switch host := bare(r.Host, schemeOf(a.MediaURL)); {
		case host == media && !isMedia, isMedia && bare(r.Host, schemeOf(a.PublicURL)) == own:
			a.fail(w, r, notFound("page.not_found"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hostOf is the host of an origin as browsers send it.
func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return bare(u.Host, u.Scheme)
}

func schemeOf(origin string) string {
	scheme, _, _ := strings.Cut(origin, ":")
	return scheme
}

// bare is a host in lower case, without the port that its scheme implies.
func bare(host, scheme string) string {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(strings.ToLower(host), port)
}
