// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

var key = []byte("a key that is not in the database")

func newTrail(db *store.DB) *audit.Trail { return audit.New(db, key, slog.New(slog.DiscardHandler)) }

// acts writes so many acts, each in a transaction of its own.
func acts(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return audit.Write(ctx, tx, audit.Entry{Brand: "b1", Who: "rosa", What: audit.RoleSet, About: fmt.Sprint("agent", i), Detail: audit.Detail{"role": "lead", "a": "<ü>"}})
		}))
	}
}

// spoil changes the database as somebody does who is not hilft.
func spoil(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

func verify(t *testing.T, db *store.DB, kept string) audit.Report {
	t.Helper()
	r, err := audit.Verify(t.Context(), db, key, kept)
	require.NoError(t, err)
	return r
}

func TestAnUntouchedTrailHolds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		require.Empty(t, verify(t, db, "").Faults, "before anything was done")
		acts(t, db, 7)
		require.NoError(t, newTrail(db).Flush(t.Context()))
		acts(t, db, 2)
		r := verify(t, db, "")
		require.Empty(t, r.Faults)
		require.Equal(t, int64(9), r.N)
		require.Equal(t, int64(7), r.Signed)
		require.NoError(t, newTrail(db).Flush(t.Context()), "another process, after this one")
		require.Equal(t, int64(9), verify(t, db, r.Hash).Signed)
		acts(t, db, 1)
		require.Empty(t, verify(t, db, r.Hash).Faults, "a hash that was kept earlier is found")
	})
}

// An act that did not happen is not in the trail, and one that did is.
func TestAnActAndItsRowAreOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		no := errors.New("no")
		require.ErrorIs(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := audit.Write(ctx, tx, audit.Entry{What: audit.BrandAdded}); err != nil {
				return err
			}
			return no
		}), no)
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(audit.Write(ctx, tx, audit.Entry{What: audit.BrandAdded}), audit.Write(ctx, tx, audit.Entry{What: audit.BrandChanged}))
		}))
		require.NoError(t, newTrail(db).Flush(t.Context()))
		require.Equal(t, int64(2), verify(t, db, "").N)
		require.Empty(t, verify(t, db, "").Faults)
	})
}

func TestEveryChangeToTheTrailIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how  []string
		want audit.Fault
	}{
		"a byte of what a row is about":  {[]string{`UPDATE audit SET about = 'agent9' WHERE n = 4`}, audit.Fault{N: 4, Wrong: audit.Content}},
		"a time":                         {[]string{`UPDATE audit SET at = at + 1 WHERE n = 1`}, audit.Fault{N: 1, Wrong: audit.Content}},
		"who":                            {[]string{`UPDATE audit SET who = '' WHERE n = 6`}, audit.Fault{N: 6, Wrong: audit.Content}},
		"a brand":                        {[]string{`UPDATE audit SET brand_id = 'b2' WHERE n = 6`}, audit.Fault{N: 6, Wrong: audit.Content}},
		"what":                           {[]string{`UPDATE audit SET what = 'role.set' WHERE n = 2`}, audit.Fault{N: 2, Wrong: audit.Content}},
		"a space in the detail":          {[]string{`UPDATE audit SET detail = REPLACE(detail, ',', ', ') WHERE n = 3`}, audit.Fault{N: 3, Wrong: audit.Content}},
		"the last row's content":         {[]string{`UPDATE audit SET who = 'ben' WHERE n = 8`}, audit.Fault{N: 8, Wrong: audit.Content}},
		"a hash":                         {[]string{`UPDATE audit SET hash = REPLACE(hash, '0', '1') || '' WHERE n = 5`, `UPDATE audit SET hash = REPLACE(hash, 'a', 'b') WHERE n = 5`}, audit.Fault{N: 5, Wrong: audit.Hash}},
		"the last row's hash":            {[]string{`UPDATE audit SET hash = 'x' WHERE n = 8`}, audit.Fault{N: 8, Wrong: audit.Hash}},
		"a row taken out":                {[]string{`DELETE FROM audit WHERE n = 4`}, audit.Fault{N: 4, Wrong: audit.Missing}},
		"the first row taken out":        {[]string{`DELETE FROM audit WHERE n = 1`}, audit.Fault{N: 1, Wrong: audit.Missing}},
		"the last rows taken out":        {[]string{`DELETE FROM audit WHERE n > 6`}, audit.Fault{N: 7, Wrong: audit.Missing}},
		"two rows swapped":               {[]string{`UPDATE audit SET n = 99 WHERE n = 3`, `UPDATE audit SET n = 3 WHERE n = 4`, `UPDATE audit SET n = 4 WHERE n = 99`}, audit.Fault{N: 3, Wrong: audit.Content}},
		"a row put behind the end":       {[]string{`INSERT INTO audit SELECT 9, at, brand_id, who, what, about, detail, hash FROM audit WHERE n = 8`}, audit.Fault{N: 9, Wrong: audit.Behind}},
		"a row put before the beginning": {[]string{`INSERT INTO audit SELECT 0, at, brand_id, who, what, about, detail, hash FROM audit WHERE n = 8`}, audit.Fault{N: 0, Wrong: audit.Behind}},
		"a row put in between": {[]string{
			`UPDATE audit SET n = n + 100 WHERE n >= 5`, `UPDATE audit SET n = n - 99 WHERE n >= 105`,
			`INSERT INTO audit SELECT 5, at, brand_id, who, what, about, detail, hash FROM audit WHERE n = 4`, `UPDATE audit_head SET n = n + 1`,
		}, audit.Fault{N: 5, Wrong: audit.Content}},
		"the last row and its trace in the head": {[]string{
			`DELETE FROM audit WHERE n = 8`, `UPDATE audit_head SET n = 7, hash = (SELECT hash FROM audit WHERE n = 7)`,
		}, audit.Fault{N: 8, Wrong: audit.Missing}},
		"the signature with it": {[]string{
			`DELETE FROM audit WHERE n = 8`, `UPDATE audit_head SET n = 7, signed_n = 7, hash = (SELECT hash FROM audit WHERE n = 7), signed_hash = (SELECT hash FROM audit WHERE n = 7)`,
		}, audit.Fault{N: 7, Wrong: audit.Signature}},
		"the signature taken away": {[]string{`UPDATE audit_head SET signed_n = 0, signed_hash = '', mac = ''`}, audit.Fault{N: 8, Wrong: audit.Unsigned}},
		"the head taken away":      {[]string{`DELETE FROM audit_head`}, audit.Fault{N: 1, Wrong: audit.Behind}},
		"the head's hash":          {[]string{`UPDATE audit_head SET hash = 'x'`}, audit.Fault{N: 8, Wrong: audit.Head}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				acts(t, db, 8)
				trail := newTrail(db)
				require.NoError(t, trail.Flush(t.Context()))
				for _, query := range c.how {
					spoil(t, db, query)
				}
				faults := verify(t, db, "").Faults
				require.NotEmpty(t, faults)
				require.Equal(t, c.want, faults[0], faults)
				checked, err := trail.Check(t.Context())
				require.NoError(t, err)
				require.NotEmpty(t, checked.Faults)
			})
		})
	}
}

// Somebody who knows how the chain is made, and can write to the database, makes it anew from a row on. Without the house's
// key its end cannot be signed, and a hash that was kept elsewhere is not in it.
func TestAChainMadeAnewIsFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		acts(t, db, 5)
		trail := newTrail(db)
		require.NoError(t, trail.Flush(t.Context()))
		kept := verify(t, db, "").Hash
		spoil(t, db, `DELETE FROM audit WHERE n > 2`)
		spoil(t, db, `UPDATE audit_head SET n = 2, hash = (SELECT hash FROM audit WHERE n = 2)`)
		acts(t, db, 4)
		require.Equal(t, audit.Signature, verify(t, db, "").Faults[0].Wrong)
		require.NoError(t, trail.Flush(t.Context()))
		state, err := trail.State(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, state.Fault, "the house notices by itself, and signs no more")
		require.Equal(t, int64(5), state.Signed)
		r, err := audit.Verify(t.Context(), db, nil, kept)
		require.NoError(t, err)
		require.Equal(t, []audit.Fault{{N: 6, Wrong: audit.Unknown}}, r.Faults, "also where the key is not at hand")
		spoil(t, db, `UPDATE audit_head SET signed_n = 0, signed_hash = '', mac = ''`)
		require.NoError(t, trail.Flush(t.Context()))
		require.Equal(t, audit.Unsigned, verify(t, db, "").Faults[0].Wrong, "a process that has signed a chain signs no other")
	})
}

