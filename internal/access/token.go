// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Scope is one kind of thing that a token is good for.
type Scope string

const (
	ScopeRead       Scope = "read"       // to look at cases, people and accounts, and to hear what happens
	ScopeReply      Scope = "reply"      // to answer customers
	ScopeWork       Scope = "work"       // to assign, solve and note
	ScopeAdminister Scope = "administer" // what administrators alone may, but for what is about sign-ins
)

// Scopes are all that there are, from what does least.
var Scopes = []Scope{ScopeRead, ScopeReply, ScopeWork, ScopeAdminister}

const (
	// tokenMark begins every token, so that people and scanners of leaked secrets know one when they see it.
	tokenMark  = "hilft_"
	tokensMost = 50
	// TokenLongest is how long a token is good for at most.
	TokenLongest = 366 * 24 * time.Hour
)

// Token is what a program signs in with, in its agent's name. What it is good for is less than that: its scopes, and of
// those what its agent may.
type Token struct {
	ID     string
	Agent  hilft.AgentID
	Name   string // as its agent calls it
	Scopes []Scope
	MadeAt time.Time
	UsedAt time.Time // exact to a minute; zero: never
	EndsAt time.Time
}

// LogValue is the id alone.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.ID) }

// May tells whether the token is good for something of a kind.
func (t Token) May(s Scope) bool { return slices.Contains(t.Scopes, s) }

type tokenKey struct{}

// WithToken returns a context of a request that was made with a token, in the name of its agent.
func WithToken(ctx context.Context, t Token) context.Context {
	return context.WithValue(ctx, tokenKey{}, t)
}

// TokenOf is the token with which a request was made. The zero Token, with an empty ID: none.
func TokenOf(ctx context.Context) Token {
	t, _ := ctx.Value(tokenKey{}).(Token)
	return t
}

// MakeToken makes a token for a program of the acting agent, good for so long. The secret is told this once; of it the
// house keeps the SHA-256: 256 random bits need no slow hash, and a program asks often. Invalid names the field: name,
// scopes, ends_at (up to a year); Forbidden: only administrators give programs what they alone may; Conflict: they have fifty.
func (a *Access) MakeToken(ctx context.Context, name string, scopes []Scope, lasts time.Duration) (secret string, t Token, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return "", Token{}, err
	}
	if name, err = checkName(name, "token.name"); err != nil {
		return "", Token{}, err
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s Scope) bool { return !slices.Contains(Scopes, s) }) {
		return "", Token{}, hilft.FailField(hilft.Invalid, "token.scopes.unknown", "scopes", nil)
	}
	if lasts <= 0 || lasts > TokenLongest {
		return "", Token{}, hilft.FailField(hilft.Invalid, "token.ends.range", "days", nil)
	}
	secret = tokenMark + newToken()
	t = Token{ID: hilft.NewID(), Agent: who.ID, Name: name, Scopes: scopes}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if t.May(ScopeAdminister) {
			if err := stillAdministrator(ctx, tx, who.ID); err != nil {
				return err
			}
		}
		var has int
		if err := tx.Row(ctx, `SELECT COUNT(*) FROM token WHERE agent_id = ? AND ended_at = 0 AND ends_at > ?`, []any{who.ID, store.Micros(tx.Now())}, &has); err != nil {
			return err
		}
		if has >= tokensMost {
			return hilft.Fail(hilft.Conflict, "token.too_many", nil)
		}
		t.MadeAt, t.EndsAt = store.Time(store.Micros(tx.Now())), store.Time(store.Micros(tx.Now().Add(lasts)))
		_, err := tx.Exec(ctx, `INSERT INTO token (id, agent_id, hash, name, scopes, made_at, used_at, ends_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0)`,
			t.ID, who.ID, tokenHash(secret), t.Name, joined(scopes), store.Micros(t.MadeAt), store.Micros(t.EndsAt))
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.TokenMade, "", t.ID, audit.Detail{"scopes": joined(scopes), "until": t.EndsAt.Format(time.RFC3339)})
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("access: make token: %w", err)
	}
	return secret, t, nil
}

