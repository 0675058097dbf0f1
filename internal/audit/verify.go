// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft/internal/store"
)

// head is the end of the chain, and what is known of it.
type head struct {
	n       int64
	hash    string
	signed  signed
	mac     string
	begun   time.Time // when somebody last began to go through the whole chain
	checked time.Time // when that last ended
	rows    int64     // up to which row
	fault   string    // what was wrong then, or when the chain's end was last signed; empty: nothing
}

// signed is an end of the chain that has been signed.
type signed struct {
	n    int64
	hash string
}

func headOf(ctx context.Context, tx *store.Tx, lock string) (h head, err error) {
	var begun, checked int64
	err = tx.Row(ctx, `SELECT n, hash, signed_n, signed_hash, mac, check_begun_at, checked_at, checked_n, fault FROM audit_head`+lock, nil,
		&h.n, &h.hash, &h.signed.n, &h.signed.hash, &h.mac, &begun, &checked, &h.rows, &h.fault)
	if store.IsNoRows(err) {
		return head{}, nil // nothing was ever written
	}
	h.begun, h.checked = store.Time(begun), store.Time(checked)
	return h, err
}

// mac signs an end of the chain.
func mac(key []byte, s signed) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("hilft audit\n" + strconv.FormatInt(s.n, 10) + "\n" + s.hash))
	return hex.EncodeToString(m.Sum(nil))
}

// errBroken says that the chain does not hold, so that its end is not signed.
var errBroken = errors.New("the audit trail was changed by somebody else than hilft")

