// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// roundTheClock is a plan without targets: so long, around the clock.
func roundTheClock(d time.Duration) *plan { return &plan{last: d} }

// aim is a target of which nobody is warned.
func aim(network, hours string, first, next int) Target {
	return Target{Network: network, Hours: hours, First: first, Next: next}
}

// weekdays are hours from Monday to Friday, eight to six, in Berlin.
func weekdays(name string) Hours {
	h := Hours{Name: name, Hours: calendar.Hours{Zone: "Europe/Berlin", Region: "DE-BE"}}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = []calendar.Span{{From: 8 * 60, To: 18 * 60}}
	}
	return h
}

func inBerlin(day, hour, minute int) time.Time {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 10, day, hour, minute, 0, 0, berlin).UTC()
}

func TestTheMostSpecialTargetCounts(t *testing.T) {
	t.Parallel()
	s := Service{Hours: []Hours{weekdays("office")}, Targets: []Target{aim("", "office", 60, 120), aim("chat", "", 5, 10), aim("mail", "office", 600, 1200)}}
	p, err := s.plan()
	require.NoError(t, err)
	p.last = 4 * time.Hour
	friday := inBerlin(16, 17, 30) // half an hour before the weekend
	for name, c := range map[string]struct {
		in  Case
		due time.Time
	}{
		"a first answer, all networks":    {Case{Network: "plaza", WaitsSince: friday}, inBerlin(19, 8, 30)},
		"a later answer":                  {Case{Network: "plaza", WaitsSince: friday, Answered: true}, inBerlin(19, 9, 30)},
		"its network's own":               {Case{Network: "mail", WaitsSince: friday}, inBerlin(19, 17, 30)},
		"its network's own, later":        {Case{Network: "mail", WaitsSince: friday, Answered: true}, inBerlin(20, 17, 30)},
		"its network's, around the clock": {Case{Network: "chat", WaitsSince: friday}, inBerlin(16, 17, 35)},
		"nobody waits":                    {Case{Network: "chat"}, time.Time{}},
	} {
		require.Equal(t, c.due, p.due(c.in).UTC(), name)
	}
	require.Equal(t, friday.Add(time.Hour), roundTheClock(time.Hour).due(Case{WaitsSince: friday}), "without any target")
}

func TestAnAnswerIsDueInServiceHours(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.setService(Service{Hours: []Hours{weekdays("office")}, Targets: []Target{aim("", "office", 60, 120)}})
		due := func(want time.Time) {
			t.Helper()
			require.Equal(t, want, r.caseOf("1").Case.DueAt)
		}
		r.hear(r.says("ann", "1", "No line", saidAt(inBerlin(14, 12, 0))))
		due(inBerlin(14, 13, 0))
		r.hear(r.says("ann", "2", "Still none", refs("1"), saidAt(inBerlin(14, 12, 20))))
		due(inBerlin(14, 13, 0))
		r.replied("2", "Is the lamp on?")
		due(time.Time{}) // the customer has the word
		r.clock.Forward(5 * time.Hour)
		r.hear(r.says("ann", "3", "Yes", refs("1"), saidAt(inBerlin(14, 17, 30))))
		due(inBerlin(15, 9, 30))
	})
}

// setService lets the brand have hours and targets, and its open cases follow.
func (r *room) setService(s Service) {
	r.t.Helper()
	require.NoError(r.t, r.desk.SetService(r.t.Context(), leads(brand), brand, s))
	for r.reckons(nil) {
	}
}

