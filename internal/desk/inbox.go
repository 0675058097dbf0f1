// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// View is one way to look at the inbox.
type View string

const (
	ViewOpen       View = "open"       // everybody who waits for us
	ViewMine       View = "mine"       // those of them that are mine
	ViewUnassigned View = "unassigned" // those of them that are nobody's
	ViewWaiting    View = "waiting"    // the customer has the word
	ViewAsleep     View = "asleep"     // put aside, what wakes next first
	ViewSolved     View = "solved"
	ViewTrouble    View = "trouble" // something we said did not arrive, or nobody knows
)

// Views are all of them, in the order of the page.
var Views = []View{ViewOpen, ViewMine, ViewUnassigned, ViewTrouble, ViewWaiting, ViewAsleep, ViewSolved}

// List is what of a brand's inbox somebody looks at.
type List struct {
	View     View
	Saved    hilft.ViewID   // a saved view in its place; empty: none
	Tag      hilft.TagID    // only what has it; empty: all
	Priority hilft.Priority // only that; empty: all
}

// view is a View as SQL: which cases, and in what order.
type view struct {
	tagged bool // found by what has a tag
	where  string
	args   []any
	order  string // the column that is paged by
	desc   bool
}

func viewOf(v View, brand hilft.BrandID, me hilft.AgentID) (view, bool) {
	b := string(brand)
	switch v {
	case ViewOpen:
		return view{where: `c.brand_id = ? AND c.state = 'open'`, args: []any{b}, order: "c.rank"}, true
	case ViewMine:
		// Who has no id has no cases: those that are nobody's are in a list of their own.
		return view{where: `c.brand_id = ? AND c.agent_id = ? AND c.state = 'open' AND ? <> ''`, args: []any{b, string(me), string(me)}, order: "c.rank"}, true
	case ViewUnassigned:
		return view{where: `c.brand_id = ? AND c.state = 'open' AND c.agent_id = ''`, args: []any{b}, order: "c.rank"}, true
	case ViewTrouble:
		return view{where: `c.brand_id = ? AND c.trouble > 0`, args: []any{b}, order: "c.rank"}, true
	case ViewWaiting:
		return view{where: `c.brand_id = ? AND c.state = 'waiting'`, args: []any{b}, order: "c.changed_at", desc: true}, true
	case ViewAsleep:
		return view{where: `c.brand_id = ? AND c.state = 'asleep'`, args: []any{b}, order: "c.wakes_at"}, true
	case ViewSolved:
		return view{where: `c.brand_id = ? AND c.state = 'solved'`, args: []any{b}, order: "c.changed_at", desc: true}, true
	}
	return view{}, false
}

// narrowed is a view of what has a tag, or a priority, alone; each by an index of its own where there may be many.
func (v view) narrowed(l List) (view, bool) {
	byState := strings.HasPrefix(v.where, `c.brand_id = ? AND c.state = '`) && l.View != ViewAsleep
	switch l.Priority {
	case "":
	case hilft.Urgent, hilft.High, hilft.Low:
		v.where += fmt.Sprintf(` AND c.priority = '%s' AND c.priority <> 'normal'`, l.Priority)
	default:
		return view{}, false
	}
	switch {
	case l.Tag == "":
		return v, true
	case byState:
		v.tagged, v.order = true, strings.Replace(v.order, "c.", "t.", 1)
		v.where = `c.id = t.case_id AND ` + strings.Replace(v.where, "c.state", "t.state", 1) + ` AND t.tag_id = ?`
	default:
		v.where += ` AND EXISTS (SELECT 1 FROM case_tag t WHERE t.tag_id = ? AND t.case_id = c.id)`
	}
	v.args = append(v.args, string(l.Tag))
	return v, true
}

// pageSizes are what a page may read at the most: a bound LIMIT would have SQLite plan anew at every question.
var pageSizes = []int{26, 51, 101, 201}

