// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/webhook"
)

type webhookJSON struct {
	ID           string     `json:"id"`
	URL          string     `json:"url"`
	Types        []string   `json:"types" nullable:"false" doc:"Which events are posted to it."`
	State        string     `json:"state" enum:"ok,failing,off" doc:"failing: it took nothing the last time; it is tried again."`
	FailingSince *time.Time `json:"failing_since"`
	RetryAt      *time.Time `json:"retry_at" doc:"When it is next tried."`
	OffAt        *time.Time `json:"off_at"`
	OffWhy       string     `json:"off_why" enum:"person,failing,gone," doc:"failing: it took nothing for three days; gone: it answered 410."`
	MadeAt       time.Time  `json:"made_at"`
}

func webhookOf(e webhook.Endpoint) webhookJSON {
	out := webhookJSON{e.ID, e.URL, []string{}, "ok", when(e.FailingSince), when(e.RetryAt), when(e.OffAt), string(e.OffWhy), e.MadeAt}
	for _, t := range e.Types {
		out.Types = append(out.Types, string(t))
	}
	switch {
	case !e.OffAt.IsZero():
		out.State = "off"
	case !e.FailingSince.IsZero():
		out.State = "failing"
	}
	return out
}

type webhookList struct {
	Webhooks []webhookJSON `json:"webhooks" nullable:"false"`
	Types    []string      `json:"types" nullable:"false" doc:"All events that can be asked for."`
}

type addedWebhookJSON struct {
	Webhook webhookJSON `json:"webhook"`
	Secret  string      `json:"secret" doc:"What signs, as Standard Webhooks writes it. It is told this once."`
}

type webhookSecretJSON struct {
	Secret string `json:"secret" doc:"What signs from now on. The one before signs as well for a day. It is told this once."`
}

type deliveryJSON struct {
	ID       string     `json:"id" doc:"The header webhook-id is msg_ and this."`
	Type     string     `json:"type"`
	CaseID   string     `json:"case_id"`
	State    string     `json:"state" enum:"waiting,delivered,failed"`
	Attempts int        `json:"attempts"`
	Status   int        `json:"status" doc:"HTTP status of the last answer; 0: there was none."`
	TookMS   int64      `json:"took_ms"`
	Answer   string     `json:"answer" doc:"How the last answer began."`
	Error    string     `json:"error" doc:"Why the last attempt failed."`
	MadeAt   time.Time  `json:"made_at"`
	TriedAt  *time.Time `json:"tried_at"`
}

func deliveryOf(d webhook.Delivery) deliveryJSON {
	return deliveryJSON{d.ID, string(d.Type), d.Case, string(d.State), d.Attempts, d.Status, d.Took.Milliseconds(), d.Answer, d.Error, d.MadeAt, when(d.TriedAt)}
}

type deliveryList struct {
	Deliveries []deliveryJSON `json:"deliveries" nullable:"false" doc:"The newest first."`
	Next       string         `json:"next" doc:"As before, for what stands before these; empty: there is nothing."`
}

// WebhookBody is what somebody says of an endpoint. It is exported because huma does not look into embedded fields that are
// not.
type WebhookBody struct {
	URL   string   `json:"url" maxLength:"2000"`
	Types []string `json:"types" minItems:"1" maxItems:"20" nullable:"false" enum:"case.opened,case.assigned,case.solved,case.reopened,case.late,message.received,reply.sent,reply.failed"`
}

func (b WebhookBody) endpoint() webhook.NewEndpoint {
	n := webhook.NewEndpoint{URL: b.URL}
	for _, t := range b.Types {
		n.Types = append(n.Types, webhook.Type(t))
	}
	return n
}

type deliveryRequest struct {
	InBrandByID
	Delivery string `path:"delivery" maxLength:"64"`
}

// ofBrand does something for the brand that a request is about.
func ofBrand[O any](ctx context.Context, a *API, in InBrand, do func(b hilft.BrandID) (O, error)) (*bodyOf[O], error) {
	b, err := a.known.brand(ctx, in, access.Lead)
	if err != nil {
		return nil, err
	}
	out, err := do(b.ID)
	return &bodyOf[O]{out}, err
}

