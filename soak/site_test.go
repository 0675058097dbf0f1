// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

// settledIn is the longest that a house may do nothing of what is left; on Postgres leases have to end.
const settledIn = 4 * time.Minute

// site is a house, who works there, the shop whose customers write to it, and the ledger of those outside.
type site struct {
	t     *testing.T
	house *apptest.House
	agent *apptest.Agent
	shop  *apptest.Shop
	hook  string
	led   *ledger
	disk  *recording // of a house on a disk that records; nil: none does

	clocks bool // the house's clock is wrong at times
}

// plan says what a site is like.
type plan struct {
	binary   string // empty: as it is
	database string // empty: SQLite
	lookup   bool   // the shop can be asked what arrived
	calm     bool   // the shop takes everything, and says so
	waits    bool   // the test waits more than it is busy, and takes no turn
	disk     *recording
}

// open opens a house that has been set up, with the shop's account.
func open(t *testing.T, p plan) *site {
	t.Helper()
	if !p.waits {
		t.Cleanup(apptest.Turn())
	}
	s := &site{t: t, led: newLedger(t), disk: p.disk}
	bin := p.binary
	if bin == "" {
		bin = program
	}
	var err error
	s.house, err = apptest.NewHouse(bin, t.TempDir(), p.database)
	require.NoError(t, err)
	if p.disk != nil {
		p.disk.under(s.house)
	}
	t.Cleanup(func() {
		s.house.Kill()
		if t.Failed() {
			t.Logf("the house said:\n%s", lastWords(s.house))
		}
	})
	require.NoError(t, s.house.Open(t.Context()))
	s.agent, err = s.house.SetUp(t.Context())
	require.NoError(t, err)
	s.shop, err = apptest.OpenShop()
	require.NoError(t, err)
	t.Cleanup(s.shop.Close)
	manners := moody
	if p.calm {
		manners = func(apptest.Taken) apptest.Manner { return apptest.Takes }
	}
	s.shop.Behave(func(m apptest.Taken) apptest.Manner {
		how := manners(m)
		if m.Kind == "message" && how != apptest.Refuses {
			s.led.note(taken, s.at(), m.Text)
		}
		return how
	})
	acc, err := s.agent.Connect(t.Context(), "api", "Shop", s.shop.Settings(p.lookup))
	require.NoError(t, err)
	s.hook = acc.HookURL
	return s
}

// at is how much the disk has recorded.
func (s *site) at() int64 {
	if s.disk == nil {
		return 0
	}
	return s.disk.size()
}

func lastWords(h *apptest.House) string {
	words := h.Said()
	return strings.Join(words[max(0, len(words)-40):], "\n")
}

// moody is how the shop answers: one message in eight it takes and never says so, one in eleven it refuses.
func moody(m apptest.Taken) apptest.Manner {
	n, _ := strconv.Atoi(m.Text[strings.LastIndexByte(m.Text, ' ')+1:])
	switch {
	case m.Kind == "check":
		return apptest.Takes
	case n%8 == 5:
		return apptest.TakesSilent
	case n%11 == 7:
		return apptest.Refuses
	}
	return apptest.Takes
}

// settle waits until the house has nothing left to do, for as long as that becomes less.
func settle(ctx context.Context, agent *apptest.Agent) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stuck := time.AfterFunc(settledIn, cancel)
	defer stuck.Stop()
	least := math.MaxInt
	return agent.Until(ctx, func(ctx context.Context) error {
		h, err := agent.Health(ctx)
		if left := h.Work(); err == nil && left > 0 {
			if left < least {
				least = left
				stuck.Reset(settledIn)
			}
			err = fmt.Errorf("there is work left: %+v", h.Queues)
		}
		return err
	})
}

// pause waits, and tells whether the context is still there.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