// reckons does the next job that reckons cases anew, unless it is killed just before the commit; false: there is none.
func (r *room) reckons(killed error) bool {
	r.t.Helper()
	found := false
	err := r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var id int64
		var args string
		err := tx.Row(ctx, `SELECT id, args FROM job WHERE kind = 'reckon' ORDER BY id LIMIT 1`, nil, &id, &args)
		if store.IsNoRows(err) {
			return nil
		}
		if found = true; err != nil {
			return err
		}
		if err := r.desk.reckon(ctx, tx, jobs.Job{Args: []byte(args)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM job WHERE id = ?`, id); err != nil {
			return err
		}
		return killed
	})
	if found && killed != nil {
		require.ErrorIs(r.t, err, killed)
	} else {
		require.NoError(r.t, err)
	}
	return found
}

func TestNewHoursCountForWhoWaitsAlready(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		const many = 2*reckonedMost + 200
		since := func(i int) time.Time { return inBerlin(12, 0, 0).Add(time.Duration(i) * 7 * time.Minute) }
		changed := r.clock.Now()
		require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range many {
				c := Case{ID: hilft.CaseID(fmt.Sprintf("c%05d", (i*7919)%many)), Number: int64(5000 + i), Brand: brand, Person: "p", State: hilft.Open, Network: network, WaitsSince: since(i), ChangedAt: changed}
				c.DueAt, c.Trouble = c.WaitsSince.Add(4*hour), store.Bit(i%10 == 0)
				if i%10 == 1 {
					c.State, c.WaitsSince, c.DueAt = hilft.Waiting, time.Time{}, time.Time{}
				}
				if err := insertCases(ctx, tx, c); err != nil {
					return err
				}
			}
			return nil
		}))
		// Later cases are due earlier for some: they change places while they are gone through.
		s := Service{Hours: []Hours{weekdays("office")}, Targets: []Target{aim("", "office", 45, 45)}}
		require.NoError(t, r.desk.SetService(t.Context(), leads(brand), brand, s))
		killed := errors.New("killed")
		rounds := 0
		for r.reckons(killed) {
			require.True(t, r.reckons(nil))
			if rounds++; rounds == 1 {
				r.hear(r.says("new", "1", "Hello?", saidAt(r.clock.Now())))
			}
		}
		require.GreaterOrEqual(t, rounds, 3)
		p, err := s.plan()
		require.NoError(t, err)
		seen := 0
		require.NoError(t, r.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			all, err := store.All(ctx, tx, caseColumns+`ORDER BY c.rank, c.id`, nil, scanCase)
			if err != nil {
				return err
			}
			for _, c := range all {
				require.True(t, p.due(c).Equal(c.DueAt), "%s waits since %s", c.ID, c.WaitsSince)
				require.Equal(t, c.WaitsSince.IsZero(), c.State == hilft.Waiting)
				if c.Person == "p" {
					require.Equal(t, changed, c.ChangedAt, "nothing has happened in it")
					seen++
				}
			}
			require.True(t, slices.IsSortedFunc(all, func(a, b Case) int { return int(a.Rank() - b.Rank()) }), "each stands where it is due")
			return nil
		}))
		require.Equal(t, many, seen)
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM event WHERE kind = 'service.reckoned'`), "screens are told once")
	})
}

// On Postgres words are placed while hours change: whoever reckons by the old ones is waited for, so that nobody is missed.
func TestWhoReckonsByTheOldHoursIsDoneBeforeThereAreNewOnes(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		if r.db.Dialect() != store.Postgres {
			t.Skip("there is one who writes")
		}
		set := make(chan error, 1)
		require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			p, err := r.desk.planOf(ctx, tx, brand)
			if err == nil {
				err = tx.Flush(ctx)
			}
			if err != nil {
				return err
			}
			go func() {
				set <- r.desk.SetService(t.Context(), leads(brand), brand, Service{Targets: []Target{aim("", "", 30, 30)}})
			}()
			require.Eventually(t, func() bool {
				return r.count(`SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 1
			}, 10*time.Second, time.Millisecond)
			c := Case{ID: "late", Number: 1, Brand: brand, Person: "p", State: hilft.Open, Network: network, WaitsSince: tx.Now()}
			c.DueAt = p.due(c)
			return insertCases(ctx, tx, c)
		}))
		require.NoError(t, <-set)
		for r.reckons(nil) {
		}
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM cases WHERE due_at = waits_since + 1800000000`))
	})
}

func TestWhatAServiceWouldComeTo(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		now := r.clock.Now()
		for i, ago := range []time.Duration{10 * time.Minute, 50 * time.Minute, 3 * time.Hour, 5 * time.Hour} {
			r.hear(r.says(fmt.Sprint("customer", i), fmt.Sprint(i), "Hello?", saidAt(now.Add(-ago))))
		}
		r.hear(r.says("done", "5", "Thanks", saidAt(now.Add(-9*time.Hour))))
		r.replied("5", "You are welcome.")
		o, err := r.desk.Outlook(t.Context(), leads(brand), brand, Service{})
		require.NoError(t, err)
		require.Equal(t, Outlook{Open: 4, Aimed: 0, Late: 1, LateNow: 1}, o, "four hours for everybody")
		o, err = r.desk.Outlook(t.Context(), leads(brand), brand, Service{Targets: []Target{aim(network, "", 30, 30)}})
		require.NoError(t, err)
		require.Equal(t, Outlook{Open: 4, Aimed: 4, Late: 3, LateNow: 1}, o)
		o, err = r.desk.Outlook(t.Context(), leads(brand), brand, Service{Targets: []Target{aim("mail", "", 30, 30)}})
		require.NoError(t, err)
		require.Equal(t, Outlook{Open: 4, Aimed: 0, Late: 1, LateNow: 1}, o)
		require.Zero(t, r.count(`SELECT COUNT(*) FROM answer_target`), "nothing is set")
		_, err = r.desk.Outlook(t.Context(), leads("another"), "another", Service{Hours: []Hours{{}}})
		r.is(err, hilft.Invalid)
	})
}

