// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Whoever speaks to us somewhere for the first time is a person of their own, and stays one. That two of them are one human is said
// by a link between them, which somebody here has accepted, for evidence that stands beside it. Whoever is reached from a person by
// such links is the same human. So to take a link away is all it takes to have both as they were, whatever was said meanwhile.

// Evidence is a kind of what speaks for it that two persons are one human.
type Evidence string

const (
	ByAddress Evidence = "address" // both have shown that one address is theirs
	ByLetter  Evidence = "letter"  // one has answered the letter that went to an address which the other had given
	ByCode    Evidence = "code"    // one has said a code that we had given to the other
	ByWord    Evidence = "word"    // one has said so, in a message
	ByAgent   Evidence = "agent"   // somebody here has decided so, for a reason
)

// LinkState is what became of evidence. It is never forgotten: what was dismissed does not come back for the same evidence.
type LinkState string

const (
	Proposed  LinkState = "proposed"
	Linked    LinkState = "linked"
	Dismissed LinkState = "dismissed"
	Parted    LinkState = "parted" // they were linked
)

// Link is evidence that two persons are one human, and what became of it.
type Link struct {
	ID         hilft.LinkID
	Brand      hilft.BrandID
	One, Other hilft.PersonID // in the order of their ids
	Kind       Evidence
	Evidence   string // what tells it from other evidence of its kind: the address, the code, the message
	State      LinkState
	Given      hilft.MessageID // with which the one side of it was given; empty: none was
	Back       hilft.MessageID // with which it came back
	Reason     string          // an agent's
	MadeAt     time.Time
	MadeBy     hilft.AgentID // empty: hilft by itself
	DecidedAt  time.Time     // zero: not yet
	DecidedBy  hilft.AgentID
}

const (
	humanMost    = 50 // persons that are one human: more are no human, but a mistake
	proposedMost = 20 // proposals that stand with one person: whoever floods us gets no further
)

const linkColumns = `SELECT l.id, l.brand_id, l.one_id, l.other_id, l.kind, l.evidence, l.state, l.given_id, l.back_id, l.reason, l.made_at, l.made_by, l.decided_at, l.decided_by FROM person_link l `

func scanLink(scan func(into ...any) error, l *Link) error {
	var made, decided int64
	err := scan(&l.ID, &l.Brand, &l.One, &l.Other, &l.Kind, &l.Evidence, &l.State, &l.Given, &l.Back, &l.Reason, &made, &l.MadeBy, &decided, &l.DecidedBy)
	l.MadeAt, l.DecidedAt = store.Time(made), store.Time(decided)
	return err
}

var noSuchLink = hilft.Fail(hilft.NotFound, "link.not_found", nil)

// FindLink reads a link. NotFound: there is none of that id. Whether somebody may see it is the caller's to ask.
func FindLink(ctx context.Context, tx *store.Tx, id hilft.LinkID) (Link, error) {
	all, err := store.All(ctx, tx, linkColumns+`WHERE l.id = ?`, []any{string(id)}, scanLink)
	if err != nil {
		return Link{}, fmt.Errorf("people: link: %w", err)
	}
	if len(all) == 0 {
		return Link{}, noSuchLink
	}
	return all[0], nil
}

// Between reads the links between two persons that are in a state.
func Between(ctx context.Context, tx *store.Tx, one, other hilft.PersonID, in LinkState) ([]Link, error) {
	one, other = min(one, other), max(one, other)
	all, err := store.All(ctx, tx, linkColumns+`WHERE l.one_id = ? AND l.other_id = ? AND l.state = ? ORDER BY l.id`, []any{string(one), string(other), string(in)}, scanLink)
	if err != nil {
		return nil, fmt.Errorf("people: links: %w", err)
	}
	return all, nil
}

