// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Letters are what a brand puts around its letters, on networks that have such. {agent} and {brand} stand for the names.
type Letters struct {
	Signature string // below the author's own
	ReceiptDE string // what says that somebody's first word has arrived; both empty: nothing does
	ReceiptEN string

	// How what is no letter is signed: off, initials, name.
	SignsPublic  string
	SignsPrivate string
}

// letterMost is how long such a text may be, in bytes.
const letterMost = 4000

// checkLetter is a text as it may be kept: lines without control characters.
func checkLetter(s, kind, field string) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if len(s) > letterMost || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) || strings.ToValidUTF8(s, "") != s {
		return "", hilft.FailField(hilft.Invalid, kind+".invalid", field, nil)
	}
	return s, nil
}

// SetLetters changes what a brand puts around its letters. Only its leads may. Invalid names the field.
func (a *Access) SetLetters(ctx context.Context, brand hilft.BrandID, l Letters) (err error) {
	who, err := signedIn(ctx)
	if err == nil {
		err = who.Sight().Demand(brand, Lead, hilft.Fail(hilft.NotFound, "brand.not_found", nil))
	}
	if err != nil {
		return err
	}
	for field, text := range map[string]*string{"signature": &l.Signature, "receipt_de": &l.ReceiptDE, "receipt_en": &l.ReceiptEN} {
		if *text, err = checkLetter(*text, "brand."+field, field); err != nil {
			return err
		}
	}
	for field, how := range map[string]*string{"signs_public": &l.SignsPublic, "signs_private": &l.SignsPrivate} {
		if err = checkSigning(how, field); err != nil {
			return err
		}
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE brand SET signature = ?, receipt_de = ?, receipt_en = ?, signs_public = ?, signs_private = ? WHERE id = ?`,
			l.Signature, l.ReceiptDE, l.ReceiptEN, l.SignsPublic, l.SignsPrivate, string(brand))
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.NotFound, "brand.not_found", nil)
		}
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.LettersChanged, brand, string(brand), nil)
	})
	if err != nil {
		return fmt.Errorf("access: letters: %w", err)
	}
	return nil
}
