// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/desk"
)

type spanJSON struct {
	From int `json:"from" minimum:"0" maximum:"1439" doc:"Minutes since midnight, by the clock on the wall."`
	To   int `json:"to" minimum:"1" maximum:"1440" doc:"Not in it."`
}

type dayJSON struct {
	Date  string     `json:"date" format:"date"`
	Spans []spanJSON `json:"spans" nullable:"false" doc:"None: closed."`
}

type hoursJSON struct {
	Name   string       `json:"name" maxLength:"200"`
	Zone   string       `json:"zone" maxLength:"64" doc:"Europe/Berlin"`
	Region string       `json:"region" maxLength:"10" doc:"Whose holidays are kept; empty: nobody's."`
	Week   [][]spanJSON `json:"week" nullable:"false" minItems:"7" maxItems:"7" doc:"The spans of each day, Sunday first."`
	Days   []dayJSON    `json:"days" nullable:"false" maxItems:"400" doc:"Days that are otherwise, holidays or not."`
}

type answerTargetJSON struct {
	Network string `json:"network" maxLength:"64" doc:"Empty: all that have no target of their own."`
	Hours   string `json:"hours" maxLength:"200" doc:"The name of those in which the time counts; empty: around the clock."`
	First   int    `json:"first_minutes" doc:"Until the first answer in a case."`
	Next    int    `json:"next_minutes" doc:"Until every later one."`

	Warn     int    `json:"warn_minutes" doc:"Before it is due: that it soon is is told. 0: never."`
	Escalate int    `json:"escalate_minutes" doc:"After it was due: told once more. 0: never."`
	To       string `json:"escalate_to" maxLength:"64" doc:"The agent whose the case is then; empty: it stays whose it is."`
}

// ServiceJSON is when customers are answered, and how soon. It is exported because what others contain must be, to stand in
// the API's description.
type ServiceJSON struct {
	Hours   []hoursJSON        `json:"hours" nullable:"false" maxItems:"30"`
	Targets []answerTargetJSON `json:"targets" nullable:"false" maxItems:"100" doc:"Of the one of a case's network and the one of all, the former counts."`
}

type tradeJSON struct {
	ID      string `json:"id" enum:"telecom,transport,retail,bank,insurance"`
	Minutes int    `json:"minutes"`
}

type serviceAnswer struct {
	ServiceJSON
	AnswerIn int         `json:"answer_in" doc:"Minutes until an answer is due for which there is no target, around the clock."`
	Regions  []string    `json:"regions" nullable:"false" doc:"Whose holidays are known, by their codes of ISO 3166-2."`
	Trades   []tradeJSON `json:"trades" nullable:"false" doc:"How soon those answer who are good at it."`
}

type outlookJSON struct {
	Open    int  `json:"open" doc:"Cases in which a customer waits."`
	Aimed   int  `json:"aimed" doc:"Those of them for which there would be a target."`
	Late    int  `json:"late" doc:"Those of them all that would be late."`
	LateNow int  `json:"late_now" doc:"Those that are."`
	Partly  bool `json:"partly" doc:"There are more open cases than were looked at."`
}

type serviceRequest struct {
	InBrand
	Body ServiceJSON
}

func (a *API) serviceOperations() {
	operation(a, leads, http.MethodGet, "/api/service", "get-service", "When customers are answered, and how soon", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[serviceAnswer], error) {
			b, err := a.known.brand(ctx, *in, access.Lead)
			if err != nil {
				return nil, err
			}
			return a.service(ctx, b)
		})
	operation(a, leads, http.MethodPut, "/api/service", "set-service", "Say when customers are answered, and how soon", 200,
		func(ctx context.Context, in *serviceRequest) (*bodyOf[serviceAnswer], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			s, err := n.serviceFrom(b.ID, in.Body)
			if err == nil {
				err = a.Desk.SetService(ctx, sight(ctx), b.ID, s)
			}
			if err != nil {
				return nil, err
			}
			return a.service(ctx, b)
		})
	operation(a, leads, http.MethodPost, "/api/service/outlook", "foresee-service", "What open cases a service would come to", 200,
		func(ctx context.Context, in *serviceRequest) (*bodyOf[outlookJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			s, err := n.serviceFrom(b.ID, in.Body)
			if err != nil {
				return nil, err
			}
			o, err := a.Desk.Outlook(ctx, sight(ctx), b.ID, s)
			return &bodyOf[outlookJSON]{outlookJSON(o)}, err
		})
}

