// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

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
}

// Webhooks is the room. It is safe for concurrent use.
type Webhooks struct {
	Deps
	client *http.Client

	mu   sync.Mutex
	busy map[string]int // by endpoint: how many are being posted to it from here
}

// New makes the room and takes over the jobs that are meant for it.
func New(d Deps) *Webhooks {
	client := *d.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	w := &Webhooks{Deps: d, client: &client, busy: map[string]int{}}
	d.Jobs.HandleErrand(hilft.JobWebhook, jobs.Terms{Workers: workers, Base: baseWait, Most: mostWait, Attempts: noMatterHowOften}, w.deliver)
	return w
}

// Endpoint is where the events of a brand are posted.
type Endpoint struct {
	ID     string
	Brand  hilft.BrandID
	URL    string
	Types  []Type
	MadeAt time.Time
	// How it does. FailingSince: nothing was taken since then; zero: the last was. OffAt: it is switched off, by a person or
	// because of OffWhy.
	FailingSince time.Time
	RetryAt      time.Time
	OffAt        time.Time
	OffWhy       Why

	failures int
	since    int64 // the event behind which it begins
	sealed   []byte
}

// Host is where it is, without what may be secret in its address.
func (e Endpoint) Host() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// Why an endpoint is off.
type Why string

const (
	ByPerson Why = "person"
	Failing  Why = "failing" // it has taken nothing for three days
	Gone     Why = "gone"    // it has said that it is gone for good
)

// endpointsMost is how many a brand has at most.
const endpointsMost = 20

// NewEndpoint is what somebody says of an endpoint.
type NewEndpoint struct {
	URL   string
	Types []Type
}

func (n NewEndpoint) clean() (NewEndpoint, error) {
	n.URL = strings.TrimSpace(n.URL)
	u, err := url.Parse(n.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" || len(n.URL) > 2000 {
		return n, hilft.FailField(hilft.Invalid, "webhook.bad_url", "url", nil)
	}
	n.Types = slices.Compact(slices.Sorted(slices.Values(n.Types)))
	if len(n.Types) == 0 || slices.ContainsFunc(n.Types, func(t Type) bool { return !slices.Contains(Types, t) }) {
		return n, hilft.FailField(hilft.Invalid, "webhook.bad_types", "types", nil)
	}
	return n, nil
}

func place(id string) string { return access.Where("webhook", "sealed", id) }

func (w *Webhooks) seal(id string, s secrets) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return w.Keys.Seal(place(id), plain)
}

func (w *Webhooks) open(e Endpoint) (s secrets, err error) {
	plain, err := w.Keys.Open(place(e.ID), e.sealed)
	if err == nil {
		err = json.Unmarshal(plain, &s)
	}
	return s, err
}

const endpointColumns = `SELECT id, brand_id, url, types, sealed, since, failures, failing_since, retry_at, off_at, off_why, made_at FROM webhook `

func scanEndpoint(scan func(into ...any) error, e *Endpoint) error {
	var types string
	var failing, retry, off, made int64
	err := scan(&e.ID, &e.Brand, &e.URL, &types, &e.sealed, &e.since, &e.failures, &failing, &retry, &off, &e.OffWhy, &made)
	for t := range strings.FieldsSeq(types) {
		e.Types = append(e.Types, Type(t))
	}
	e.FailingSince, e.RetryAt, e.OffAt, e.MadeAt = store.Time(failing), store.Time(retry), store.Time(off), store.Time(made)
	return err
}

// one reads an endpoint of a brand. NotFound: the brand has no such one.
func one(ctx context.Context, tx *store.Tx, brand hilft.BrandID, id, lock string) (Endpoint, error) {
	all, err := store.All(ctx, tx, endpointColumns+`WHERE id = ? AND brand_id = ?`+lock, []any{id, string(brand)}, scanEndpoint)
	if err == nil && len(all) == 0 {
		err = hilft.Fail(hilft.NotFound, "webhook.not_found", nil)
	}
	if err != nil {
		return Endpoint{}, err
	}
	return all[0], nil
}

// Endpoints lists a brand's, the oldest first.
func (w *Webhooks) Endpoints(ctx context.Context, brand hilft.BrandID) (all []Endpoint, err error) {
	err = w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, endpointColumns+`WHERE brand_id = ? ORDER BY made_at, id`, []any{string(brand)}, scanEndpoint)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: endpoints: %w", err)
	}
	return all, nil
}

// Off lists those that were switched off because they took nothing, of all brands.
func Off(ctx context.Context, db *store.DB) (all []Endpoint, err error) {
	err = db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, endpointColumns+`WHERE off_at <> 0 AND off_why <> ? ORDER BY made_at, id`, []any{string(ByPerson)}, scanEndpoint)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: off: %w", err)
	}
	return all, nil
}

