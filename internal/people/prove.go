// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// That a mail says whom it is from proves nothing, nor does an address that somebody types into a chat. What proves an address is that
// its home vouches for the mail, or that what we sent there was answered.

// Claim is an address of which somebody has just shown that it is theirs.
type Claim struct {
	Identity hilft.IdentityID
	Person   hilft.PersonID
	Address  string
	How      string // home: its home has vouched for theirs; letter: they have answered what we sent there
	Message  hilft.MessageID
}

// How an address was proven.
const (
	ProvenByHome   = "home"
	ProvenByLetter = "letter"
)

// Address is an address as it is compared.
func Address(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Prove remembers whose addresses these are, and proposes those who have the same. What was known is not looked at again.
func Prove(ctx context.Context, tx *store.Tx, brand hilft.BrandID, claims []Claim) (links []Link, err error) {
	if len(claims) == 0 {
		return nil, nil
	}
	// In one order for all, so that two who write do not wait for each other.
	claims = slices.Clone(claims)
	slices.SortStableFunc(claims, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Identity, b.Identity))
	})
	rows := make([][]any, len(claims))
	for i, c := range claims {
		rows[i] = []any{string(brand), c.Address, string(c.Identity), c.How, string(c.Message), store.Micros(tx.Now())}
	}
	fresh := map[hilft.IdentityID]string{}
	err = tx.InsertRows(ctx, `INSERT INTO proven_address (brand_id, address, identity_id, how, message_id, at)`, rows, `ON CONFLICT DO NOTHING RETURNING identity_id, address`,
		func(scan func(into ...any) error) error {
			var id hilft.IdentityID
			var address string
			err := scan(&id, &address)
			fresh[id] = address
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("people: prove: %w", err)
	}
	for _, c := range claims {
		if fresh[c.Identity] != c.Address {
			continue
		}
		delete(fresh, c.Identity)
		others, err := store.All(ctx, tx, `SELECT i.person_id, a.message_id FROM proven_address a JOIN identity i ON i.id = a.identity_id WHERE a.brand_id = ? AND a.address = ? AND a.identity_id <> ? ORDER BY a.at LIMIT 10`,
			[]any{string(brand), c.Address, string(c.Identity)}, func(scan func(into ...any) error, o *Claim) error { return scan(&o.Person, &o.Message) })
		if err != nil {
			return nil, fmt.Errorf("people: prove: %w", err)
		}
		for _, o := range others {
			l, isNew, err := Propose(ctx, tx, Link{Brand: brand, One: o.Person, Other: c.Person, Kind: ByAddress, Evidence: c.Address, State: Proposed, Given: o.Message, Back: c.Message})
			if err != nil {
				return nil, err
			}
			if isNew {
				links = append(links, l)
			}
		}
	}
	return links, nil
}

// A code is given to somebody in private. Whoever says it elsewhere has been told it, or is who was.

const (
	codeLetters = "BCDFGHJKLMNPQRSTVWXZ" // no vowels: it is no word
	codeDigits  = "23456789"
	codeFor     = 7 * 24 * time.Hour
)

// newCode makes a code: eight characters, a letter and a digit among them.
func newCode() string {
	for {
		b := make([]byte, 8)
		_, _ = rand.Read(b) // it never fails
		for i, r := range b {
			b[i] = (codeLetters + codeDigits)[int(r)%28]
		}
		if code := string(b); isCode(code) {
			return code[:4] + "-" + code[4:]
		}
	}
}

func isCode(s string) bool {
	return strings.ContainsAny(s, codeLetters) && strings.ContainsAny(s, codeDigits)
}

// people write it small, with a space for the dash, or with none.
var codes = regexp.MustCompile(`(?i)[` + codeLetters + codeDigits + `]{4}[-‐–— ]?[` + codeLetters + codeDigits + `]{4}`)

// CodesIn are what may be codes in a text, as they are kept; a few at the most.
func CodesIn(text string) (all []string) {
	for _, at := range codes.FindAllStringIndex(text, 20) {
		before, after := lastRune(text[:at[0]]), firstRune(text[at[1]:])
		code := strings.Map(func(r rune) rune {
			if strings.ContainsRune(codeLetters+codeDigits, r) {
				return r
			}
			return -1
		}, strings.ToUpper(text[at[0]:at[1]]))
		if len(code) != 8 || !isCode(code) || wordy(before) || wordy(after) {
			continue
		}
		if code = code[:4] + "-" + code[4:]; !slices.Contains(all, code) && len(all) < 3 {
			all = append(all, code)
		}
	}
	return all
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) (last rune) {
	all := []rune(s[max(0, len(s)-4):])
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1]
}

// Code is what somebody was asked to say elsewhere.
type Code struct {
	Code   string
	Person hilft.PersonID
	Talk   hilft.ConversationID
	EndsAt time.Time
}

// GiveCode makes a code for somebody, to be told to them in a private conversation. It is good for a week.
func GiveCode(ctx context.Context, tx *store.Tx, brand hilft.BrandID, person hilft.PersonID, talk hilft.ConversationID, by hilft.AgentID) (Code, error) {
	c := Code{newCode(), person, talk, tx.Now().Add(codeFor)}
	_, err := tx.Exec(ctx, `DELETE FROM link_code WHERE ends_at <= ?`, store.Micros(tx.Now()))
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO link_code (brand_id, code, person_id, conversation_id, made_at, made_by, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			string(brand), c.Code, string(person), string(talk), store.Micros(tx.Now()), string(by), store.Micros(c.EndsAt))
	}
	if err != nil {
		return Code{}, fmt.Errorf("people: code: %w", err)
	}
	return c, nil
}

// LiveCodes are those of these codes that a brand has given and nobody has said again yet.
func LiveCodes(ctx context.Context, tx *store.Tx, brand hilft.BrandID, of []string) ([]Code, error) {
	if len(of) == 0 {
		return nil, nil
	}
	where, list := store.In(tx, "code", of)
	all, err := store.All(ctx, tx, `SELECT code, person_id, conversation_id, ends_at FROM link_code WHERE `+where+` AND brand_id = ? AND ends_at > ?`, []any{list, string(brand), store.Micros(tx.Now())},
		func(scan func(into ...any) error, c *Code) error {
			var ends int64
			err := scan(&c.Code, &c.Person, &c.Talk, &ends)
			c.EndsAt = store.Time(ends)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("people: codes: %w", err)
	}
	return all, nil
}

// Redeem takes a code that somebody else has said than the one it was given to, and proposes that they are one human. given is the
// message that told it to them.
func Redeem(ctx context.Context, tx *store.Tx, brand hilft.BrandID, c Code, by hilft.PersonID, given, back hilft.MessageID) (Link, bool, error) {
	if c.Person == by {
		return Link{}, false, nil
	}
	n, err := tx.Exec(ctx, `DELETE FROM link_code WHERE brand_id = ? AND code = ?`, string(brand), c.Code)
	if err != nil {
		return Link{}, false, fmt.Errorf("people: redeem: %w", err)
	}
	if n == 0 { // somebody else was first
		return Link{}, false, nil
	}
	return Propose(ctx, tx, Link{Brand: brand, One: c.Person, Other: by, Kind: ByCode, Evidence: c.Code, State: Proposed, Given: given, Back: back})
}
