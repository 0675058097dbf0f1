// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// reopenWithin is how long after it was solved a case is opened again by the customer's next word in its conversation;
// later it is a new concern.
const reopenWithin = 30 * 24 * time.Hour

// Heard is an item that intake gives its place.
type Heard struct {
	Brand           hilft.BrandID
	Account         hilft.AccountID
	Network         string
	ThreadIsConcern bool            // channel.Policy.ThreadIsConcern
	SenderIDs       bool            // channel.Policy.SenderIDs
	Receipts        bool            // channel.Policy.Receipts
	Item            channel.Item    // of kind channel.Said
	Identity        people.Identity // of the author; not looked at when Item.From.Us
	Files           []File
}

// Hear puts what somebody said into its conversation and case, and opens either where there is none. The same message
// heard again changes nothing. Words of one account may be heard together: they find the same places as if they had been
// heard one after another.
func (d *Desk) Hear(ctx context.Context, tx *store.Tx, words ...Heard) error {
	if len(words) == 0 {
		return nil
	}
	t, err := d.lay(ctx, tx, words)
	if err != nil {
		return err
	}
	for _, h := range words {
		if err := t.hear(ctx, h); err != nil {
			return err
		}
	}
	if err := t.clear(ctx); err != nil {
		return err
	}
	for _, h := range words {
		if err := d.returned(ctx, tx, h); err != nil {
			return err
		}
	}
	if err := t.recognise(ctx); err != nil {
		return err
	}
	return t.receipts(ctx)
}

func (t *table) hear(ctx context.Context, h Heard) error {
	heard, err := t.heardBefore(ctx, &h)
	if err != nil || heard {
		return err
	}
	v, err := t.converse(ctx, h)
	if err != nil {
		return err
	}
	if err := reachedAt(ctx, t.tx, h); err != nil {
		return err
	}
	m := message(h, v.Conversation, t.tx.Now())
	if err := t.applyPending(ctx, &m); err != nil {
		return err
	}
	s, opened, err := t.concern(ctx, h, v)
	if err != nil {
		return err
	}
	if s != nil {
		m.Case, m.MadeAt = s.ID, s.next(t.tx.Now())
	}
	m.ID = hilft.MessageID(hilft.NewIDAt(m.MadeAt))
	t.written = append(t.written, m)
	if s, err = t.answered(ctx, s, &m); err != nil {
		return err
	}
	k := &known{visibility: m.Visibility, identity: m.Identity, subject: m.Subject, body: m.Body, files: contentOf(m.Files), in: m.Case}
	t.messages[m.Remote] = k
	if s == nil {
		return nil // we spoke first: nobody wants anything yet
	}
	k.person = s.Person
	if opened {
		t.opened = append(t.opened, opening{h, m.ID})
	}
	if n, shows := hintOf(h, m, s.Person); shows {
		t.hints = append(t.hints, n)
	}
	before := s.State
	s.settle(t.plan, t.tx.Now())
	t.settled(s, m)
	t.tell(s.Case, m, opened, before)
	return nil
}

func (t *table) tell(c Case, m Message, opened bool, before hilft.CaseState) {
	switch {
	case opened:
		t.events = append(t.events, jobs.Event{Kind: hilft.EventCaseOpened, Brand: c.Brand, Case: c.ID, Subject: string(c.ID)})
	case before == hilft.Asleep && c.State != hilft.Asleep:
		t.events = append(t.events, jobs.Event{Kind: hilft.EventCaseWoken, Brand: c.Brand, Case: c.ID, Subject: string(c.ID)})
	case before == hilft.Solved && c.State != hilft.Solved:
		t.events = append(t.events, jobs.Event{Kind: hilft.EventCaseReopened, Brand: c.Brand, Case: c.ID, Subject: string(c.ID)})
	}
	t.events = append(t.events, jobs.Event{Kind: hilft.EventMessageHeard, Brand: c.Brand, Case: c.ID, Subject: string(m.ID)})
}

// heardBefore tells whether the item's message is here already. Where senders name their messages, another message may
// bear the same id, by accident or on purpose: it is no less a customer's word, so it gets an id of its own.
func (t *table) heardBefore(ctx context.Context, h *Heard) (bool, error) {
	for range 2 {
		k, err := t.known(ctx, h.Item.ID, h.SenderIDs)
		switch {
		case err != nil:
			return false, err
		case k == nil:
			return false, nil
		case !h.SenderIDs || h.Item.From.Us || k.identity == h.Identity.ID && k.subject == h.Item.Subject && k.body == h.Item.Text && k.files == contentOf(h.Files):
			return true, nil
		}
		said := string(h.Identity.ID) + "\x00" + h.Item.Subject + "\x00" + h.Item.Text
		if len(h.Files) > 0 {
			said += "\x00" + contentOf(h.Files)
		}
		sum := sha256.Sum256([]byte(said))
		h.Item.ID += "#" + hex.EncodeToString(sum[:8])
	}
	return true, nil
}

