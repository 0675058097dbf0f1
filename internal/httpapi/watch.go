// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
)

type nodeJSON struct {
	Name     string     `json:"name" doc:"Of its machine."`
	Version  string     `json:"version"`
	NATS     bool       `json:"nats" doc:"Its wake-ups reach other nodes."`
	BeganAt  time.Time  `json:"began_at"`
	SeenAt   time.Time  `json:"seen_at"`
	Lost     bool       `json:"lost" doc:"Not seen for a while: it is gone, or cut off."`
	CommitMS float64    `json:"commit_ms" doc:"How long its last small commit took."`
	Disks    []diskJSON `json:"disks" nullable:"false"`
}

type diskJSON struct {
	What  string `json:"what" enum:"data,media"`
	Free  int64  `json:"free"`
	Total int64  `json:"total"`
	Low   bool   `json:"low" doc:"Less than the administrator wants."`
	Full  bool   `json:"full" doc:"Nothing more is accepted."`
}

type canaryJSON struct {
	Account      accountRef `json:"account"`
	EveryMinutes int        `json:"every_minutes"`
	SentAt       *time.Time `json:"sent_at"`
	HeardAt      *time.Time `json:"heard_at"`
	TookMS       int64      `json:"took_ms" doc:"The last round trip."`
	Missing      bool       `json:"missing"`
	Error        string     `json:"error" doc:"Why the last one could not be sent."`
}

type alertJSON struct {
	ID         string     `json:"id"`
	Condition  string     `json:"condition" enum:"account,dead,stuck,unknown,lag,disk,canary,backup,trail,webhook"`
	Name       string     `json:"name"`
	Count      int        `json:"count"`
	RaisedAt   time.Time  `json:"raised_at"`
	ToldAt     time.Time  `json:"told_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
}

// alertsShown is how many alerts are shown, open ones first.
const alertsShown = 30

// watched adds to the house's health what the watch knows.
func (a *API) watched(ctx context.Context, n *names, brand hilft.BrandID, h *healthJSON) error {
	h.Nodes, h.Canaries, h.Alerts = []nodeJSON{}, []canaryJSON{}, []alertJSON{}
	now := a.DB.Now()
	limits, err := a.Watch.Limits(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	nodes, err := a.Watch.Nodes(ctx)
	if err != nil {
		return err
	}
	h.Database.LatencyMS = milliseconds(time.Since(began))
	if h.Database.Size, err = a.DB.Size(ctx); err != nil {
		return err
	}
	for _, node := range nodes {
		h.Nodes = append(h.Nodes, nodeOf(node, limits, now))
	}
	canaries, err := a.Switchboard.Canaries(ctx, brand)
	if err != nil {
		return err
	}
	for id, c := range canaries {
		if c.Every > 0 {
			h.Canaries = append(h.Canaries, canaryJSON{n.account(id), int(c.Every / time.Minute), when(c.SentAt), when(c.HeardAt), c.Took.Milliseconds(), c.Missing(now), c.Error})
		}
	}
	slices.SortFunc(h.Canaries, func(x, y canaryJSON) int {
		return strings.Compare(x.Account.Name+x.Account.ID, y.Account.Name+y.Account.ID)
	})
	alerts, err := a.Watch.Alerts(ctx, brand, alertsShown)
	if err != nil {
		return err
	}
	for _, al := range alerts {
		h.Alerts = append(h.Alerts, alertJSON{al.ID, string(al.Condition), al.Name, al.Count, al.RaisedAt, al.ToldAt, when(al.ResolvedAt)})
	}
	if a.Watch.Backup != nil {
		last, err := a.Watch.Backup(ctx)
		if err != nil {
			return err
		}
		h.BackupAt, h.BackupDamaged = when(last.At), last.Damaged
	}
	return nil
}

func nodeOf(n watch.Node, l watch.Limits, now time.Time) nodeJSON {
	out := nodeJSON{n.Name, n.Version, n.NATS, n.Began, n.Seen, n.Lost(now), milliseconds(n.Commit), []diskJSON{}}
	disk := func(what string, free, total int64) {
		if total > 0 {
			out.Disks = append(out.Disks, diskJSON{what, free, total, free < int64(l.DiskMB)<<20, free < switchboard.Reserve})
		}
	}
	disk("data", n.Data.Free, n.Data.Total)
	disk("media", n.Media.Free, n.Media.Total)
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

type watchJSON struct {
	Limits  watchLimitsJSON `json:"limits"`
	Targets []targetJSON    `json:"targets" nullable:"false" doc:"Those who are told."`
	Ways    []mailWayJSON   `json:"ways" nullable:"false" doc:"The accounts over which mail can go out."`
}

// watchLimitsJSON is watch.Limits under a name of its own: networks have limits too.
type watchLimitsJSON watch.Limits

type targetJSON struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind" enum:"email,webhook"`
	Address string     `json:"address"`
	Account accountRef `json:"account" doc:"Mail: over which it goes."`
	ToldAt  *time.Time `json:"told_at" doc:"The last time that worked."`
	Error   string     `json:"error" doc:"Why the last time did not."`
}