// seal signs the chain's end, after it has gone through what came since it was last signed.
func (t *Trail) seal(ctx context.Context) error {
	if t.key == nil {
		return nil
	}
	var h head
	if err := t.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) { h, err = headOf(ctx, tx, ""); return err }); err != nil {
		return fmt.Errorf("audit: seal: %w", err)
	}
	if h.signed.n == h.n && h.signed == t.last && h.signed.hash == h.hash {
		return nil
	}
	end := signed{h.n, h.hash}
	why := t.since(h)
	if why == "" {
		r, err := walk(ctx, t.db, h.signed, end.n)
		if err != nil {
			return fmt.Errorf("audit: seal: %w", err)
		}
		if r.end(end); len(r.Faults) > 0 {
			why = r.Faults[0].String()
		}
	}
	if why != "" && h.fault != "" {
		return errBroken // known already
	}
	err := t.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := headOf(ctx, tx, tx.Lock())
		if err != nil {
			return err
		}
		if why != "" {
			_, err = tx.Exec(ctx, `UPDATE audit_head SET fault = ?`, why)
			return err
		}
		if now.signed.n > end.n {
			end = now.signed // another node was quicker
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE audit_head SET signed_n = ?, signed_hash = ?, mac = ?`, end.n, end.hash, mac(t.key, end))
		return err
	})
	if err != nil {
		return fmt.Errorf("audit: seal: %w", err)
	}
	if why != "" {
		t.log.Error("the audit trail was changed by somebody else than hilft", "fault", why)
		return errBroken
	}
	t.last = end
	return nil
}

// since says what is wrong with a head, by what this process knows and by its signature; empty: nothing.
func (t *Trail) since(h head) string {
	switch {
	case h.signed.n < t.last.n || h.signed.n == t.last.n && h.signed != t.last:
		return Fault{t.last.n, Signature}.String()
	case h.n < h.signed.n:
		return Fault{h.n + 1, Missing}.String()
	case h.signed.n > 0 && !hmac.Equal([]byte(h.mac), []byte(mac(t.key, h.signed))):
		return Fault{h.signed.n, Signature}.String()
	}
	return ""
}

// Wrong is what may be wrong with a row.
type Wrong string

const (
	Content   Wrong = "content"   // what it says was changed, or it stood elsewhere
	Hash      Wrong = "hash"      // its hash was changed
	Missing   Wrong = "missing"   // it is not there
	Behind    Wrong = "behind"    // it stands behind the end of the chain: nobody wrote it as hilft does
	Head      Wrong = "head"      // the end of the chain is said to be another
	Signature Wrong = "signature" // the end of the chain that was signed is another, or the signature is not the house's
	Unsigned  Wrong = "unsigned"  // the chain was never signed
	Unknown   Wrong = "unknown"   // the hash that somebody kept is not in the chain
)

var wrongs = map[Wrong]string{
	Content: "what it says does not fit its hash: it was changed, or stood elsewhere", Hash: "its hash was changed", Missing: "it is missing",
	Behind: "it stands behind the end of the chain", Head: "the end of the chain is said to be another", Signature: "the signature of the chain's end does not fit",
	Unsigned: "the chain's end was never signed", Unknown: "the chain does not have the hash that was asked for",
}

// Fault is something wrong with a row.
type Fault struct {
	N     int64
	Wrong Wrong
}

// String says it in English, for a console.
func (f Fault) String() string { return "row " + strconv.FormatInt(f.N, 10) + ": " + wrongs[f.Wrong] }

// Report is what going through the chain has shown.
type Report struct {
	N      int64   // the last row
	Hash   string  // its hash: who keeps it elsewhere can prove later that nothing before it was changed
	Signed int64   // up to which row the chain is signed; 0: it is not, or the key is not at hand
	Faults []Fault // what is wrong, in the order of the chain; the first hundred. None: the chain holds

	computed string // what the last row's hash should be
}

const faultsMost = 100

func (r *Report) add(n int64, w Wrong) {
	f := Fault{n, w}
	if len(r.Faults) < faultsMost && !slices.Contains(r.Faults, f) {
		r.Faults = append(r.Faults, f)
	}
}

// end compares the last row that was met with what the head says it is.
func (r *Report) end(h signed) {
	switch {
	case r.N < h.n:
		r.add(r.N+1, Missing)
	case r.N != h.n || r.Hash == h.hash:
	case slices.Contains(r.Faults, Fault{h.n, Content}) && r.computed == h.hash:
		r.Faults[slices.Index(r.Faults, Fault{h.n, Content})].Wrong = Hash
	default:
		r.add(h.n, Head)
	}
}

// step is how many rows are read at once.
const step = 2000

// walk goes through the chain behind a row, up to another, and tells what is wrong. Hashes of rows that it meets are given
// to each.
func walk(ctx context.Context, db *store.DB, from signed, to int64, each ...func(r row)) (*Report, error) {
	rep := &Report{N: from.n, Hash: from.hash}
	var doubt *row // the row before, whose text and hash do not fit each other
	var computed string
	for {
		var rows []row
		err := db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			rows, err = store.All(ctx, tx, rowColumns+`WHERE n > ? AND n <= ? ORDER BY n LIMIT `+strconv.Itoa(step), []any{rep.N, to}, scanRow)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			gap := r.n != rep.N+1
			if gap {
				rep.add(rep.N+1, Missing)
			}
			if doubt != nil {
				if !gap && r.sum(computed) == r.hash {
					rep.add(doubt.n, Hash)
					rep.Hash = computed
				} else {
					rep.add(doubt.n, Content)
				}
				doubt = nil
			}
			if !gap {
				if computed = r.sum(rep.Hash); computed != r.hash {
					doubt = &r
				}
			}
			rep.N, rep.Hash = r.n, r.hash
			for _, f := range each {
				f(r)
			}
		}
		if len(rows) < step {
			break
		}
	}
	if doubt != nil {
		rep.add(doubt.n, Content)
	}
	rep.computed = computed
	return rep, nil
}

// Verify goes through the whole chain. key is that which signs the chain's end; nil: its signature is not looked at. kept
// is a hash that somebody has kept elsewhere, and that a row must have; empty: none.
func Verify(ctx context.Context, db *store.DB, key []byte, kept string) (Report, error) {
	var h head
	var behind int64
	stray := true
	err := db.Read(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if h, err = headOf(ctx, tx, ""); err != nil {
			return err
		}
		err = tx.Row(ctx, `SELECT n FROM audit WHERE n > ? OR n < 1 ORDER BY n LIMIT 1`, []any{h.n}, &behind)
		if stray = !store.IsNoRows(err); !stray {
			err = nil
		}
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("audit: verify: %w", err)
	}
	found, atSigned := kept == "", ""
	rep, err := walk(ctx, db, signed{}, h.n, func(r row) {
		found = found || r.hash == kept
		if r.n == h.signed.n {
			atSigned = r.hash
		}
	})
	if err != nil {
		return Report{}, fmt.Errorf("audit: verify: %w", err)
	}
	rep.end(signed{h.n, h.hash})
	if stray {
		rep.add(behind, Behind)
	}
	switch {
	case key == nil:
	case h.signed.n == 0 && h.n > 0:
		rep.add(h.n, Unsigned)
	case h.signed.n == 0:
	case !hmac.Equal([]byte(h.mac), []byte(mac(key, h.signed))) || atSigned != h.signed.hash && h.signed.n <= rep.N:
		rep.add(h.signed.n, Signature)
	case h.signed.n > h.n:
		rep.add(h.n+1, Missing)
	default:
		rep.Signed = h.signed.n
	}
	if !found {
		rep.add(rep.N, Unknown)
	}
	return *rep, nil
}

// Check goes through the whole chain and keeps what that has shown.
func (t *Trail) Check(ctx context.Context) (Report, error) {
	if err := t.Flush(ctx); err != nil {
		return Report{}, err
	}
	r, err := Verify(ctx, t.db, t.key, "")
	if err != nil {
		return r, err
	}
	why := ""
	if len(r.Faults) > 0 {
		why = r.Faults[0].String()
		t.log.Error("the audit trail was changed by somebody else than hilft", "fault", why)
	}
	err = t.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		_, err := tx.Exec(ctx, `UPDATE audit_head SET check_begun_at = ?, checked_at = ?, checked_n = ?, fault = ?`, now, now, r.N, why)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("audit: check: %w", err)
	}
	return r, nil
}
