// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Two cases become one in one way, whoever finds that they are: all that is in the one goes into the other, and the one stays
// behind empty, under its number, and leads there. What people have moved is written down for as long as they can take it back.

var noMerge = struct{ itself, brand, person error }{
	hilft.FailField(hilft.Invalid, "merge.itself", "into", nil),
	hilft.FailField(hilft.Invalid, "merge.other_brand", "into", nil),
	hilft.FailField(hilft.Conflict, "merge.other_person", "other_person", nil),
}

// Merge lets all that is in a case go on in another one of its brand; what is said next in its conversations is about that. Its
// number leads there. Of two persons' cases only knowingly: the persons stay two. It answers with the case that stays, where it can be
// taken back. Invalid: they are one case (merge.itself), or of two brands (merge.other_brand). Conflict (case.merged): one of them has
// gone into another already; (merge.other_person): they are of two persons, and that was not known.
func (d *Desk) Merge(ctx context.Context, see access.Sight, id, into hilft.CaseID, knowingly bool) (Acted, error) {
	var done Acted
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		from, to, err := pairFor(ctx, tx, see, id, into)
		switch {
		case err != nil:
			return err
		case from.State == hilft.Merged || to.State == hilft.Merged:
			return hilft.Fail(hilft.Conflict, "case.merged", nil)
		case from.Person != to.Person && !knowingly:
			return noMerge.person
		}
		done, err = d.mergeInto(ctx, tx, see, from, to)
		return err
	})
	if err != nil {
		return Acted{}, fmt.Errorf("desk: merge: %w", err)
	}
	return done, nil
}

func (d *Desk) mergeInto(ctx context.Context, tx *store.Tx, see access.Sight, from, to Case) (Acted, error) {
	words := map[hilft.CaseID][]word{}
	if err := lastWords(ctx, tx, []hilft.CaseID{from.ID, to.ID}, unreadColumns, func(id hilft.CaseID, w word) { words[id] = append(words[id], w) }); err != nil {
		return Acted{}, err
	}
	if err := tx.Flush(ctx); err != nil {
		return Acted{}, err
	}
	one := combine(to, from, keeps(to, words[to.ID]), keeps(from, words[from.ID]), to.next(tx.Now()))
	move, err := startMove(ctx, tx)
	if err != nil {
		return Acted{}, err
	}
	if err := gather(ctx, tx, move, to.ID, from.ID); err != nil {
		return Acted{}, err
	}
	e := to.act(hilft.EventCaseTook, see.Agent, map[string]string{
		"case": string(from.ID), "number": strconv.FormatInt(from.Number, 10), "move": move, "before": to.carries(), "after": one.carries(),
	})
	if one, err = d.settle(ctx, tx, one); err != nil {
		return Acted{}, err
	}
	if err := saveCases(ctx, tx, from.gone(one)); err != nil {
		return Acted{}, err
	}
	if _, err := freeUp(ctx, tx, `case_id = ?`, string(from.ID)); err != nil {
		return Acted{}, err
	}
	return d.acted(ctx, tx, one, e, from.merged(one, see.Agent))
}

// pairFor reads two cases of a brand that somebody works on, and keeps others from them and from the places where they are spoken of.
func pairFor(ctx context.Context, tx *store.Tx, see access.Sight, id, other hilft.CaseID) (one, two Case, err error) {
	var brands [2]hilft.BrandID
	for i, id := range []hilft.CaseID{id, other} {
		c, err := oneCase(ctx, tx, see, id)
		if err == nil {
			err = see.Demand(c.Brand, access.Work, noSuchCase)
		}
		if err != nil {
			return one, two, err
		}
		brands[i] = c.Brand
	}
	switch {
	case id == other:
		return one, two, noMerge.itself
	case brands[0] != brands[1]:
		return one, two, noMerge.brand
	}
	if err := alonesIn(ctx, tx, id, other); err != nil {
		return one, two, err
	}
	err = casesForUpdate(ctx, tx, []hilft.CaseID{id, other}, func(c Case) {
		if c.ID == id {
			one = c
		} else {
			two = c
		}
	})
	if err == nil {
		err = tx.Flush(ctx)
	}
	return one, two, err
}