// contentOf tells files apart by what is in them.
func contentOf(files []File) string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = cmp.Or(f.Hash, f.URL)
	}
	return strings.Join(all, " ")
}

func message(h Heard, v Conversation, now time.Time) Message {
	it := h.Item
	m := Message{
		Brand: h.Brand, Conversation: v.ID, Account: h.Account, Network: h.Network, Remote: it.ID,
		Direction: hilft.Inbound, Visibility: v.Visibility, Identity: h.Identity.ID, Subject: it.Subject, Body: it.Text,
		Quoted: it.Quoted, HTML: it.HTML, Warning: it.Warning, URL: it.URL, Files: h.Files, Auto: it.Auto, At: it.At, MadeAt: now,
		Addressed: it.Addressed, Genuine: it.Genuine, Proofs: it.Proofs,
	}
	if len(it.Refs) > 0 {
		m.InReplyTo = it.Refs[0]
	}
	if it.From.Us { // ours, written with another tool
		m.Direction, m.Identity, m.Delivery = hilft.Outbound, "", hilft.Sent
	}
	return m
}

// applyPending gives a message what was reported of it before it came itself.
func (t *table) applyPending(ctx context.Context, m *Message) error {
	if err := t.await(ctx, t.readPending(ctx, []string{m.Remote})); err != nil || !t.pending[m.Remote] {
		return err
	}
	t.pending[m.Remote] = false
	err := t.tx.Rows(ctx, `SELECT kind, at, body, html, warning, files FROM pending_change WHERE account_id = ? AND remote_id = ? ORDER BY kind DESC`,
		[]any{string(m.Account), m.Remote}, func(scan func(into ...any) error) error {
			var kind channel.ItemKind
			var us int64
			var to wording
			var files string
			if err := scan(&kind, &us, &to.body, &to.html, &to.warning, &files); err != nil {
				return err
			}
			if files != "" {
				if err := json.Unmarshal([]byte(files), &to.files); err != nil {
					return err
				}
			}
			change(m, kind, store.Time(us), to)
			return nil
		})
	if err == nil {
		err = t.tx.Defer(ctx, `DELETE FROM pending_change WHERE account_id = ? AND remote_id = ?`, string(m.Account), m.Remote)
	}
	if err != nil {
		return fmt.Errorf("desk: pending change: %w", err)
	}
	return nil
}

// wording is how a message reads after an edit.
type wording struct {
	body, html, warning string
	files               []File // nil: as before
}

// change lets a message read as its author wants it to read now. What is deleted stays deleted, and of several edits the
// latest holds, of two at one time the greater text: all orders end alike.
func change(m *Message, kind channel.ItemKind, at time.Time, to wording) bool {
	switch {
	case !m.DeletedAt.IsZero():
		if kind != channel.Deleted || !at.Before(m.DeletedAt) {
			return false
		}
		m.DeletedAt = at
	case kind == channel.Deleted:
		m.DeletedAt, m.EditedAt = at, time.Time{}
		m.Subject, m.Body, m.Quoted, m.HTML, m.Warning, m.Files = "", "", "", "", "", nil
	case at.After(m.EditedAt) || at.Equal(m.EditedAt) && to.body > m.Body:
		m.EditedAt, m.Body, m.HTML, m.Warning = at, to.body, to.html, to.warning
		if to.files != nil {
			m.Files = to.files
		}
	default:
		return false
	}
	return true
}

// Changed is a report that a message reads differently or is gone.
type Changed struct {
	Brand   hilft.BrandID
	Account hilft.AccountID
	Item    channel.Item // of kind channel.Edited, channel.Deleted, channel.Reached or channel.Shown
	Files   []File       // of an edit: what belongs to the message now; nil: as before
}

