// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Consent is that somebody has said yes or no to being written to in one place, for one purpose. What was written down stands: who
// says otherwise later, or was misheard, gets an entry of its own, and the last one holds.
type Consent struct {
	ID       hilft.ConsentID
	Brand    hilft.BrandID
	Person   hilft.PersonID
	Identity hilft.IdentityID // where
	Purpose  string           // one of Purposes
	Given    bool             // else it was withdrawn
	How      string           // one of Hows
	Message  hilft.MessageID  // in which they said so; empty: in none
	Remark   string
	At       time.Time // when they said so
	MadeAt   time.Time
	MadeBy   hilft.AgentID
}

// For what somebody can be written to, and how we know that they may be.
var (
	Purposes = []string{"service", "advertising"}
	Hows     = []string{"message", "call", "form", "mistake"}
)

const (
	remarkMost   = 500
	consentsMost = 200
)

const consentColumns = `SELECT id, brand_id, person_id, identity_id, purpose, given, how, message_id, remark, at, made_at, made_by FROM consent `

func scanConsent(scan func(into ...any) error, c *Consent) error {
	var given int
	var at, made int64
	err := scan(&c.ID, &c.Brand, &c.Person, &c.Identity, &c.Purpose, &given, &c.How, &c.Message, &c.Remark, &at, &made, &c.MadeBy)
	c.Given, c.At, c.MadeAt = given == 1, store.Time(at), store.Time(made)
	return err
}

// Agree adds an entry. Invalid names the field: identity_id, purpose, how, remark, at.
func Agree(ctx context.Context, tx *store.Tx, c Consent) (Consent, error) {
	var of hilft.PersonID
	err := tx.Row(ctx, `SELECT person_id FROM identity WHERE id = ? AND brand_id = ?`, []any{string(c.Identity), string(c.Brand)}, &of)
	switch {
	case store.IsNoRows(err):
		return Consent{}, hilft.FailField(hilft.Invalid, "consent.no_identity", "identity_id", nil)
	case err != nil:
		return Consent{}, fmt.Errorf("people: consent: %w", err)
	case !slices.Contains(Purposes, c.Purpose):
		return Consent{}, hilft.FailField(hilft.Invalid, "consent.purpose", "purpose", nil)
	case !slices.Contains(Hows, c.How) || c.How == "mistake" && c.Given:
		return Consent{}, hilft.FailField(hilft.Invalid, "consent.how", "how", nil)
	}
	c.Person = of
	if c.Remark = plain(c.Remark); utf8.RuneCountInString(c.Remark) > remarkMost {
		return Consent{}, hilft.FailField(hilft.Invalid, "consent.remark.long", "remark", nil)
	}
	if c.At.IsZero() {
		c.At = tx.Now()
	}
	if c.At.After(tx.Now().Add(time.Minute)) || c.At.Before(tx.Now().AddDate(-30, 0, 0)) {
		return Consent{}, hilft.FailField(hilft.Invalid, "consent.at", "at", nil)
	}
	c.ID, c.MadeAt = hilft.ConsentID(hilft.NewIDAt(tx.Now())), tx.Now()
	_, err = tx.Exec(ctx, `INSERT INTO consent (id, brand_id, person_id, identity_id, purpose, given, how, message_id, remark, at, made_at, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(c.ID), string(c.Brand), string(c.Person), string(c.Identity), c.Purpose, store.Bit(c.Given), c.How, string(c.Message), c.Remark, store.Micros(c.At), store.Micros(c.MadeAt), string(c.MadeBy))
	if err != nil {
		return Consent{}, fmt.Errorf("people: consent: %w", err)
	}
	return c, nil
}

// Ledger reads all that people have agreed to, the newest entry first.
func Ledger(ctx context.Context, tx *store.Tx, people []hilft.PersonID) ([]Consent, error) {
	where, list := store.In(tx, "person_id", texts(people))
	all, err := store.All(ctx, tx, consentColumns+fmt.Sprintf(`WHERE %s ORDER BY id DESC LIMIT %d`, where, consentsMost), []any{list}, scanConsent)
	if err != nil {
		return nil, fmt.Errorf("people: ledger: %w", err)
	}
	return all, nil
}

// standing are of entries, the newest first, those that hold: the last of each place and purpose.
func standing(all []Consent) (now []Consent) {
	for _, c := range all {
		if !slices.ContainsFunc(now, func(o Consent) bool { return o.Identity == c.Identity && o.Purpose == c.Purpose }) {
			now = append(now, c)
		}
	}
	return now
}