// alonesIn lets what the transaction does next wait until nobody places words on the accounts where cases are spoken of: words find
// their case before they hold it.
func alonesIn(ctx context.Context, tx *store.Tx, ids ...hilft.CaseID) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	where, list := store.In(tx, "case_id", texts(ids))
	accounts, err := store.All(ctx, tx, `SELECT account_id FROM conversation WHERE `+where+` UNION SELECT account_id FROM message WHERE account_id <> '' AND `+where+` ORDER BY 1`, []any{list, list},
		func(scan func(into ...any) error, a *hilft.AccountID) error { return scan(a) })
	if err != nil {
		return fmt.Errorf("desk: turns: %w", err)
	}
	for _, a := range accounts {
		if err := alone(ctx, tx, a); err != nil {
			return err
		}
	}
	return tx.Flush(ctx)
}

// movable are the places where it stands what is in a case. Nobody is in no case: indexes leave those out.
var movable = []struct{ kind, table, column string }{
	{"message", "message", "case_id"}, {"conversation", "conversation", "case_id"}, {"case", "cases", "into_id"},
}

// startMove begins to write down what is moved together, and forgets what cannot be taken back any more.
func startMove(ctx context.Context, tx *store.Tx) (move string, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM moved WHERE at < ?`, store.Micros(tx.Now().Add(-undoFor))); err != nil {
		return "", fmt.Errorf("desk: move: %w", err)
	}
	return hilft.NewID(), nil
}

// gather moves all that is in one case into another. It is written down under the move; where that is empty, nothing is. However much
// it is, it stays in the database.
func gather(ctx context.Context, tx *store.Tx, move string, into, from hilft.CaseID) error {
	for _, k := range movable {
		if move != "" {
			q := fmt.Sprintf(`INSERT INTO moved (move, kind, id, at) SELECT CAST(? AS TEXT), '%s', id, CAST(? AS BIGINT) FROM %s WHERE %s = ? AND %[3]s <> ''`, k.kind, k.table, k.column)
			if _, err := tx.Exec(ctx, q, move, store.Micros(tx.Now()), string(from)); err != nil {
				return fmt.Errorf("desk: gather: %w", err)
			}
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %s SET %s = ? WHERE %[2]s = ? AND %[2]s <> ''`, k.table, k.column), string(into), string(from)); err != nil {
			return fmt.Errorf("desk: gather: %w", err)
		}
	}
	// What somebody has begun to write goes on there as well, unless they have begun something there too. It stays there: it is about what
	// was said, wherever that is.
	_, err := tx.Exec(ctx, `UPDATE draft SET case_id = ? WHERE case_id = ? AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.case_id = ? AND d.agent_id = draft.agent_id AND d.way = draft.way)`,
		string(into), string(from), string(into))
	if err != nil {
		return fmt.Errorf("desk: gather: %w", err)
	}
	return nil
}

// giveBack moves what was moved into a case back to where it was, as far as it is still there.
func giveBack(ctx context.Context, tx *store.Tx, move string, to, from hilft.CaseID) error {
	for _, k := range movable {
		q := fmt.Sprintf(`UPDATE %s SET %s = ? WHERE %[2]s = ? AND %[2]s <> '' AND id IN (SELECT id FROM moved WHERE move = ? AND kind = '%s')`, k.table, k.column, k.kind)
		if _, err := tx.Exec(ctx, q, string(to), string(from), move); err != nil {
			return fmt.Errorf("desk: give back: %w", err)
		}
	}
	return nil
}

// gone is what stays behind of a case that went into another: its number, and what people have said of it, should it come back. No list
// has it, and no clock.
func (c Case) gone(into Case) Case {
	c.State, c.Into, c.ChangedAt = hilft.Merged, into.ID, latest(c.ChangedAt, into.ChangedAt)
	c.WaitsSince, c.DueAt, c.alarmAt, c.toldAt, c.Late, c.Trouble = time.Time{}, time.Time{}, time.Time{}, time.Time{}, InTime, 0
	return c
}

// merged is that a case went into another.
func (c Case) merged(into Case, by hilft.AgentID) jobs.Event {
	return c.act(hilft.EventCaseMerged, by, map[string]string{"into": string(into.ID), "number": strconv.FormatInt(into.Number, 10)})
}

