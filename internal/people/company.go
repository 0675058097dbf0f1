// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Company is a business customer, for whom people speak.
type Company struct {
	ID     hilft.CompanyID
	Brand  hilft.BrandID
	Name   string
	Number string         // what the brand knows it by; empty: nothing
	Person hilft.PersonID // read with a human: which of its members speaks for it
}

const (
	companyMost   = 120 // runes of a name
	numberMost    = 40
	companiesMost = 20 // that are offered
)

const companyColumns = `SELECT c.id, c.brand_id, c.name, c.number FROM company c `

func scanCompany(scan func(into ...any) error, c *Company) error {
	return scan(&c.ID, &c.Brand, &c.Name, &c.Number)
}

// checked is a company as it may be kept, and the name by which two are one.
func (c Company) checked() (_ Company, folded string, err error) {
	c.Name, c.Number = CleanName(c.Name), CleanName(c.Number)
	switch {
	case c.Name == "":
		return c, "", hilft.FailField(hilft.Invalid, "company.nothing", "name", nil)
	case utf8.RuneCountInString(c.Name) > companyMost:
		return c, "", hilft.FailField(hilft.Invalid, "company.long", "name", nil)
	case utf8.RuneCountInString(c.Number) > numberMost:
		return c, "", hilft.FailField(hilft.Invalid, "company.number.long", "number", nil)
	}
	return c, cases.Fold().String(c.Name), nil
}

