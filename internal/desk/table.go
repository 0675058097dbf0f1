// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	within  time.Duration // the brand wants words answered
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

// seat is a case on the table, with its last words, the newest first.
type seat struct {
	Case
	words          []word
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

// foresee reads what words will touch.
func (t *table) foresee(ctx context.Context, words []Heard) error {
	var remotes, ids []string
	var places []place
	for _, h := range words {
		ids = append(ids, h.Item.ID)
		remotes = append(append(remotes, h.Item.ID), h.asked()...)
		places = append(places, h.leads()...)
		if h.Item.Visibility == hilft.Public {
			places = append(places, h.answeredFrom())
		}
	}
	if err := t.readMessages(ctx, remotes, slices.ContainsFunc(words, func(h Heard) bool { return h.SenderIDs })); err != nil {
		return err
	}
	if err := t.readRefs(ctx, places); err != nil {
		return err
	}
	if err := t.readPending(ctx, ids); err != nil {
		return err
	}
	var err error
	if t.within, err = t.answerIn(ctx, t.tx, t.brand); err != nil {
		return err
	}
	if err := t.tx.Flush(ctx); err != nil { // who is asked may know without the database
		return err
	}
	if err := t.foreseeTalks(ctx, words); err != nil {
		return err
	}
	return t.foreseeCases(ctx, words)
}

// foreseeTalks reads the conversations to which words lead, and what their authors spoke about there.
func (t *table) foreseeTalks(ctx context.Context, words []Heard) error {
	var ids []hilft.ConversationID
	for _, id := range t.refs {
		if id != "" {
			ids = append(ids, id)
		}
	}
	if err := t.readConversations(ctx, ids); err != nil {
		return err
	}
	var speakers []speaker
	for _, h := range words {
		for _, p := range h.leads() {
			if id := t.refs[p]; id != "" && p.visibility == hilft.Public && !h.Item.From.Us {
				speakers = append(speakers, speaker{id, h.Identity.Person})
			}
		}
	}
	return t.await(ctx, t.readLatest(ctx, speakers))
}

// foreseeCases reads the cases that words will go to, as far as that can be seen before they are placed.
func (t *table) foreseeCases(ctx context.Context, words []Heard) error {
	var cases []hilft.CaseID
	var without []hilft.PersonID
	for _, h := range words {
		var its hilft.CaseID
		for _, p := range h.leads() {
			if v := t.conversations[t.refs[p]]; v == nil {
				continue
			} else if v.Visibility == hilft.Private {
				its = cmp.Or(its, v.Case)
			} else {
				its = cmp.Or(its, t.latest[speaker{v.ID, h.Identity.Person}].about)
			}
		}
		if cases = append(cases, its); its == "" && !h.Item.From.Us && !h.ThreadIsConcern {
			without = append(without, h.Identity.Person)
		}
	}
	// A case stands where its words say. What they begin with need not be read again to add one.
	if err := t.readSeats(ctx, cases, unreadColumns); err != nil {
		return err
	}
	if err := t.await(ctx, t.readOpen(ctx, without)); err != nil {
		return err
	}
	cases = nil
	for _, open := range t.open {
		if len(open) == 1 {
			cases = append(cases, open[0].id)
		}
	}
	return t.await(ctx, t.readSeats(ctx, cases, unreadColumns))
}

// What is read below is there after the next statement that is waited for, or Flush.

// readMessages looks for messages by their remote ids. Their bodies are read where they are needed to tell two apart.
func (t *table) readMessages(ctx context.Context, remotes []string, bodies bool) error {
	remotes = missing(t.messages, remotes)
	if len(remotes) == 0 {
		return nil
	}
	body := `''`
	if bodies {
		body = `m.body`
	}
	inVain(t.messages, remotes)
	where, list := store.In(t.tx, "m.remote_id", remotes)
	err := t.tx.DeferRows(ctx, `SELECT m.remote_id, m.visibility, m.identity_id, m.subject, `+body+`, m.case_id, COALESCE(c.person_id, '')
		FROM message m LEFT JOIN cases c ON c.id = m.case_id WHERE m.account_id = ? AND m.remote_id <> '' AND `+where, []any{string(t.account), list},
		func(scan func(into ...any) error) error {
			var remote string
			var k known
			err := scan(&remote, &k.visibility, &k.identity, &k.subject, &k.body, &k.in, &k.person)
			t.messages[remote] = &k
			return err
		})
	if err != nil {
		return fmt.Errorf("desk: message: %w", err)
	}
	return nil
}

// readRefs looks where ids lead.
func (t *table) readRefs(ctx context.Context, places []place) error {
	places = missing(t.refs, places)
	inVain(t.refs, places)
	for _, vis := range []hilft.Visibility{hilft.Public, hilft.Private} {
		var refs []string
		for _, p := range places {
			if p.visibility == vis {
				refs = append(refs, p.ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		from, list := store.Values(t.tx, refs)
		err := t.tx.DeferRows(ctx, `SELECT k.value, COALESCE((SELECT conversation_id FROM conversation_ref WHERE account_id = ? AND visibility = ? AND ref = k.value), '') FROM `+from,
			[]any{string(t.account), string(vis), list}, func(scan func(into ...any) error) error {
				var id hilft.ConversationID
				p := place{visibility: vis}
				err := scan(&p.ref, &id)
				t.refs[p] = id
				return err
			})
		if err != nil {
			return fmt.Errorf("desk: conversation: %w", err)
		}
	}
	return nil
}

// readConversations waits until nobody else speaks in conversations, and reads them.
func (t *table) readConversations(ctx context.Context, ids []hilft.ConversationID) error {
	ids = missing(t.conversations, ids)
	if len(ids) == 0 {
		return nil
	}
	inVain(t.conversations, ids)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = conversationKey(id)
	}
	if err := among(ctx, t.tx, t.account, keys...); err != nil {
		return err
	}
	where, list := store.In(t.tx, "v.id", texts(ids))
	err := t.tx.DeferRows(ctx, conversationColumns+`, CASE WHEN v.visibility = 'public' AND EXISTS (SELECT 1 FROM message m
			WHERE m.conversation_id = v.id AND m.direction = 'outbound' AND m.agent_id = '') THEN 1 ELSE 0 END
`+fromConversation+`WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
		var v talk
		var elsewhere int
		err := scanConversation(func(into ...any) error { return scan(append(into, &elsewhere)...) }, &v.Conversation)
		v.elsewhere = elsewhere == 1
		t.conversations[v.ID] = &v
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	return nil
}

// readPending looks which messages were changed before they were heard.
func (t *table) readPending(ctx context.Context, remotes []string) error {
	remotes = missing(t.pending, remotes)
	if len(remotes) == 0 {
		return nil
	}
	inVain(t.pending, remotes)
	where, list := store.In(t.tx, "remote_id", remotes)
	err := t.tx.DeferRows(ctx, `SELECT remote_id FROM pending_change WHERE account_id = ? AND `+where, []any{string(t.account), list}, func(scan func(into ...any) error) error {
		var remote string
		err := scan(&remote)
		t.pending[remote] = true
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: pending change: %w", err)
	}
	return nil
}

// readLatest looks what people last spoke about in public conversations. It goes by the person's cases, which are few;
// the words of a thread that everybody reads are not.
func (t *table) readLatest(ctx context.Context, speakers []speaker) error {
	speakers = missing(t.latest, speakers)
	if len(speakers) == 0 {
		return nil
	}
	inVain(t.latest, speakers)
	args := make([][]any, len(speakers))
	for i, s := range speakers {
		args[i] = []any{string(s.person), string(s.in)}
	}
	err := t.tx.DeferMany(ctx, `SELECT c.id, m.at FROM cases c JOIN message m ON m.case_id = c.id WHERE c.person_id = ? AND m.conversation_id = ? ORDER BY m.at + 0 DESC, m.id DESC LIMIT 1`,
		args, func(i int, scan func(into ...any) error) error {
			var s spoke
			var at int64
			err := scan(&s.about, &at)
			s.at = store.Time(at)
			t.latest[speakers[i]] = s
			return err
		})
	if err != nil {
		return fmt.Errorf("desk: concern: %w", err)
	}
	return nil
}

// readOpen looks which cases people have open on the account.
func (t *table) readOpen(ctx context.Context, persons []hilft.PersonID) error {
	persons = missing(t.open, persons)
	if len(persons) == 0 {
		return nil
	}
	inVain(t.open, persons)
	return openOnes(ctx, t.tx, t.brand, t.account, persons, 2, t.open)
}

// readSeats reads cases with their last words, and keeps others from changing them. Not found are those of other brands.
func (t *table) readSeats(ctx context.Context, ids []hilft.CaseID, columns string) error {
	ids = missing(t.seats, slices.DeleteFunc(ids, func(id hilft.CaseID) bool { return id == "" }))
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	if err := casesForUpdate(ctx, t.tx, t.brand, ids, func(c Case) { t.seats[c.ID] = &seat{Case: c} }); err != nil {
		return err
	}
	return lastWords(ctx, t.tx, ids, columns, func(id hilft.CaseID, w word) {
		if s := t.seats[id]; s != nil {
			s.words = append(s.words, w)
		}
	})
}

// lastWords reads the last words of cases, the newest first, some time before the next Flush is over.
func lastWords(ctx context.Context, tx *store.Tx, cases []hilft.CaseID, columns string, each func(hilft.CaseID, word)) error {
	args := make([][]any, len(cases))
	for i, id := range cases {
		args[i] = []any{string(id)}
	}
	err := tx.DeferMany(ctx, columns+`WHERE case_id = ? ORDER BY at DESC, id DESC LIMIT `+strconv.Itoa(wordsMost), args, func(i int, scan func(into ...any) error) error {
		var w word
		err := scanWord(scan, &w)
		each(cases[i], w)
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: settle: %w", err)
	}
	return nil
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
	if err := t.await(ctx, t.readSeats(ctx, []hilft.CaseID{id}, wordColumns)); err != nil {
		return nil, err
	}
	s := t.seats[id]
	if s == nil {
		return nil, hilft.Fail(hilft.NotFound, "case.not_found", nil)
	}
	return s, nil
}

// add puts a message into its case.
func (s *seat) add(m Message) {
	w := wordOf(m)
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
func (s *seat) settle(answerIn time.Duration, now time.Time) {
	s.Case = stand(s.Case, s.words, answerIn)
	s.Title = s.title()
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
	for _, v := range t.conversations {
		if v == nil || !v.fresh && !v.changed {
			continue
		}
		save := saveConversation
		if v.fresh {
			save = insertConversation
		}
		if err := save(ctx, t.tx, v.Conversation); err != nil {
			return err
		}
		v.fresh, v.changed = false, false
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
	// In one order for all, so that two who write do not wait for each other.
	for _, id := range slices.Sorted(maps.Keys(t.seats)) {
		s := t.seats[id]
		switch {
		case s.fresh:
			opened = append(opened, s)
		case s.changed:
			if err := saveCase(ctx, t.tx, s.Case); err != nil {
				return err
			}
		}
		s.fresh, s.changed = false, false
	}
	numbers, err := nextNumbers(ctx, t.tx, len(opened))
	for i, n := range numbers {
		opened[i].Number = n
		if err := insertCase(ctx, t.tx, opened[i].Case); err != nil {
			return err
		}
	}
	return err
}

// wordOf is what stand looks at of a message.
func wordOf(m Message) word {
	return word{
		id: m.ID, direction: m.Direction, delivery: m.Delivery, here: m.Agent != "", auto: m.Auto, deleted: !m.DeletedAt.IsZero(), at: m.At, madeAt: m.MadeAt,
		account: m.Account, network: m.Network, visibility: m.Visibility, subject: begins(m.Subject), text: begins(m.Body),
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

// A word is read with all that is shown of it, or without: then nothing of it is shown that is not shown already.
var (
	wordColumns   = fmt.Sprintf(wordsOf, fmt.Sprintf("0, account_id, network, substr(subject, 1, %d), substr(body, 1, %[1]d)", beginsMost))
	unreadColumns = fmt.Sprintf(wordsOf, "1, '', '', '', ''")
)

const wordsOf = `SELECT id, direction, visibility, delivery, CASE WHEN agent_id <> '' THEN 1 ELSE 0 END, auto, deleted_at, at, made_at, %s FROM message `

func scanWord(scan func(into ...any) error, w *word) error {
	var here, auto, unread int
	var deleted, at, made int64
	err := scan(&w.id, &w.direction, &w.visibility, &w.delivery, &here, &auto, &deleted, &at, &made, &unread, &w.account, &w.network, &w.subject, &w.text)
	w.here, w.auto, w.deleted, w.unread, w.at, w.madeAt = here == 1, auto == 1, deleted != 0, unread == 1, store.Time(at), store.Time(made)
	return err
}

// reach looks for the word by which a case is called that has more words than were read.
func (s *seat) reach(ctx context.Context, tx *store.Tx) error {
	if s.reached || len(s.words) < wordsMost {
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
