// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// caseOf are the columns of a case; the first %s is its person's name, the second more columns.
const caseOf = `SELECT c.id, c.number, c.brand_id, c.person_id, %s, c.title, c.state, c.agent_id, c.account_id, c.network, c.visibility,
	c.preview, c.waits_since, c.due_at, c.answered, c.trouble, c.changed_at, c.made_at, c.solved_at, c.last_at, c.alarm_at, c.late, c.told_at, c.priority, c.named, c.tags, c.slept_at, c.wakes_at, c.woken_at, c.into_id, c.after_id%s FROM cases c `

var (
	caseColumns     = caseWith("")
	namelessColumns = fmt.Sprintf(caseOf, "''", "")
)

// caseWith are the columns of a case with the name of its person, and more.
func caseWith(more string) string {
	return fmt.Sprintf(caseOf, "COALESCE(p.name, '')", more) + `LEFT JOIN person p ON p.id = c.person_id `
}

func scanCase(scan func(into ...any) error, c *Case) error {
	var waits, due, changed, made, solved, last, alarm, told, slept, wakes, woken int64
	var answered, named int
	var tags string
	err := scan(&c.ID, &c.Number, &c.Brand, &c.Person, &c.PersonName, &c.Title, &c.State, &c.Agent, &c.Account, &c.Network, &c.Visibility,
		&c.Preview, &waits, &due, &answered, &c.Trouble, &changed, &made, &solved, &last, &alarm, &c.Late, &told, &c.Priority, &named, &tags, &slept, &wakes, &woken, &c.Into, &c.After)
	c.WaitsSince, c.DueAt, c.Answered = store.Time(waits), store.Time(due), answered == 1
	c.ChangedAt, c.MadeAt, c.SolvedAt, c.lastAt = store.Time(changed), store.Time(made), store.Time(solved), store.Time(last)
	c.alarmAt, c.toldAt = store.Time(alarm), store.Time(told)
	c.sleptAt, c.WakesAt, c.WokenAt = store.Time(slept), store.Time(wakes), store.Time(woken)
	c.Named, c.Tags = named == 1, tagsOf(tags)
	c.read, c.readTags = c.standing(), c.Tags
	return err
}

// What somebody is told of what they do not see: the same as of what is not there.
var (
	noSuchCase    = hilft.Fail(hilft.NotFound, "case.not_found", nil)
	noSuchMessage = hilft.Fail(hilft.NotFound, "message.not_found", nil)
	noSuchPerson  = hilft.Fail(hilft.NotFound, "person.not_found", nil)
	noSuchBrand   = hilft.FailField(hilft.NotFound, "brand.not_found", "brand", nil)
)

// oneCase reads a case for whoever sees it.
func oneCase(ctx context.Context, tx *store.Tx, see access.Sight, id hilft.CaseID) (Case, error) {
	all, err := store.All(ctx, tx, caseColumns+`WHERE c.id = ?`, []any{string(id)}, scanCase)
	if err != nil {
		return Case{}, fmt.Errorf("desk: case: %w", err)
	}
	if len(all) == 0 {
		return Case{}, noSuchCase
	}
	return all[0], see.Demand(all[0].Brand, access.Read, noSuchCase)
}

// caseFor reads a case for whoever will change it and has the right to.
func caseFor(ctx context.Context, tx *store.Tx, see access.Sight, right access.Right, id hilft.CaseID) (Case, error) {
	c, err := caseForUpdate(ctx, tx, id)
	if err != nil {
		return Case{}, err
	}
	return c, see.Demand(c.Brand, right, noSuchCase)
}

// caseForUpdate reads a case for hilft itself, which will change it. Conflict (case.merged): it has gone into another.
func caseForUpdate(ctx context.Context, tx *store.Tx, id hilft.CaseID) (Case, error) {
	var found []Case
	err := casesForUpdate(ctx, tx, []hilft.CaseID{id}, func(c Case) { found = append(found, c) })
	if err == nil {
		err = tx.Flush(ctx)
	}
	if err == nil && len(found) == 0 {
		err = noSuchCase
	}
	if err == nil && found[0].State == hilft.Merged {
		err = hilft.Fail(hilft.Conflict, "case.merged", nil)
	}
	if err != nil {
		return Case{}, err
	}
	return found[0], nil
}

// whereItIs is the case that has the words of a case: itself, or the one it has gone into.
func whereItIs(ctx context.Context, tx *store.Tx, id hilft.CaseID) (hilft.CaseID, error) {
	err := tx.Row(ctx, `SELECT id FROM cases WHERE id = (SELECT CASE WHEN into_id <> '' THEN into_id ELSE id END FROM cases WHERE id = ?)`, []any{string(id)}, &id)
	if store.IsNoRows(err) {
		err = noSuchCase
	}
	return id, err
}

// caseWithWords reads a case, or the one it has gone into, for whoever will say something in it and has the right to.
func caseWithWords(ctx context.Context, tx *store.Tx, see access.Sight, right access.Right, id hilft.CaseID) (c Case, err error) {
	for range 3 { // it may go while it is waited for
		if id, err = whereItIs(ctx, tx, id); err != nil {
			return Case{}, err
		}
		if c, err = caseFor(ctx, tx, see, right, id); hilft.KindOf(err) != hilft.Conflict {
			break
		}
	}
	return c, err
}