func (a *API) webhookOperations() {
	operation(a, administrators, http.MethodGet, "/api/webhooks", "list-webhooks", "Where the brand's events are posted", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[webhookList], error) {
			return ofBrand(ctx, a, *in, func(b hilft.BrandID) (webhookList, error) {
				out := webhookList{[]webhookJSON{}, []string{}}
				all, err := a.Webhooks.Endpoints(ctx, b)
				for _, e := range all {
					out.Webhooks = append(out.Webhooks, webhookOf(e))
				}
				for _, t := range webhook.Types {
					out.Types = append(out.Types, string(t))
				}
				return out, err
			})
		})
	operation(a, administrators, http.MethodPost, "/api/webhooks", "add-webhook", "Have the brand's events posted somewhere, from now on", 201,
		func(ctx context.Context, in *struct {
			InBrand
			Body WebhookBody
		},
		) (*bodyOf[addedWebhookJSON], error) {
			return ofBrand(ctx, a, in.InBrand, func(b hilft.BrandID) (addedWebhookJSON, error) {
				secret, e, err := a.Webhooks.Add(ctx, b, in.Body.endpoint())
				return addedWebhookJSON{webhookOf(e), secret}, err
			})
		})
	operation(a, administrators, http.MethodPut, "/api/webhooks/{id}", "change-webhook", "Post other events, or somewhere else; switch it off or on", 200,
		func(ctx context.Context, in *struct {
			InBrandByID
			Body struct {
				WebhookBody
				On bool `json:"on"`
			}
		},
		) (*bodyOf[webhookJSON], error) {
			return ofBrand(ctx, a, in.InBrand, func(b hilft.BrandID) (webhookJSON, error) {
				e, err := a.Webhooks.Change(ctx, b, in.ID, in.Body.endpoint(), in.Body.On)
				return webhookOf(e), err
			})
		})
	operation(a, administrators, http.MethodDelete, "/api/webhooks/{id}", "remove-webhook", "Post nothing there any more", 204,
		func(ctx context.Context, in *InBrandByID) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Webhooks.Remove(ctx, b.ID, in.ID)
			}
			return nil, err
		})
	operation(a, administrators, http.MethodPost, "/api/webhooks/{id}/secret", "renew-webhook", "A new secret; the one before it signs as well for a day", 201,
		func(ctx context.Context, in *InBrandByID) (*bodyOf[webhookSecretJSON], error) {
			return ofBrand(ctx, a, in.InBrand, func(b hilft.BrandID) (webhookSecretJSON, error) {
				secret, err := a.Webhooks.Renew(ctx, b, in.ID)
				return webhookSecretJSON{secret}, err
			})
		})
	operation(a, administrators, http.MethodPost, "/api/webhooks/{id}/test", "test-webhook", "Post something that says that it is a test", 204,
		func(ctx context.Context, in *InBrandByID) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Webhooks.Try(ctx, b.ID, in.ID)
			}
			return nil, err
		})
	operation(a, administrators, http.MethodGet, "/api/webhooks/{id}/deliveries", "list-deliveries", "What was posted there, and what became of it", 200,
		func(ctx context.Context, in *struct {
			InBrandByID
			State  string `query:"state" enum:"waiting,delivered,failed"`
			Before string `query:"before" maxLength:"64"`
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		},
		) (*bodyOf[deliveryList], error) {
			return ofBrand(ctx, a, in.InBrand, func(b hilft.BrandID) (deliveryList, error) {
				out := deliveryList{Deliveries: []deliveryJSON{}}
				all, more, err := a.Webhooks.Deliveries(ctx, b, in.ID, webhook.State(in.State), in.Before, in.Limit)
				for _, d := range all {
					out.Deliveries = append(out.Deliveries, deliveryOf(d))
				}
				if more {
					out.Next = all[len(all)-1].ID
				}
				return out, err
			})
		})
	operation(a, administrators, http.MethodPost, "/api/webhooks/{id}/deliveries/{delivery}/replay", "replay-delivery", "Post something once more, under the id that it had", 204,
		func(ctx context.Context, in *deliveryRequest) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Webhooks.Replay(ctx, b.ID, in.ID, in.Delivery)
			}
			return nil, err
		})
}