func TestAServiceIsKeptAsItWasSet(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		office := weekdays("Werktags")
		office.Days = map[calendar.Date][]calendar.Span{{Year: 2026, Month: 12, Day: 24}: {{From: 480, To: 720}}, {Year: 2026, Month: 12, Day: 28}: nil}
		s := Service{Hours: []Hours{office, {Name: "Immer", Hours: calendar.Hours{Zone: "Europe/Zurich", Week: calendar.Always(), Days: map[calendar.Date][]calendar.Span{}}}}, Targets: []Target{{"mail", "Werktags", 240, 480, 30, 120, ben}, aim("", "Immer", 60, 60)}}
		r.setService(s)
		got, err := r.desk.Service(t.Context(), leads(brand), brand)
		require.NoError(t, err)
		require.Equal(t, s, got)
		r.setService(s) // again
		theirs, err := r.desk.Service(t.Context(), leads("another"), "another")
		require.NoError(t, err)
		require.Empty(t, theirs)
		require.NoError(t, r.desk.SetService(t.Context(), leads("another"), "another", Service{Targets: []Target{aim("", "", 5, 5)}}))
		r.hear(r.says("ann", "1", "No line", saidAt(inBerlin(14, 12, 0))))
		require.Equal(t, inBerlin(14, 13, 0), r.caseOf("1").Case.DueAt, "another brand's targets are not ours")
		r.setService(Service{})
		r.stands("1", hilft.Open, inBerlin(14, 12, 0))
	})
}

func TestAServiceThatMakesNoSense(t *testing.T) {
	t.Parallel()
	named := func(change func(*Hours)) Service {
		h := weekdays("office")
		change(&h)
		return Service{Hours: []Hours{weekdays("other"), h}}
	}
	aims := func(more ...Target) Service { return Service{Hours: []Hours{weekdays("office")}, Targets: more} }
	for field, all := range map[string][]Service{
		"hours.1.name":               {named(func(h *Hours) { h.Name = " " }), named(func(h *Hours) { h.Name = "other" }), named(func(h *Hours) { h.Name = "a\nb" }), named(func(h *Hours) { h.Name = string(make([]rune, 61)) })},
		"hours.1.zone":               {named(func(h *Hours) { h.Zone = "Mars/Base" })},
		"hours.1.region":             {named(func(h *Hours) { h.Region = "DE-XX" })},
		"hours.1.week":               {named(func(h *Hours) { h.Week = calendar.Week{} }), named(func(h *Hours) { h.Week[1] = make([]calendar.Span, spansMost+1) })},
		"targets.0.hours":            {aims(aim("", "Nachts", 60, 60))},
		"targets.0.first_minutes":    {aims(aim("", "", 0, 60)), aims(aim("", "", minutesMost+1, 60))},
		"targets.0.next_minutes":     {aims(aim("", "", 60, -1))},
		"targets.0.warn_minutes":     {aims(Target{First: 1, Next: 1, Warn: -1})},
		"targets.0.escalate_minutes": {aims(Target{First: 1, Next: 1, Escalate: minutesMost + 1})},
		"targets.1.network":          {aims(aim("mail", "", 60, 60), aim("mail", "office", 60, 60))},
		"":                           {{Targets: make([]Target, targetsMost+1)}, {Hours: make([]Hours, hoursMost+1)}},
	} {
		for _, s := range all {
			_, err := s.check()
			e, ok := errors.AsType[*hilft.Error](err)
			require.True(t, ok, field)
			require.Equal(t, []any{hilft.Invalid, field}, []any{e.Kind, e.Field})
		}
	}
}
