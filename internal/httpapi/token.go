// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hilft/hilft/internal/access"
)

// scopes say which token is good for which operation. What is not named here is good for none: an operation that is
// forgotten here is closed to programs, not open. What is about signing in is left out on purpose: whoever finds a token
// must not be able to make it more than it is.
var scopes = map[string]access.Scope{
	"get-me": access.ScopeRead, "list-agents": access.ScopeRead, "list-inbox": access.ScopeRead, "list-rows": access.ScopeRead, "list-tags": access.ScopeRead, "list-views": access.ScopeRead, "list-naps": access.ScopeRead, "get-case": access.ScopeRead, "get-person": access.ScopeRead,
	"list-networks": access.ScopeRead, "list-accounts": access.ScopeRead, "get-health": access.ScopeRead, streamEvents: access.ScopeRead,
	messageHTML: access.ScopeRead, "look-case": access.ScopeRead, "find-case": access.ScopeRead, "search": access.ScopeRead, "list-drafts": access.ScopeRead,

	"list-consents": access.ScopeRead, "list-companies": access.ScopeRead, "get-company": access.ScopeRead,

	"link-people": access.ScopeWork, "accept-link": access.ScopeWork, "dismiss-link": access.ScopeWork, "part-link": access.ScopeWork, "ask-code": access.ScopeWork,
	"undo-person": access.ScopeWork, "note-person": access.ScopeWork, "change-person-note": access.ScopeWork, "remove-person-note": access.ScopeWork,
	"add-consent": access.ScopeWork, "employ": access.ScopeWork, "name-company": access.ScopeWork,

	"reply": access.ScopeReply, "typing": access.ScopeReply, uploadFile: access.ScopeReply, "retry-message": access.ScopeReply,
	"withdraw-reply": access.ScopeReply,

	"assign-case": access.ScopeWork, "solve-case": access.ScopeWork, "reopen-case": access.ScopeWork, "write-note": access.ScopeWork,
	"set-priority": access.ScopeWork, "name-case": access.ScopeWork, "tag-case": access.ScopeWork, "sleep-case": access.ScopeWork, "wake-case": access.ScopeWork,
	"merge-case": access.ScopeWork, "split-case": access.ScopeWork, "continue-case": access.ScopeWork,
	"keep-draft": access.ScopeWork, "serve-case": access.ScopeWork, "release-case": access.ScopeWork, "take-draft": access.ScopeWork,
	"save-view": access.ScopeWork, "order-views": access.ScopeWork, "change-view": access.ScopeWork, "remove-view": access.ScopeWork,
	"do-together": access.ScopeWork, "undo-together": access.ScopeWork,
	"undo": access.ScopeWork, "message-arrived": access.ScopeWork, "let-message-go": access.ScopeWork, "take-message-up": access.ScopeWork,

	"list-trail": access.ScopeAdminister, "check-trail": access.ScopeAdminister,
	"list-webhooks": access.ScopeAdminister, "add-webhook": access.ScopeAdminister, "change-webhook": access.ScopeAdminister, "remove-webhook": access.ScopeAdminister,
	"renew-webhook": access.ScopeAdminister, "test-webhook": access.ScopeAdminister, "list-deliveries": access.ScopeAdminister, "replay-delivery": access.ScopeAdminister,

	"list-staff": access.ScopeAdminister, "add-brand": access.ScopeAdminister, "change-brand": access.ScopeAdminister,
	"set-tagging": access.ScopeAdminister, "rename-tag": access.ScopeAdminister, "remove-tag": access.ScopeAdminister,
	"get-service": access.ScopeAdminister, "set-service": access.ScopeAdminister, "foresee-service": access.ScopeAdminister,
	"get-letters": access.ScopeAdminister, "set-letters": access.ScopeAdminister, "connect-account": access.ScopeAdminister,
	"change-account": access.ScopeAdminister, "hold-replies": access.ScopeAdminister, "pause-account": access.ScopeAdminister, "resume-account": access.ScopeAdminister,
	"remove-account": access.ScopeAdminister, "set-canary": access.ScopeAdminister, "retry-dead": access.ScopeAdminister,
	"retry-dead-kind": access.ScopeAdminister, "discard-dead": access.ScopeAdminister, "retry-stuck": access.ScopeAdminister,
	"set-stuck-aside": access.ScopeAdminister, stuckRaw: access.ScopeAdminister, "get-watch": access.ScopeAdminister, "set-limits": access.ScopeAdminister,
	"add-target": access.ScopeAdminister, "test-target": access.ScopeAdminister, "remove-target": access.ScopeAdminister,
}

// What is no JSON has no operation, but a name here.
const (
	streamEvents = "stream-events"
	messageHTML  = "GET message html"
	stuckRaw     = "GET stuck raw"
	uploadFile   = "POST file"
	cameBack     = "GET sign-in callback" // good for no token: whoever comes back is a browser
)

// bearer is the secret that a request shows; ok false: it shows none.
func bearer(r *http.Request) (secret string, ok bool) {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return secret, ok && strings.EqualFold(scheme, "Bearer")
}

