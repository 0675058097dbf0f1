// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Replies that are no letters may say who has written them, as the brand decides: ^LM, or ^Lena. Letters have signatures.

// Signings are how a brand may have replies signed.
var Signings = []string{signsNot, signsInitials, signsName}

const (
	signsNot      = "off"
	signsInitials = "initials"
	signsName     = "name"
)

// signsAsMost is how long the name under replies may be, in characters: it takes away from what can be said.
const signsAsMost = 20

func checkSigning(how *string, field string) error {
	if *how == "" {
		*how = signsNot
	}
	if !slices.Contains(Signings, *how) {
		return hilft.FailField(hilft.Invalid, "brand.signing.unknown", field, nil)
	}
	return nil
}

// checkSignsAs takes a name to sign with; empty: none of their own.
func checkSignsAs(s string) (string, error) {
	s = cleanName(s)
	if s != "" && !strings.ContainsFunc(s, letterOrDigit) || utf8.RuneCountInString(s) > signsAsMost {
		return "", hilft.FailField(hilft.Invalid, "agent.signs_as.invalid", "signs_as", nil)
	}
	return s, nil
}

// Sign is what stands behind an agent's replies in a brand that are no letters; empty: nothing. alone tells whether nobody else here
// has their initials: two who sign alike would be taken for one.
func (b Brand) Sign(a Agent, seen hilft.Visibility, alone bool) string {
	how := b.Letters.SignsPrivate
	if seen == hilft.Public {
		how = b.Letters.SignsPublic
	}
	switch {
	case a.ID == "" || how == signsNot || how == "":
		return ""
	case how == signsInitials && alone:
		return "^" + a.Initials
	case a.SignsAs != "":
		return "^" + a.SignsAs
	}
	return "^" + firstName(a.Name)
}

// firstName is what somebody is called among colleagues: the first word of their name that is one.
func firstName(name string) string {
	for _, w := range strings.Fields(name) {
		if strings.ContainsFunc(w, letterOrDigit) {
			if r := []rune(w); len(r) > signsAsMost {
				w = string(r[:signsAsMost])
			}
			return w
		}
	}
	return "?"
}

// takenInitials are those that colleagues have, while nobody else chooses some. but is who asks.
func takenInitials(ctx context.Context, tx *store.Tx, but hilft.AgentID) (map[string]bool, error) {
	if tx.Dialect() == store.Postgres {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`, int64(0x696e)<<48); err != nil {
			return nil, fmt.Errorf("access: initials: %w", err)
		}
	}
	taken := map[string]bool{}
	err := tx.Rows(ctx, `SELECT initials FROM agent WHERE closed_at = 0 AND id <> ?`, []any{string(but)}, func(scan func(into ...any) error) error {
		var s string
		err := scan(&s)
		taken[s] = true
		return err
	})
	return taken, err
}
