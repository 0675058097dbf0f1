// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Purpose is why somebody goes to a provider.
type Purpose string

const (
	ToEnter Purpose = "enter" // to sign in
	ToBind  Purpose = "bind"  // signed in, to sign in that way from now on
	ToProve Purpose = "prove" // signed in, to show once more who they are
)

// Arrival is somebody who has come back from a provider.
type Arrival struct {
	Purpose Purpose
	Agent   Agent
	// Second: they did two steps there, which counts here. Half: of a second step here, which is still to come.
	Second bool
	Half   *Half
	Back   string // the page they came from; it is known whatever else went wrong
}

// callbackOf is where a provider sends people back to: another address for each, so that none can pass off an answer as
// another's. Its host is the one that the house was told, whatever a request claims.
func (a *Access) callbackOf(id string) string { return a.publicURL + CameBack + id }

// CameBack is the beginning of the paths to which providers send people back; an id follows.
const CameBack = "/api/sign-in/provider/"

// CallbackOf is the address that is to be registered with a provider, by its id here.
func (a *Access) CallbackOf(id string) string { return a.callbackOf(id) }

// The nonce and the verifier of a departure follow from its state and a key of the house, so that the database holds nothing
// by which anybody could come back in somebody's place.
func (a *Access) nonceOf(state string) string    { return a.ofState("provider nonce ", state) }
func (a *Access) verifierOf(state string) string { return a.ofState("provider verifier ", state) }

func (a *Access) ofState(purpose, state string) string {
	return base64.RawURLEncoding.EncodeToString(a.keys.Derive(purpose+state, 32))
}

