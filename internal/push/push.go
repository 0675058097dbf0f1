// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Deps is what the room works with.
type Deps struct {
	DB   *store.DB
	Jobs *jobs.Jobs
	Bus  *bus.Bus
	Keys *access.Keys
	HTTP *http.Client // guarded against private addresses
	Log  *slog.Logger

	PublicURL string // whom push services may ask
}

// Push is the room. It is safe for concurrent use.
type Push struct {
	Deps
	client  *http.Client
	voucher *voucher
}

// New makes the room and takes over the jobs that are meant for it.
func New(d Deps) (*Push, error) {
	v, err := newVoucher(d.Keys, d.PublicURL)
	if err != nil {
		return nil, err
	}
	client := *d.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout = answerIn
	p := &Push{Deps: d, client: &client, voucher: v}
	d.Jobs.HandleErrand(hilft.JobPush, jobs.Terms{Workers: 4, Base: baseWait, Most: mostWait, Attempts: attempts + 1}, p.deliver)
	return p, nil
}

// Key is what a browser subscribes with: it takes messages from nobody else then.
func (p *Push) Key() string { return p.voucher.public }

// Kind is what agents may be told of.
type Kind string

const (
	Assigned Kind = "assigned" // a case was given to them, by somebody else
	Late     Kind = "late"     // one of theirs is late
	Trouble  Kind = "trouble"  // a reply of theirs did not go out, or nobody knows whether it did
)

// Kinds are all of them; who subscribes and chooses nothing is told of all.
var Kinds = []Kind{Assigned, Late, Trouble}

// Subscription is where a browser can be reached, as it gives it itself.
type Subscription struct {
	Endpoint string // the address at its push service; whoever has it can send there
	P256DH   string // its key, in base64
	Auth     string // what else only it and we know
}

// opened are the parts of a subscription, once they have been found to be such.
type opened struct {
	endpoint     string
	public, auth []byte
}

const (
	endpointMost      = 1000 // bytes
	subscriptionsMost = 20   // of an agent
)

func (s Subscription) open() (o opened, err error) {
	bad := hilft.FailField(hilft.Invalid, "push.invalid", "endpoint", nil)
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(s.Endpoint) > endpointMost {
		return o, bad
	}
	b := base64.RawURLEncoding
	o.endpoint = s.Endpoint
	if o.public, err = b.DecodeString(strings.TrimRight(s.P256DH, "=")); err != nil {
		return o, bad
	}
	if _, err := ecdh.P256().NewPublicKey(o.public); err != nil {
		return o, bad
	}
	if o.auth, err = b.DecodeString(strings.TrimRight(s.Auth, "=")); err != nil || len(o.auth) != 16 {
		return o, bad
	}
	return o, nil
}

// idOf names a subscription without giving its address away.
func idOf(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return hex.EncodeToString(sum[:])
}

func place(id string) string { return access.Where("push_subscription", "sealed", id) }

// Subscribe has the acting agent told in a browser, for as long as the session of this token lasts. What it was before, for
// them or for somebody else, it is no more. Invalid ("push.invalid"): that is nowhere to send to.
func (p *Push) Subscribe(ctx context.Context, token string, s Subscription) error {
	who := access.Actor(ctx)
	if _, err := s.open(); err != nil {
		return err
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("push: subscribe: %w", err)
	}
	id := idOf(s.Endpoint)
	sealed, err := p.Keys.Seal(place(id), plain)
	if err != nil {
		return fmt.Errorf("push: subscribe: %w", err)
	}
	since, err := p.Jobs.LastEvent(ctx)
	if err != nil {
		return fmt.Errorf("push: subscribe: %w", err)
	}
	err = p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		session := access.SessionID(token)
		var same bool
		if err := tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM push_subscription WHERE id = ? AND session = ? AND agent_id = ?)`, []any{id, session, string(who.ID)}, &same); err != nil || same {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM push_subscription WHERE id = ? OR session = ?`, id, session); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM push_subscription WHERE agent_id = ? AND id NOT IN (SELECT id FROM push_subscription WHERE agent_id = ? ORDER BY made_at DESC, id LIMIT ?)`,
			string(who.ID), string(who.ID), subscriptionsMost-1); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO push_subscription (id, agent_id, session, sealed, since, made_at) VALUES (?, ?, ?, ?, ?, ?)`,
			id, string(who.ID), session, sealed, since, store.Micros(tx.Now())); err != nil {
			return err
		}
		return access.Trail(ctx, tx, audit.PushOn, "", string(who.ID), nil)
	})
	if err != nil {
		return fmt.Errorf("push: subscribe: %w", err)
	}
	return nil
}

// Unsubscribe has the acting agent told nothing any more in the browser of this session. Doing so twice is fine.
func (p *Push) Unsubscribe(ctx context.Context, token string) error {
	err := p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM push_subscription WHERE session = ?`, access.SessionID(token))
		if err != nil || n == 0 {
			return err
		}
		return access.Trail(ctx, tx, audit.PushOff, "", string(access.Actor(ctx).ID), nil)
	})
	if err != nil {
		return fmt.Errorf("push: unsubscribe: %w", err)
	}
	return nil
}

// Mine tells of what the acting agent is told, and whether they are in the browser of this session.
func (p *Push) Mine(ctx context.Context, token string) (kinds []Kind, here bool, err error) {
	who := access.Actor(ctx)
	err = p.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if kinds, err = choiceOf(ctx, tx, who.ID); err != nil {
			return err
		}
		return tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM push_subscription WHERE session = ? AND agent_id = ?)`, []any{access.SessionID(token), string(who.ID)}, &here)
	})
	if err != nil {
		return nil, false, fmt.Errorf("push: mine: %w", err)
	}
	return kinds, here, nil
}

// Choose says of what the acting agent is told, in all their browsers. Invalid ("push.kind.unknown"): there is no such kind.
func (p *Push) Choose(ctx context.Context, kinds []Kind) error {
	who := access.Actor(ctx)
	var words []string
	for _, k := range Kinds {
		if slices.Contains(kinds, k) {
			words = append(words, string(k))
		}
	}
	if slices.ContainsFunc(kinds, func(k Kind) bool { return !slices.Contains(Kinds, k) }) {
		return hilft.FailField(hilft.Invalid, "push.kind.unknown", "kinds", nil)
	}
	err := p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO push_choice (agent_id, kinds) VALUES (?, ?) ON CONFLICT (agent_id) DO UPDATE SET kinds = excluded.kinds`, string(who.ID), strings.Join(words, " "))
		return err
	})
	if err != nil {
		return fmt.Errorf("push: choose: %w", err)
	}
	return nil
}

func choiceOf(ctx context.Context, tx *store.Tx, id hilft.AgentID) ([]Kind, error) {
	var kept string
	err := tx.Row(ctx, `SELECT kinds FROM push_choice WHERE agent_id = ?`, []any{string(id)}, &kept)
	if store.IsNoRows(err) {
		return Kinds, nil
	}
	kinds := []Kind{}
	for k := range strings.FieldsSeq(kept) {
		kinds = append(kinds, Kind(k))
	}
	return kinds, err
}

// Forget ends what was asked for in a session that ends.
func (p *Push) Forget(ctx context.Context, token string) error {
	err := p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM push_subscription WHERE session = ?`, access.SessionID(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("push: forget: %w", err)
	}
	return nil
}
