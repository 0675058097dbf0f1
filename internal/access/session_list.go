// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Session is one sign-in of an agent, as they see it.
type Session struct {
	ID      string // SHA-256 of its token, in hexadecimal: it names the session and opens nothing
	Browser string // as BrowserOf names it; empty: not known
	Place   string // as NearPlace cuts it short; empty: not known
	MadeAt  time.Time
	SeenAt  time.Time // exact to a minute
	Mine    bool      // the one that asks
}

// sessionsMost is how many are listed. Nobody has more; whoever has was broken into, and ends all of them.
const sessionsMost = 200

// MySessions lists the acting agent's sessions that still hold, the one last seen first. token is the asking one's.
func (a *Access) MySessions(ctx context.Context, token string) (all []Session, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	mine := tokenHash(token)
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := sessionLimits(ctx, tx)
		if err != nil {
			return err
		}
		now := tx.Now()
		all, err = store.All(ctx, tx, `SELECT token, browser, place, made_at, seen_at FROM agent_session
			WHERE agent_id = ? AND agent_id <> '' AND ended_at = 0 AND expires_at > ? AND made_at > ? AND seen_at > ? ORDER BY seen_at DESC, token LIMIT ?`,
			[]any{who.ID, store.Micros(now), store.Micros(now.Add(-l.Longest)), store.Micros(now.Add(-l.Idle)), sessionsMost},
			func(scan func(into ...any) error, s *Session) error {
				var made, seen int64
				err := scan(&s.ID, &s.Browser, &s.Place, &made, &seen)
				s.MadeAt, s.SeenAt, s.Mine = store.Time(made), store.Time(seen), s.ID == mine
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: my sessions: %w", err)
	}
	return all, nil
}

// EndSession ends one of the acting agent's sessions. NotFound: they have none of that id, or it is over.
func (a *Access) EndSession(ctx context.Context, id string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, ended+`token = ? AND agent_id = ?`, store.Micros(tx.Now()), id, who.ID)
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.NotFound, "session.not_found", nil)
		}
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.SessionEnded, "", string(who.ID), nil)
	})
	if err != nil {
		return fmt.Errorf("access: end session: %w", err)
	}
	return nil
}

// EndOtherSessions ends every session of the acting agent but the one that asks, whose token it is.
func (a *Access) EndOtherSessions(ctx context.Context, token string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, ended+`agent_id = ? AND token <> ?`, store.Micros(tx.Now()), who.ID, tokenHash(token))
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.SessionsEnded, "", string(who.ID), audit.Detail{"but": "this"})
	})
	if err != nil {
		return fmt.Errorf("access: end other sessions: %w", err)
	}
	return nil
}

// The marks by which browsers and systems tell themselves apart. Most pretend to be others too, so the order counts.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	}
)

// BrowserOf is what a browser calls itself, in the two words by which people know it: "Firefox, Windows". The rest of
// what it says is nobody's business, and not kept. Empty: it says nothing that is known.
func BrowserOf(userAgent string) string {
	var words []string
	for _, marks := range [][][2]string{browsers, systems} {
		for _, m := range marks {
			if strings.Contains(userAgent, m[0]) {
				words = append(words, m[1])
				break
			}
		}
	}
	return strings.Join(words, ", ")
}

// NearPlace is an address cut so short that it says where about, and not who: of IPv4 the first three of four numbers,
// of IPv6 the first three of eight. Empty: it is none.
func NearPlace(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	near, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return near.Masked().String()
}

// SessionID names the session of a token, as Session does.
func SessionID(token string) string { return tokenHash(token) }

// SessionHolds tells, within the transaction that wants to know, whether a session of an agent who works here still holds.
func SessionHolds(ctx context.Context, tx *store.Tx, id string, agent hilft.AgentID) (bool, error) {
	var made, seen, expires int64
	err := tx.Row(ctx, `SELECT made_at, seen_at, expires_at FROM agent_session WHERE token = ? AND agent_id = ? AND ended_at = 0
		AND EXISTS (SELECT 1 FROM agent WHERE id = ? AND closed_at = 0)`, []any{id, string(agent), string(agent)}, &made, &seen, &expires)
	if store.IsNoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l, err := sessionLimits(ctx, tx)
	return err == nil && tx.Now().Before(store.Time(expires)) && l.hold(store.Time(made), store.Time(seen), tx.Now()), err
}
