// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/hilft/hilft/internal/app/apptest"
)

// The power is cut at moments of a busy hour: what was written and not synced is gone, or there in parts. A house that
// is opened on what is left has every word that was acknowledged by then, every reply that an agent was told of, and
// sends nothing a second time. CUTS says how many moments there are. (What Postgres does when the power is cut is
// Postgres's own promise: docs/reliability.md.)
func TestThePowerIsCut(t *testing.T) {
	t.Parallel()
	began := time.Now()
	cuts := dose(t, "CUTS", 6, 100)
	s, disk := record(t, "", 240)
	all := s.led.read()
	var v verdict
	for i := range cuts {
		v.add(cutPower(t, s, disk, all, i))
	}
	report(t, row{
		Fault: "power cut", Database: "SQLite", Dose: fmt.Sprintf("%d cuts, %d acts of the disk", cuts, disk.acts()),
		Acked: v.acked, Lost: len(v.lost), Doubled: len(v.doubled), Replies: "over all cuts: " + v.repliesText(), Note: "half of them right behind an acknowledgement", Took: time.Since(began),
	})
	require.Empty(t, v.all())
}

// record lets a house be busy on a disk that records, until its work is done.
func record(t *testing.T, bin string, words int) (*site, *recording) {
	t.Helper()
	disk := newRecording(t)
	s := open(t, plan{binary: bin, disk: disk})
	c := &crowd{s: s, connections: 4, words: words, large: 9}
	d := &desk{s: s}
	var load sync.WaitGroup
	load.Go(func() { c.talk(t.Context()) })
	load.Go(func() { d.answer(t.Context(), words/12, 20*time.Millisecond) })
	load.Wait()
	require.Empty(t, c.oddOnes())
	require.NoError(t, settle(t.Context(), s.agent))
	require.NoError(t, s.house.Stop(t.Context()))
	return s, disk
}

func (r *recording) acts() int {
	n, err := countActs(filepath.Join(r.dir, recordName))
	require.NoError(r.t, err)
	return n
}

// cutPower rebuilds the folder as the i-th cut leaves it, and opens a house on it.
func cutPower(t *testing.T, s *site, disk *recording, all []entry, i int) verdict {
	t.Helper()
	chance := rand.New(rand.NewPCG(uint64(i), 7))
	marks := moments(all)
	at := marks[chance.IntN(len(marks))]
	if i%2 == 1 {
		at += chance.Int64N(marks[len(marks)-1] - marks[0])
	}
	left := []leaves{leavesNothing, leavesSome, leavesAll}[i/2%3]
	folder := filepath.Join(t.TempDir(), "data")
	disk.readPlatter(at).rebuild(folder, left, chance)
	v := reopened(t, s, folder, until(all, at))
	for j, fault := range v.faults {
		v.faults[j] = fmt.Sprintf("cut %d (at %d, %s is left of what was not synced): %s", i, at, left, fault)
	}
	return v
}

// moments are when something was acknowledged.
func moments(all []entry) (at []int64) {
	for _, e := range all {
		if e.What == acked || e.What == told || e.What == taken {
			at = append(at, e.At)
		}
	}
	return at
}

// rightIn is how long a house may take that is opened after a power cut: it is one process and waits for no lease.
const rightIn = 30 * time.Second

// reopened opens a house on a folder and judges it by what had happened.
func reopened(t *testing.T, s *site, folder string, happened []entry) verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), rightIn)
	defer cancel()
	var mu sync.Mutex
	given := map[string]bool{}
	for _, e := range happened {
		given[e.Name] = given[e.Name] || e.What == taken
	}
	s.shop.Forget(func(m apptest.Taken) bool { return !given[m.Text] })
	s.shop.Behave(func(m apptest.Taken) apptest.Manner {
		how := moody(m)
		if m.Kind == "message" && how != apptest.Refuses {
			mu.Lock()
			happened = append(happened, entry{What: taken, Name: m.Text})
			mu.Unlock()
		}
		return how
	})
	h, err := apptest.NewHouse(program, folder, "")
	require.NoError(t, err)
	defer h.Kill()
	v := verdict{replies: map[string]int{}}
	if err := h.Open(ctx); err != nil {
		v.fault("the house does not open: %v", err)
		return v
	}
	agent, err := h.SignIn(ctx, apptest.AdministratorEmail, apptest.AdministratorPassword)
	if err == nil {
		err = settle(ctx, agent)
	}
	if err == nil {
		mu.Lock()
		seen := happened[:len(happened):len(happened)]
		mu.Unlock()
		v, err = judge(ctx, agent, seen, true)
	}
	if err != nil {
		v.fault("the house does not work: %v\n%s", err, lastWords(h))
	}
	h.Kill()
	sound(&v, filepath.Join(folder, "hilft.db"))
	return v
}

// sound asks the database whether it is.
func sound(v *verdict, file string) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		v.fault("the database: %v", err)
		return
	}
	defer func() { _ = db.Close() }()
	var answer string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		v.fault("the database is not sound: %s %v", answer, err)
	}
}

// add joins what several judges found.
func (v *verdict) add(o verdict) {
	v.acked += o.acked
	v.lost, v.doubled, v.faults = append(v.lost, o.lost...), append(v.doubled, o.doubled...), append(v.faults, o.faults...)
	if v.replies == nil {
		v.replies = map[string]int{}
	}
	for how, n := range o.replies {
		v.replies[how] += n
	}
}
