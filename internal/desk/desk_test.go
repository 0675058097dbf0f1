// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const (
	brand   = hilft.BrandID("nordnetz")
	account = hilft.AccountID("@nordnetz")
	network = "plaza"
	ada     = hilft.AgentID("ada")
	ben     = hilft.AgentID("ben")
	hour    = time.Hour
)

// room is a desk at which the test sits, on a clock that stands still.
type room struct {
	t     testing.TB
	db    *store.DB
	jobs  *jobs.Jobs
	desk  *Desk
	clock *storetest.Clock
	mail  bool          // threads are concerns
	by    hilft.AgentID // who replies
}

// as is the sight of somebody who works for the brand.
func as(id hilft.AgentID) access.Sight { return at(brand, id) }

// at is the sight of somebody who works for a brand.
func at(b hilft.BrandID, id hilft.AgentID) access.Sight { return being(access.RoleAgent, b, id) }

// leads is the sight of Ada as a brand's lead.
func leads(b hilft.BrandID) access.Sight { return being(access.RoleLead, b, ada) }

func being(role access.Role, b hilft.BrandID, id hilft.AgentID) access.Sight {
	return access.Agent{ID: id, Role: access.RoleMember, Roles: map[hilft.BrandID]access.Role{b: role}}.Sight()
}

func atDesk(t *testing.T, test func(t *testing.T, r *room)) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			test(t, newRoom(t, storetest.On(t, name, clock.Now), clock))
		})
	}
}

func newRoom(t testing.TB, db *store.DB, clock *storetest.Clock) *room {
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), bus.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	q := jobs.New(db, b, log)
	d := New(db, q, func(context.Context, *store.Tx, hilft.BrandID) (time.Duration, error) { return 4 * hour, nil })
	r := &room{t: t, db: db, jobs: q, desk: d, clock: clock, by: ada}
	t.Cleanup(r.tallies)
	return r
}

// tallies holds at the end of every test: the tally is what counting finds.
func (r *room) tallies() {
	if r.t.Failed() {
		return
	}
	want, got := map[tallied]int{}, map[tallied]int{}
	each := func(sums map[tallied]int) func(scan func(into ...any) error) error {
		return func(scan func(into ...any) error) error {
			var key tallied
			var n int
			err := scan(&key.brand, &key.list, &n)
			if n != 0 {
				sums[key] = n
			}
			return err
		}
	}
	require.NoError(r.t, r.db.Read(context.WithoutCancel(r.t.Context()), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Rows(ctx, `SELECT brand_id, list, CAST(SUM(n) AS BIGINT) FROM tally GROUP BY brand_id, list`, nil, each(got)); err != nil {
			return err
		}
		for _, count := range []string{
			`SELECT brand_id, state, COUNT(*) FROM cases GROUP BY brand_id, state`,
			`SELECT brand_id, 'unassigned', COUNT(*) FROM cases WHERE state = 'open' AND agent_id = '' GROUP BY brand_id`,
			`SELECT brand_id, 'mine:' || agent_id, COUNT(*) FROM cases WHERE state = 'open' AND agent_id <> '' GROUP BY brand_id, agent_id`,
			`SELECT brand_id, 'trouble', COUNT(*) FROM cases WHERE trouble > 0 GROUP BY brand_id`,
		} {
			if err := tx.Rows(ctx, count, nil, each(want)); err != nil {
				return err
			}
		}
		return r.tallyViews(ctx, tx, want, got)
	}))
	require.Equal(r.t, want, got, "the tally")
}

// tallyViews adds to what is wanted of the tally what looking at all cases finds for the saved views. Of one that is not counted yet
// nothing is wanted.
func (r *room) tallyViews(ctx context.Context, tx *store.Tx, want, got map[tallied]int) error {
	views, err := store.All(ctx, tx, viewColumns, nil, scanView)
	if err != nil {
		return err
	}
	cases, err := store.All(ctx, tx, caseColumns, nil, scanCase)
	if err != nil {
		return err
	}
	for _, v := range views {
		if !v.counted {
			maps.DeleteFunc(got, func(key tallied, _ int) bool { return strings.HasPrefix(key.list, v.list) })
			continue
		}
		for _, c := range cases {
			if list := v.listOf(&c.read); list != "" && c.Brand == v.Brand {
				want[tallied{v.Brand, list}]++
			}
		}
	}
	return nil
}

// says is what somebody says; "us" is the account itself, by another tool.
func (r *room) says(who, id, text string, more ...func(*channel.Item)) channel.Item {
	it := channel.Item{
		Kind: channel.Said, ID: id, At: r.clock.Now(), Visibility: hilft.Public, Text: text,
		From: channel.Author{ID: who, Name: who, Us: who == "us"},
	}
	for _, m := range more {
		m(&it)
	}
	return it
}

func refs(ids ...string) func(*channel.Item)  { return func(it *channel.Item) { it.Refs = ids } }
func thread(id string) func(*channel.Item)    { return func(it *channel.Item) { it.Thread = id } }
func saidAt(t time.Time) func(*channel.Item)  { return func(it *channel.Item) { it.At = t } }
func private(it *channel.Item)                { it.Visibility = hilft.Private }
func proven(it *channel.Item)                 { it.Proven = true }
func byMachine(it *channel.Item)              { it.Auto = true }
func subject(s string) func(it *channel.Item) { return func(it *channel.Item) { it.Subject = s } }
func (r *room) hear(items ...channel.Item)    { r.t.Helper(); r.hearAt(brand, account, items...) }
func (r *room) is(err error, kind hilft.Kind) {
	r.t.Helper()
	require.Equal(r.t, kind, hilft.KindOf(err), "%v", err)
}