// Propose writes evidence down. It is new where it says nothing that was known, and where the two are not one human already; of those
// who have many proposals already, no more is written.
func Propose(ctx context.Context, tx *store.Tx, l Link) (_ Link, isNew bool, err error) {
	if l.One == l.Other {
		return Link{}, false, nil
	}
	l.One, l.Other = min(l.One, l.Other), max(l.One, l.Other)
	l.ID, l.MadeAt = hilft.LinkID(hilft.NewIDAt(tx.Now())), tx.Now()
	roots, err := rootsOf(ctx, tx, l.One, l.Other)
	if err != nil {
		return Link{}, false, fmt.Errorf("people: propose: %w", err)
	}
	if l.State == Proposed {
		if roots[l.One] == roots[l.Other] {
			return Link{}, false, nil
		}
		full := 0
		for _, p := range []hilft.PersonID{l.One, l.Other} {
			n := 0
			q := `SELECT COUNT(*) FROM (SELECT 1 FROM person_link WHERE one_id = ? AND state = 'proposed' UNION ALL SELECT 1 FROM person_link WHERE other_id = ? AND state = 'proposed') AS all_of`
			if err := tx.Row(ctx, q, []any{string(p), string(p)}, &n); err != nil {
				return Link{}, false, fmt.Errorf("people: propose: %w", err)
			}
			full = max(full, n)
		}
		if full >= proposedMost {
			return Link{}, false, nil
		}
	}
	err = tx.InsertRows(ctx, `INSERT INTO person_link (id, brand_id, one_id, other_id, kind, evidence, state, given_id, back_id, reason, made_at, made_by, decided_at, decided_by)`,
		[][]any{{
			string(l.ID), string(l.Brand), string(l.One), string(l.Other), string(l.Kind), l.Evidence, string(l.State), string(l.Given), string(l.Back), l.Reason,
			store.Micros(l.MadeAt), string(l.MadeBy), store.Micros(l.DecidedAt), string(l.DecidedBy),
		}}, `ON CONFLICT DO NOTHING RETURNING 1`, func(scan func(into ...any) error) error {
			var one int
			isNew = true
			return scan(&one)
		})
	if err != nil {
		return Link{}, false, fmt.Errorf("people: propose: %w", err)
	}
	return l, isNew, nil
}

// Decide lets a link be in another state, and those whom it joins or parts be one human or two. Conflict (link.too_many): they would
// be more persons than a human is.
func Decide(ctx context.Context, tx *store.Tx, l Link, to LinkState, by hilft.AgentID) error {
	if err := Turn(ctx, tx, l.Brand); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE person_link SET state = ?, decided_at = ?, decided_by = ? WHERE id = ?`, string(to), store.Micros(tx.Now()), string(by), string(l.ID)); err != nil {
		return fmt.Errorf("people: decide: %w", err)
	}
	if l.State != Linked && to != Linked {
		return nil
	}
	return regroup(ctx, tx, l.One, l.Other)
}

// Turn lets those who link the people of a brand work one after another.
func Turn(ctx context.Context, tx *store.Tx, brand hilft.BrandID) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	const mark = int64(0x7065) << 48 // keeps these locks apart from those of others
	h := fnv.New64a()
	_, _ = h.Write([]byte(brand))
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`, mark|int64(h.Sum64()>>16)); err != nil {
		return fmt.Errorf("people: turn: %w", err)
	}
	return nil
}

// regroup writes down who is one human with each of these.
func regroup(ctx context.Context, tx *store.Tx, people ...hilft.PersonID) error {
	done := map[hilft.PersonID]bool{}
	for _, p := range people {
		if done[p] {
			continue
		}
		all, err := reached(ctx, tx, p)
		if err != nil {
			return fmt.Errorf("people: regroup: %w", err)
		}
		if len(all) > humanMost {
			return hilft.Fail(hilft.Conflict, "link.too_many", nil)
		}
		root := slices.Min(all) // ids ascend in the order in which they were made
		for _, id := range all {
			done[id] = true
		}
		where, list := store.In(tx, "id", texts(all))
		if _, err := tx.Exec(ctx, `UPDATE person SET root_id = CASE WHEN id = ? THEN '' ELSE ? END WHERE `+where, string(root), string(root), list); err != nil {
			return fmt.Errorf("people: regroup: %w", err)
		}
	}
	return nil
}

// reached are all that links lead to from a person, and the person; a few more than a human is, at the most.
func reached(ctx context.Context, tx *store.Tx, from hilft.PersonID) ([]hilft.PersonID, error) {
	all, next := []hilft.PersonID{from}, []string{string(from)}
	for len(next) > 0 && len(all) <= humanMost {
		one, list := store.In(tx, "one_id", next)
		other, again := store.In(tx, "other_id", next)
		found, err := store.All(ctx, tx, `SELECT other_id FROM person_link WHERE `+one+` AND state = 'linked' UNION SELECT one_id FROM person_link WHERE `+other+` AND state = 'linked'`,
			[]any{list, again}, func(scan func(into ...any) error, id *hilft.PersonID) error { return scan(id) })
		if err != nil {
			return nil, err
		}
		next = nil
		for _, id := range found {
			if !slices.Contains(all, id) {
				all, next = append(all, id), append(next, string(id))
			}
		}
	}
	return all, nil
}