// Add registers an endpoint: what happens from now on is posted to it. The secret that signs is told this once. Invalid,
// with the field: url, types. Conflict: the brand has twenty.
func (w *Webhooks) Add(ctx context.Context, brand hilft.BrandID, n NewEndpoint) (secret string, e Endpoint, err error) {
	if n, err = n.clean(); err != nil {
		return "", e, err
	}
	since, err := w.Jobs.LastEvent(ctx)
	if err != nil {
		return "", e, fmt.Errorf("webhook: add: %w", err)
	}
	s := secrets{Current: newSecret()}
	e = Endpoint{ID: hilft.NewID(), Brand: brand, URL: n.URL, Types: n.Types, since: since}
	if e.sealed, err = w.seal(e.ID, s); err != nil {
		return "", e, fmt.Errorf("webhook: add: %w", err)
	}
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var has int
		if err := tx.Row(ctx, `SELECT COUNT(*) FROM webhook WHERE brand_id = ?`, []any{string(brand)}, &has); err != nil {
			return err
		}
		if has >= endpointsMost {
			return hilft.Fail(hilft.Conflict, "webhook.too_many", nil)
		}
		e.MadeAt = store.Time(store.Micros(tx.Now()))
		if _, err := tx.Exec(ctx, `INSERT INTO webhook (id, brand_id, url, types, sealed, since, failures, failing_since, retry_at, off_at, off_why, made_at)
			VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', ?)`, e.ID, string(brand), e.URL, joined(e.Types), e.sealed, e.since, store.Micros(e.MadeAt)); err != nil {
			return err
		}
		return access.Trail(ctx, tx, audit.WebhookAdded, brand, e.ID, audit.Detail{"types": joined(e.Types)})
	})
	if err != nil {
		return "", e, fmt.Errorf("webhook: add: %w", err)
	}
	return secretMark + s.Current, e, nil
}

func joined(types []Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " ")
}

// Change gives an endpoint another address or other events, and switches it off or on. One that is switched on begins with
// what happens from then on. Errors as Add has them; NotFound: the brand has no such one.
func (w *Webhooks) Change(ctx context.Context, brand hilft.BrandID, id string, n NewEndpoint, on bool) (e Endpoint, err error) {
	if n, err = n.clean(); err != nil {
		return e, err
	}
	since, err := w.Jobs.LastEvent(ctx)
	if err != nil {
		return e, fmt.Errorf("webhook: change: %w", err)
	}
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if e, err = one(ctx, tx, brand, id, tx.Lock()); err != nil {
			return err
		}
		what := audit.WebhookChanged
		switch was := e.OffAt.IsZero(); {
		case on && !was:
			e.OffAt, e.OffWhy, e.since, what = time.Time{}, "", since, audit.WebhookOn
			e.failures, e.FailingSince, e.RetryAt = 0, time.Time{}, time.Time{}
		case !on && was:
			e.OffAt, e.OffWhy, what = tx.Now(), ByPerson, audit.WebhookOff
		}
		if e.URL != n.URL { // another may take what that one did not
			e.failures, e.FailingSince, e.RetryAt = 0, time.Time{}, time.Time{}
		}
		e.URL, e.Types = n.URL, n.Types
		if err := keep(ctx, tx, e); err != nil {
			return err
		}
		return access.Trail(ctx, tx, what, brand, id, audit.Detail{"types": joined(e.Types)})
	})
	if err != nil {
		return e, fmt.Errorf("webhook: change: %w", err)
	}
	return e, nil
}

// keep writes an endpoint as it is now, but for its secrets.
func keep(ctx context.Context, tx *store.Tx, e Endpoint) error {
	_, err := tx.Exec(ctx, `UPDATE webhook SET url = ?, types = ?, since = ?, failures = ?, failing_since = ?, retry_at = ?, off_at = ?, off_why = ? WHERE id = ?`,
		e.URL, joined(e.Types), e.since, e.failures, store.Micros(e.FailingSince), store.Micros(e.RetryAt), store.Micros(e.OffAt), string(e.OffWhy), e.ID)
	return err
}

// Renew gives an endpoint a new secret, told this once; the one before it signs as well for a day. NotFound: the brand has
// no such one.
func (w *Webhooks) Renew(ctx context.Context, brand hilft.BrandID, id string) (secret string, err error) {
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := one(ctx, tx, brand, id, tx.Lock())
		if err != nil {
			return err
		}
		s, err := w.open(e)
		if err != nil {
			return err
		}
		s = s.renewed(tx.Now())
		sealed, err := w.seal(id, s)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook SET sealed = ? WHERE id = ?`, sealed, id); err != nil {
			return err
		}
		secret = secretMark + s.Current
		return access.Trail(ctx, tx, audit.WebhookRenewed, brand, id, nil)
	})
	if err != nil {
		return "", fmt.Errorf("webhook: renew: %w", err)
	}
	return secret, nil
}

// Remove ends an endpoint, with all that is known of what was posted to it. NotFound: the brand has no such one.
func (w *Webhooks) Remove(ctx context.Context, brand hilft.BrandID, id string) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := one(ctx, tx, brand, id, tx.Lock()); err != nil {
			return err
		}
		for _, query := range []string{`DELETE FROM webhook_delivery WHERE webhook_id = ?`, `DELETE FROM webhook WHERE id = ?`} {
			if _, err := tx.Exec(ctx, query, id); err != nil {
				return err
			}
		}
		return access.Trail(ctx, tx, audit.WebhookRemoved, brand, id, nil)
	})
	if err != nil {
		return fmt.Errorf("webhook: remove: %w", err)
	}
	return nil
}