// page is the question for so many cases of a view, or a few more, each with what it is paged by as its last column.
// later: from a place on, whose values come behind those of the view. As a row it is a range of the view's index, however
// far down it lies.
func (v view) page(many int, later bool) string {
	compare, direction := ">", ""
	if v.desc {
		compare, direction = "<", " DESC"
	}
	where, id, from := v.where, "c.id", caseWith(", "+v.order)
	if v.tagged {
		id, from = "t.case_id", strings.Replace(from, " FROM cases c ", " FROM case_tag t CROSS JOIN cases c ", 1)
	}
	if later {
		where += fmt.Sprintf(` AND (%s, %s) %s (?, ?)`, v.order, id, compare)
	}
	i, _ := slices.BinarySearch(pageSizes, many)
	if i < len(pageSizes) {
		many = pageSizes[i]
	}
	return fmt.Sprintf(`%sWHERE %s ORDER BY %s%s, %s%s LIMIT %d`, from, where, v.order, direction, id, direction, many)
}

// Page is a part of a list.
type Page struct {
	Cases []Case
	Next  string // cursor of the next page; empty: this was the last
	Until Place  // behind what the next page begins
}

// Place is where a case stands in a list: lists that show who must be answered next go up by it, the others down.
type Place struct {
	Key int64
	ID  hilft.CaseID
}

// Inbox lists the cases of a brand's list: who must be answered next first, or what changed last first. The cursor is Page.Next
// of the page before; the page begins behind it, whatever has moved meanwhile.
func (d *Desk) Inbox(ctx context.Context, see access.Sight, brand hilft.BrandID, l List, cursor string, most int) (Page, error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return Page{}, err
	}
	if l.Saved != "" {
		return d.savedInbox(ctx, see, brand, l, cursor, max(1, most))
	}
	v, ok := viewOf(l.View, brand, see.Agent)
	if ok {
		v, ok = v.narrowed(l)
	}
	if !ok {
		return Page{}, hilft.FailField(hilft.Invalid, "inbox.no_such_view", "view", nil)
	}
	most = max(1, most)
	query, args := v.page(most+1, cursor != ""), v.args
	if cursor != "" {
		at, id, err := openCursor(cursor)
		if err != nil {
			return Page{}, err
		}
		args = append(args, at, id)
	}
	var p Page
	var keys []int64
	err := d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		p.Cases, err = store.All(ctx, tx, query, args,
			func(scan func(into ...any) error, c *Case) error {
				var key int64
				err := scanCase(func(into ...any) error { return scan(append(into, &key)...) }, c)
				keys = append(keys, key)
				return err
			})
		if err == nil {
			err = reserve(ctx, tx, brand, pointers(p.Cases)...)
		}
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("desk: inbox: %w", err)
	}
	if len(p.Cases) > most {
		p.Cases = p.Cases[:most]
		p.goesOn(Place{keys[most-1], p.Cases[most-1].ID})
	}
	return p, nil
}

// goesOn says that there may be more behind a place.
func (p *Page) goesOn(behind Place) {
	p.Until = behind
	p.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(behind.Key, 10) + " " + string(behind.ID)))
}

// passMost is how many cases are looked at for one page of a saved view. Where few of those that its index has are its own, a page is
// short, even empty, and the next goes on: nobody waits for seconds.
const passMost = 10_000

