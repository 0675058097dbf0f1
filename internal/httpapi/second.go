// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// What a session holds beside its agent.
const (
	sessionHalf   = "half"    // the first half of a sign-in, as JSON: nobody is signed in yet
	sessionLed    = "led"     // its agent sets up a second step before anything else
	sessionAsked  = "passkey" // what a browser was asked for, as JSON: for one answer
	sessionProven = "proven"  // when its agent last proved who they are, in seconds
)

// provenFor is how long a proof holds: somebody who has just signed in changes what protects their sign-in without being
// asked again, and whoever comes to a desk that was left open does not.
const provenFor = 10 * time.Minute

// doorFor is how long the session of somebody lives who stands at the door: longer than anything they are asked for there.
const doorFor = 30 * time.Minute

// half keeps the first half of a sign-in under a new token, and signs out whoever was in the session.
func (a *API) half(ctx context.Context, half access.Half) error {
	kept, err := json.Marshal(half)
	if err != nil {
		return err
	}
	if err := a.sessions.RenewToken(ctx); err != nil {
		return err
	}
	a.sessions.Remove(ctx, access.SessionAgent)
	a.sessions.Put(ctx, sessionHalf, string(kept))
	a.sessions.SetDeadline(ctx, time.Now().Add(doorFor))
	return nil
}

// halfOf is the first half of a sign-in that this session holds. Unauthenticated: it holds none.
func (a *API) halfOf(ctx context.Context) (half access.Half, err error) {
	kept := a.sessions.GetString(ctx, sessionHalf)
	if kept == "" || json.Unmarshal([]byte(kept), &half) != nil {
		return half, hilft.Fail(hilft.Unauthenticated, "session.half_over", nil)
	}
	return half, nil
}

// asked is what the house asks of an agent. Of the demo's, whose password stands on its door, nothing; nor of a program, nor
// of who did two steps at a provider.
func (a *API) asked(ctx context.Context, me access.Agent) (access.Asked, error) {
	if a.Demo != nil || access.TokenOf(ctx).ID != "" || a.sessions.GetBool(ctx, sessionStrong) {
		return access.AskedNothing, nil
	}
	asked, err := a.Access.AskedOf(ctx, me)
	if asked == access.AskedNow && !a.sessions.GetBool(ctx, sessionLed) {
		asked = access.AskedSoon // this session was there before it was asked for
	}
	return asked, err
}

// ledTo is where somebody may go who has to set up their second step first.
var ledTo = []string{"/api/session", "/api/setup", "/api/me/second-step", "/api/me/totp", "/api/me/passkeys", "/api/me/proof"}