// rootsOf tells by which person each is known as a human.
func rootsOf(ctx context.Context, tx *store.Tx, people ...hilft.PersonID) (map[hilft.PersonID]hilft.PersonID, error) {
	roots := map[hilft.PersonID]hilft.PersonID{}
	where, list := store.In(tx, "id", texts(people))
	err := tx.Rows(ctx, `SELECT id, root_id FROM person WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
		var id, root hilft.PersonID
		err := scan(&id, &root)
		if root == "" {
			root = id
		}
		roots[id] = root
		return err
	})
	return roots, err
}

// Same are the ids of all who are one human with a person, that one among them.
func Same(ctx context.Context, tx *store.Tx, id hilft.PersonID) ([]hilft.PersonID, error) {
	roots, err := rootsOf(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("people: same: %w", err)
	}
	root, known := roots[id]
	if !known {
		return []hilft.PersonID{id}, nil
	}
	all, err := store.All(ctx, tx, `SELECT id FROM person WHERE id = ? UNION ALL SELECT id FROM person WHERE root_id = ? AND root_id <> ''`, []any{string(root), string(root)},
		func(scan func(into ...any) error, id *hilft.PersonID) error { return scan(id) })
	if err != nil {
		return nil, fmt.Errorf("people: same: %w", err)
	}
	return all, nil
}

// Human is a person with all who are the same human, and what speaks for it.
type Human struct {
	Person
	Members []Person                  // all of them, the first that was known first
	Links   []Link                    // that join them, and that propose to, the oldest first
	Others  map[hilft.PersonID]Person // those to whom is proposed
	Notes   []Note                    // what people here say about them, the newest first
	Consent []Consent                 // what they have agreed to, as it stands now
	Company []Company                 // those for which they speak; none: a private customer
}

// IDs are those of all members.
func (h Human) IDs() []hilft.PersonID {
	all := make([]hilft.PersonID, len(h.Members))
	for i, m := range h.Members {
		all[i] = m.ID
	}
	return all
}

// FindHuman reads a person with everything that is known of the human who they are. NotFound: there is none of that id. Whether
// somebody may see them is the caller's to ask.
func FindHuman(ctx context.Context, tx *store.Tx, id hilft.PersonID) (Human, error) {
	h := Human{Others: map[hilft.PersonID]Person{}}
	p, err := Find(ctx, tx, id)
	if err != nil {
		return Human{}, err
	}
	same, err := Same(ctx, tx, id)
	if err != nil {
		return Human{}, err
	}
	h.Person = p
	ids := texts(same)
	if err := h.readLinks(ctx, tx, ids); err != nil {
		return Human{}, fmt.Errorf("people: human: %w", err)
	}
	if err := h.readKnown(ctx, tx, ids); err != nil {
		return Human{}, fmt.Errorf("people: human: %w", err)
	}
	all, err := several(ctx, tx, p.Brand, slices.Concat(ids, h.otherEnds(same)))
	if err != nil {
		return Human{}, fmt.Errorf("people: human: %w", err)
	}
	for _, one := range all {
		if slices.Contains(same, one.ID) {
			h.Members = append(h.Members, one)
		} else {
			h.Others[one.ID] = one
		}
	}
	return h, nil
}

// readLinks reads those that join them or are proposed. What is proposed among those who are one human already is no question.
func (h *Human) readLinks(ctx context.Context, tx *store.Tx, ids []string) error {
	one, list := store.In(tx, "l.one_id", ids)
	other, again := store.In(tx, "l.other_id", ids)
	all, err := store.All(ctx, tx, linkColumns+`WHERE `+one+` AND l.state IN ('linked', 'proposed') UNION `+linkColumns+`WHERE `+other+` AND l.state IN ('linked', 'proposed') LIMIT `+strconv.Itoa(humanMost*proposedMost),
		[]any{list, again}, scanLink)
	for _, l := range all {
		if l.State == Linked || !slices.Contains(ids, string(l.One)) || !slices.Contains(ids, string(l.Other)) {
			h.Links = append(h.Links, l)
		}
	}
	slices.SortFunc(h.Links, func(a, b Link) int { return a.MadeAt.Compare(b.MadeAt) })
	return err
}

func (h *Human) otherEnds(same []hilft.PersonID) (ids []string) {
	for _, l := range h.Links {
		for _, p := range []hilft.PersonID{l.One, l.Other} {
			if !slices.Contains(same, p) && !slices.Contains(ids, string(p)) {
				ids = append(ids, string(p))
			}
		}
	}
	return ids
}

// several reads persons of a brand with their identities, in the order of their ids.
func several(ctx context.Context, tx *store.Tx, brand hilft.BrandID, ids []string) ([]Person, error) {
	where, list := store.In(tx, "id", ids)
	all, err := store.All(ctx, tx, `SELECT id, name, brand_id FROM person WHERE `+where+` AND brand_id = ? ORDER BY id`, []any{list, string(brand)},
		func(scan func(into ...any) error, p *Person) error { return scan(&p.ID, &p.Name, &p.Brand) })
	if err != nil {
		return nil, err
	}
	where, list = store.In(tx, "person_id", ids)
	known, err := store.All(ctx, tx, identityColumns+`WHERE `+where+` ORDER BY seen_at DESC, id`, []any{list}, scanIdentity)
	for _, id := range known {
		if i := slices.IndexFunc(all, func(p Person) bool { return p.ID == id.Person }); i >= 0 {
			all[i].Identities = append(all[i].Identities, id)
		}
	}
	return all, err
}

func texts[T ~string](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}
