// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// What people here know of a customer, beside what they have said themselves.

var noSuchNote = hilft.Fail(hilft.NotFound, "person_note.not_found", nil)

func noted(n people.Note) personAct {
	return personAct{kind: hilft.EventPersonNoted, data: map[string]string{"note": string(n.ID), "version": strconv.FormatInt(n.Version, 10)}}
}

// NotePerson writes a note about a person, whatever the case. It never leaves the house. Invalid: it says nothing, or too much.
func (d *Desk) NotePerson(ctx context.Context, see access.Sight, id hilft.PersonID, text string) (Did, error) {
	return d.onPerson(ctx, see, access.Note, id, "note", func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error) {
		n, err := people.WriteNote(ctx, tx, p, text, see.Agent)
		return noted(n), err
	})
}

// RewriteNote gives a note about a person another text. seen is the version that was read. Conflict (person_note.changed): somebody
// else was first.
func (d *Desk) RewriteNote(ctx context.Context, see access.Sight, id hilft.NoteID, text string, seen int64) (Did, error) {
	return d.onNote(ctx, see, id, func(ctx context.Context, tx *store.Tx, n people.Note) (personAct, error) {
		n, err := n.Rewrite(ctx, tx, text, seen, see.Agent)
		return noted(n), err
	})
}

// RemoveNote takes a note about a person away, as RewriteNote changes it.
func (d *Desk) RemoveNote(ctx context.Context, see access.Sight, id hilft.NoteID, seen int64) (Did, error) {
	return d.onNote(ctx, see, id, func(ctx context.Context, tx *store.Tx, n people.Note) (personAct, error) {
		by := string(n.MadeBy)
		n, err := n.Remove(ctx, tx, seen, see.Agent)
		act := noted(n)
		act.what, act.detail = audit.PersonNoteRemoved, audit.Detail{"note": string(n.ID), "made_by": by}
		return act, err
	})
}

func (d *Desk) onNote(ctx context.Context, see access.Sight, id hilft.NoteID, fn func(ctx context.Context, tx *store.Tx, n people.Note) (personAct, error)) (Did, error) {
	var done Did
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := people.FindNote(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := see.Demand(n.Brand, access.Note, noSuchNote); err != nil {
			return err
		}
		act, err := fn(ctx, tx, n)
		if err != nil {
			return err
		}
		done, err = d.didPerson(ctx, tx, see, people.Person{ID: n.Person, Brand: n.Brand}, act)
		return err
	})
	if err != nil {
		return Did{}, fmt.Errorf("desk: note: %w", err)
	}
	return done, nil
}

// Agree writes down that a person has agreed to be written to somewhere, or does no more. It stands: what was written by mistake gets
// an entry that says so. Invalid names the field; the identity is that person's, or that of somebody who is the same human.
func (d *Desk) Agree(ctx context.Context, see access.Sight, id hilft.PersonID, c people.Consent) (Did, error) {
	return d.onPerson(ctx, see, access.Work, id, "consent", func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error) {
		h, err := people.FindHuman(ctx, tx, id)
		if err != nil {
			return personAct{}, err
		}
		theirs := false
		for _, m := range h.Members {
			for _, i := range m.Identities {
				theirs = theirs || i.ID == c.Identity
			}
		}
		if !theirs {
			return personAct{}, hilft.FailField(hilft.Invalid, "consent.no_identity", "identity_id", nil)
		}
		if c.Message != "" {
			heard, err := restsOn(ctx, tx, p.Brand, []string{string(c.Message)})
			if err != nil {
				return personAct{}, err
			}
			if heard[c.Message].Direction != hilft.Inbound {
				return personAct{}, hilft.FailField(hilft.Invalid, "link.not_said", "message_id", nil)
			}
		}
		c.Brand, c.MadeBy = p.Brand, see.Agent
		kept, err := people.Agree(ctx, tx, c)
		return personAct{
			kind: hilft.EventConsentWritten, data: map[string]string{"consent": string(kept.ID)}, stays: true,
			what: audit.ConsentWritten, detail: audit.Detail{"purpose": kept.Purpose, "given": strconv.FormatBool(kept.Given), "how": kept.How, "identity": string(kept.Identity)},
		}, err
	})
}

