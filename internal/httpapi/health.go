// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/switchboard"
)

type healthJSON struct {
	OK            bool          `json:"ok" doc:"Nobody has to do anything."`
	Accounts      []accountJSON `json:"accounts" nullable:"false"`
	Queues        []queueJSON   `json:"queues" nullable:"false"`
	Dead          []deadJSON    `json:"dead" nullable:"false" doc:"Work that was given up after many attempts."`
	Stuck         []stuckJSON   `json:"stuck" nullable:"false" doc:"Deliveries that could not be read. They are kept."`
	Unknown       []unknownJSON `json:"unknown" nullable:"false" doc:"Messages of ours that may have gone out."`
	Database      databaseJSON  `json:"database"`
	Version       string        `json:"version"`
	Nodes         []nodeJSON    `json:"nodes" nullable:"false" doc:"The processes of the house that were seen lately."`
	Canaries      []canaryJSON  `json:"canaries" nullable:"false" doc:"The accounts that send themselves signs of life."`
	Alerts        []alertJSON   `json:"alerts" nullable:"false" doc:"What needs a person, and behind it what lately did."`
	Reserve       int64         `json:"reserve" doc:"With fewer bytes left on a disk nothing more is accepted."`
	BackupAt      *time.Time    `json:"backup_at" doc:"When the last backup ended; null: never, or not by hilft."`
	BackupDamaged int64         `json:"backup_damaged" doc:"Media that are not in it, because they were damaged or gone."`
}

type queueJSON struct {
	Kind    string  `json:"kind"`
	Waiting int     `json:"waiting"`
	Running int     `json:"running"`
	OldestS float64 `json:"oldest_s" doc:"How long the longest has been waiting, in seconds."`
	Dead    int     `json:"dead"`
}

type deadJSON struct {
	ID      int64     `json:"id"`
	Kind    string    `json:"kind"`
	Error   string    `json:"error"`
	Attempt int       `json:"attempt"`
	MadeAt  time.Time `json:"made_at"`
	DeadAt  time.Time `json:"dead_at"`
}

type stuckJSON struct {
	ID         int64      `json:"id"`
	Account    accountRef `json:"account"`
	Kind       string     `json:"kind"`
	Size       int        `json:"size"`
	Error      string     `json:"error"`
	ReceivedAt time.Time  `json:"received_at"`
}

type unknownJSON struct {
	MessageID string     `json:"message_id"`
	CaseID    string     `json:"case_id"`
	Number    int64      `json:"number"`
	Account   accountRef `json:"account"`
	At        time.Time  `json:"at"`
}

type databaseJSON struct {
	Kind      string  `json:"kind" enum:"sqlite,postgres"`
	OK        bool    `json:"ok"`
	Size      int64   `json:"size" doc:"Bytes on its disk."`
	LatencyMS float64 `json:"latency_ms" doc:"How long a small question takes."`
}

type retriedJSON struct {
	Retried int `json:"retried"`
}

// listMost is how much a list of things that went wrong shows.
const listMost = 100

type byNumber struct {
	ID int64 `path:"id"`
}

// stuckRequest is about one delivery to a brand.
type stuckRequest struct {
	InBrand
	ID int64 `path:"id"`
}

func (a *API) healthOperations() {
	operation(a, readers, http.MethodGet, "/api/health", "get-health", "How the house is doing", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[healthJSON], error) {
			h, err := a.health(ctx, *in)
			return &bodyOf[healthJSON]{h}, err
		})
	operation(a, administrators, http.MethodPost, "/api/dead/{id}/retry", "retry-dead", "Give work that was given up its attempts again", 204,
		func(ctx context.Context, in *byNumber) (*nothing, error) {
			return nil, a.Jobs.Revive(ctx, access.Actor(ctx).ID, in.ID)
		})
	operation(a, administrators, http.MethodPost, "/api/dead/retry", "retry-dead-kind", "Give all work of a kind that was given up its attempts again", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Kind string `json:"kind" minLength:"1" maxLength:"64"`
			}
		},
		) (*bodyOf[retriedJSON], error) {
			n, err := a.Jobs.ReviveAll(ctx, access.Actor(ctx).ID, in.Body.Kind)
			return &bodyOf[retriedJSON]{retriedJSON{n}}, err
		})
	operation(a, administrators, http.MethodDelete, "/api/dead/{id}", "discard-dead", "Discard work that was given up, for good", 204,
		func(ctx context.Context, in *byNumber) (*nothing, error) {
			return nil, a.Jobs.Discard(ctx, access.Actor(ctx).ID, in.ID)
		})
	operation(a, leads, http.MethodPost, "/api/stuck/{id}/retry", "retry-stuck", "Read a delivery once more", 204,
		func(ctx context.Context, in *stuckRequest) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			return nil, a.Switchboard.ReadAgain(ctx, b.ID, in.ID)
		})
	operation(a, leads, http.MethodDelete, "/api/stuck/{id}", "set-stuck-aside", "Put a delivery away about which nothing is to be done; it stays kept", 204,
		func(ctx context.Context, in *stuckRequest) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			return nil, a.Switchboard.SetAside(ctx, access.Actor(ctx).ID, b.ID, in.ID)
		})
}