func (a *API) service(ctx context.Context, b access.Brand) (*bodyOf[serviceAnswer], error) {
	s, err := a.Desk.Service(ctx, sight(ctx), b.ID)
	if err != nil {
		return nil, err
	}
	out := serviceAnswer{
		ServiceJSON: ServiceJSON{[]hoursJSON{}, []answerTargetJSON{}},
		AnswerIn:    b.AnswerIn, Regions: calendar.Regions(), Trades: []tradeJSON{},
	}
	for _, h := range s.Hours {
		j := hoursJSON{h.Name, h.Zone, h.Region, make([][]spanJSON, len(h.Week)), []dayJSON{}}
		for i, spans := range h.Week {
			j.Week[i] = spansOf(spans)
		}
		for day, spans := range h.Days {
			j.Days = append(j.Days, dayJSON{day.String(), spansOf(spans)})
		}
		slices.SortFunc(j.Days, func(x, y dayJSON) int { return strings.Compare(x.Date, y.Date) })
		out.Hours = append(out.Hours, j)
	}
	for _, t := range s.Targets {
		out.Targets = append(out.Targets, answerTargetJSON{t.Network, t.Hours, t.First, t.Next, t.Warn, t.Escalate, string(t.To)})
	}
	for _, t := range desk.Trades {
		out.Trades = append(out.Trades, tradeJSON(t))
	}
	return &bodyOf[serviceAnswer]{out}, nil
}

func spansOf(all []calendar.Span) []spanJSON {
	out := make([]spanJSON, len(all))
	for i, s := range all {
		out[i] = spanJSON(s)
	}
	return out
}

func spansFrom(all []spanJSON) []calendar.Span {
	var out []calendar.Span
	for _, s := range all {
		out = append(out, calendar.Span(s))
	}
	return out
}

// serviceFrom is a service as somebody sent it. Invalid: a day or a network that there is not, in that field.
func (n *names) serviceFrom(in hilft.BrandID, j ServiceJSON) (desk.Service, error) {
	var s desk.Service
	for i, h := range j.Hours {
		hours := desk.Hours{Name: h.Name, Hours: calendar.Hours{Zone: h.Zone, Region: h.Region, Days: map[calendar.Date][]calendar.Span{}}}
		for d := range hours.Week {
			hours.Week[d] = spansFrom(h.Week[d])
		}
		for k, d := range h.Days {
			field := "hours." + strconv.Itoa(i) + ".days." + strconv.Itoa(k) + "."
			var day calendar.Date
			if err := day.UnmarshalText([]byte(d.Date)); err != nil {
				return s, hilft.FailField(hilft.Invalid, "calendar.day", field+"date", err)
			}
			if _, twice := hours.Days[day]; twice {
				return s, hilft.FailField(hilft.Invalid, "service.day.twice", field+"date", nil)
			}
			hours.Days[day] = spansFrom(d.Spans)
		}
		s.Hours = append(s.Hours, hours)
	}
	for i, t := range j.Targets {
		if _, known := n.networks[t.Network]; !known && t.Network != "" {
			return s, hilft.FailField(hilft.Invalid, "service.no_network", "targets."+strconv.Itoa(i)+".network", nil)
		}
		if t.To != "" && !n.agents[hilft.AgentID(t.To)].Sight().May(in, access.Work) {
			return s, hilft.FailField(hilft.Invalid, "agent.not_found", "targets."+strconv.Itoa(i)+".escalate_to", nil)
		}
		s.Targets = append(s.Targets, desk.Target{Network: t.Network, Hours: t.Hours, First: t.First, Next: t.Next, Warn: t.Warn, Escalate: t.Escalate, To: hilft.AgentID(t.To)})
	}
	return s, nil
}