func (d *Desk) savedInbox(ctx context.Context, see access.Sight, brand hilft.BrandID, l List, cursor string, most int) (p Page, err error) {
	var behind *Place
	if cursor != "" {
		at, id, err := openCursor(cursor)
		if err != nil {
			return Page{}, err
		}
		behind = &Place{at, hilft.CaseID(id)}
	}
	switch l.Priority {
	case "", hilft.Urgent, hilft.High, hilft.Low:
	default:
		return Page{}, hilft.FailField(hilft.Invalid, "inbox.no_such_view", "view", nil)
	}
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		p = Page{}
		v, err := viewFor(ctx, tx, see, l.Saved, "")
		if err != nil {
			return err
		}
		if v.Brand != brand {
			return noSuchView
		}
		var ids []hilft.CaseID
		var last Place
		seen, full := 0, false
		err = v.Filter.narrowed(l).walk(ctx, tx, brand, see.Agent, v.Order, behind, func(c passed) bool {
			if full = len(ids) == most || seen == passMost; full {
				return false
			}
			seen++
			last = c.place()
			if v.Filter.has(&c.standing, see.Agent) && l.has(&c.standing) {
				ids = append(ids, c.id)
			}
			return true
		})
		if err != nil {
			return err
		}
		if full {
			p.goesOn(last)
		}
		where, list := store.In(tx, "c.id", texts(ids))
		if p.Cases, err = store.All(ctx, tx, caseColumns+`WHERE `+where, []any{list}, scanCase); err != nil {
			return err
		}
		at := make(map[hilft.CaseID]int, len(ids))
		for i, id := range ids {
			at[id] = i
		}
		slices.SortFunc(p.Cases, func(a, b Case) int { return at[a.ID] - at[b.ID] })
		return reserve(ctx, tx, brand, pointers(p.Cases)...)
	})
	if err != nil {
		return Page{}, fmt.Errorf("desk: inbox: %w", err)
	}
	return p, nil
}

// has tells whether a case is among those to which a list is narrowed.
func (l List) has(s *standing) bool {
	return (l.Priority == "" || s.priority == l.Priority) && (l.Tag == "" || slices.Contains(s.tags, l.Tag))
}

// narrowed is a filter for what a list is narrowed to, where there is an index for that. It may have more.
func (f Filter) narrowed(l List) *Filter {
	if l.Tag != "" {
		f.Tags, f.AllTags = []hilft.TagID{l.Tag}, true
	}
	if l.Priority != "" {
		f.Priorities = []hilft.Priority{l.Priority}
	}
	return &f
}

func openCursor(s string) (at int64, id string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	key, id, ok := strings.Cut(string(b), " ")
	if err == nil && ok {
		at, err = strconv.ParseInt(key, 10, 64)
	}
	if err != nil || !ok || !utf8.ValidString(id) || strings.ContainsRune(id, 0) { // Postgres takes no such text
		return 0, "", hilft.FailField(hilft.Invalid, "cursor.bad", "cursor", err)
	}
	return at, id, nil
}

// Timeline is a case with all that was said and done in it.
type Timeline struct {
	Case          Case
	Conversations []Conversation // the last spoken in first
	Messages      []Message      // the oldest first
	Events        []jobs.Event
	Person        Card
	MailTo        map[hilft.ConversationID]string // where those who are in it say they are reached as well
	Earlier       []Case                          // of the same human, the newest first, this one left out
	Links         Links
	Drafts        []Draft                          // what is being written
	Heard         map[hilft.ConversationID]Message // what a reply answers there, as long as nobody has said anything in the case itself
}

// Links are the cases that a case has to do with.
type Links struct {
	Into *Case  // the one that has its words; nil: it has them itself
	Took []Case // those whose words it has
	Last *Case  // the one that it continues; nil: none
	Next []Case // those that continue it
}

// Most of what a timeline shows at once.
const (
	messagesMost = 500
	earlierMost  = 20
)