func (a *API) health(ctx context.Context, in InBrand) (healthJSON, error) {
	h := healthJSON{
		Queues: []queueJSON{}, Dead: []deadJSON{}, Stuck: []stuckJSON{}, Unknown: []unknownJSON{},
		Database: databaseJSON{Kind: string(a.DB.Dialect()), OK: a.DB.Ping(ctx) == nil}, Version: a.Version, Reserve: switchboard.Reserve,
	}
	n, err := a.known.look(ctx)
	if err != nil {
		return h, err
	}
	see := sight(ctx)
	b, err := n.brand(see, in, access.Read)
	if err != nil {
		return h, err
	}
	if err := a.watched(ctx, n, b.ID, &h); err != nil {
		return h, err
	}
	if h.Accounts, err = a.accounts(ctx, n, b.ID); err != nil {
		return h, err
	}
	states, err := a.Switchboard.Queues(ctx)
	if err != nil {
		return h, err
	}
	for _, s := range states {
		h.Queues = append(h.Queues, queueJSON{s.Kind, s.Waiting, s.Running, s.Oldest.Seconds(), s.Dead})
	}
	letters, err := a.Jobs.Letters(ctx, listMost)
	if err != nil {
		return h, err
	}
	for _, l := range letters {
		h.Dead = append(h.Dead, deadOf(l))
	}
	stuck, err := a.Switchboard.StuckOnes(ctx, b.ID, listMost)
	if err != nil {
		return h, err
	}
	for _, s := range stuck {
		h.Stuck = append(h.Stuck, stuckJSON{s.ID, n.account(s.Account), s.Kind, s.Size, s.Error, s.ReceivedAt})
	}
	unknown, err := a.Desk.Undecided(ctx, see, b.ID, listMost)
	if err != nil {
		return h, err
	}
	for _, m := range unknown {
		row, err := a.Desk.Row(ctx, see, m.Case)
		if err != nil {
			return h, err
		}
		h.Unknown = append(h.Unknown, unknownJSON{string(m.ID), string(m.Case), row.Number, n.account(m.Account), m.At})
	}
	h.OK = h.Database.OK && len(h.Dead)+len(h.Stuck)+len(h.Unknown) == 0
	for _, al := range h.Alerts {
		h.OK = h.OK && al.ResolvedAt != nil
	}
	for _, acc := range h.Accounts {
		h.OK = h.OK && acc.State != string(hilft.AccountTrouble) && acc.State != string(hilft.AccountSignIn)
	}
	return h, nil
}

// deadOf leaves the arguments out: they hold what people said.
func deadOf(l jobs.Letter) deadJSON {
	return deadJSON{l.ID, l.Kind, l.Error, l.Attempt, l.MadeAt, l.DeadAt}
}

// stuckRaw gives a delivery as it came.
func (a *API) stuckRaw(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		a.fail(w, r, notFound("delivery.not_found"))
		return
	}
	b, err := a.known.brand(r.Context(), InBrand{r.URL.Query().Get("brand")}, access.Lead)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	raw, err := a.Switchboard.RawOf(r.Context(), b.ID, id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if err := a.reads(r.Context(), audit.DeliveryRead, b.ID, strconv.FormatInt(id, 10)); err != nil {
		a.fail(w, r, err)
		return
	}
	for k, v := range blob.Headers("delivery-"+strconv.FormatInt(id, 10)+".txt", "application/octet-stream") {
		w.Header().Set(k, v)
	}
	_, _ = w.Write(raw)
}

// healthz says that the process runs.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// Leave has readyz say no from now on: this node ends soon. Everything else is served as before.
func (a *API) Leave() { a.leaving.Store(true) }

// readyz says that requests can be served: the database answers, and this node stays.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) {
	if a.leaving.Load() {
		a.fail(w, r, hilft.Fail(hilft.Unavailable, "house.leaving", nil))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ping(ctx); err != nil {
		a.fail(w, r, hilft.Fail(hilft.Unavailable, "database.unavailable", err))
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