func (r *room) count(q string, args ...any) int {
	r.t.Helper()
	return storetest.Count(r.t, r.db, q, args...)
}

func (r *room) cases() int         { return r.count(`SELECT COUNT(*) FROM cases WHERE state <> 'merged'`) }
func (r *room) conversations() int { return r.count(`SELECT COUNT(*) FROM conversation`) }

// hearAt lets the network report items, each in a transaction of its own, a second apart.
func (r *room) hearAt(b hilft.BrandID, acc hilft.AccountID, items ...channel.Item) {
	r.t.Helper()
	for _, it := range items {
		r.hearTogether(b, acc, it)
	}
}

// hearTogether lets the network report items at once, in one transaction.
func (r *room) hearTogether(b hilft.BrandID, acc hilft.AccountID, items ...channel.Item) {
	r.t.Helper()
	r.clock.Forward(time.Second)
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var words []Heard
		for _, it := range items {
			h := Heard{Brand: b, Account: acc, Network: network, ThreadIsConcern: r.mail, Item: it}
			if it.Kind == channel.Said {
				if !it.From.Us {
					var err error
					if h.Identity, err = people.Recognise(ctx, tx, b, network, it.From); err != nil {
						return err
					}
				}
				words = append(words, h)
				continue
			}
			if err := r.desk.Hear(ctx, tx, words...); err != nil {
				return err
			}
			words = nil
			if err := r.desk.Change(ctx, tx, Changed{Brand: b, Account: acc, Item: it}); err != nil {
				return err
			}
		}
		return r.desk.Hear(ctx, tx, words...)
	}), "%+v", items)
}

// message finds what bears a remote id.
func (r *room) message(remote string) (m Message) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = messageWhere(ctx, tx, `WHERE m.remote_id = ?`, remote)
		return err
	}), remote)
	return m
}

// caseOf is the case of the message with a remote id, with all that is in it.
func (r *room) caseOf(remote string) Timeline {
	r.t.Helper()
	t, err := r.desk.Case(r.t.Context(), as(ada), r.message(remote).Case)
	require.NoError(r.t, err)
	return t
}

// reply answers the message with a remote id, having seen everything.
func (r *room) reply(remote, text string, more ...func(*Reply)) (Message, error) {
	r.t.Helper()
	r.clock.Forward(time.Second)
	m, t := r.message(remote), r.caseOf(remote)
	say := Reply{Case: m.Case, Conversation: m.Conversation, Text: text, Seen: t.Messages[len(t.Messages)-1].ID}
	for _, f := range more {
		f(&say)
	}
	return r.desk.Reply(r.t.Context(), as(r.by), say)
}

func (r *room) replied(remote, text string, more ...func(*Reply)) Message {
	r.t.Helper()
	m, err := r.reply(remote, text, more...)
	require.NoError(r.t, err)
	return m
}

// solve says that there is nothing more to do in a case, having seen everything.
func (r *room) solve(id hilft.CaseID) (Case, error) {
	r.t.Helper()
	t, err := r.desk.Case(r.t.Context(), as(ada), id)
	require.NoError(r.t, err)
	var seen hilft.MessageID
	for _, m := range t.Messages {
		seen = max(seen, m.ID)
	}
	done, err := r.desk.Solve(r.t.Context(), as(ada), id, seen)
	return done.Case, err
}

// told hands the desk the switchboard's word.
func (r *room) told(reports ...channel.Report) {
	r.t.Helper()
	for _, rep := range reports {
		r.clock.Forward(time.Second)
		b := mustJSON(r.t, rep)
		require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return r.desk.delivered(ctx, tx, jobs.Job{Args: b})
		}))
	}
}

// dispatched are the deliveries asked for, in order.
func (r *room) dispatched() (all []channel.Dispatch) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT args FROM job WHERE kind = 'deliver' ORDER BY id`, nil, func(scan func(into ...any) error, d *channel.Dispatch) error {
			var s string
			if err := scan(&s); err != nil {
				return err
			}
			return jobs.Job{Args: []byte(s)}.Read(d)
		})
		return err
	}))
	return all
}

// happened are the kinds of all events, in order.
func (r *room) happened() (kinds []string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT kind FROM event ORDER BY id`, nil, func(scan func(into ...any) error) error {
			var k string
			err := scan(&k)
			kinds = append(kinds, k)
			return err
		})
	}))
	return kinds
}

// stands checks where the case of a message stands.
func (r *room) stands(remote string, state hilft.CaseState, waits time.Time) {
	r.t.Helper()
	c := r.caseOf(remote).Case
	due := time.Time{}
	if !waits.IsZero() {
		due = waits.Add(4 * hour)
	}
	require.Equal(r.t, []any{state, waits, due}, []any{c.State, c.WaitsSince, c.DueAt}, remote)
}

func bodies(all []Message) (texts []string) {
	for _, m := range all {
		texts = append(texts, m.Body)
	}
	return slices.Clip(texts)
}