// Change edits or deletes a message as its author did at the network, or notes how far it has come there, or that it was seen. An edit or a
// deletion of a message not heard yet is kept until it is, for a while.
func (d *Desk) Change(ctx context.Context, tx *store.Tx, ch Changed) error {
	it := ch.Item
	if it.Kind == channel.Shown {
		return d.shown(ctx, tx, ch)
	}
	if err := among(ctx, tx, ch.Account, it.ID); err != nil {
		return err
	}
	m, err := messageByRemote(ctx, tx, ch.Account, it.ID)
	switch {
	case store.IsNoRows(err) && it.Kind == channel.Reached:
		return nil
	case store.IsNoRows(err):
		return keepPending(ctx, tx, ch)
	case err != nil:
		return fmt.Errorf("desk: change: %w", err)
	case it.Kind == channel.Reached:
		return d.reached(ctx, tx, m, it)
	}
	if !change(&m, it.Kind, it.At, wording{it.Text, it.HTML, it.Warning, ch.Files}) {
		return nil
	}
	files, err := json.Marshal(m.Files)
	if err != nil {
		return fmt.Errorf("desk: change: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE message SET subject = ?, body = ?, quoted = ?, html = ?, warning = ?, files = ?, edited_at = ?, deleted_at = ? WHERE id = ?`,
		m.Subject, m.Body, m.Quoted, m.HTML, m.Warning, string(files), store.Micros(m.EditedAt), store.Micros(m.DeletedAt), string(m.ID)); err != nil {
		return fmt.Errorf("desk: change: %w", err)
	}
	if m.Case == "" {
		return nil
	}
	c, err := caseForUpdate(ctx, tx, m.Case)
	if err != nil {
		return err
	}
	if c, err = d.settle(ctx, tx, c); err != nil {
		return err
	}
	kind := hilft.EventMessageEdited
	if it.Kind == channel.Deleted {
		kind = hilft.EventMessageDeleted
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: kind, Brand: c.Brand, Case: c.ID, Subject: string(m.ID)})
}

// reached notes how far a message has come.
func (d *Desk) reached(ctx context.Context, tx *store.Tx, m Message, it channel.Item) error {
	if it.Reach == nil || !m.DeletedAt.IsZero() {
		return nil
	}
	n, err := tx.Exec(ctx, `UPDATE message SET shared = ?, liked = ?, reach_at = ? WHERE id = ? AND reach_at < ?`,
		max(it.Reach.Shared, 0), max(it.Reach.Liked, 0), store.Micros(it.At), string(m.ID), store.Micros(it.At))
	if err != nil {
		return fmt.Errorf("desk: reach: %w", err)
	}
	if n == 0 || m.Case == "" || m.Reach == *it.Reach {
		return nil
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageReached, Brand: m.Brand, Case: m.Case, Subject: string(m.ID)})
}

// pendingFor is how long a report waits for its message. A network tells of words within minutes, after an outage within
// days; what is reported of people whom an account merely follows never gets a message.
const pendingFor = 30 * 24 * time.Hour

// keepPending keeps a report until its message is heard: the latest edit, and of what is deleted nothing but that.
func keepPending(ctx context.Context, tx *store.Tx, ch Changed) error {
	it := ch.Item
	q := `INSERT INTO pending_change (account_id, remote_id, kind, at, body, html, warning, files, kept_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
		WHERE NOT EXISTS (SELECT 1 FROM pending_change WHERE account_id = ? AND remote_id = ? AND kind = 'deleted' AND kind <> ?)
		ON CONFLICT (account_id, remote_id, kind) DO UPDATE SET at = excluded.at, body = excluded.body, html = excluded.html, warning = excluded.warning, files = excluded.files, kept_at = excluded.kept_at
			WHERE CASE WHEN excluded.kind = 'deleted' THEN excluded.at < pending_change.at
				ELSE excluded.at > pending_change.at OR excluded.at = pending_change.at AND excluded.body > pending_change.body END`
	if it.Kind == channel.Deleted {
		if _, err := tx.Exec(ctx, `DELETE FROM pending_change WHERE account_id = ? AND remote_id = ? AND kind = 'edited'`, string(ch.Account), it.ID); err != nil {
			return fmt.Errorf("desk: change: %w", err)
		}
		it.Text, it.HTML, it.Warning, ch.Files = "", "", "", nil
	}
	var files []byte
	if ch.Files != nil {
		var err error
		if files, err = json.Marshal(ch.Files); err != nil {
			return fmt.Errorf("desk: change: %w", err)
		}
	}
	_, err := tx.Exec(ctx, q, string(ch.Account), it.ID, string(it.Kind), store.Micros(it.At), it.Text, it.HTML, it.Warning, string(files), store.Micros(tx.Now()), string(ch.Account), it.ID, string(it.Kind))
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM pending_change WHERE account_id = ? AND kept_at <= ?`, string(ch.Account), store.Micros(tx.Now().Add(-pendingFor)))
	}
	if err != nil {
		return fmt.Errorf("desk: change: %w", err)
	}
	return nil
}
