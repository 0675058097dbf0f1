// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// strikes lets the clock tell all that is over.
func (r *room) strikes() {
	r.t.Helper()
	for more := true; more; {
		var err error
		more, err = r.desk.strike(r.t.Context())
		require.NoError(r.t, err)
	}
}

// lateness are what was told of late answers, in order.
func (r *room) lateness() (all []string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT data FROM event WHERE kind = 'case.late' ORDER BY id`, nil, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	return all
}

const (
	soon      = `{"late":"soon"}`
	late      = `{"late":"late"}`
	escalated = `{"late":"escalated"}`
)

func TestTheClockWarnsAndTellsOfWhatIsLateAndEscalates(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.worksHere("lead")
		r.setService(Service{Hours: []Hours{weekdays("office")}, Targets: []Target{{"", "office", 60, 60, 15, 30, "lead"}}})
		r.hear(r.says("ann", "1", "No line", saidAt(inBerlin(14, 17, 30)))) // due the next day, at half past eight
		for _, step := range []struct {
			at   time.Time
			is   Lateness
			told []string
		}{
			{inBerlin(14, 18, 0), InTime, nil},
			{inBerlin(15, 7, 59), InTime, nil}, // nobody serves at night
			{inBerlin(15, 8, 14), InTime, nil},
			{inBerlin(15, 8, 15), Soon, []string{soon}},
			{inBerlin(15, 8, 29), Soon, []string{soon}},
			{inBerlin(15, 8, 30), Late, []string{soon, late}},
			{inBerlin(15, 8, 59), Late, []string{soon, late}},
			{inBerlin(15, 9, 0), Escalated, []string{soon, late, escalated}},
			{inBerlin(17, 9, 0), Escalated, []string{soon, late, escalated}},
		} {
			r.clock.Forward(step.at.Sub(r.clock.Now()))
			r.strikes()
			r.strikes()
			require.Equal(t, step.is, r.caseOf("1").Case.Late, step.at)
			require.Equal(t, step.told, r.lateness(), step.at)
		}
		require.Equal(t, hilft.AgentID("lead"), r.caseOf("1").Case.Agent, "somebody else's now")
		r.replied("1", "So sorry.")
		require.Equal(t, InTime, r.caseOf("1").Case.Late)
		r.hear(r.says("ann", "2", "And now?", refs("1"), saidAt(inBerlin(19, 8, 0))))
		r.clock.Forward(inBerlin(19, 9, 0).Sub(r.clock.Now()))
		r.strikes()
		require.Equal(t, []string{soon, late, escalated, late}, r.lateness(), "of each wait anew; what was missed is not told of any more")
	})
}

// worksHere lets somebody be an agent.
func (r *room) worksHere(id hilft.AgentID) {
	r.t.Helper()
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO agent (id, email, name, initials, role, language, scheme, password, made_at, closed_at, signature) VALUES (?, ?, ?, 'XX', 'member', 'de', 'auto', '', 0, 0, '')`,
			string(id), string(id)+"@nordnetz.example", string(id)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO membership (agent_id, brand_id, role, made_at) VALUES (?, ?, 'agent', 0)`, string(id), string(brand))
		return err
	}))
}

func TestNothingIsHandedToWhoHasLeft(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.setService(Service{Targets: []Target{{"", "", 60, 60, 0, 1, "gone"}}})
		r.hear(r.says("ann", "1", "No line"))
		_, err := r.desk.Assign(t.Context(), as(ben), r.message("1").Case, as(ada))
		require.NoError(t, err)
		r.clock.Forward(2 * hour)
		r.strikes()
		require.Equal(t, []string{escalated}, r.lateness())
		require.Equal(t, ada, r.caseOf("1").Case.Agent)
	})
}

// Without any target the brand's one figure counts.
func TestTheClockTellsOfALateAnswerWithoutATarget(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("ann", "1", "No line"))
		r.clock.Forward(4*hour - 10*time.Minute)
		r.strikes()
		r.clock.Forward(10 * time.Minute)
		r.strikes()
		require.Equal(t, []string{soon, late}, r.lateness())
		changed := r.caseOf("1").Case.ChangedAt
		_, err := r.solve(r.message("1").Case)
		require.NoError(t, err, "nothing was said since")
		require.True(t, r.caseOf("1").Case.ChangedAt.After(changed))
		require.Zero(t, r.count(`SELECT COUNT(*) FROM cases WHERE alarm_at > 0 OR told_at > 0 OR late > 0`))
	})
}

// A clock that ran ahead has told too early. When it is set right, that is taken back; and told when it is so.
func TestTheClockIsSetRight(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("ann", "1", "No line"))
		r.clock.Forward(24 * hour)
		r.strikes()
		require.Equal(t, Late, r.caseOf("1").Case.Late)
		r.clock.Forward(-24 * hour)
		r.strikes()
		require.Equal(t, InTime, r.caseOf("1").Case.Late)
		r.clock.Forward(4 * hour)
		r.strikes()
		require.Equal(t, Late, r.caseOf("1").Case.Late)
		require.Equal(t, []string{late, late}, r.lateness())
	})
}

// Two nodes look at the same moment at what is over.
func TestEachMomentIsToldOfOnce(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		const many = struckMost + 50
		require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			all := make([]Case, many)
			for i := range all {
				all[i] = Case{ID: hilft.CaseID(fmt.Sprintf("c%05d", i)), Number: int64(5000 + i), Brand: hilft.BrandID(fmt.Sprint("brand", i%2)), Person: "p", State: hilft.Open, WaitsSince: tx.Now()}
				all[i] = all[i].armed(roundTheClock(4 * hour))
			}
			return insertCases(ctx, tx, all...)
		}))
		r.clock.Forward(4 * hour)
		var nodes sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			nodes.Go(func() {
				for more := true; more && errs[i] == nil; {
					more, errs[i] = r.desk.strike(t.Context())
				}
			})
		}
		nodes.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.Equal(t, many, r.count(`SELECT COUNT(*) FROM event WHERE kind = 'case.late'`))
		require.Equal(t, many, r.count(`SELECT COUNT(*) FROM cases WHERE late = 2 AND alarm_at = 0`))
	})
}

func TestAlarmsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for q, index := range map[string]string{alarmsOver: "cases_alarm", toldAhead: "cases_told"} {
			plan := planOf(t, db, q, []any{int64(1)})
			require.Contains(t, plan, index)
			require.NotContains(t, plan, "TEMP B-TREE")
		}
	})
}

// Whatever happens in whatever order, a moment is told of when it is over, and no moment twice.
func TestTheClockTellsOfWhatIsSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		start := time.Date(2026, 10, 14, 8, 0, 0, 0, time.UTC)
		minutes := func(what string, most int) int { return rapid.IntRange(0, most).Draw(rt, what) }
		p := &plan{targets: map[string]target{"": Target{First: 1 + minutes("first", 120), Next: 1 + minutes("next", 120), Warn: minutes("warn", 60), Escalate: minutes("escalate", 60)}.in(nil)}}
		c, now := Case{State: hilft.Open, WaitsSince: start}.armed(p), start
		told := map[time.Time]bool{}
		for range 20 {
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				c.State, c.WaitsSince, c.Answered = hilft.Waiting, time.Time{}, true
				c = c.armed(p)
			case 1:
				if c.State == hilft.Waiting {
					c.State, c.WaitsSince = hilft.Open, now
					c = c.armed(p)
				}
			default:
				now = now.Add(time.Duration(1+minutes("passes", 90)) * time.Minute)
				if c.alarmAt.IsZero() || c.alarmAt.After(now) {
					break
				}
				var tells bool
				if c, tells, _ = c.struck(p, now); tells {
					require.False(rt, told[c.toldAt], "told twice")
					told[c.toldAt] = true
				}
			}
			if c.alarmAt.After(now) || c.alarmAt.IsZero() {
				require.Equal(rt, p.moments(c).reached(now), c.Late, "what is so was told")
			}
		}
	})
}
