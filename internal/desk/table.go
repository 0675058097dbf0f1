// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// table is what lies before the desk while it hears words of one account: what they touch is read for all of them at
// once, changed here, and written at once in the end. Whatever was not foreseen is read when it is asked for, so how
// much was foreseen decides how long it takes and nothing else.
//
// Where something else must work with the database in between, put the table aside for it.
type table struct {
	*Desk
	tx      *store.Tx
	brand   hilft.BrandID
	account hilft.AccountID
	plan    *plan // the brand's
	events  []jobs.Event

	// Read, or looked for in vain.
	messages      map[string]*known // by remote id
	refs          map[place]hilft.ConversationID
	conversations map[hilft.ConversationID]*talk
	pending       map[string]bool // by remote id: changes were reported before it
	latest        map[speaker]spoke
	open          map[hilft.PersonID][]openOne
	seats         map[hilft.CaseID]*seat

	// To be written.
	led     map[place]bool // refs that lead where they did not
	written []Message      // in their order

	opened []opening // words that opened cases
	hints  []hint    // words that may show who somebody is
}

// opening is a word that opened a case.
type opening struct {
	heard   Heard
	message hilft.MessageID
}

// place is where an id is looked for: an id in public proves nothing about one in private.
type place struct {
	visibility hilft.Visibility
	ref        string
}

// known is a message as far as it matters for those that come after it.
type known struct {
	visibility hilft.Visibility
	identity   hilft.IdentityID
	subject    string
	body       string
	files      string // by their content
	in         hilft.CaseID
	person     hilft.PersonID // whose case that is
}

// talk is a conversation on the table.
type talk struct {
	Conversation
	elsewhere      bool // public, and a word of ours in it was written with another tool
	fresh, changed bool
}

// speaker is somebody in a public conversation; spoke is when they last did, and about which case.
type speaker struct {
	in     hilft.ConversationID
	person hilft.PersonID
}

type spoke struct {
	at    time.Time
	about hilft.CaseID
}

// seat is a case on the table, with its last words, the newest first. As long as they only follow, those before them are
// not read.
type seat struct {
	Case
	words          []word
	unread         bool  // words are only those that were added here
	oldest         *word // the inbound one by which it is called, where there are more words than these
	reached        bool  // oldest was looked for
	fresh, changed bool
}

// lay takes turns with all who hear words that have anything in common with these, and reads what they will touch.
func (d *Desk) lay(ctx context.Context, tx *store.Tx, words []Heard) (*table, error) {
	t := &table{Desk: d, tx: tx, brand: words[0].Brand, account: words[0].Account, led: map[place]bool{}}
	t.forget()
	var keys []string
	for _, h := range words {
		if h.Brand != t.brand || h.Account != t.account {
			return nil, fmt.Errorf("desk: words of %s and %s on one table", t.account, h.Account)
		}
		keys = append(append(keys, refsOf(h)...), whoKey(h.Identity.Person))
	}
	if err := watchViews(ctx, tx); err != nil {
		return nil, err
	}
	if err := among(ctx, tx, t.account, keys...); err != nil {
		return nil, err
	}
	return t, t.foresee(ctx, words)
}

// forget lets everything be read anew that comes up again.
func (t *table) forget() {
	t.messages, t.refs, t.conversations = map[string]*known{}, map[place]hilft.ConversationID{}, map[hilft.ConversationID]*talk{}
	t.pending, t.latest, t.open, t.seats = map[string]bool{}, map[speaker]spoke{}, map[hilft.PersonID][]openOne{}, map[hilft.CaseID]*seat{}
}

// aside lets fn work with the database. Nothing that was taken from the table before holds afterwards.
func (t *table) aside(ctx context.Context, fn func() error) error {
	if err := t.write(ctx); err != nil {
		return err
	}
	t.forget()
	return fn()
}

// clear writes everything down.
func (t *table) clear(ctx context.Context) error {
	if err := t.write(ctx); err != nil {
		return err
	}
	if len(t.events) == 0 {
		return nil
	}
	return t.jobs.Record(ctx, t.tx, t.events...)
}

// await waits for what was read.
func (t *table) await(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return t.tx.Flush(ctx)
}

// known finds a message; nil: it has not been heard.
func (t *table) known(ctx context.Context, remote string, body bool) (*known, error) {
	err := t.await(ctx, t.readMessages(ctx, []string{remote}, body))
	return t.messages[remote], err
}

// conversation finds where an id leads; nil: nowhere.
func (t *table) conversation(ctx context.Context, p place) (*talk, error) {
	if err := t.await(ctx, t.readRefs(ctx, []place{p})); err != nil {
		return nil, err
	}
	id := t.refs[p]
	if id == "" {
		return nil, nil //nolint:nilnil // nowhere is an answer
	}
	err := t.await(ctx, t.readConversations(ctx, []hilft.ConversationID{id}))
	return t.conversations[id], err
}