// Whoever has the export and nothing else reckons the chain for themselves.
func TestAnExportIsVerifiedWithoutUs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		acts(t, db, 4)
		var out bytes.Buffer
		n, err := audit.Export(t.Context(), db, 1, &out)
		require.NoError(t, err)
		require.Equal(t, int64(4), n)
		before, lines := "", bufio.NewScanner(&out)
		for lines.Scan() {
			var line struct {
				Hash string          `json:"hash"`
				Row  json.RawMessage `json:"row"`
			}
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
			sum := sha256.Sum256([]byte(before + string(line.Row)))
			require.Equal(t, hex.EncodeToString(sum[:]), line.Hash)
			require.True(t, strings.HasPrefix(string(line.Row), `{"about":"agent`), string(line.Row))
			before = line.Hash
		}
		require.Equal(t, verify(t, db, "").Hash, before)
		out.Reset()
		n, err = audit.Export(t.Context(), db, 3, &out)
		require.NoError(t, err)
		require.Equal(t, int64(2), n)
	})
}

func TestManyNodesWriteOneChain(t *testing.T) {
	t.Parallel()
	t.Run("two nodes on Postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.PostgresURL(t)
		manyWrite(t, storetest.Open(t, url, nil), storetest.Open(t, url, nil))
	})
	t.Run("one on SQLite", func(t *testing.T) {
		t.Parallel()
		db := storetest.Open(t, "", nil)
		manyWrite(t, db, db)
	})
}

// manyWrite has many write at once, half of them at each node, acts and what is read, and both nodes sign meanwhile.
func manyWrite(t *testing.T, nodes ...*store.DB) {
	t.Helper()
	const writers, each = 8, 12
	trails := []*audit.Trail{newTrail(nodes[0]), newTrail(nodes[1])}
	var wg sync.WaitGroup
	failed := make(chan error, writers)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := nodes[w%2].Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					return audit.Write(ctx, tx, audit.Entry{Who: "rosa", What: audit.RoleSet, About: fmt.Sprint(w, i)})
				})
				err = errors.Join(err, trails[w%2].Read(audit.Entry{Who: "ben", What: audit.CaseRead, About: fmt.Sprint(w, i)}, "s"), trails[w%2].Flush(t.Context()))
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	require.NoError(t, <-failed)
	r := verify(t, nodes[0], "")
	require.Empty(t, r.Faults)
	require.Equal(t, int64(2*writers*each), r.N)
	require.NoError(t, trails[0].Flush(t.Context()))
	require.Equal(t, r.N, verify(t, nodes[1], "").Signed)
}

func TestReadingIsWrittenOnceAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		trail := newTrail(db)
		read := func(who hilft.AgentID, way, about string) {
			t.Helper()
			require.NoError(t, trail.Read(audit.Entry{Brand: "b1", Who: who, What: audit.CaseRead, About: about}, way))
		}
		for range 20 {
			read("ben", "session 1", "case 1")
		}
		require.Zero(t, verify(t, db, "").N, "nothing is written while somebody waits")
		read("ben", "session 1", "case 2")
		read("ben", "session 2", "case 1")
		read("lena", "session 3", "case 1")
		require.NoError(t, trail.Flush(t.Context()))
		require.Equal(t, int64(4), verify(t, db, "").N)
		clock.Forward(16 * time.Minute)
		read("ben", "session 1", "case 1")
		read("ben", "session 1", "case 1")
		require.NoError(t, trail.Flush(t.Context()))
		require.Equal(t, int64(5), verify(t, db, "").N)
		require.Empty(t, verify(t, db, "").Faults)
	})
}

