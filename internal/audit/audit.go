// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Detail is what there is to say of an act beside whom and what it is about: ids, roles, names of settings.
type Detail map[string]string

// Entry is one act.
type Entry struct {
	N      int64 // its place in the chain; given when it is written
	At     time.Time
	Brand  hilft.BrandID // empty: of the whole house
	Who    hilft.AgentID // empty: hilft by itself, somebody at its console, or somebody nobody knows
	What   What
	About  string // id of what it is about
	Detail Detail
	Hash   string // in hexadecimal; given when it is written
}

// pending is what a transaction has to say, until all else in it is done.
type pending struct{ entries []Entry }

// Write puts entries at the end of the chain, in the transaction of what they tell of. An entry without a time has that of
// the transaction. Whoever writes waits for others who do, from the end of their work to their commit and no longer.
func Write(ctx context.Context, tx *store.Tx, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	p := store.Kept(tx, func(p *pending) {
		tx.Before(func(ctx context.Context) error { return p.append(ctx, tx) })
	})
	p.entries = append(p.entries, entries...)
	return nil
}

// append gives the entries their places. Its lock is the last that a transaction takes, so that nobody who holds it waits
// for anybody.
func (p *pending) append(ctx context.Context, tx *store.Tx) error {
	var n int64
	var hash string
	err := tx.Row(ctx, `SELECT n, hash FROM audit_head`+tx.Lock(), nil, &n, &hash)
	if store.IsNoRows(err) { // the first that is ever written
		if _, err = tx.Exec(ctx, `INSERT INTO audit_head (id, n, hash, signed_n, signed_hash, mac, check_begun_at, checked_at, checked_n, fault)
			VALUES (1, 0, '', 0, '', '', 0, 0, 0, '') ON CONFLICT DO NOTHING`); err == nil {
			err = tx.Row(ctx, `SELECT n, hash FROM audit_head`+tx.Lock(), nil, &n, &hash)
		}
	}
	if err != nil {
		return fmt.Errorf("audit: write: %w", err)
	}
	rows := make([][]any, len(p.entries))
	for i, e := range p.entries {
		if e.At.IsZero() {
			e.At = tx.Now()
		}
		r, err := rowOf(e)
		if err != nil {
			return fmt.Errorf("audit: write: %w", err)
		}
		n++
		r.n = n
		hash = r.sum(hash)
		rows[i] = []any{r.n, r.at, r.brand, r.who, r.what, r.about, r.detail, hash}
	}
	if err := tx.Insert(ctx, `INSERT INTO audit (n, at, brand_id, who, what, about, detail, hash)`, rows, ""); err != nil {
		return fmt.Errorf("audit: write: %w", err)
	}
	if err := tx.Defer(ctx, `UPDATE audit_head SET n = ?, hash = ?`, n, hash); err != nil {
		return fmt.Errorf("audit: write: %w", err)
	}
	return nil
}

// row is an entry as it is stored and hashed.
type row struct {
	n, at                   int64
	brand, who, what, about string
	detail                  string // JSON: keys in order, no spaces
	hash                    string // as it is stored
}

func rowOf(e Entry) (row, error) {
	if e.Detail == nil {
		e.Detail = Detail{}
	}
	detail, err := canonical(e.Detail)
	return row{e.N, store.Micros(e.At), string(e.Brand), string(e.Who), string(e.What), e.About, detail, e.Hash}, err
}

func (r row) entry() (Entry, error) {
	e := Entry{N: r.n, At: store.Time(r.at), Brand: hilft.BrandID(r.brand), Who: hilft.AgentID(r.who), What: What(r.what), About: r.about, Hash: r.hash}
	err := json.Unmarshal([]byte(r.detail), &e.Detail)
	return e, err
}

// canonical is a value as JSON in its one form: keys in order, no spaces, nothing escaped that need not be.
func canonical(v any) (string, error) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	err := to.Encode(v)
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), err
}

// text is the row in its one form: a JSON object with its keys in order. The detail is taken as it stands, so that no byte
// of it changes unnoticed.
func (r row) text() []byte {
	b := make([]byte, 0, 256)
	field := func(name, value string) {
		b = append(b, name...)
		quoted, _ := canonical(value) // a string always is JSON
		b = append(b, quoted...)
	}
	field(`{"about":`, r.about)
	b = strconv.AppendInt(append(b, `,"at":`...), r.at, 10)
	field(`,"brand":`, r.brand)
	b = append(append(b, `,"detail":`...), r.detail...)
	b = strconv.AppendInt(append(b, `,"n":`...), r.n, 10)
	field(`,"what":`, r.what)
	field(`,"who":`, r.who)
	return append(b, '}')
}

// sum is the row's hash, behind a row with the hash before.
func (r row) sum(before string) string {
	h := sha256.New()
	h.Write([]byte(before))
	h.Write(r.text())
	return hex.EncodeToString(h.Sum(nil))
}

const rowColumns = `SELECT n, at, brand_id, who, what, about, detail, hash FROM audit `

func scanRow(scan func(into ...any) error, r *row) error {
	return scan(&r.n, &r.at, &r.brand, &r.who, &r.what, &r.about, &r.detail, &r.hash)
}