// seat finds a case that is to be changed, whose words may have changed since it was settled. NotFound where the brand
// has none.
func (t *table) seat(ctx context.Context, id hilft.CaseID) (*seat, error) {
	if err := t.readSeats(ctx, []hilft.CaseID{id}, wordColumns, everyone); err != nil {
		return nil, err
	}
	s := t.seats[id]
	if s == nil {
		return nil, hilft.Fail(hilft.NotFound, "case.not_found", nil)
	}
	return s, nil
}

// add puts a message into its case.
func (s *seat) add(ctx context.Context, tx *store.Tx, m Message) error {
	w := wordOf(m)
	if s.unread && !s.follows(w) {
		if err := s.read(ctx, tx); err != nil {
			return err
		}
	}
	if err := s.reach(ctx, tx); err != nil {
		return err
	}
	s.put(w)
	return nil
}

// read reads the words before those that were added here.
func (s *seat) read(ctx context.Context, tx *store.Tx) error {
	s.unread = false
	if err := lastWords(ctx, tx, []hilft.CaseID{s.ID}, wordColumns, func(_ hilft.CaseID, w word) { s.put(w) }); err != nil {
		return err
	}
	return tx.Flush(ctx)
}

// put puts a word in its place.
func (s *seat) put(w word) {
	i, _ := slices.BinarySearchFunc(s.words, w, newestFirst)
	s.words = slices.Insert(s.words, i, w)
	if len(s.words) > wordsMost {
		for _, gone := range s.words[wordsMost:] {
			if gone.names() && (s.oldest == nil || newestFirst(gone, *s.oldest) > 0) {
				s.oldest = &gone
			}
		}
		s.words = s.words[:wordsMost]
	}
}

// settle looks where a case stands by now.
func (s *seat) settle(p *plan, now time.Time) {
	if s.unread {
		s.Case = follow(s.Case, s.words[0], p)
	} else {
		s.Case = stand(s.Case, s.words, p)
		if !s.Named {
			s.Title = s.title()
		}
	}
	s.ChangedAt = s.next(now)
	s.changed = true
}

// title is what a case is called: by its oldest word that is still there, whenever that was heard.
func (s *seat) title() string {
	w := s.oldest
	for _, o := range slices.Backward(s.words) {
		if o.names() {
			if w == nil || newestFirst(o, *w) > 0 {
				w = &o
			}
			break
		}
	}
	switch {
	case w == nil:
		return ""
	case w.unread:
		return s.Title
	}
	return titleOf(w.subject, w.text)
}

// settled keeps up what is known of people with a case that was settled with a message.
func (t *table) settled(s *seat, m Message) {
	in := speaker{m.Conversation, s.Person}
	if last, looked := t.latest[in]; looked && m.Visibility == hilft.Public && !m.At.Before(last.at) {
		t.latest[in] = spoke{m.At, s.ID}
	}
	open, looked := t.open[s.Person]
	if !looked || s.State == hilft.Solved || s.Account != t.account {
		return
	}
	public := m.Direction == hilft.Inbound && m.Visibility == hilft.Public
	open = slices.Clone(open)
	if i := slices.IndexFunc(open, func(o openOne) bool { return o.id == s.ID }); i >= 0 {
		open[i].public = open[i].public || public
	} else {
		// One that was not open a moment ago: what was said in it before may have been public as well.
		public = public || slices.ContainsFunc(s.words, func(w word) bool { return w.direction == hilft.Inbound && w.visibility == hilft.Public })
		open = append(open, openOne{s.ID, public})
	}
	t.open[s.Person] = open
}

// lead lets an id lead to a conversation.
func (t *table) lead(p place, to hilft.ConversationID) {
	t.refs[p] = to
	t.led[p] = true
}

// write writes down all that changed on the table.
func (t *table) write(ctx context.Context) error {
	var fresh, changed []Conversation
	for _, v := range t.conversations {
		switch {
		case v == nil:
			continue
		case v.fresh:
			fresh = append(fresh, v.Conversation)
		case v.changed:
			changed = append(changed, v.Conversation)
		}
		v.fresh, v.changed = false, false
	}
	if err := insertConversations(ctx, t.tx, fresh...); err != nil {
		return err
	}
	if err := saveConversations(ctx, t.tx, changed...); err != nil {
		return err
	}
	refs := make([][]any, 0, len(t.led))
	for p := range t.led {
		refs = append(refs, []any{string(t.account), string(p.visibility), p.ref, string(t.refs[p])})
	}
	if err := t.tx.Insert(ctx, `INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id)`, refs,
		`ON CONFLICT (account_id, visibility, ref) DO UPDATE SET conversation_id = excluded.conversation_id`); err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	if err := insertMessages(ctx, t.tx, t.written...); err != nil {
		return err
	}
	clear(t.led)
	t.written = nil
	return t.writeCases(ctx)
}