// Case reads a case with everything an agent needs to see.
func (d *Desk) Case(ctx context.Context, see access.Sight, id hilft.CaseID) (Timeline, error) {
	var t Timeline
	err := d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if t.Case, err = oneCase(ctx, tx, see, id); err != nil {
			return err
		}
		if t.Conversations, err = caseConversations(ctx, tx, t.Case); err != nil {
			return err
		}
		t.MailTo = map[hilft.ConversationID]string{}
		for _, v := range t.Conversations {
			if t.MailTo[v.ID], _, err = mailAddress(ctx, tx, v.ID); err != nil {
				return err
			}
		}
		if t.Messages, err = store.All(ctx, tx, fmt.Sprintf(`SELECT * FROM (%sWHERE m.case_id = ? ORDER BY m.at DESC, m.id DESC LIMIT %d) AS latest ORDER BY at, id`, messageColumns, messagesMost),
			[]any{string(id)}, scanMessage); err != nil {
			return err
		}
		if t.Events, err = jobs.CaseEvents(ctx, tx, id); err != nil {
			return err
		}
		if t.Person, err = card(ctx, tx, t.Case.Person); err != nil {
			return err
		}
		if t.Earlier, err = casesOf(ctx, tx, t.Person.IDs(), id, earlierMost); err != nil {
			return err
		}
		if t.Links, err = linksOf(ctx, tx, t.Case); err != nil {
			return err
		}
		if t.Heard, err = heardBefore(ctx, tx, t); err != nil {
			return err
		}
		if t.Drafts, err = draftsOf(ctx, tx, t.Case); err != nil {
			return err
		}
		return reserve(ctx, tx, t.Case.Brand, &t.Case)
	})
	if err != nil {
		return Timeline{}, fmt.Errorf("desk: case: %w", err)
	}
	return t, nil
}

func linksOf(ctx context.Context, tx *store.Tx, c Case) (l Links, err error) {
	for _, one := range []struct {
		id   hilft.CaseID
		into **Case
	}{{c.Into, &l.Into}, {c.After, &l.Last}} {
		if one.id == "" {
			continue
		}
		found, err := store.All(ctx, tx, caseColumns+`WHERE c.id = (SELECT CASE WHEN into_id <> '' THEN into_id ELSE id END FROM cases WHERE id = ?)`, []any{string(one.id)}, scanCase)
		if err != nil {
			return l, err
		}
		if len(found) == 1 && found[0].ID != c.ID { // what it continues may have gone into it
			*one.into = &found[0]
		}
	}
	most := strconv.Itoa(earlierMost)
	if l.Took, err = store.All(ctx, tx, caseColumns+`WHERE c.into_id = ? AND c.into_id <> '' ORDER BY c.number LIMIT `+most, []any{string(c.ID)}, scanCase); err != nil {
		return l, err
	}
	l.Next, err = store.All(ctx, tx, caseColumns+`WHERE c.after_id = ? AND c.after_id <> '' AND c.state <> 'merged' ORDER BY c.number LIMIT `+most, []any{string(c.ID)}, scanCase)
	return l, err
}

// heardBefore is what replies answer in a case that continues another, before anybody has said anything in it.
func heardBefore(ctx context.Context, tx *store.Tx, t Timeline) (map[hilft.ConversationID]Message, error) {
	if t.Case.After == "" || slices.ContainsFunc(t.Messages, func(m Message) bool { return m.Direction == hilft.Inbound }) {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	all := map[hilft.ConversationID]Message{}
	for _, v := range t.Conversations {
		m, err := lastHeard(ctx, tx, t.Case, v)
		if hilft.KindOf(err) == hilft.Invalid {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[v.ID] = m
	}
	return all, nil
}

// Rows reads cases of a brand as lists show them, in the order of their ids. Those that are not there, or another brand's, are left
// out.
func (d *Desk) Rows(ctx context.Context, see access.Sight, brand hilft.BrandID, ids []hilft.CaseID) (all []Case, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		where, list := store.In(tx, "c.id", texts(ids))
		all, err = store.All(ctx, tx, caseColumns+`WHERE `+where+` ORDER BY c.id`, []any{list}, scanCase)
		// Asked for here: SQLite would rather look through all cases of a brand than for these.
		all = slices.DeleteFunc(all, func(c Case) bool { return c.Brand != brand })
		if err == nil {
			err = reserve(ctx, tx, brand, pointers(all)...)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: rows: %w", err)
	}
	return all, nil
}

// Row reads a case as lists show it.
func (d *Desk) Row(ctx context.Context, see access.Sight, id hilft.CaseID) (c Case, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err = oneCase(ctx, tx, see, id)
		return err
	})
	return c, err
}

