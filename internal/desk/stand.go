// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// word is a message as far as it matters for where its case stands.
type word struct {
	id         hilft.MessageID
	direction  hilft.Direction
	delivery   hilft.Delivery
	here       bool // written in this house, by somebody who saw what had been heard until then
	auto       bool
	letter     bool // it carries on what was answered; known of those that did not arrive
	deleted    bool
	letGo      bool      // it failed, and a person left it at that
	at         time.Time // by the network's clock
	madeAt     time.Time // when we heard or wrote it, ascending within a case
	account    hilft.AccountID
	network    string
	visibility hilft.Visibility
	subject    string
	text       string
	unread     bool // account, network, subject and text: the case shows what it shows of them already
}

// waits tells whether a customer waits for an answer to this word, leaving aside what was answered since.
func (w word) waits() bool { return w.direction == hilft.Inbound && !w.auto && !w.deleted }

// byHouse tells what hilft says by itself, such as that a mail has arrived: it answers nobody.
func (w word) byHouse() bool { return w.direction == hilft.Outbound && w.auto }

// answers tells whether it is an answer that went out, or is on its way.
func (w word) answers() bool {
	return !w.byHouse() && w.direction == hilft.Outbound && !w.deleted &&
		(w.delivery == hilft.Sent || w.delivery == hilft.Sending || w.delivery == hilft.Queued || w.delivery == hilft.Held)
}

// names tells whether a case may be called by this word.
func (w word) names() bool { return w.direction == hilft.Inbound && !w.deleted }

// trouble tells whether somebody must see to it that it did not arrive. A receipt that did not is none: it answers nobody.
func (w word) trouble() bool {
	return (!w.byHouse() || w.letter) && (w.delivery == hilft.Failed && !w.letGo || w.delivery == hilft.Unknown)
}

// previewMost is how much of the last word a list shows, in runes.
const previewMost = 160

// stand tells where a case stands, from what was said in it, the newest first. It depends on the words alone and not on
// the order in which a network reported them.
//
// Who waits longest is the oldest word that no answer came after: an answer written here comes after what its author
// could have seen, however late the network reported the rest; one written elsewhere comes after what was said before
// it. Words heard before the case was last solved do not wait: whoever solved it had seen them. A word heard after that
// opens it again; one heard after the case was put aside wakes it. What came back when its time had come is open until
// somebody answers.
func stand(c Case, newestFirst []word, p *plan) Case {
	before := c
	c.Answered, c.Trouble, c.WaitsSince, c.DueAt, c.Preview, c.lastAt = false, 0, time.Time{}, time.Time{}, "", time.Time{}
	here, elsewhere := lastAnswers(newestFirst)
	shown, last, heard, stirred := false, false, false, false
	for _, w := range newestFirst {
		if w.trouble() {
			c.Trouble++
		}
		if w.byHouse() {
			continue
		}
		c.Answered = c.Answered || w.answers()
		if w.direction != hilft.Note {
			c.lastAt = latest(c.lastAt, w.at)
		}
		if w.direction != hilft.Note && (!last || !shown && !w.deleted) { // what was deleted shows where, not what
			last, shown = true, !w.deleted
			c.Preview, c.Account, c.Network, c.Visibility = preview(w.text), w.account, w.network, w.visibility
			if w.unread {
				c.Preview, c.Account, c.Network, c.Visibility = before.Preview, before.Account, before.Network, before.Visibility
			}
		}
	}
	for _, w := range newestFirst {
		stirred = stirred || w.waits() && w.madeAt.After(c.sleptAt)
		if !w.waits() || !w.madeAt.After(c.SolvedAt) {
			continue
		}
		heard = true
		if w.after(here, elsewhere) {
			c.WaitsSince = w.at
		}
	}
	switch {
	case !c.SolvedAt.IsZero() && !heard:
		c.State, c.WaitsSince = hilft.Solved, time.Time{}
	case !c.WakesAt.IsZero() && !stirred:
		c.State = hilft.Asleep
	case c.WaitsSince.IsZero() && (c.WokenAt.IsZero() || latest(here, elsewhere).After(c.WokenAt)):
		c.State = hilft.Waiting
	default:
		c.State = hilft.Open
	}
	c.DueAt = p.due(c)
	return c.armed(p)
}

// lastAnswers are when the last answer was written here, and when elsewhere.
func lastAnswers(words []word) (here, elsewhere time.Time) {
	for _, w := range words {
		switch {
		case !w.answers():
		case w.here:
			here = latest(here, w.madeAt)
		default:
			elsewhere = latest(elsewhere, w.at)
		}
	}
	return here, elsewhere
}

// after tells whether no answer came after a word. A network may know no finer moments than a thousandth of a second, or a whole one:
// who spoke in the same as we did elsewhere waits rather than being passed over.
func (w word) after(here, elsewhere time.Time) bool {
	return w.madeAt.After(here) && !w.at.Before(elsewhere)
}