func (t *table) writeCases(ctx context.Context) error {
	var opened []*seat
	var fresh, changed []Case
	// In one order for all, so that two who write do not wait for each other.
	for _, id := range slices.Sorted(maps.Keys(t.seats)) {
		s := t.seats[id]
		switch {
		case s.fresh:
			opened = append(opened, s)
		case s.changed:
			changed = append(changed, s.Case)
		}
		s.fresh, s.changed = false, false
	}
	if err := saveCases(ctx, t.tx, changed...); err != nil {
		return err
	}
	numbers, err := nextNumbers(ctx, t.tx, len(opened))
	if err != nil {
		return err
	}
	for i, s := range opened {
		s.Number = numbers[i]
		fresh = append(fresh, s.Case)
	}
	return insertCases(ctx, t.tx, fresh...)
}

// wordOf is what stand looks at of a message.
func wordOf(m Message) word {
	return word{
		id: m.ID, direction: m.Direction, delivery: m.Delivery, here: m.Agent != "", auto: m.Auto, deleted: !m.DeletedAt.IsZero(), at: m.At, madeAt: m.MadeAt,
		account: m.Account, network: m.Network, visibility: m.Visibility, subject: begins(m.Subject), text: begins(cmp.Or(m.Warning, m.Body)),
	}
}

// begins is as much of a text as is read of it with a word.
func begins(s string) string {
	if len(s) <= beginsMost {
		return s
	}
	if r := []rune(s); len(r) > beginsMost {
		return string(r[:beginsMost])
	}
	return s
}

// beginsMost is how much of a text is read with a word, in runes: enough for a preview, whatever white space is in it.
const beginsMost = 4 * previewMost

// newestFirst is the order of a case's words.
func newestFirst(a, b word) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.id, a.id)) }

// What is folded shows what it is folded behind: in lists too.

// A word is read with all that is shown of it, or without: then nothing of it is shown that is not shown already.
var (
	wordColumns   = fmt.Sprintf(wordsOf, fmt.Sprintf("0, account_id, network, substr(subject, 1, %d), substr(CASE WHEN warning <> '' THEN warning ELSE body END, 1, %[1]d)", beginsMost))
	unreadColumns = fmt.Sprintf(wordsOf, "1, '', '', '', ''")
)

const wordsOf = `SELECT id, direction, visibility, delivery, CASE WHEN agent_id <> '' THEN 1 ELSE 0 END, auto, deleted_at, let_go_at, at, made_at,
	CASE WHEN auto = 1 AND delivery IN ('failed', 'unknown') AND EXISTS (SELECT 1 FROM onward WHERE letter_id = message.id) THEN 1 ELSE 0 END, %s FROM message `

func scanWord(scan func(into ...any) error, w *word) error {
	var here, auto, letter, unread int
	var deleted, letGo, at, made int64
	err := scan(&w.id, &w.direction, &w.visibility, &w.delivery, &here, &auto, &deleted, &letGo, &at, &made, &letter, &unread, &w.account, &w.network, &w.subject, &w.text)
	w.here, w.auto, w.letter, w.deleted, w.letGo, w.unread, w.at, w.madeAt = here == 1, auto == 1, letter == 1, deleted != 0, letGo != 0, unread == 1, store.Time(at), store.Time(made)
	return err
}

// reach looks for the word by which a case is called that has more words than were read.
func (s *seat) reach(ctx context.Context, tx *store.Tx) error {
	if s.reached || s.unread || len(s.words) < wordsMost {
		return nil
	}
	s.reached = true
	err := tx.Rows(ctx, wordColumns+`WHERE case_id = ? AND direction = 'inbound' AND deleted_at = 0 ORDER BY at, id LIMIT 1`, []any{string(s.ID)},
		func(scan func(into ...any) error) error {
			s.oldest = &word{}
			return scanWord(scan, s.oldest)
		})
	if err != nil {
		return fmt.Errorf("desk: title: %w", err)
	}
	return nil
}

// missing are those keys that were not looked for yet, each once.
func missing[K comparable, V any](have map[K]V, keys []K) []K {
	var all []K
	seen := map[K]bool{}
	for _, k := range keys {
		if _, looked := have[k]; !looked && !seen[k] {
			seen[k] = true
			all = append(all, k)
		}
	}
	return all
}

// inVain remembers which keys were looked for and not found.
func inVain[K comparable, V any](have map[K]V, keys []K) {
	for _, k := range keys {
		if _, found := have[k]; !found {
			var none V
			have[k] = none
		}
	}
}

func texts[T ~string](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}