// keeps is when the first word was heard that must count wherever a case goes on: the oldest that waits for an answer. In one that is
// not solved and in which nobody waits, its last: the customer has the word there. The zero time: none must.
func keeps(c Case, newestFirst []word) (heard time.Time) {
	if c.State == hilft.Solved {
		return time.Time{}
	}
	here, elsewhere := lastAnswers(newestFirst)
	var last time.Time
	for _, w := range newestFirst {
		if !w.waits() || !w.madeAt.After(c.SolvedAt) {
			continue
		}
		last = latest(last, w.madeAt)
		if w.after(here, elsewhere) {
			heard = earliest(heard, w.madeAt)
		}
	}
	return earliest(heard, last)
}

// combine is what a case carries when another has gone into it. It stays what it is called; a title that somebody gave is kept over one
// that nobody did. It stays whose it is; what is nobody's becomes the other's. It is as urgent as the more urgent one, and has the tags
// of both. Nobody who waits in one of them waits less for it: what is open in one is neither solved nor asleep in both, from the moments
// on that each of them keeps. Where it stands then its words say.
func combine(into, from Case, intoKeeps, fromKeeps, at time.Time) Case {
	one := into
	one.Agent = cmp.Or(into.Agent, from.Agent)
	if from.Named && !into.Named {
		one.Named, one.Title = true, from.Title
	}
	if urgency(from.Priority) > urgency(into.Priority) {
		one.Priority = from.Priority
	}
	one.Tags = slices.Clone(into.Tags)
	for _, t := range from.Tags {
		if !slices.Contains(one.Tags, t) {
			one.Tags = append(one.Tags, t)
		}
	}
	one.SolvedAt = solvedUntil(into, from, intoKeeps, fromKeeps)
	one.sleptAt, one.WakesAt, one.WokenAt = time.Time{}, time.Time{}, time.Time{}
	switch asleep := [2]bool{into.State == hilft.Asleep, from.State == hilft.Asleep}; {
	case into.State == hilft.Open || from.State == hilft.Open:
		one.WokenAt = latest(into.WokenAt, from.WokenAt)
	case asleep[0] && asleep[1]:
		one.sleptAt, one.WakesAt = at, earliest(into.WakesAt, from.WakesAt)
	case asleep[0] || asleep[1]:
		one.sleptAt, one.WakesAt = at, into.WakesAt
		if asleep[1] {
			one.WakesAt = from.WakesAt
		}
	}
	if !from.WaitsSince.IsZero() && (into.WaitsSince.IsZero() || from.WaitsSince.Before(into.WaitsSince)) {
		one.Late, one.toldAt = from.Late, from.toldAt // what was told of who waits longest is not told again
	}
	one.ChangedAt = latest(into.ChangedAt, from.ChangedAt)
	return one
}

// solvedUntil is until when what was heard in two cases waits for nobody.
func solvedUntil(into, from Case, intoKeeps, fromKeeps time.Time) time.Time {
	for _, c := range []struct {
		Case
		keeps time.Time
	}{{into, intoKeeps}, {from, fromKeeps}} {
		if c.State != hilft.Solved && c.keeps.IsZero() {
			return time.Time{} // open, and not for any word
		}
	}
	solved := latest(into.SolvedAt, from.SolvedAt)
	if first := earliest(intoKeeps, fromKeeps); !first.IsZero() && !solved.Before(first) {
		return first.Add(-time.Microsecond)
	}
	return solved
}

func urgency(p hilft.Priority) int {
	switch p {
	case hilft.Urgent:
		return 2
	case hilft.High:
		return 1
	case hilft.Low:
		return -1
	case hilft.Normal:
	}
	return 0
}

// carried is what combine changes of a case, as events tell it.
type carried struct {
	Agent    hilft.AgentID  `json:"agent"`
	Priority hilft.Priority `json:"priority"`
	Title    string         `json:"title"`
	Tags     string         `json:"tags"`
	Solved   string         `json:"solved"`
	Nap      string         `json:"nap"`
}

func (c Case) carried() carried {
	return carried{c.Agent, c.Priority, c.ownTitle(), strings.Join(texts(c.Tags), " "), stamp(c.SolvedAt), c.nap()}
}

func (c Case) carries() string {
	b, _ := json.Marshal(c.carried()) // of strings alone
	return string(b)
}

