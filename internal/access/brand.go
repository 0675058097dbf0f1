// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Brand is a name under which customers know us.
type Brand struct {
	ID       hilft.BrandID
	Name     string
	Language string // "de" or "en": in which it speaks first
	AnswerIn int    // minutes until a customer's word should be answered
	Letters  Letters
}

// How long an answer may take: when nobody says, and at the most (a week).
const (
	answerInDefault = 60
	answerInMost    = 7 * 24 * 60
)

// clean is the brand as it may be kept; AnswerIn 0 becomes the default.
func (b Brand) clean() (Brand, error) {
	var err error
	if b.Name, err = checkName(b.Name, "brand.name"); err != nil {
		return b, err
	}
	if !spoken(b.Language) {
		return b, hilft.FailField(hilft.Invalid, "brand.language.unknown", "brand.language", nil)
	}
	if b.AnswerIn == 0 {
		b.AnswerIn = answerInDefault
	}
	if b.AnswerIn < 1 || b.AnswerIn > answerInMost {
		return b, hilft.FailField(hilft.Invalid, "brand.answer_in.range", "brand.answer_in", nil)
	}
	return b, nil
}

const brandColumns = `SELECT id, name, language, answer_in, signature, receipt_de, receipt_en, signs_public, signs_private FROM brand`

func scanBrand(scan func(into ...any) error, b *Brand) error {
	return scan(&b.ID, &b.Name, &b.Language, &b.AnswerIn, &b.Letters.Signature, &b.Letters.ReceiptDE, &b.Letters.ReceiptEN, &b.Letters.SignsPublic, &b.Letters.SignsPrivate)
}

// Brands lists all brands, the oldest first.
func (a *Access) Brands(ctx context.Context) (all []Brand, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, brandColumns+` ORDER BY id`, nil, scanBrand)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: brands: %w", err)
	}
	return all, nil
}

// Brand returns one brand. NotFound: there is none of that id.
func (a *Access) Brand(ctx context.Context, id hilft.BrandID) (b Brand, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return scanBrand(func(into ...any) error { return tx.Row(ctx, brandColumns+` WHERE id = ?`, []any{id}, into...) }, &b)
	})
	if store.IsNoRows(err) {
		return Brand{}, hilft.Fail(hilft.NotFound, "brand.not_found", nil)
	}
	if err != nil {
		return Brand{}, fmt.Errorf("access: brand: %w", err)
	}
	return b, nil
}

// AnswerIn tells within what time a brand wants a customer's word answered.
func AnswerIn(ctx context.Context, tx *store.Tx, id hilft.BrandID) (time.Duration, error) {
	var minutes int64
	err := tx.Row(ctx, `SELECT answer_in FROM brand WHERE id = ?`, []any{string(id)}, &minutes)
	if store.IsNoRows(err) {
		return answerInDefault * time.Minute, nil
	}
	if err != nil {
		return 0, fmt.Errorf("access: answer in: %w", err)
	}
	return time.Duration(minutes) * time.Minute, nil
}

// AddBrand makes one more brand; its ID is ours to give. Only an administrator may. Invalid names the field: brand.name,
// brand.language, brand.answer_in.
func (a *Access) AddBrand(ctx context.Context, b Brand) (Brand, error) {
	who, err := administrator(ctx)
	if err != nil {
		return Brand{}, err
	}
	if b, err = b.clean(); err != nil {
		return Brand{}, err
	}
	b.ID = hilft.BrandID(hilft.NewID())
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.BrandAdded, b.ID, string(b.ID), nil); err != nil {
			return err
		}
		return insertBrand(ctx, tx, b)
	})
	if err != nil {
		return Brand{}, fmt.Errorf("access: add brand: %w", err)
	}
	return b, nil
}

func insertBrand(ctx context.Context, tx *store.Tx, b Brand) error {
	_, err := tx.Exec(ctx, `INSERT INTO brand (id, name, language, answer_in, made_at) VALUES (?, ?, ?, ?, ?)`,
		string(b.ID), b.Name, b.Language, b.AnswerIn, store.Micros(tx.Now()))
	return err
}

// ChangeBrand changes a brand's name, language and AnswerIn. Only an administrator may. Invalid names the field as AddBrand
// does. NotFound: there is none of that id.
func (a *Access) ChangeBrand(ctx context.Context, b Brand) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if b, err = b.clean(); err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE brand SET name = ?, language = ?, answer_in = ? WHERE id = ?`, b.Name, b.Language, b.AnswerIn, string(b.ID))
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.NotFound, "brand.not_found", nil)
		}
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.BrandChanged, b.ID, string(b.ID), audit.Detail{"answer_in": strconv.Itoa(b.AnswerIn), "language": b.Language})
	})
	if err != nil {
		return fmt.Errorf("access: change brand: %w", err)
	}
	return nil
}
