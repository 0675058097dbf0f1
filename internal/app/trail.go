// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Verified tells what going through the audit trail has shown, in words for machines.
type Verified struct {
	Rows   int64         `json:"rows"`
	Head   string        `json:"head"`   // hash of the last row, to be kept elsewhere
	Signed int64         `json:"signed"` // up to which row the house's key vouches for it; 0: the key is not at hand
	Faults []TrailsFault `json:"faults"`
}

// TrailsFault is one row of the trail that is not as hilft wrote it.
type TrailsFault struct {
	Row   int64  `json:"row"`
	Wrong string `json:"wrong"`
	Text  string `json:"text"`
}

// ErrTrail means that the audit trail was changed by somebody else than hilft.
var ErrTrail = errors.New("the audit trail does not hold: somebody else than hilft has changed it")

// attachTrail opens the database that is there, if it is new enough to have a trail.
func attachTrail(ctx context.Context, s Settings) (*store.DB, error) {
	db, schema, err := store.Attach(ctx, databaseOf(s))
	if err != nil {
		return nil, err
	}
	if newest, err := store.NewestSchema(); err != nil || schema < newest {
		return nil, errors.Join(err, db.Close(), fmt.Errorf("the database has schema %d; its audit trail can be read when it is upgraded", schema))
	}
	return db, nil
}

// VerifyTrail goes through the whole audit trail. It changes nothing, and may be done while the house is open. head is the
// hash of a row that somebody has kept elsewhere; empty: none. ErrTrail: it does not hold.
func VerifyTrail(ctx context.Context, s Settings, head string) (Verified, error) {
	db, err := attachTrail(ctx, s)
	if err != nil {
		return Verified{}, err
	}
	defer func() { _ = db.Close() }()
	var key []byte
	if _, err := os.Stat(s.SecretKeyFile); err == nil {
		keys, err := access.OpenKeys(s.SecretKeyFile)
		if err != nil {
			return Verified{}, err
		}
		key = keys.Derive(audit.Purpose, 32)
	}
	r, err := audit.Verify(ctx, db, key, head)
	if err != nil {
		return Verified{}, err
	}
	v := Verified{Rows: r.N, Head: r.Hash, Signed: r.Signed, Faults: []TrailsFault{}}
	for _, f := range r.Faults {
		v.Faults = append(v.Faults, TrailsFault{f.N, string(f.Wrong), f.String()})
	}
	if len(v.Faults) > 0 {
		return v, ErrTrail
	}
	return v, nil
}

// ExportTrail writes the audit trail from a row on, one line of JSON each. That it was exported is in the trail, behind what
// is written.
func ExportTrail(ctx context.Context, s Settings, from int64, out io.Writer) (n int64, err error) {
	db, err := attachTrail(ctx, s)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	if n, err = audit.Export(ctx, db, from, out); err != nil {
		return n, err
	}
	return n, db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{What: audit.TrailExported, Detail: audit.Detail{"from": fmt.Sprint(from), "rows": fmt.Sprint(n)}})
	})
}
