// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Keys under which a session holds, as strings, who has signed in, with which browser, and from where.
const (
	SessionAgent   = "agent"   // the agent's id
	SessionBrowser = "browser" // as BrowserOf names it
	SessionPlace   = "place"   // as NearPlace cuts it short
)

// touchEvery is how exactly it is known when a session was last seen: reading one writes no more often.
const touchEvery = time.Minute

var _ scs.CtxStore = (*SessionStore)(nil)

// SessionStore keeps the sessions of scs in the database. Of a token only the SHA-256 is kept, so that nobody who reads
// the database can take a session over; for the same reason it cannot list tokens (no scs.IterableStore).
//
// The SessionManager keeps its default Codec and HashTokenInStore off. Its IdleTimeout stays 0, as that would write the
// session anew with every request: this store has one of its own.
type SessionStore struct {
	db  *store.DB
	log *slog.Logger
}

// Sessions is the store of the house's sessions. They end at their own expiry, and before it by the SessionLimits.
func (a *Access) Sessions() *SessionStore { return &SessionStore{db: a.db, log: a.log} }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// session is one row, as far as reading needs it.
type session struct {
	data    []byte
	seen    time.Time
	expires time.Time
}

func (s *SessionStore) read(ctx context.Context, token string) (found session, ok bool, err error) {
	err = s.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var made, seen, expires int64
		var kept string
		// The agent is asked for too: a sign-in that was under way when its agent was closed may have left a session.
		err := tx.Row(ctx, `SELECT data, made_at, seen_at, expires_at, COALESCE((SELECT value FROM house WHERE what = 'session_limits'), '')
			FROM agent_session s WHERE token = ? AND ended_at = 0
			AND (agent_id = '' OR EXISTS (SELECT 1 FROM agent WHERE id = s.agent_id AND closed_at = 0))`,
			[]any{tokenHash(token)}, &found.data, &made, &seen, &expires, &kept)
		if store.IsNoRows(err) {
			return nil
		}
		found.seen, found.expires = store.Time(seen), store.Time(expires)
		ok = err == nil && tx.Now().Before(found.expires) && limitsOf(kept).hold(store.Time(made), found.seen, tx.Now())
		return err
	})
	return found, ok, err
}

// FindCtx returns a session's data. It reads alone, but for once a minute, when it notes that the session is in use.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	found, ok, err := s.read(ctx, token)
	if err != nil {
		return nil, false, fmt.Errorf("access: session: %w", err)
	}
	if !ok {
		return nil, false, nil
	}
	if s.db.Now().Sub(found.seen) >= touchEvery && ctx.Value(unattendedKey{}) == nil {
		err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			now := store.Micros(tx.Now())
			_, err := tx.Exec(ctx, `UPDATE agent_session SET seen_at = ? WHERE token = ? AND ended_at = 0 AND seen_at < ?`, now, tokenHash(token), now)
			return err
		})
		if err != nil {
			s.log.WarnContext(ctx, "session not marked as seen", "err", err) // still good for reading, so the request goes on
		}
	}
	return found.data, true, nil
}

// Alive tells whether a session still holds, without counting as use of it: for streams that stay open.
func (s *SessionStore) Alive(ctx context.Context, token string) (bool, error) {
	_, ok, err := s.read(ctx, token)
	if err != nil {
		return false, fmt.Errorf("access: session: %w", err)
	}
	return ok, nil
}