// Depart sends somebody to a provider. The address is for their browser; the state is to be kept in its session, and given
// to Arrive. back is the page, within the house, to which they come back. NotFound: there is no such provider, or it is
// off. Unavailable ("provider.away"): it does not answer. Forbidden, of those who are signed in: the purpose is another's.
func (a *Access) Depart(ctx context.Context, id string, why Purpose, back string) (address, state string, err error) {
	who := Actor(ctx)
	if why != ToEnter {
		if who, err = signedIn(ctx); err != nil {
			return "", "", err
		}
	}
	var p Provider
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err = openProvider(ctx, tx, id)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("access: depart: %w", err)
	}
	at, err := a.sites.at(ctx, p.Issuer)
	if err != nil {
		return "", "", fmt.Errorf("access: depart: %w", away(err))
	}
	state = newToken()
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		agent := who.ID
		if why == ToEnter {
			agent = ""
		}
		_, err := tx.Exec(ctx, `INSERT INTO provider_departure (state, provider_id, purpose, agent_id, back, made_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			tokenHash(state), p.ID, string(why), string(agent), pageOf(back), store.Micros(tx.Now()), store.Micros(tx.Now().Add(departedFor)))
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("access: depart: %w", err)
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.verifierOf(state)), oauth2.SetAuthURLParam("nonce", a.nonceOf(state))}
	if why == ToProve {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if p.Rules.Second && p.Rules.SecondLevel != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", p.Rules.SecondLevel))
	}
	return at.client(p, "", a.callbackOf(p.ID)).AuthCodeURL(state, options...), state, nil
}

// departedFor is how long somebody may take at a provider: to find the phone, to choose a new password.
const departedFor = 20 * time.Minute

// away is what a provider that does not answer means to somebody who wants in.
func away(err error) error {
	if hilft.KindOf(err) == hilft.Invalid {
		return hilft.Fail(hilft.Unavailable, "provider.away", err)
	}
	return err
}

// openProvider is one by which people may come in. NotFound: there is none of that id that is on.
func openProvider(ctx context.Context, tx *store.Tx, id string) (Provider, error) {
	p, err := providerOf(ctx, tx, id)
	if err == nil && !p.OffAt.IsZero() {
		err = hilft.Fail(hilft.NotFound, "provider.not_found", nil)
	}
	return p, err
}

// pageOf is a page of the house: nothing that a browser could take for another place.
func pageOf(back string) string {
	u, err := url.Parse(back)
	if err != nil || len(back) > providerText || !isLine(back) || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, `\`) {
		return "/"
	}
	return back
}

// Arrive takes what a provider's answer to a browser says. state is the one that the browser's session was given by Depart:
// an answer to another browser, or to none, counts for nothing, nor does one that was taken before. from is where they are,
// for the limits, which are those of a sign-in. The arrival's page is known whatever else went wrong.
//
// Unauthenticated: the answer proves nothing ("provider.refused"), or belongs to nobody whom the house lets in
// ("provider.nobody", "provider.unproved": their address is not; "provider.elsewhere": it is of no domain that counts).
// Conflict: who they are has to be said first by signing in as before ("provider.bind_first"), or is somebody else already
// ("provider.taken"). Forbidden ("provider.other_browser"): the browser did not ask. Unavailable: as Depart, or SignIn.
func (a *Access) Arrive(ctx context.Context, id, state string, answer url.Values, from string) (Arrival, error) {
	got, err := a.arrive(ctx, id, state, answer, from)
	if err == nil {
		return got, nil
	}
	if got.Purpose == ToEnter && hilft.KindOf(err) != hilft.Unavailable {
		if err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tried(ctx, tx, audit.SignInFailed, got.Agent.ID, "provider", from)
		}); err != nil {
			return got, fmt.Errorf("access: arrive: %w", err)
		}
	}
	return got, fmt.Errorf("access: arrive: %w", err)
}

func (a *Access) arrive(ctx context.Context, id, state string, answer url.Values, from string) (got Arrival, err error) {
	got.Back = "/"
	other := hilft.Fail(hilft.Forbidden, "provider.other_browser", nil)
	if given := answer.Get("state"); state == "" || subtle.ConstantTimeCompare([]byte(given), []byte(state)) != 1 {
		return got, other
	}
	// Counted by place alone: nobody keeps others from a provider whom a whole company shares.
	try := attemptOf("provider "+id+" from "+place(from), from)
	var p Provider
	var of hilft.AgentID
	var left time.Time
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var made int64
		// Taken away as it is read, so that of two who bring the same answer one gets nothing.
		err := tx.Row(ctx, `DELETE FROM provider_departure WHERE state = ? AND provider_id = ? AND ends_at > ? RETURNING purpose, agent_id, back, made_at`,
			[]any{tokenHash(state), id, store.Micros(tx.Now())}, &got.Purpose, &of, &got.Back, &made)
		if store.IsNoRows(err) {
			return other
		}
		if err != nil {
			return err
		}
		left = store.Time(made)
		if p, err = openProvider(ctx, tx, id); err != nil {
			return err
		}
		return try.count(ctx, tx)
	})
	if err != nil {
		return got, err
	}
	if got.Purpose != ToEnter && Actor(ctx).ID != of {
		return got, other // another has sat down at this browser
	}
	said, err := a.listen(ctx, p, state, answer)
	if err != nil {
		return got, err
	}
	if at := said.when("auth_time"); got.Purpose == ToProve && at.Before(left.Add(-time.Minute)) {
		return got, hilft.Fail(hilft.Unauthenticated, "provider.not_fresh", nil)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := try.right(ctx, tx); err != nil {
			return err
		}
		switch got.Purpose {
		case ToEnter:
			return a.enterBy(ctx, tx, p, said, &got, from)
		case ToBind:
			got.Agent, err = a.bind(ctx, tx, p, said, of)
			return err
		case ToProve:
			bonded, err := bondOf(ctx, tx, p.Issuer, said.text("sub"))
			if err == nil && bonded != of {
				err = hilft.Fail(hilft.Conflict, "provider.taken", nil)
			}
			return err
		}
		return other
	})
	return got, err
}

// listen is what the provider says of whoever came back with its answer.
func (a *Access) listen(ctx context.Context, p Provider, state string, answer url.Values) (claims, error) {
	at, err := a.sites.at(ctx, p.Issuer)
	if err != nil {
		return nil, away(err)
	}
	if iss := answer.Get("iss"); iss != p.Issuer && (iss != "" || at.named) {
		return nil, refusedToken("the answer is another provider's")
	}
	if answer.Get("error") != "" {
		say := "provider.refused"
		if answer.Get("error") == "access_denied" {
			say = "provider.declined"
		}
		return nil, hilft.Fail(hilft.Unauthenticated, say, errors.New("access: the provider says no"))
	}
	secret, err := a.secretOf(p)
	if err != nil {
		return nil, err
	}
	return a.sites.exchange(ctx, at, p, at.client(p, secret, a.callbackOf(p.ID)), answer.Get("code"), a.verifierOf(state), a.nonceOf(state))
}

// bondOf is who somebody at a provider is; empty: nobody yet.
func bondOf(ctx context.Context, tx *store.Tx, issuer, subject string) (id hilft.AgentID, err error) {
	err = tx.Row(ctx, `SELECT agent_id FROM provider_bond WHERE issuer = ? AND subject = ?`, []any{issuer, subject}, &id)
	if store.IsNoRows(err) {
		err = nil
	}
	return id, err
}

// enterBy finds out which agent somebody is whom a provider has sent, and lets them in: who has a bond, whatever their
// address is by now; who was invited under an address that is proved; and who is let in by the provider's rules. That
// somebody has an agent's address makes them no agent.
func (a *Access) enterBy(ctx context.Context, tx *store.Tx, p Provider, said claims, got *Arrival, from string) error {
	id, err := bondOf(ctx, tx, p.Issuer, said.text("sub"))
	if err != nil {
		return err
	}
	nobody := hilft.Fail(hilft.Unauthenticated, "provider.nobody", nil)
	if id == "" {
		if id, err = a.newcomerBy(ctx, tx, p, said, from); err != nil {
			return err
		}
		if err := tie(ctx, tx, p.Issuer, said.text("sub"), id); err != nil {
			return err
		}
	}
	who, hash, err := oneAgent(ctx, tx, `id = ?`, string(id))
	if store.IsNoRows(err) || err == nil && !who.ClosedAt.IsZero() {
		return nobody
	}
	if err != nil {
		return err
	}
	got.Agent, got.Second = who, p.Rules.secondBy(said)
	now := store.Micros(tx.Now())
	if _, err := tx.Exec(ctx, `UPDATE provider_bond SET used_at = ? WHERE issuer = ? AND subject = ?`, now, p.Issuer, said.text("sub")); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE provider SET used_at = ? WHERE id = ?`, now, p.ID); err != nil {
		return err
	}
	second, err := secondOf(ctx, tx, who.ID)
	if err != nil {
		return err
	}
	if got.Half = nil; second.Set() && !got.Second {
		got.Half = &Half{Agent: who.ID, Proof: proofOf(hash), Until: tx.Now().Add(halfFor)}
		return nil
	}
	return tried(ctx, tx, audit.SignedIn, who.ID, "provider", from)
}

