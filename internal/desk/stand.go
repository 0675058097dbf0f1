// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// word is a message as far as it matters for where its case stands.
type word struct {
	direction  hilft.Direction
	delivery   hilft.Delivery
	auto       bool
	deleted    bool
	at         time.Time // by the network's clock
	madeAt     time.Time // when we heard it
	account    hilft.AccountID
	network    string
	visibility hilft.Visibility
	text       string
}

// waits tells whether a customer waits for an answer to this word, leaving aside what was answered since.
func (w word) waits() bool { return w.direction == hilft.Inbound && !w.auto && !w.deleted }

// answers tells whether it is an answer that went out, or is on its way.
func (w word) answers() bool {
	return w.direction == hilft.Outbound && !w.deleted &&
		(w.delivery == hilft.Sent || w.delivery == hilft.Sending || w.delivery == hilft.Queued)
}

func (w word) trouble() bool { return w.delivery == hilft.Failed || w.delivery == hilft.Unknown }

// previewMost is how much of the last word a list shows, in runes.
const previewMost = 160

// stand tells where a case stands, from what was said in it, the newest first. It depends on the words alone and not on
// the order in which they came in. heard says that a customer's word is why we look: it opens a solved case again.
//
// Who waits longest is the oldest word since our last answer. Words heard before the case was last solved do not wait:
// whoever solved it had seen them.
func stand(c Case, newestFirst []word, heard bool, answerIn time.Duration) Case {
	c.Answered, c.Trouble, c.WaitsSince, c.DueAt = false, 0, time.Time{}, time.Time{}
	var answeredAt time.Time
	last := false
	for _, w := range newestFirst {
		if w.answers() {
			c.Answered = true
			if answeredAt.IsZero() {
				answeredAt = w.at
			}
		}
		if w.trouble() {
			c.Trouble++
		}
		if !last && !w.deleted && w.direction != hilft.Note {
			last = true
			c.Preview, c.Account, c.Network, c.Visibility = preview(w.text), w.account, w.network, w.visibility
		}
	}
	for _, w := range newestFirst {
		if w.waits() && w.at.After(answeredAt) && w.madeAt.After(c.SolvedAt) {
			c.WaitsSince = w.at
		}
	}
	switch {
	case c.State == hilft.Solved && (!heard || c.WaitsSince.IsZero()):
		c.WaitsSince = time.Time{}
	case c.WaitsSince.IsZero():
		c.State = hilft.Waiting
	default:
		c.State = hilft.Open
		c.DueAt = c.WaitsSince.Add(answerIn)
	}
	return c
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

// rank orders the cases that must be answered: what we tried to say and did not arrive comes first, then who is due
// first.
func rank(c Case) int64 {
	at := c.DueAt
	if at.IsZero() {
		at = c.ChangedAt
	}
	if c.Trouble > 0 {
		at = at.AddDate(-100, 0, 0)
	}
	return at.UnixMicro()
}

// wordsMost bounds what is read to see where a case stands: no chat waits for a word older than its last so many.
const wordsMost = 200

// settle looks at a case's words and writes down where it stands.
func (d *Desk) settle(ctx context.Context, tx *store.Tx, c Case, heard bool) (Case, error) {
	words, err := store.All(ctx, tx, `SELECT direction, delivery, auto, deleted_at, at, made_at, account_id, network, visibility, substr(body, 1, ?)
		FROM message WHERE case_id = ? ORDER BY at DESC, id DESC LIMIT ?`, []any{4 * previewMost, string(c.ID), wordsMost},
		func(scan func(into ...any) error, w *word) error {
			var auto int
			var deleted, at, made int64
			err := scan(&w.direction, &w.delivery, &auto, &deleted, &at, &made, &w.account, &w.network, &w.visibility, &w.text)
			w.auto, w.deleted, w.at, w.madeAt = auto == 1, deleted != 0, store.Time(at), store.Time(made)
			return err
		})
	if err != nil {
		return c, fmt.Errorf("desk: settle: %w", err)
	}
	in, err := d.answerIn(ctx, tx, c.Brand)
	if err != nil {
		return c, err
	}
	c = stand(c, words, heard, in)
	return d.save(ctx, tx, c)
}

// save writes a case as it stands.
func (d *Desk) save(ctx context.Context, tx *store.Tx, c Case) (Case, error) {
	c.ChangedAt = tx.Now()
	_, err := tx.Exec(ctx, `UPDATE cases SET title = ?, state = ?, agent_id = ?, account_id = ?, network = ?, visibility = ?, preview = ?,
			waits_since = ?, due_at = ?, answered = ?, trouble = ?, rank = ?, changed_at = ?, solved_at = ? WHERE id = ?`,
		c.Title, string(c.State), string(c.Agent), string(c.Account), c.Network, string(c.Visibility), c.Preview,
		store.Micros(c.WaitsSince), store.Micros(c.DueAt), store.Bit(c.Answered), c.Trouble, rank(c), store.Micros(c.ChangedAt),
		store.Micros(c.SolvedAt), string(c.ID))
	if err != nil {
		return c, fmt.Errorf("desk: save: %w", err)
	}
	return c, nil
}