type mailWayJSON struct {
	Account accountRef `json:"account"`
	Address string     `json:"address"`
}

type targetRequest struct {
	InBrand
	Body struct {
		Kind      string `json:"kind" enum:"email,webhook"`
		Address   string `json:"address" maxLength:"2000" doc:"A mail address, or where the webhook goes."`
		AccountID string `json:"account_id,omitempty" maxLength:"64" doc:"Mail: over which account it goes."`
		Secret    string `json:"secret,omitempty" maxLength:"500" doc:"Webhook: what signs it, at least 16 characters."`
	}
}

func (a *API) watchOperations() {
	operation(a, administrators, http.MethodGet, "/api/watch", "get-watch", "What is watched for, and who is told", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[watchJSON], error) {
			out, err := a.watch(ctx, *in)
			return &bodyOf[watchJSON]{out}, err
		})
	operation(a, administrators, http.MethodPut, "/api/watch/limits", "set-limits", "Say from when on something needs a person", 200,
		func(ctx context.Context, in *struct {
			InBrand
			Body watchLimitsJSON
		},
		) (*bodyOf[watchJSON], error) {
			if err := a.Watch.SetLimits(ctx, watch.Limits(in.Body)); err != nil {
				return nil, err
			}
			out, err := a.watch(ctx, in.InBrand)
			return &bodyOf[watchJSON]{out}, err
		})
	operation(a, administrators, http.MethodPost, "/api/watch/targets", "add-target", "Let one more be told of alerts", 201,
		func(ctx context.Context, in *targetRequest) (*bodyOf[targetJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			of, err := n.brand(sight(ctx), in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			b := in.Body
			t, err := a.Watch.AddTarget(ctx, watch.Target{Brand: of.ID, Kind: b.Kind, Address: b.Address, Account: hilft.AccountID(b.AccountID)}, b.Secret)
			return &bodyOf[targetJSON]{targetOf(n, t)}, err
		})
	operation(a, administrators, http.MethodDelete, "/api/watch/targets/{id}", "remove-target", "Tell one no more", 204,
		func(ctx context.Context, in *InBrandByID) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Watch.RemoveTarget(ctx, b.ID, in.ID)
			}
			return nil, err
		})
	operation(a, administrators, http.MethodPost, "/api/watch/targets/{id}/test", "test-target", "Send one a message to see that it arrives", 204,
		func(ctx context.Context, in *InBrandByID) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Watch.TryTarget(ctx, b.ID, in.ID)
			}
			return nil, err
		})
	operation(a, administrators, http.MethodPut, "/api/accounts/{id}/canary", "set-canary", "Have an account send itself signs of life", 204,
		func(ctx context.Context, in *struct {
			InBrand
			ByID
			Body struct {
				EveryMinutes int `json:"every_minutes" doc:"0: none."`
			}
		},
		) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Switchboard.SetCanary(ctx, b.ID, hilft.AccountID(in.ID), in.Body.EveryMinutes)
			}
			return nil, err
		})
}

func (a *API) watch(ctx context.Context, in InBrand) (watchJSON, error) {
	out := watchJSON{Targets: []targetJSON{}, Ways: []mailWayJSON{}}
	n, err := a.known.look(ctx)
	if err != nil {
		return out, err
	}
	b, err := n.brand(sight(ctx), in, access.Lead)
	if err != nil {
		return out, err
	}
	limits, err := a.Watch.Limits(ctx)
	if err != nil {
		return out, err
	}
	out.Limits = watchLimitsJSON(limits)
	targets, err := a.Watch.Targets(ctx, b.ID)
	if err != nil {
		return out, err
	}
	for _, t := range targets {
		out.Targets = append(out.Targets, targetOf(n, t))
	}
	ways, err := a.Watch.Ways(ctx, b.ID)
	if err != nil {
		return out, err
	}
	for id, address := range ways {
		out.Ways = append(out.Ways, mailWayJSON{n.account(id), address})
	}
	slices.SortFunc(out.Ways, func(x, y mailWayJSON) int { return strings.Compare(x.Address, y.Address) })
	return out, nil
}

func targetOf(n *names, t watch.Target) targetJSON {
	return targetJSON{t.ID, t.Kind, t.Address, n.account(t.Account), when(t.ToldAt), t.Error}
}