// InUse tells whether any agent's session was used within a time. It is exact to a minute.
func (s *SessionStore) InUse(ctx context.Context, within time.Duration) (used bool, err error) {
	err = s.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM agent_session s WHERE agent_id <> '' AND ended_at = 0 AND seen_at > ?
			AND EXISTS (SELECT 1 FROM agent WHERE id = s.agent_id AND closed_at = 0))`, []any{store.Micros(tx.Now().Add(-within))}, &used)
	})
	if err != nil {
		return false, fmt.Errorf("access: session: %w", err)
	}
	return used, nil
}

// CommitCtx keeps a session. One that has ended stays ended.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("access: session: %w", err)
	}
	agent, _ := values[SessionAgent].(string)
	browser, _ := values[SessionBrowser].(string)
	place, _ := values[SessionPlace].(string)
	err = s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		_, err := tx.Exec(ctx, `INSERT INTO agent_session (token, agent_id, data, browser, place, made_at, seen_at, ended_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)
			ON CONFLICT (token) DO UPDATE SET agent_id = excluded.agent_id, data = excluded.data, browser = excluded.browser, place = excluded.place,
			seen_at = excluded.seen_at, expires_at = excluded.expires_at
			WHERE agent_session.ended_at = 0`,
			tokenHash(token), agent, data, browser, place, now, now, store.Micros(expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("access: session: %w", err)
	}
	return nil
}

// ended empties rows and keeps them: without its row, a session would be written anew by a request that read it before.
const ended = `UPDATE agent_session SET ended_at = ?, data = '' WHERE ended_at = 0 AND `

type unattendedKey struct{}

// Unattended returns a context of a request that a page makes by itself: it is no use of its session, which ends all the same when
// nobody has used it for long enough.
func Unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

type signingOutKey struct{}

// SigningOut returns a context in which whoever acts signs out: a session ends in it because its agent wants it to.
func SigningOut(ctx context.Context) context.Context {
	return context.WithValue(ctx, signingOutKey{}, true)
}

// DeleteCtx ends a session.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	err := s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, ended+`token = ?`, store.Micros(tx.Now()), tokenHash(token)); err != nil {
			return err
		}
		if who := Actor(ctx).ID; who != "" && ctx.Value(signingOutKey{}) != nil {
			return Trail(ctx, tx, audit.SignedOut, "", string(who), nil)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("access: session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context, as scs.Store asks for it.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *SessionStore) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

// Delete is DeleteCtx without a context.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// EndSessions ends every session of an agent, the acting one's own among them. Agents may for themselves,
// administrators for everybody.
func (a *Access) EndSessions(ctx context.Context, id hilft.AgentID) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if who.ID != id {
			if err := stillAdministrator(ctx, tx, who.ID); err != nil {
				return err
			}
		}
		if err := Trail(ctx, tx, audit.SessionsEnded, "", string(id), nil); err != nil {
			return err
		}
		return endSessions(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("access: end sessions: %w", err)
	}
	return nil
}

// endSessions ends an agent's sessions, and what else would let somebody in as them.
func endSessions(ctx context.Context, tx *store.Tx, id hilft.AgentID) error {
	if _, err := tx.Exec(ctx, ended+`agent_id = ?`, store.Micros(tx.Now()), id); err != nil {
		return err
	}
	if err := endTokens(ctx, tx, id); err != nil {
		return err
	}
	return forgetLinks(ctx, tx, id)
}

// Sweep forgets sessions past their expiry, links and invitations long over, who did not come back from a provider, and tries to sign in that no longer count. It is to be called now and then,
// on any node, and tells how many rows went.
func (a *Access) Sweep(ctx context.Context) (gone int64, err error) {
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		sessions, err := tx.Exec(ctx, `DELETE FROM agent_session WHERE expires_at <= ?`, store.Micros(now))
		if err != nil {
			return err
		}
		tries, err := tx.Exec(ctx, `DELETE FROM attempt WHERE at <= ? AND until <= ? AND known_until <= ?`,
			store.Micros(now.Add(-forgottenAfter)), store.Micros(now), store.Micros(now))
		if err != nil {
			return err
		}
		links, err := tx.Exec(ctx, `DELETE FROM link WHERE ends_at <= ?`, store.Micros(now.Add(-inviteFor)))
		if err != nil {
			return err
		}
		invitations, err := tx.Exec(ctx, `DELETE FROM invitation WHERE ends_at <= ?`, store.Micros(now.Add(-inviteFor)))
		if err != nil {
			return err
		}
		tokens, err := tx.Exec(ctx, `DELETE FROM token WHERE ends_at <= ?`, store.Micros(now))
		if err != nil {
			return err
		}
		departed, err := tx.Exec(ctx, `DELETE FROM provider_departure WHERE ends_at <= ?`, store.Micros(now))
		gone = sessions + tries + links + invitations + tokens + departed
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("access: sweep: %w", err)
	}
	return gone, nil
}