func joined(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

func parted(words string) (scopes []Scope) {
	for word := range strings.FieldsSeq(words) {
		scopes = append(scopes, Scope(word))
	}
	return scopes
}

const tokenColumns = `SELECT id, agent_id, name, scopes, made_at, used_at, ends_at FROM token ` //nolint:gosec // a question, no secret

func scanToken(scan func(into ...any) error, t *Token) error {
	var scopes string
	var made, used, ends int64
	err := scan(&t.ID, &t.Agent, &t.Name, &scopes, &made, &used, &ends)
	t.Scopes, t.MadeAt, t.UsedAt, t.EndsAt = parted(scopes), store.Time(made), store.Time(used), store.Time(ends)
	return err
}

// Tokens lists the acting agent's that still hold, the newest first.
func (a *Access) Tokens(ctx context.Context) (all []Token, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, tokenColumns+`WHERE agent_id = ? AND ended_at = 0 AND ends_at > ? ORDER BY made_at DESC, id`,
			[]any{who.ID, store.Micros(tx.Now())}, scanToken)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: tokens: %w", err)
	}
	return all, nil
}

// EndToken revokes one of the acting agent's, from their next request on. NotFound: they have none of that id that holds.
func (a *Access) EndToken(ctx context.Context, id string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		n, err := tx.Exec(ctx, `UPDATE token SET ended_at = ? WHERE id = ? AND agent_id = ? AND ended_at = 0 AND ends_at > ?`, now, id, who.ID, now)
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.NotFound, "token.not_found", nil)
		}
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.TokenRevoked, "", id, nil)
	})
	if err != nil {
		return fmt.Errorf("access: end token: %w", err)
	}
	return nil
}

// endTokens revokes all of an agent's.
func endTokens(ctx context.Context, tx *store.Tx, id hilft.AgentID) error {
	_, err := tx.Exec(ctx, `UPDATE token SET ended_at = ? WHERE agent_id = ? AND ended_at = 0`, store.Micros(tx.Now()), id)
	return err
}

// ByToken tells who asks with a secret, and what for it is good. It reads alone, but for once a minute, when it notes
// that the token is in use. Unauthenticated ("token.wrong"): it is none, was revoked, is over, or its agent has left.
func (a *Access) ByToken(ctx context.Context, secret string) (who Agent, t Token, err error) {
	if who, t, err = a.readToken(ctx, secret); err != nil {
		return Agent{}, Token{}, fmt.Errorf("access: by token: %w", err)
	}
	if a.db.Now().Sub(t.UsedAt) >= touchEvery {
		err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			now := store.Micros(tx.Now())
			_, err := tx.Exec(ctx, `UPDATE token SET used_at = ? WHERE id = ? AND used_at < ?`, now, t.ID, now)
			return err
		})
		if err != nil {
			a.log.WarnContext(ctx, "token not marked as used", "err", err) // still good for reading, so the request goes on
		}
	}
	return who, t, nil
}

// TokenAlive tells whether a token still holds, without counting as use of it: for streams that stay open.
func (a *Access) TokenAlive(ctx context.Context, id string) (alive bool, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM token t WHERE id = ? AND ended_at = 0 AND ends_at > ?
			AND EXISTS (SELECT 1 FROM agent WHERE id = t.agent_id AND closed_at = 0))`, []any{id, store.Micros(tx.Now())}, &alive)
	})
	if err != nil {
		return false, fmt.Errorf("access: token: %w", err)
	}
	return alive, nil
}

func (a *Access) readToken(ctx context.Context, secret string) (who Agent, t Token, err error) {
	wrong := hilft.Fail(hilft.Unauthenticated, "token.wrong", nil)
	bare, ok := strings.CutPrefix(secret, tokenMark)
	if !ok || len(bare) != tokenLength {
		return who, t, wrong
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := scanToken(func(into ...any) error {
			return tx.Row(ctx, tokenColumns+`WHERE hash = ? AND ended_at = 0 AND ends_at > ?`, []any{tokenHash(secret), store.Micros(tx.Now())}, into...)
		}, &t)
		if err == nil {
			who, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`, t.Agent)
		}
		if store.IsNoRows(err) {
			err = wrong
		}
		return err
	})
	return who, t, err
}