// Employ says for which company a person speaks; one that the brand does not have under that name and number becomes one. An empty
// name: for none. Invalid names the field: name, number.
func Employ(ctx context.Context, tx *store.Tx, p Person, name, number string) (Company, error) {
	if err := Turn(ctx, tx, p.Brand); err != nil {
		return Company{}, err
	}
	c := Company{Brand: p.Brand, Name: name, Number: number}
	if name != "" || number != "" {
		kept, folded, err := c.checked()
		if err != nil {
			return Company{}, err
		}
		c = kept
		_, err = tx.Exec(ctx, `INSERT INTO company (id, brand_id, name, folded, number, made_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			hilft.NewID(), string(c.Brand), c.Name, folded, c.Number, store.Micros(tx.Now()))
		if err == nil {
			err = scanCompany(func(into ...any) error {
				return tx.Row(ctx, companyColumns+`WHERE c.brand_id = ? AND c.folded = ? AND c.number = ?`, []any{string(c.Brand), folded, c.Number}, into...)
			}, &c)
		}
		if err != nil {
			return Company{}, fmt.Errorf("people: employ: %w", err)
		}
	}
	return c, p.speakFor(ctx, tx, c.ID)
}

// SpeakFor says for which company a person speaks, by its id; empty: for none. ok false: there is no such company.
func SpeakFor(ctx context.Context, tx *store.Tx, p Person, id hilft.CompanyID) (ok bool, err error) {
	if id != "" {
		var one int
		err := tx.Row(ctx, `SELECT 1 FROM company WHERE id = ? AND brand_id = ?`, []any{string(id), string(p.Brand)}, &one)
		if err != nil {
			if store.IsNoRows(err) {
				err = nil
			}
			return false, err
		}
	}
	return true, p.speakFor(ctx, tx, id)
}

func (p Person) speakFor(ctx context.Context, tx *store.Tx, id hilft.CompanyID) error {
	if _, err := tx.Exec(ctx, `UPDATE person SET company_id = ? WHERE id = ?`, string(id), string(p.ID)); err != nil {
		return fmt.Errorf("people: employ: %w", err)
	}
	return nil
}

// CompanyOf is for which company a person speaks; empty: for none.
func CompanyOf(ctx context.Context, tx *store.Tx, id hilft.PersonID) (of hilft.CompanyID, err error) {
	if err := tx.Row(ctx, `SELECT company_id FROM person WHERE id = ?`+tx.Lock(), []any{string(id)}, &of); err != nil {
		return "", fmt.Errorf("people: company: %w", err)
	}
	return of, nil
}

// FindCompany reads a company. NotFound: there is none of that id.
func FindCompany(ctx context.Context, tx *store.Tx, id hilft.CompanyID) (c Company, err error) {
	err = scanCompany(func(into ...any) error {
		return tx.Row(ctx, companyColumns+`WHERE c.id = ?`, []any{string(id)}, into...)
	}, &c)
	if store.IsNoRows(err) {
		return Company{}, hilft.Fail(hilft.NotFound, "company.not_found", nil)
	}
	if err != nil {
		return Company{}, fmt.Errorf("people: company: %w", err)
	}
	return c, nil
}

// Companies are those of a brand whose name begins so, by their names; a few.
func Companies(ctx context.Context, tx *store.Tx, brand hilft.BrandID, begins string) ([]Company, error) {
	folded := cases.Fold().String(CleanName(begins))
	all, err := store.All(ctx, tx, companyColumns+fmt.Sprintf(`WHERE c.brand_id = ? AND c.folded >= ? AND c.folded < ? ORDER BY c.folded, c.number LIMIT %d`, companiesMost),
		[]any{string(brand), folded, folded + "\U0010ffff"}, scanCompany)
	if err != nil {
		return nil, fmt.Errorf("people: companies: %w", err)
	}
	return all, nil
}

// Rename gives a company another name and number, for all who speak for it. Conflict (company.taken): there is one like that.
func (c Company) Rename(ctx context.Context, tx *store.Tx, name, number string) error {
	if err := Turn(ctx, tx, c.Brand); err != nil {
		return err
	}
	c.Name, c.Number = name, number
	c, folded, err := c.checked()
	if err != nil {
		return err
	}
	var one int
	err = tx.Row(ctx, `SELECT 1 FROM company WHERE brand_id = ? AND folded = ? AND number = ? AND id <> ?`, []any{string(c.Brand), folded, c.Number, string(c.ID)}, &one)
	switch {
	case err == nil:
		return hilft.FailField(hilft.Conflict, "company.taken", "name", nil)
	case !store.IsNoRows(err):
		return fmt.Errorf("people: company: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE company SET name = ?, folded = ?, number = ? WHERE id = ?`, c.Name, folded, c.Number, string(c.ID)); err != nil {
		return fmt.Errorf("people: company: %w", err)
	}
	return nil
}

// StaffMost is how many people of a company are shown.
const StaffMost = 100

// Staff are those who speak for a company, the first that was known first.
func (c Company) Staff(ctx context.Context, tx *store.Tx) ([]Person, error) {
	ids, err := store.All(ctx, tx, fmt.Sprintf(`SELECT id FROM person WHERE company_id = ? AND company_id <> '' ORDER BY id LIMIT %d`, StaffMost), []any{string(c.ID)},
		func(scan func(into ...any) error, id *string) error { return scan(id) })
	var all []Person
	if err == nil {
		all, err = several(ctx, tx, c.Brand, ids)
	}
	if err != nil {
		return nil, fmt.Errorf("people: staff: %w", err)
	}
	return all, nil
}

// readKnown reads what people here have said of a human, what they agreed to and for whom they speak.
func (h *Human) readKnown(ctx context.Context, tx *store.Tx, ids []string) error {
	where, list := store.In(tx, "person_id", ids)
	err := tx.DeferRows(ctx, noteColumns+fmt.Sprintf(`WHERE %s AND removed_at = 0 ORDER BY id DESC LIMIT %d`, where, notesMost), []any{list}, func(scan func(into ...any) error) error {
		var n Note
		err := scanNote(scan, &n)
		h.Notes = append(h.Notes, n)
		return err
	})
	if err != nil {
		return err
	}
	var ledger []Consent
	err = tx.DeferRows(ctx, consentColumns+fmt.Sprintf(`WHERE %s ORDER BY id DESC LIMIT %d`, where, consentsMost), []any{list}, func(scan func(into ...any) error) error {
		var c Consent
		err := scanConsent(scan, &c)
		ledger = append(ledger, c)
		return err
	})
	if err != nil {
		return err
	}
	where, list = store.In(tx, "p.id", ids)
	err = tx.DeferRows(ctx, `SELECT c.id, c.brand_id, c.name, c.number, p.id FROM person p JOIN company c ON c.id = p.company_id WHERE `+where+` ORDER BY p.id`, []any{list}, func(scan func(into ...any) error) error {
		var c Company
		err := scan(&c.ID, &c.Brand, &c.Name, &c.Number, &c.Person)
		h.Company = append(h.Company, c)
		return err
	})
	if err == nil {
		err = tx.Flush(ctx)
	}
	h.Consent = standing(ledger)
	return err
}