// somebodyWaits tells whether an answer is due in a case that has a name. What its customer says next changes little in
// where it stands.
func (c Case) somebodyWaits() bool {
	return c.State == hilft.Open && !c.WaitsSince.IsZero() && c.Title != ""
}

// follows tells whether a word changes neither who waits in a case, nor where it is spoken of, nor its name: its customer
// says something more, after all that was said.
func (c Case) follows(w word) bool {
	return c.somebodyWaits() && w.waits() && w.account == c.Account && w.at.After(c.lastAt)
}

// follow is stand for a case after a word that follows in it, without a look at the words before.
func follow(c Case, w word, p *plan) Case {
	c.Preview, c.Account, c.Network, c.Visibility = preview(w.text), w.account, w.network, w.visibility
	c.lastAt, c.DueAt = w.at, p.due(c)
	return c.armed(p)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// preview is one line of what was said.
func preview(text string) string {
	if len(text) > 8*previewMost {
		text = text[:8*previewMost]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if r := []rune(text); len(r) > previewMost {
		return string(r[:previewMost-1]) + "…"
	}
	return text
}

// Rank orders the cases that must be answered, the lowest first: what we tried to say and did not arrive comes first, then
// what is urgent, then who is due first. What has a high priority stands where it would if it were due four hours sooner, and what
// has a low one as if it were due a day later: it waits longer, but not forever. When answers are due, and what is late, no priority
// changes.
func (c Case) Rank() int64 {
	at := c.DueAt
	if at.IsZero() {
		at = cmp.Or(c.WokenAt, c.ChangedAt)
	}
	switch c.Priority {
	case hilft.Urgent:
		at = at.AddDate(-50, 0, 0)
	case hilft.High:
		at = at.Add(-highBy)
	case hilft.Low:
		at = at.Add(lowBy)
	case hilft.Normal:
	}
	if c.Trouble > 0 {
		at = at.AddDate(-100, 0, 0)
	}
	return at.UnixMicro()
}

const (
	highBy = 4 * time.Hour
	lowBy  = 24 * time.Hour
)

// wordsMost bounds what is read to see where a case stands: no chat waits for a word older than its last so many.
const wordsMost = 200

// settle looks at a case's words and writes down where it stands.
func (d *Desk) settle(ctx context.Context, tx *store.Tx, c Case) (Case, error) {
	s := &seat{Case: c}
	if err := lastWords(ctx, tx, []hilft.CaseID{c.ID}, wordColumns, func(_ hilft.CaseID, w word) { s.words = append(s.words, w) }); err != nil {
		return c, err
	}
	p, err := d.planOf(ctx, tx, c.Brand)
	if err != nil {
		return c, err
	}
	if err := tx.Flush(ctx); err != nil { // who is asked may know without the database
		return c, err
	}
	if err := s.reach(ctx, tx); err != nil {
		return c, err
	}
	s.settle(p, tx.Now())
	return s.Case, saveCases(ctx, tx, s.Case)
}

// next is the time of the next thing that happens in a case. It ascends, whatever clocks say and however long a
// transaction waited for another: what an agent has seen is told from what came since by it.
func (c Case) next(now time.Time) time.Time { return latest(now, c.ChangedAt.Add(time.Microsecond)) }

// save writes down a case that something happened to.
func (d *Desk) save(ctx context.Context, tx *store.Tx, c Case) error {
	c.ChangedAt = c.next(tx.Now())
	return saveCases(ctx, tx, c)
}

var savedColumns = []string{
	"title", "state", "agent_id", "account_id", "network", "visibility", "preview", "waits_since", "due_at", "answered", "trouble", "rank", "changed_at", "solved_at", "last_at",
	"alarm_at", "late", "told_at", "priority", "named", "tags", "slept_at", "wakes_at", "woken_at", "into_id", "id",
}

func saveCases(ctx context.Context, tx *store.Tx, all ...Case) error {
	rows := make([][]any, len(all))
	for i, c := range all {
		rows[i] = []any{
			c.Title, string(c.State), string(c.Agent), string(c.Account), c.Network, string(c.Visibility), c.Preview,
			store.Micros(c.WaitsSince), store.Micros(c.DueAt), store.Bit(c.Answered), c.Trouble, c.Rank(), store.Micros(c.ChangedAt), store.Micros(c.SolvedAt), store.Micros(c.lastAt),
			store.Micros(c.alarmAt), int(c.Late), store.Micros(c.toldAt), string(cmp.Or(c.Priority, hilft.Normal)), store.Bit(c.Named), strings.Join(texts(c.Tags), " "), store.Micros(c.sleptAt), store.Micros(c.WakesAt), store.Micros(c.WokenAt), string(c.Into), string(c.ID),
		}
	}
	if err := tx.Update(ctx, "cases", savedColumns, rows); err != nil {
		return fmt.Errorf("desk: save: %w", err)
	}
	if err := saveTags(ctx, tx, all); err != nil {
		return err
	}
	for _, c := range all {
		tallyOf(tx).moves(c, c.standing())
	}
	return nil
}