// led holds back, from everything but setting it up, whoever needs a second step and has none.
func (a *API) led(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		me := access.Actor(ctx)
		if me.ID != "" && a.sessions.GetBool(ctx, sessionLed) && !isLedTo(r) {
			asked, err := a.Access.AskedOf(ctx, me)
			if err == nil && asked == access.AskedNow {
				err = forbidden("second.needed")
			}
			if err != nil {
				a.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func isLedTo(r *http.Request) bool {
	for _, path := range ledTo {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
			return true
		}
	}
	return r.URL.Path == "/api/me" // who they are, and in which language they are led
}

// proven refuses whoever has not proved lately who they are.
func (a *API) proven(ctx context.Context) error {
	at, _ := a.sessions.Get(ctx, sessionProven).(int64)
	if a.DB.Now().Sub(time.Unix(at, 0)) > provenFor {
		return forbidden("session.prove")
	}
	return nil
}

// tellsSecrets tells of requests whose answers hold what the database must not: those are not kept for who asks again.
func tellsSecrets(path string) bool {
	return strings.HasPrefix(path, "/api/me/totp") || path == "/api/me/bonds" || strings.HasPrefix(path, "/api/me/proof") || path == "/api/webhooks" || strings.HasPrefix(path, "/api/webhooks/") && strings.HasSuffix(path, "/secret") || path == "/api/me/recovery" || path == "/api/me/passkeys" || path == "/api/me/tokens" ||
		strings.HasPrefix(path, "/api/invitations") || strings.HasPrefix(path, "/api/agents/") && strings.HasSuffix(path, "/link")
}

type signInJSON struct {
	Step     string `json:"step" enum:"first,second,done" doc:"What is to be done next: give address and password, give the second step, or nothing."`
	Codes    bool   `json:"codes" doc:"The second step may be a code of an app."`
	Passkey  bool   `json:"passkey" doc:"It may be a passkey."`
	Recovery bool   `json:"recovery" doc:"It may be a recovery code."`
}

type codeRequest struct {
	Body struct {
		Code string `json:"code" maxLength:"64" doc:"Six digits of the app, or a recovery code."`
	}
}

type secondJSON struct {
	Codes    bool   `json:"codes" doc:"An app on a phone is set up."`
	Passkeys int    `json:"passkeys" doc:"How many there are."`
	Recovery int    `json:"recovery" doc:"Recovery codes that are left."`
	Asked    string `json:"asked" enum:"nothing,soon,now"`
}

type totpJSON struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	QR     qrJSON `json:"qr"`
}

type qrJSON struct {
	Size int    `json:"size" doc:"Squares on each side."`
	Path string `json:"path" doc:"The dark squares as an SVG path, one unit each."`
}

type recoveryJSON struct {
	Recovery []string `json:"recovery" nullable:"false" doc:"Recovery codes. They are told this once."`
}

type secondRolesJSON struct {
	Roles []string `json:"roles" nullable:"false" maxItems:"20" doc:"Who signs in here only with a second step. Administrators always do."`
}

func (a *API) secondOperations() {
	operation(a, anybody, http.MethodGet, "/api/session", "get-sign-in", "How far this browser's sign-in is", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[signInJSON], error) {
			out := &bodyOf[signInJSON]{signInJSON{Step: "first"}}
			if access.Actor(ctx).ID != "" {
				out.Body.Step = "done"
				return out, nil
			}
			half, err := a.halfOf(ctx)
			if err != nil {
				return out, nil //nolint:nilerr // it says that there is none: the first step is next
			}
			has, err := a.Access.SecondOfHalf(ctx, half)
			if hilft.KindOf(err) == hilft.Unauthenticated {
				return out, nil
			}
			out.Body = signInJSON{Step: "second", Codes: has.Codes, Passkey: has.Passkeys > 0, Recovery: has.Recovery > 0}
			return out, err
		})
	operation(a, anybody, http.MethodPost, "/api/session/code", "sign-in-by-code", "Finish signing in with a code", 200,
		func(ctx context.Context, in *codeRequest) (*bodyOf[meJSON], error) {
			half, err := a.halfOf(ctx)
			if err != nil {
				return nil, err
			}
			me, err := a.Access.SignInByCode(ctx, half, in.Body.Code, placeFrom(ctx))
			if err != nil {
				return nil, err
			}
			return a.enter(ctx, me)
		})
	operation(a, agents, http.MethodPost, "/api/me/proof", "prove", "Prove once more who one is, before changing what protects one's sign-in", 204,
		func(ctx context.Context, in *struct {
			Body struct {
				Password string `json:"password" maxLength:"256"`
			}
		},
		) (*nothing, error) {
			if err := a.Access.Prove(ctx, in.Body.Password, placeFrom(ctx)); err != nil {
				return nil, err
			}
			a.sessions.Put(ctx, sessionProven, a.DB.Now().Unix())
			return nil, nil
		})
	operation(a, agents, http.MethodGet, "/api/me/second-step", "get-second-step", "What one has for the second step of signing in", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[secondJSON], error) {
			has, err := a.Access.Second(ctx)
			if err != nil {
				return nil, err
			}
			asked, err := a.asked(ctx, access.Actor(ctx))
			return &bodyOf[secondJSON]{secondJSON{has.Codes, has.Passkeys, has.Recovery, string(asked)}}, err
		})
	operation(a, agents, http.MethodPost, "/api/me/totp", "begin-totp", "Begin to set up an app that tells codes", 201,
		func(ctx context.Context, _ *nothing) (*bodyOf[totpJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			t, err := a.Access.BeginTOTP(ctx)
			if err != nil {
				return nil, err
			}
			drawn, err := drawQR(t.URI)
			return &bodyOf[totpJSON]{totpJSON{t.Secret, t.URI, drawn}}, err
		})
	operation(a, agents, http.MethodPost, "/api/me/totp/confirm", "confirm-totp", "Show that the app tells the right codes; from then on they are asked for", 200,
		func(ctx context.Context, in *codeRequest) (*bodyOf[recoveryJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			codes, err := a.Access.ConfirmTOTP(ctx, in.Body.Code)
			return &bodyOf[recoveryJSON]{recoveryJSON{append([]string{}, codes...)}}, err
		})
	operation(a, agents, http.MethodDelete, "/api/me/totp", "remove-totp", "Sign in without the app", 204,
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			if err := a.Access.RemoveTOTP(ctx); err != nil {
				return nil, err
			}
			return nil, a.lead(ctx, access.Actor(ctx))
		})
	operation(a, agents, http.MethodPost, "/api/me/recovery", "renew-recovery", "New recovery codes in place of the old ones", 201,
		func(ctx context.Context, _ *nothing) (*bodyOf[recoveryJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			codes, err := a.Access.NewRecovery(ctx)
			return &bodyOf[recoveryJSON]{recoveryJSON{codes}}, err
		})
	operation(a, administrators, http.MethodDelete, "/api/agents/{id}/second-step", "remove-second-step", "Take away the second step that somebody has lost; their sessions end", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			return nil, a.Access.RemoveSecond(ctx, hilft.AgentID(in.ID))
		})
	operation(a, administrators, http.MethodGet, "/api/house/second-step", "get-second-step-roles", "Whose sign-in must have a second step", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[secondRolesJSON], error) {
			roles, err := a.Access.SecondRoles(ctx)
			return &bodyOf[secondRolesJSON]{secondRolesJSON{named(roles)}}, err
		})
	operation(a, administrators, http.MethodPut, "/api/house/second-step", "set-second-step-roles", "Say whose sign-in must have a second step", 200,
		func(ctx context.Context, in *bodyOf[secondRolesJSON]) (*bodyOf[secondRolesJSON], error) {
			roles := make([]access.Role, len(in.Body.Roles))
			for i, r := range in.Body.Roles {
				roles[i] = access.Role(r)
			}
			if err := a.Access.SetSecondRoles(ctx, roles); err != nil {
				return nil, err
			}
			roles, err := a.Access.SecondRoles(ctx)
			return &bodyOf[secondRolesJSON]{secondRolesJSON{named(roles)}}, err
		})
}

func named(roles []access.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}

// lead has an agent, in this session, set up a second step before anything else, if they need one.
func (a *API) lead(ctx context.Context, me access.Agent) error {
	asked, err := a.Access.AskedOf(ctx, me)
	if err == nil && asked == access.AskedNow && a.Demo == nil && !a.sessions.GetBool(ctx, sessionStrong) {
		a.sessions.Put(ctx, sessionLed, true)
	}
	return err
}

// drawQR draws what a phone's camera reads.
func drawQR(text string) (qrJSON, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrJSON{}, fmt.Errorf("drawing a code to scan: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if dark, _, _, _ := code.At(x, y).RGBA(); dark == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return qrJSON{size, path.String()}, nil
}