// casesForUpdate reads cases in the order of their ids, without the names of their people, some time before the next Flush
// is over, and keeps others from changing them.
func casesForUpdate(ctx context.Context, tx *store.Tx, ids []hilft.CaseID, each func(Case)) error {
	if err := watchViews(ctx, tx); err != nil {
		return err
	}
	lock := ""
	if tx.Dialect() == store.Postgres {
		lock = " FOR UPDATE"
	}
	where, list := store.In(tx, "c.id", texts(ids))
	err := tx.DeferRows(ctx, namelessColumns+`WHERE `+where+` ORDER BY c.id`+lock, []any{list}, func(scan func(into ...any) error) error {
		var c Case
		if err := scanCase(scan, &c); err != nil {
			return err
		}
		each(c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("desk: case: %w", err)
	}
	return nil
}

const messageColumns = `SELECT m.id, m.brand_id, m.conversation_id, m.case_id, m.account_id, m.network, m.remote_id, m.direction, m.visibility, m.identity_id, m.agent_id,
	m.in_reply_to, m.subject, m.body, m.quoted, m.html, m.url, m.files, m.auto, m.at, m.made_at, m.edited_at, m.deleted_at, m.delivery, m.reason, m.detail, m.retry_at,
	m.addressed, m.genuine, m.proofs, m.warning, m.shared, m.liked, m.let_go_at,
	COALESCE(i.name, ''), COALESCE(i.handle, ''), COALESCE(i.url, ''), COALESCE(s.at, 0), COALESCE(o.letter_id, ''), COALESCE(o.address, '') FROM message m LEFT JOIN identity i ON i.id = m.identity_id
	LEFT JOIN shown s ON s.account_id = m.account_id AND s.remote_id = m.remote_id AND m.direction = 'outbound' LEFT JOIN onward o ON o.message_id = m.id `

func scanMessage(scan func(into ...any) error, m *Message) error {
	var files string
	var auto int
	var at, made, edited, deleted, retry, letGo, shown int64
	if err := scan(&m.ID, &m.Brand, &m.Conversation, &m.Case, &m.Account, &m.Network, &m.Remote, &m.Direction, &m.Visibility, &m.Identity, &m.Agent,
		&m.InReplyTo, &m.Subject, &m.Body, &m.Quoted, &m.HTML, &m.URL, &files, &auto, &at, &made, &edited, &deleted, &m.Delivery, &m.Reason, &m.Detail, &retry,
		&m.Addressed, &m.Genuine, &m.Proofs, &m.Warning, &m.Reach.Shared, &m.Reach.Liked, &letGo,
		&m.AuthorName, &m.AuthorHandle, &m.AuthorURL, &shown, &m.Letter, &m.LetterTo); err != nil {
		return err
	}
	m.Auto, m.At, m.MadeAt = auto == 1, store.Time(at), store.Time(made)
	m.EditedAt, m.DeletedAt, m.RetryAt, m.LetGoAt, m.ShownAt = store.Time(edited), store.Time(deleted), store.Time(retry), store.Time(letGo), store.Time(shown)
	return json.Unmarshal([]byte(files), &m.Files)
}

func messageByRemote(ctx context.Context, tx *store.Tx, acc hilft.AccountID, remote string) (Message, error) {
	return messageWhere(ctx, tx, `WHERE m.account_id = ? AND m.remote_id = ? AND m.remote_id <> ''`, string(acc), remote)
}

// messageFor reads a message for whoever has a right to it.
func messageFor(ctx context.Context, tx *store.Tx, see access.Sight, right access.Right, id hilft.MessageID) (Message, error) {
	m, err := messageWhere(ctx, tx, `WHERE m.id = ?`, string(id))
	if store.IsNoRows(err) {
		err = noSuchMessage
	}
	if err != nil {
		return Message{}, err
	}
	return m, see.Demand(m.Brand, right, noSuchMessage)
}

func messageWhere(ctx context.Context, tx *store.Tx, where string, args ...any) (Message, error) {
	all, err := store.All(ctx, tx, messageColumns+where, args, scanMessage)
	if err != nil {
		return Message{}, fmt.Errorf("desk: message: %w", err)
	}
	if len(all) == 0 {
		return Message{}, store.NoRows
	}
	return all[0], nil
}

// written finds what an agent's request has written before; NoRows: nothing.
func written(ctx context.Context, tx *store.Tx, brand hilft.BrandID, agent hilft.AgentID, request string) (Message, error) {
	if request == "" {
		return Message{}, store.NoRows
	}
	return messageWhere(ctx, tx, `WHERE m.agent_id = ? AND m.request = ? AND m.request <> '' AND m.brand_id = ?`, string(agent), request, string(brand))
}

func insertMessages(ctx context.Context, tx *store.Tx, all ...Message) error {
	rows := make([][]any, len(all))
	for i, m := range all {
		files, err := json.Marshal(m.Files)
		if err != nil {
			return fmt.Errorf("desk: message: %w", err)
		}
		rows[i] = []any{
			string(m.ID), string(m.Brand), string(m.Conversation), string(m.Case), string(m.Account), m.Network, m.Remote, string(m.Direction), string(m.Visibility),
			string(m.Identity), string(m.Agent), m.InReplyTo, m.Subject, m.Body, m.Quoted, m.HTML, m.URL, string(files), store.Bit(m.Auto),
			store.Micros(m.At), store.Micros(m.MadeAt), store.Micros(m.EditedAt), store.Micros(m.DeletedAt), string(m.Delivery), m.Reason, m.Detail, store.Micros(m.RetryAt), m.Request,
			m.Addressed, string(m.Genuine), m.Proofs, m.Warning,
		}
	}
	err := tx.Insert(ctx, `INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id, agent_id,
			in_reply_to, subject, body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request, addressed, genuine, proofs, warning)`, rows, "")
	if err != nil {
		return fmt.Errorf("desk: message: %w", err)
	}
	return nil
}