// Ledger reads all that a human has ever agreed to, the newest entry first.
func (d *Desk) Ledger(ctx context.Context, see access.Sight, id hilft.PersonID) (c Card, all []people.Consent, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if c.Human, err = people.FindHuman(ctx, tx, id); err != nil {
			return err
		}
		if err := see.Demand(c.Brand, access.Read, noSuchPerson); err != nil {
			return err
		}
		if all, err = people.Ledger(ctx, tx, c.IDs()); err != nil {
			return err
		}
		var ids []string
		for _, a := range all {
			ids = append(ids, string(a.Message))
		}
		c.Said, err = restsOn(ctx, tx, c.Brand, ids)
		return err
	})
	if err != nil {
		return Card{}, nil, fmt.Errorf("desk: ledger: %w", err)
	}
	return c, all, nil
}

// Employ says for which company a person speaks; an empty name: for none, they are a private customer. Invalid names the field.
func (d *Desk) Employ(ctx context.Context, see access.Sight, id hilft.PersonID, name, number string) (Did, error) {
	return d.onPerson(ctx, see, access.Work, id, "employ", func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error) {
		from, err := people.CompanyOf(ctx, tx, id)
		if err != nil {
			return personAct{}, err
		}
		c, err := people.Employ(ctx, tx, p, name, number)
		if err != nil || c.ID == from {
			return personAct{}, err
		}
		return personAct{
			kind: hilft.EventPersonCompany, data: map[string]string{"from": string(from), "to": string(c.ID)},
			what: audit.CompanySet, detail: audit.Detail{"from": string(from), "to": string(c.ID)},
		}, nil
	})
}

var noSuchCompany = hilft.Fail(hilft.NotFound, "company.not_found", nil)

// Companies are those of a brand whose name begins so, by their names; a few.
func (d *Desk) Companies(ctx context.Context, see access.Sight, brand hilft.BrandID, begins string) (all []people.Company, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = people.Companies(ctx, tx, brand, begins)
		return err
	})
	return all, err
}

// Business is a company with those who speak for it and their concerns, the newest first.
type Business struct {
	people.Company
	Staff []people.Person
	Cases []Case
}

// businessMost is how many cases of a company are shown.
const businessMost = 100

// Company reads a company.
func (d *Desk) Company(ctx context.Context, see access.Sight, id hilft.CompanyID) (b Business, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if b.Company, err = people.FindCompany(ctx, tx, id); err != nil {
			return err
		}
		if err := see.Demand(b.Brand, access.Read, noSuchCompany); err != nil {
			return err
		}
		if b.Staff, err = b.Company.Staff(ctx, tx); err != nil {
			return err
		}
		ids := make([]hilft.PersonID, len(b.Staff))
		for i, p := range b.Staff {
			ids[i] = p.ID
		}
		b.Cases, err = casesOf(ctx, tx, ids, "", businessMost)
		return err
	})
	if err != nil {
		return Business{}, fmt.Errorf("desk: company: %w", err)
	}
	return b, nil
}

// NameCompany gives a company another name and number. Conflict (company.taken): there is one like that.
func (d *Desk) NameCompany(ctx context.Context, see access.Sight, id hilft.CompanyID, name, number string) error {
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := people.FindCompany(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := see.Demand(c.Brand, access.Work, noSuchCompany); err != nil {
			return err
		}
		if err := c.Rename(ctx, tx, name, number); err != nil {
			return err
		}
		_, err = d.didPerson(ctx, tx, see, people.Person{ID: hilft.PersonID(c.ID), Brand: c.Brand}, personAct{kind: hilft.EventCompanyNamed, what: audit.CompanyNamed, stays: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: company: %w", err)
	}
	return nil
}
