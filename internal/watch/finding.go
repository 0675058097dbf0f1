// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/webhook"
)

// Condition is something that needs a person.
type Condition string

// They are stored, and so never change.
const (
	AccountDown Condition = "account" // an account has not been well for a while
	Dead        Condition = "dead"    // work was given up
	Stuck       Condition = "stuck"   // deliveries could not be read
	Undecided   Condition = "unknown" // messages of ours may have gone out
	Lag         Condition = "lag"     // work has waited too long
	Disk        Condition = "disk"    // a disk is nearly full
	CanaryLost  Condition = "canary"  // an account's sign of life did not come back
	NoBackup    Condition = "backup"  // the last backup is too old
	WebhookOff  Condition = "webhook" // an endpoint of a webhook was switched off because it took nothing
	TrailBroken Condition = "trail"   // somebody else than hilft has changed the audit trail
)

// adds tells whether things go wrong one by one there, and each more is another that needs a person.
func (c Condition) adds() bool { return c == Dead || c == Stuck || c == Undecided }

// Finding is one thing that needs a person, now.
type Finding struct {
	Brand     hilft.BrandID `json:"-"` // empty: of the whole house
	Condition Condition     `json:"-"`
	Subject   string        `json:"-"` // what it is about: an account's id, a kind of work, a node and its disk
	Name      string        `json:"name,omitempty"`
	State     string        `json:"state,omitempty"`
	Count     int           `json:"count,omitempty"`
	Seconds   int64         `json:"seconds,omitempty"`
	Bytes     int64         `json:"bytes,omitempty"`
}

func (f Finding) key() [3]string { return [3]string{string(f.Brand), string(f.Condition), f.Subject} }

// Limits say from when on something needs a person.
type Limits struct {
	AccountMinutes int `json:"account_minutes"`
	LagMinutes     int `json:"lag_minutes"`
	DiskMB         int `json:"disk_mb"`
	BackupHours    int `json:"backup_hours"` // 0: backups are not watched
}

// usual are the limits of a house that has set none.
var usual = Limits{AccountMinutes: 15, LagMinutes: 10, DiskMB: 2048}

func (l Limits) checked() error {
	for field, v := range map[string][3]int{
		"account_minutes": {l.AccountMinutes, 1, 7 * 24 * 60}, "lag_minutes": {l.LagMinutes, 1, 7 * 24 * 60},
		"disk_mb": {l.DiskMB, 100, 100_000_000}, "backup_hours": {l.BackupHours, 0, 90 * 24},
	} {
		if v[0] < v[1] || v[0] > v[2] {
			return hilft.FailField(hilft.Invalid, "watch.limits.range", field, nil)
		}
	}
	return nil
}

// LastBackup is when the last backup ended; zero: never. Damaged media are not in it, nor those that are gone.
type LastBackup struct {
	At      time.Time
	Damaged int64
}

// state is what a look at the house has seen.
type state struct {
	brands []brandState
	queues []jobs.State
	nodes  []Node
	backup *time.Time // nil: not watched
	broken bool       // the audit trail
	off    []webhook.Endpoint
}

type brandState struct {
	id        hilft.BrandID
	accounts  []switchboard.Account
	canaries  map[hilft.AccountID]switchboard.Canary
	stuck     int
	undecided int
}

// seen reads what must be looked at.
func (w *Watch) seen(ctx context.Context) (s state, err error) {
	brands, err := w.Access.Brands(ctx)
	if err != nil {
		return s, err
	}
	for _, b := range brands {
		of := brandState{id: b.ID}
		if of.accounts, err = w.Switchboard.Accounts(ctx, b.ID); err != nil {
			return s, err
		}
		if of.canaries, err = w.Switchboard.Canaries(ctx, b.ID); err != nil {
			return s, err
		}
		stuck, err := w.Switchboard.StuckOnes(ctx, b.ID, countMost)
		if err != nil {
			return s, err
		}
		undecided, err := w.Desk.Undecided(ctx, access.House(), b.ID, countMost)
		if err != nil {
			return s, err
		}
		of.stuck, of.undecided = len(stuck), len(undecided)
		s.brands = append(s.brands, of)
	}
	if s.queues, err = w.Switchboard.Queues(ctx); err != nil {
		return s, err
	}
	if s.nodes, err = w.Nodes(ctx); err != nil {
		return s, err
	}
	if s.off, err = webhook.Off(ctx, w.DB); err != nil {
		return s, err
	}
	trail, err := audit.StateOf(ctx, w.DB)
	if err != nil {
		return s, err
	}
	s.broken = trail.Fault != ""
	if w.Backup != nil {
		last, err := w.Backup(ctx)
		if err != nil {
			return s, err
		}
		s.backup = &last.At
	}
	return s, nil
}

// countMost is how far things are counted that go wrong.
const countMost = 100

// findings says what of a state needs a person.
func findings(s state, l Limits, now time.Time) (all []Finding) {
	for _, b := range s.brands {
		for _, a := range b.accounts {
			down := a.State == hilft.AccountTrouble || a.State == hilft.AccountSignIn
			if since := now.Sub(a.StateAt); down && since >= time.Duration(l.AccountMinutes)*time.Minute {
				all = append(all, Finding{Brand: b.id, Condition: AccountDown, Subject: string(a.ID), Name: a.Name, State: string(a.State), Seconds: seconds(since)})
			}
			if c := b.canaries[a.ID]; c.Missing(now) && a.State != hilft.AccountPaused {
				all = append(all, Finding{Brand: b.id, Condition: CanaryLost, Subject: string(a.ID), Name: a.Name, Seconds: seconds(now.Sub(c.WaitsFor))})
			}
		}
		if b.stuck > 0 {
			all = append(all, Finding{Brand: b.id, Condition: Stuck, Count: b.stuck})
		}
		if b.undecided > 0 {
			all = append(all, Finding{Brand: b.id, Condition: Undecided, Count: b.undecided})
		}
	}
	for _, q := range s.queues {
		if q.Dead > 0 {
			all = append(all, Finding{Condition: Dead, Subject: q.Kind, Name: q.Kind, Count: q.Dead})
		}
		if q.Oldest >= time.Duration(l.LagMinutes)*time.Minute {
			all = append(all, Finding{Condition: Lag, Subject: q.Kind, Name: q.Kind, Count: q.Waiting, Seconds: seconds(q.Oldest)})
		}
	}
	full := map[string]bool{} // several processes of one machine have its disks together
	for _, n := range s.nodes {
		for folder, disk := range map[string]struct{ free, total int64 }{"data": {n.Data.Free, n.Data.Total}, "media": {n.Media.Free, n.Media.Total}} {
			if subject := n.Name + " " + folder; disk.total > 0 && disk.free < int64(l.DiskMB)<<20 && !n.Lost(now) && !full[subject] {
				full[subject] = true
				all = append(all, Finding{Condition: Disk, Subject: subject, Name: subject, Bytes: disk.free})
			}
		}
	}
	for _, e := range s.off {
		all = append(all, Finding{Brand: e.Brand, Condition: WebhookOff, Subject: e.ID, Name: e.Host()})
	}
	if s.broken {
		all = append(all, Finding{Condition: TrailBroken})
	}
	if most := time.Duration(l.BackupHours) * time.Hour; s.backup != nil && most > 0 && now.Sub(*s.backup) > most {
		f := Finding{Condition: NoBackup}
		if !s.backup.IsZero() {
			f.Seconds = seconds(now.Sub(*s.backup))
		}
		all = append(all, f)
	}
	return all
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
