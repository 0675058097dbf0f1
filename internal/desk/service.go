// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Service is when a brand's customers are answered, and how soon.
type Service struct {
	Hours   []Hours
	Targets []Target
}

// Hours are service hours with a name.
type Hours struct {
	Name string
	calendar.Hours
}

// Target is within how much time of service a customer's word should be answered.
type Target struct {
	Network string // empty: all networks that have no target of their own
	Hours   string // the name of those in which the time counts; empty: around the clock
	First   int    // minutes until the first answer in a case
	Next    int    // minutes until every later one

	Warn     int           // minutes before it is due: it is told that it soon is; 0: never
	Escalate int           // minutes after it was due: it is told once more; 0: never
	To       hilft.AgentID // whose the case is then; empty: it stays whose it is. That the agent exists is the caller's to know
}

// Trade is how soon those answer who are good at it, by what they do.
type Trade struct {
	ID      string
	Minutes int // until an answer, the first as every other
}

// Trades are ready for whoever sets targets. Who is without telephone or waits on a platform needs the answer within the hour;
// where an answer takes asking back in the house, half a day is what can be kept.
var Trades = []Trade{{"telecom", 60}, {"transport", 60}, {"retail", 120}, {"bank", 240}, {"insurance", 240}}

// What a brand may set.
const (
	hoursMost   = 30
	targetsMost = 100
	daysMost    = 400 // that are otherwise, in one set of hours
	spansMost   = 12  // a day
	nameMost    = 60  // runes
	minutesMost = 30 * 24 * 60
)

// check is the service as it may be kept, and what it comes to. Invalid names the field, as "hours.0.zone" or "targets.2.first".
func (s Service) check() (Service, error) {
	if len(s.Hours) > hoursMost || len(s.Targets) > targetsMost {
		return s, hilft.Fail(hilft.Invalid, "service.too_many", nil)
	}
	named := map[string]bool{"": true}
	checked := Service{Hours: make([]Hours, len(s.Hours)), Targets: make([]Target, len(s.Targets))}
	for i, h := range s.Hours {
		h.Name = strings.TrimSpace(h.Name)
		if err := h.check(named); err != nil {
			return s, fieldIn(err, "hours."+strconv.Itoa(i)+".")
		}
		named[h.Name] = true
		checked.Hours[i] = h
	}
	networks := map[string]bool{}
	for i, t := range s.Targets {
		if err := t.check(named, networks); err != nil {
			return s, fieldIn(err, "targets."+strconv.Itoa(i)+".")
		}
		networks[t.Network] = true
		checked.Targets[i] = t
	}
	return checked, nil
}

func (h Hours) check(named map[string]bool) error {
	switch {
	case h.Name == "" || utf8.RuneCountInString(h.Name) > nameMost || !utf8.ValidString(h.Name) || strings.ContainsFunc(h.Name, unicode.IsControl):
		return hilft.FailField(hilft.Invalid, "service.name", "name", nil)
	case named[h.Name]:
		return hilft.FailField(hilft.Invalid, "service.name.twice", "name", nil)
	case len(h.Days) > daysMost:
		return hilft.FailField(hilft.Invalid, "service.too_many", "days", nil)
	}
	for _, spans := range h.Week {
		if len(spans) > spansMost {
			return hilft.FailField(hilft.Invalid, "service.too_many", "week", nil)
		}
	}
	for _, spans := range h.Days {
		if len(spans) > spansMost {
			return hilft.FailField(hilft.Invalid, "service.too_many", "days", nil)
		}
	}
	_, err := calendar.New(h.Hours)
	return err
}

func (t Target) check(named, networks map[string]bool) error {
	within := func(minutes int) bool { return minutes >= 1 && minutes <= minutesMost }
	switch {
	case networks[t.Network]:
		return hilft.FailField(hilft.Invalid, "service.network.twice", "network", nil)
	case !named[t.Hours]:
		return hilft.FailField(hilft.Invalid, "service.no_hours", "hours", nil)
	case !within(t.First):
		return hilft.FailField(hilft.Invalid, "service.minutes", "first_minutes", nil)
	case !within(t.Next):
		return hilft.FailField(hilft.Invalid, "service.minutes", "next_minutes", nil)
	case t.Warn != 0 && !within(t.Warn):
		return hilft.FailField(hilft.Invalid, "service.minutes", "warn_minutes", nil)
	case t.Escalate != 0 && !within(t.Escalate):
		return hilft.FailField(hilft.Invalid, "service.minutes", "escalate_minutes", nil)
	}
	return nil
}