// carriesAgain takes back what combine has changed, as far as it still is so.
func (c *Case) carriesAgain(before, after carried) {
	is := c.carried()
	if is.Agent == after.Agent {
		c.Agent = before.Agent
	}
	if is.Priority == after.Priority {
		c.Priority = before.Priority
	}
	if is.Title == after.Title {
		c.name(before.Title, "")
	}
	if is.Tags == after.Tags {
		c.Tags = tagsOf(before.Tags)
	}
	if is.Solved == after.Solved {
		c.SolvedAt = unstamp(before.Solved)
	}
	if is.Nap == after.Nap {
		c.napAgain(before.Nap)
	}
}

// unmerge takes back that a case took another. What was said since goes where it would have gone.
func (d *Desk) unmerge(ctx context.Context, tx *store.Tx, see access.Sight, e jobs.Event, was map[string]string) (Case, error) {
	from, to, err := pairFor(ctx, tx, see, hilft.CaseID(was["case"]), e.Case)
	if err != nil {
		return Case{}, err
	}
	if from.Into != to.ID || to.State == hilft.Merged {
		return Case{}, hilft.Fail(hilft.Conflict, "act.moved_on", nil)
	}
	var before, after carried
	if err := json.Unmarshal([]byte(was["before"]), &before); err != nil {
		return Case{}, fmt.Errorf("event %d: %w", e.ID, err)
	}
	if err := json.Unmarshal([]byte(was["after"]), &after); err != nil {
		return Case{}, fmt.Errorf("event %d: %w", e.ID, err)
	}
	if err := giveBack(ctx, tx, was["move"], from.ID, to.ID); err != nil {
		return Case{}, err
	}
	if err := saidSince(ctx, tx, from.ID, to.ID, e.At); err != nil {
		return Case{}, err
	}
	to.carriesAgain(before, after)
	from.Into, from.State = "", hilft.Open
	from.ChangedAt = latest(from.ChangedAt, to.ChangedAt) // what was heard meanwhile may be in it
	for _, c := range []*Case{&from, &to} {
		if err := d.dropGone(ctx, tx, c); err != nil {
			return Case{}, err
		}
		if *c, err = d.settle(ctx, tx, *c); err != nil {
			return Case{}, err
		}
	}
	return to, d.jobs.Record(ctx, tx, undone(from, hilft.EventCaseMerged, see, was), undone(to, e.Kind, see, was))
}

// undone is that somebody took back what they did with a case.
func undone(c Case, kind string, see access.Sight, was map[string]string) jobs.Event {
	data := map[string]string{"act": kind}
	if n := was["number"]; n != "" {
		data["number"] = n
	}
	return c.act(hilft.EventCaseUndone, see.Agent, data)
}

// saidSince gives what was said in one case since a moment to another, where it would have gone there: in private what is in a
// conversation of the other; in public what somebody says who had last spoken about the other, and what answers such a word.
func saidSince(ctx context.Context, tx *store.Tx, to, from hilft.CaseID, since time.Time) error {
	q := `UPDATE message SET case_id = ? WHERE case_id = ? AND made_at > ? AND conversation_id <> '' AND visibility = 'private'
		AND conversation_id IN (SELECT id FROM conversation WHERE case_id = ?)`
	if _, err := tx.Exec(ctx, q, string(to), string(from), store.Micros(since), string(to)); err != nil {
		return fmt.Errorf("desk: give back: %w", err)
	}
	fresh, err := store.All(ctx, tx, `SELECT id FROM message WHERE case_id = ? AND made_at > ? AND visibility = 'public' AND direction <> 'note' ORDER BY at, id`,
		[]any{string(from), store.Micros(since)}, func(scan func(into ...any) error, id *string) error { return scan(id) })
	if err != nil {
		return fmt.Errorf("desk: give back: %w", err)
	}
	for _, id := range fresh {
		q := `UPDATE message SET case_id = ? WHERE id = ? AND ? = (SELECT o.case_id FROM message o WHERE o.conversation_id = message.conversation_id AND o.case_id IN (?, ?) AND o.direction = 'inbound'
			AND (message.direction = 'inbound' AND o.identity_id = message.identity_id AND (o.at, o.id) < (message.at, message.id)
				OR message.direction = 'outbound' AND o.remote_id = message.in_reply_to AND o.remote_id <> '') ORDER BY o.at DESC, o.id DESC LIMIT 1)`
		if _, err := tx.Exec(ctx, q, string(to), id, string(to), string(to), string(from)); err != nil {
			return fmt.Errorf("desk: give back: %w", err)
		}
	}
	return nil
}