// What was read while the house closes is written before it is closed; while the database is away, it waits.
func TestWhatIsReadIsWrittenBeforeTheHouseCloses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		trail := newTrail(db)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { trail.Run(ctx); close(done) }()
		for i := range 50 {
			require.NoError(t, trail.Read(audit.Entry{Who: "ben", What: audit.CaseRead, About: fmt.Sprint(i)}, "s"))
		}
		stop()
		<-done
		r := verify(t, db, "")
		require.Equal(t, int64(50), r.N)
		require.Equal(t, int64(50), r.Signed)

		require.NoError(t, trail.Read(audit.Entry{Who: "ben", What: audit.CaseRead, About: "late"}, "s"))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, trail.Flush(gone))
		require.NoError(t, trail.Flush(t.Context()))
		require.Equal(t, int64(51), verify(t, db, "").N)
	})
}

func TestNothingPrivateIsShownThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	trail := newTrail(storetest.Open(t, "", nil))
	var err error
	for i := 0; err == nil && i <= 200_000; i++ {
		err = trail.Read(audit.Entry{Who: "ben", What: audit.CaseRead, About: fmt.Sprint(i)}, "s")
	}
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err))
	require.NoError(t, trail.Flush(t.Context()))
	require.NoError(t, trail.Read(audit.Entry{Who: "ben", What: audit.CaseRead, About: "x"}, "s"))
}

func TestTheTrailIsListedAsAsked(t *testing.T) {
	t.Parallel()
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		trail := newTrail(db)
		write := func(e audit.Entry) {
			t.Helper()
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return audit.Write(ctx, tx, e) }))
			clock.Forward(time.Minute)
		}
		began := clock.Now()
		write(audit.Entry{Who: "rosa", What: audit.SignedIn})                                 // 1
		write(audit.Entry{Brand: "b1", Who: "rosa", What: audit.RoleSet, About: "ben"})       // 2
		write(audit.Entry{Brand: "b2", Who: "rosa", What: audit.AccountPaused, About: "acc"}) // 3
		write(audit.Entry{Brand: "b1", Who: "ben", What: audit.CaseRead, About: "c1"})        // 4
		write(audit.Entry{Brand: "b1", Who: "lena", What: audit.LettersChanged})              // 5
		places := func(q audit.Query) (ns []int64) {
			t.Helper()
			for more := true; more; {
				var all []audit.Entry
				var err error
				if q.Most == 0 {
					q.Most = 2
				}
				all, more, err = trail.List(t.Context(), q)
				require.NoError(t, err)
				require.LessOrEqual(t, len(all), q.Most)
				for _, e := range all {
					ns, q.Before = append(ns, e.N), e.N
				}
			}
			return ns
		}
		require.Equal(t, []int64{5, 4, 3, 2, 1}, places(audit.Query{Readings: true}))
		require.Equal(t, []int64{5, 3, 2, 1}, places(audit.Query{}))
		require.Equal(t, []int64{5, 2}, places(audit.Query{Brand: "b1"}))
		require.Equal(t, []int64{3, 2, 1}, places(audit.Query{Who: "rosa"}))
		require.Equal(t, []int64{4}, places(audit.Query{Group: "read", Readings: true}))
		require.Empty(t, places(audit.Query{Group: "read"}))
		require.Equal(t, []int64{2}, places(audit.Query{Group: "agent", Who: "rosa"}))
		require.Equal(t, []int64{3, 2}, places(audit.Query{From: began.Add(time.Minute), To: began.Add(3 * time.Minute)}))
		require.Equal(t, []int64{5, 4}, places(audit.Query{From: began.Add(3 * time.Minute), Readings: true}))
		require.Empty(t, places(audit.Query{From: began.Add(time.Hour)}))
		require.Empty(t, places(audit.Query{To: began}))
	})
}

func BenchmarkReadAgain(b *testing.B) {
	trail := newTrail(storetest.Open(b, "", nil))
	e := audit.Entry{Brand: "b1", Who: "ben", What: audit.CaseRead, About: "case 1"}
	for b.Loop() {
		_ = trail.Read(e, "session 1")
	}
}