// newcomerBy makes an agent of somebody whom the house does not know yet and lets in.
func (a *Access) newcomerBy(ctx context.Context, tx *store.Tx, p Provider, said claims, from string) (hilft.AgentID, error) {
	address, elsewhere := p.Rules.addressOf(said)
	switch {
	case elsewhere:
		return "", hilft.Fail(hilft.Unauthenticated, "provider.elsewhere", nil)
	case address == "":
		return "", hilft.Fail(hilft.Unauthenticated, "provider.unproved", nil)
	}
	var closed int64
	err := tx.Row(ctx, `SELECT closed_at FROM agent WHERE email = ?`, []any{address}, &closed)
	switch {
	case err == nil && closed == 0:
		return "", hilft.Fail(hilft.Conflict, "provider.bind_first", nil)
	case err == nil:
		return "", hilft.Fail(hilft.Unauthenticated, "provider.nobody", nil)
	case !store.IsNoRows(err):
		return "", err
	}
	n := Newcomer{Email: address, Name: nameOf(said, address)}
	about, err := invitationFor(ctx, tx, &n)
	if err != nil {
		return "", err
	}
	if about == "" {
		grant := p.Rules.grantOf(said)
		if grant.Role == "" {
			return "", hilft.Fail(hilft.Unauthenticated, "provider.nobody", nil)
		}
		n.Role, n.Brand, about = grant.Role, grant.Brand, p.ID
		if err := tx.Row(ctx, `SELECT language FROM brand WHERE id = ?`, []any{string(grant.Brand)}, &n.Language); err != nil {
			return "", err
		}
	}
	agent, err := n.clean()
	if err != nil {
		return "", err
	}
	agent.ID = hilft.AgentID(hilft.NewID())
	if agent, err = insertAgent(ctx, tx, agent, a.passwords.nobody()); err != nil {
		return "", err
	}
	return agent.ID, audit.Write(ctx, tx, audit.Entry{
		Brand: n.Brand, Who: agent.ID, What: audit.AgentJoined, About: about, Detail: audit.Detail{"role": string(n.Role), "by": "provider", "from": NearPlace(from)},
	})
}

// invitationFor uses up the open invitation of an address, if there is one, and makes the newcomer who was invited.
func invitationFor(ctx context.Context, tx *store.Tx, n *Newcomer) (id string, err error) {
	now := store.Micros(tx.Now())
	err = tx.Row(ctx, `UPDATE invitation SET used_at = ? WHERE id = (SELECT id FROM invitation WHERE email = ? AND used_at = 0 AND ends_at > ? ORDER BY made_at DESC LIMIT 1)
		AND used_at = 0 RETURNING id, name, role, brand_id, language`, []any{now, n.Email, now}, &id, &n.Name, &n.Role, &n.Brand, &n.Language)
	if store.IsNoRows(err) {
		err = nil
	}
	return id, err
}

// tie makes somebody at a provider one of our agents. Conflict ("provider.taken"): they are another already.
func tie(ctx context.Context, tx *store.Tx, issuer, subject string, id hilft.AgentID) error {
	now := store.Micros(tx.Now())
	n, err := tx.Exec(ctx, `INSERT INTO provider_bond (id, issuer, subject, agent_id, made_at, used_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (issuer, subject) DO NOTHING`,
		hilft.NewID(), issuer, subject, string(id), now, now)
	if err == nil && n == 0 {
		err = hilft.Fail(hilft.Conflict, "provider.taken", nil)
	}
	return err
}