// byToken carries out what is asked with a token, in the name of its agent. Whatever cookies come with it count for
// nothing, and no session is begun.
func (a *API) byToken(next http.Handler, otherwise http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret, ok := bearer(r)
		if !ok {
			otherwise.ServeHTTP(w, r)
			return
		}
		from := "address " + network(r.Context())
		if !a.admits(w, r, from, a.Rates.Address, 0) { // they have tried many that are none
			return
		}
		me, t, err := a.Access.ByToken(r.Context(), secret)
		if err != nil {
			a.rates.take(from, a.Rates.Address, 1)
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.fail(w, r, err)
			return
		}
		r.Header.Del("Cookie")
		ctx := access.WithToken(access.As(r.Context(), me), t)
		r = r.WithContext(ctx)
		if a.admits(w, r, "token "+t.ID, a.Rates.Token, 1) {
			next.ServeHTTP(w, r)
		}
	})
}

// goodFor refuses a request whose token is not good for an operation. What was not asked with a token it lets be.
func goodFor(ctx context.Context, operation string) error {
	t := access.TokenOf(ctx)
	if t.ID == "" {
		return nil
	}
	scope, ok := scopes[operation]
	if !ok {
		return forbidden("token.never")
	}
	if !t.May(scope) {
		return forbidden("token.scope")
	}
	return nil
}

// scoped is goodFor for all operations of the description.
func (a *API) scoped(ctx huma.Context, next func(huma.Context)) {
	if err := goodFor(ctx.Context(), ctx.Operation().OperationID); err != nil {
		r, w := unwrap(ctx)
		a.fail(w, r, err)
		return
	}
	next(ctx)
}

// only is allowed and goodFor, for requests that are not huma's.
func (a *API) only(may who, operation string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := allowed(r.Context(), may)
		if err == nil {
			err = goodFor(r.Context(), operation)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next(w, r)
	}
}

// alive tells whether whoever asked is still let in: for streams that stay open.
func (a *API) alive(ctx context.Context) func() (bool, error) {
	if t := access.TokenOf(ctx); t.ID != "" {
		return func() (bool, error) { return a.Access.TokenAlive(ctx, t.ID) }
	}
	token := a.sessions.Token(ctx)
	return func() (bool, error) { return a.store.Alive(ctx, token) }
}

// TokenJSON is what a program signs in with; its secret is not part of it.
type TokenJSON struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Scopes []string   `json:"scopes" nullable:"false"`
	MadeAt time.Time  `json:"made_at"`
	UsedAt *time.Time `json:"used_at" nullable:"true" doc:"Exact to a minute. Null: never."`
	EndsAt time.Time  `json:"ends_at"`
}

func tokenJSON(t access.Token) TokenJSON {
	out := TokenJSON{t.ID, t.Name, []string{}, t.MadeAt, when(t.UsedAt), t.EndsAt}
	for _, s := range t.Scopes {
		out.Scopes = append(out.Scopes, string(s))
	}
	return out
}

type tokenList struct {
	Tokens []TokenJSON `json:"tokens" nullable:"false"`
}

type madeTokenJSON struct {
	Token  TokenJSON `json:"token"`
	Secret string    `json:"secret" doc:"For Authorization: Bearer. It is told this once."`
}

type makeTokenRequest struct {
	Body struct {
		Name   string   `json:"name" maxLength:"200"`
		Scopes []string `json:"scopes" minItems:"1" maxItems:"10" nullable:"false" enum:"read,reply,work,administer"`
		Days   int      `json:"days" doc:"How long it is good for: 1 to 366."`
	}
}

// tokenOperations are those by which agents give programs access, and take it away.
func (a *API) tokenOperations() {
	operation(a, agents, http.MethodGet, "/api/me/tokens", "list-tokens", "What one's own programs sign in with", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[tokenList], error) {
			all, err := a.Access.Tokens(ctx)
			out := &bodyOf[tokenList]{tokenList{[]TokenJSON{}}}
			for _, t := range all {
				out.Body.Tokens = append(out.Body.Tokens, tokenJSON(t))
			}
			return out, err
		})
	operation(a, agents, http.MethodPost, "/api/me/tokens", "make-token", "Make a token for a program of one's own", 201,
		func(ctx context.Context, in *makeTokenRequest) (*bodyOf[madeTokenJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			wanted := make([]access.Scope, len(in.Body.Scopes))
			for i, s := range in.Body.Scopes {
				wanted[i] = access.Scope(s)
			}
			days := max(0, min(in.Body.Days, 1000))
			secret, t, err := a.Access.MakeToken(ctx, in.Body.Name, wanted, time.Duration(days)*24*time.Hour)
			return &bodyOf[madeTokenJSON]{madeTokenJSON{tokenJSON(t), secret}}, err
		})
	operation(a, agents, http.MethodDelete, "/api/me/tokens/{id}", "end-token", "Revoke a token", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) { return nil, a.Access.EndToken(ctx, in.ID) })
}

// describeTokens says in the API's description which operations a token is good for, and which it takes.
func (a *API) describeTokens() {
	a.api.OpenAPI().Components.SecuritySchemes["token"] = &huma.SecurityScheme{
		Type: "http", Scheme: "bearer", Description: "A token from the settings of an agent: hilft_ and 43 characters. Its scopes are " + strings.Join(scopeNames(), ", ") + ".",
	}
	for _, p := range a.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{p.Get, p.Put, p.Post, p.Delete, p.Patch} {
			if op == nil {
				continue
			}
			if s, ok := scopes[op.OperationID]; ok {
				op.Security = append(op.Security, map[string][]string{"token": {string(s)}})
			}
		}
	}
}

func scopeNames() (names []string) {
	for _, s := range access.Scopes {
		names = append(names, string(s))
	}
	return names
}
