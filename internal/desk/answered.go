// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// said is a word of a public conversation, as far as it matters for whom a word of ours answers.
type said struct {
	id        hilft.MessageID
	remote    string
	inReplyTo string
	direction hilft.Direction
	here      bool
	at        time.Time
	in        hilft.CaseID
}

// whom tells whose concern a word of ours answers that was written elsewhere: the one that it replies to, through other
// words of ours if need be; else the one of who had spoken last, or of who spoke first after it.
func whom(w said, oldestFirst []said) hilft.CaseID {
	to := w.inReplyTo
	for range oldestFirst {
		i := slices.IndexFunc(oldestFirst, func(o said) bool { return o.remote == to })
		if to == "" || i < 0 {
			break
		}
		if o := oldestFirst[i]; o.direction == hilft.Inbound || o.here {
			return o.in
		}
		to = oldestFirst[i].inReplyTo
	}
	var found hilft.CaseID
	for _, o := range oldestFirst {
		if o.direction != hilft.Inbound || o.in == "" {
			continue
		}
		if found != "" && o.at.After(w.at) {
			break
		}
		found = o.in
	}
	return found
}

// answered puts a message that was just written into its case, and looks whom our words in its conversation answer that
// were written with another tool, now that one more word of it is known. It returns the message's case.
func (t *table) answered(ctx context.Context, s *seat, m *Message) (*seat, error) {
	v, err := t.again(ctx, m.Conversation)
	if err != nil {
		return nil, err
	}
	if m.Visibility == hilft.Public && m.Direction == hilft.Outbound {
		v.elsewhere = true
	}
	if !v.elsewhere {
		if s == nil {
			return nil, nil //nolint:nilnil // we spoke first: nobody wants anything yet
		}
		return s, s.add(ctx, t.tx, *m)
	}
	err = t.aside(ctx, func() (err error) {
		m.Case, err = t.Desk.answered(ctx, t.tx, v.Conversation, *m)
		return err
	})
	if err != nil || m.Case == "" {
		return nil, err
	}
	if s, err = t.seat(ctx, m.Case); err != nil {
		return nil, err
	}
	return s, s.reach(ctx, t.tx)
}

// answered is the table's, in the database: it settles all cases that this changes, but that of the new word.
func (d *Desk) answered(ctx context.Context, tx *store.Tx, v Conversation, m Message) (hilft.CaseID, error) {
	all, err := store.All(ctx, tx, `SELECT id, remote_id, in_reply_to, direction, agent_id, at, case_id FROM message WHERE conversation_id = ? ORDER BY at, id`,
		[]any{string(v.ID)}, func(scan func(into ...any) error, s *said) error {
			var at int64
			var agent string
			err := scan(&s.id, &s.remote, &s.inReplyTo, &s.direction, &agent, &at, &s.in)
			s.here, s.at = agent != "", store.Time(at)
			return err
		})
	if err != nil {
		return "", fmt.Errorf("desk: answered: %w", err)
	}
	own := m.Case
	var changed []hilft.CaseID
	for _, s := range all {
		if s.direction != hilft.Outbound || s.here {
			continue
		}
		to := whom(s, all)
		if to == s.in {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE message SET case_id = ? WHERE id = ?`, string(to), string(s.id)); err != nil {
			return "", fmt.Errorf("desk: answered: %w", err)
		}
		if s.id == m.ID {
			own = to
		}
		changed = append(changed, s.in, to)
	}
	slices.Sort(changed)
	for _, id := range slices.Compact(changed) {
		if id == "" {
			continue
		}
		c, err := caseForUpdate(ctx, tx, id)
		if err != nil {
			return "", err
		}
		if id == own && m.Direction == hilft.Outbound {
			m.MadeAt = c.next(tx.Now())
			if _, err := tx.Exec(ctx, `UPDATE message SET made_at = ? WHERE id = ?`, store.Micros(m.MadeAt), string(m.ID)); err != nil {
				return "", fmt.Errorf("desk: answered: %w", err)
			}
		}
		if id == own {
			continue // settled by whoever asked
		}
		if _, err := d.settle(ctx, tx, c); err != nil {
			return "", err
		}
	}
	return own, nil
}