// Message reads one message.
func (d *Desk) Message(ctx context.Context, see access.Sight, id hilft.MessageID) (m Message, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		m, err = messageFor(ctx, tx, see, access.Read, id)
		return err
	})
	return m, err
}

// Undecided lists the messages of a brand of which nobody knows whether they arrived, the oldest first. What hilft says by itself is
// among them only where it carries an answer on.
func (d *Desk) Undecided(ctx context.Context, see access.Sight, brand hilft.BrandID, most int) (all []Message, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, messageColumns+`WHERE m.brand_id = ? AND m.delivery = 'unknown' AND (m.auto = 0 OR EXISTS (SELECT 1 FROM onward w WHERE w.letter_id = m.id)) ORDER BY m.at, m.id LIMIT ?`,
			[]any{string(brand), most}, scanMessage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: undecided: %w", err)
	}
	return all, nil
}

// Talk is a conversation as far as it matters to whoever answers there: its brand and account, and who can read it. Invalid: there is
// none of that id.
func (d *Desk) Talk(ctx context.Context, see access.Sight, id hilft.ConversationID) (v Conversation, err error) {
	v.ID = id
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT account_id, brand_id, visibility FROM conversation WHERE id = ?`, []any{string(id)}, &v.Account, &v.Brand, &v.Visibility)
	})
	if store.IsNoRows(err) || err == nil && !see.May(v.Brand, access.Read) {
		return Conversation{}, hilft.FailField(hilft.Invalid, "reply.no_conversation", "conversation_id", nil)
	}
	return v, err
}

// ThreadOf tells on which account, and in which of its threads, a case is spoken of in a conversation, to somebody who may
// answer there. Invalid: the conversation does not belong to it.
func (d *Desk) ThreadOf(ctx context.Context, see access.Sight, id hilft.CaseID, talk hilft.ConversationID) (acc hilft.AccountID, thread string, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := oneCase(ctx, tx, see, id)
		if err == nil {
			err = see.Demand(c.Brand, access.Work, noSuchCase)
		}
		if err != nil {
			return err
		}
		err = tx.Row(ctx, `SELECT account_id, thread FROM conversation v WHERE id = ? AND brand_id = ?
			AND (case_id = ? OR EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = v.id AND m.case_id = ?))`, []any{string(talk), string(c.Brand), string(c.ID), string(c.ID)}, &acc, &thread)
		if store.IsNoRows(err) {
			return hilft.FailField(hilft.Invalid, "reply.no_conversation", "conversation_id", nil)
		}
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("desk: thread: %w", err)
	}
	return acc, thread, nil
}

// CaseOf tells which case is spoken of in a private thread of an account now. NotFound: nothing was said there yet.
func (d *Desk) CaseOf(ctx context.Context, acc hilft.AccountID, thread string) (brand hilft.BrandID, id hilft.CaseID, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Row(ctx, `SELECT v.brand_id, v.case_id FROM conversation v JOIN conversation_ref r ON r.conversation_id = v.id WHERE r.account_id = ? AND r.visibility = ? AND r.ref = ?`,
			[]any{string(acc), string(hilft.Private), threadRef(thread)}, &brand, &id)
		if store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "case.not_found", nil)
		}
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("desk: case of a thread: %w", err)
	}
	return brand, id, nil
}

// Spoken reads the last inbound words of a thread of an account, the oldest first, at most so many.
func (d *Desk) Spoken(ctx context.Context, acc hilft.AccountID, thread string, most int) (all []Message, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, messageColumns+`WHERE m.conversation_id = (SELECT conversation_id FROM conversation_ref WHERE account_id = ? AND visibility = ? AND ref = ?)
			AND m.direction = ? AND m.deleted_at = 0 ORDER BY m.at DESC, m.id DESC LIMIT ?`,
			[]any{string(acc), string(hilft.Private), threadRef(thread), string(hilft.Inbound), most}, scanMessage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: spoken: %w", err)
	}
	slices.Reverse(all)
	return all, nil
}