// fieldIn says where the field is that an error is about.
func fieldIn(err error, prefix string) error {
	e, ok := errors.AsType[*hilft.Error](err)
	if !ok {
		return err
	}
	return hilft.FailField(e.Kind, e.Say, prefix+e.Field, e.Err)
}

// Service reads what a brand has set, in the order in which it was, for its leads.
func (d *Desk) Service(ctx context.Context, see access.Sight, brand hilft.BrandID) (s Service, err error) {
	if err := see.Demand(brand, access.Lead, noSuchBrand); err != nil {
		return Service{}, err
	}
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if s.Hours, err = store.All(ctx, tx, `SELECT name, zone, region, week, days FROM service_hours WHERE brand_id = ? ORDER BY place`, []any{string(brand)},
			func(scan func(into ...any) error, h *Hours) error {
				var week, days string
				if err := scan(&h.Name, &h.Zone, &h.Region, &week, &days); err != nil {
					return err
				}
				return errors.Join(json.Unmarshal([]byte(week), &h.Week), json.Unmarshal([]byte(days), &h.Days))
			}); err != nil {
			return err
		}
		s.Targets, err = store.All(ctx, tx, `SELECT network, hours, first_minutes, next_minutes, warn_minutes, escalate_minutes, escalate_to FROM answer_target WHERE brand_id = ? ORDER BY place`, []any{string(brand)},
			func(scan func(into ...any) error, t *Target) error {
				return scan(&t.Network, &t.Hours, &t.First, &t.Next, &t.Warn, &t.Escalate, &t.To)
			})
		return err
	})
	if err != nil {
		return Service{}, fmt.Errorf("desk: service: %w", err)
	}
	return s, nil
}

// SetService replaces what a brand has set; its leads may. Every answer that is due from then on is due by it, and those that are due
// already follow within moments: a job reckons them anew. Invalid names the field.
func (d *Desk) SetService(ctx context.Context, see access.Sight, brand hilft.BrandID, s Service) error {
	if err := see.Demand(brand, access.Lead, noSuchBrand); err != nil {
		return err
	}
	s, err := s.check()
	if err != nil {
		return err
	}
	hours, targets := make([][]any, len(s.Hours)), make([][]any, len(s.Targets))
	for i, h := range s.Hours {
		week, errWeek := json.Marshal(h.Week)
		days, errDays := json.Marshal(h.Days)
		if err := errors.Join(errWeek, errDays); err != nil {
			return fmt.Errorf("desk: service: %w", err)
		}
		hours[i] = []any{string(brand), h.Name, h.Zone, h.Region, string(week), string(days), i}
	}
	for i, t := range s.Targets {
		targets[i] = []any{string(brand), t.Network, t.Hours, t.First, t.Next, t.Warn, t.Escalate, string(t.To), i}
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Whoever reckons by what was set until now is done before: the job finds what came of it.
		if err := d.clockTurn(ctx, tx, brand, true); err != nil {
			return err
		}
		for _, table := range []string{"service_hours", "answer_target"} {
			if err := tx.Defer(ctx, `DELETE FROM `+table+` WHERE brand_id = ?`, string(brand)); err != nil {
				return err
			}
		}
		if err := tx.Insert(ctx, `INSERT INTO service_hours (brand_id, name, zone, region, week, days, place)`, hours, ""); err != nil {
			return err
		}
		if err := tx.Insert(ctx, `INSERT INTO answer_target (brand_id, network, hours, first_minutes, next_minutes, warn_minutes, escalate_minutes, escalate_to, place)`, targets, ""); err != nil {
			return err
		}
		if err := d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobReckon, Args: reckoning{Brand: brand, Rank: math.MinInt64}}); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Brand: brand, Who: see.Agent, What: audit.ServiceChanged, About: string(brand)}); err != nil {
			return err
		}
		return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventServiceChanged, Brand: brand, Agent: see.Agent})
	})
	if err != nil {
		return fmt.Errorf("desk: service: %w", err)
	}
	return nil
}
