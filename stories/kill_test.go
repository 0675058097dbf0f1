// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/store/storetest"
)

const (
	besieged  = 4               // houses at a time in the long test
	assaultIn = 6 * time.Minute // the longest that a house may take to die and to come back
	settledIn = 8 * time.Minute // the longest that it may take to do what is left; on Postgres leases have to end
)

// The house dies at every point that has a name, in the middle of traffic, and comes back: what it acknowledged is there
// once, and what it says it sent was sent once.
func TestTheHouseDiesAtEveryPoint(t *testing.T) {
	t.Parallel()
	for i, point := range faults.Points {
		for odd := range 2 { // in make soak both, else by turns
			if os.Getenv("HILFT_SOAK") != "1" && odd != i%2 {
				continue
			}
			t.Run(fmt.Sprint(point, "/", odd), func(t *testing.T) {
				t.Parallel()
				t.Cleanup(apptest.Turn())
				s := besiege(t, "", odd == 1)
				s.assault(point, 0)
				s.judge()
			})
		}
	}
}

// The same at the points where the databases differ most: leases have to end before somebody else may go on.
func TestTheHouseDiesOnPostgres(t *testing.T) {
	t.Parallel()
	for _, point := range []string{faults.ReceiveInserted, faults.IntakeTaken, faults.DeliverSent} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := besiege(t, storetest.PostgresURL(t), true)
			s.assault(point, 0)
			s.judge()
		})
	}
}

// The house dies again and again, at random points and at random moments, and the traffic goes on. HILFT_SOAK=1 turns
// this on; KILLS says how often.
func TestTheHouseDiesAgainAndAgain(t *testing.T) {
	t.Parallel()
	if os.Getenv("HILFT_SOAK") != "1" {
		t.Skip("HILFT_SOAK=1 turns this on (make soak)")
	}
	kills := 200
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil {
		kills = n
	}
	for i := range besieged {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(apptest.Turn())
			s := besiege(t, "", i%2 == 1)
			for range (kills + besieged - 1) / besieged {
				if n := rand.IntN(2 * len(faults.Points)); n < len(faults.Points) {
					s.assault(faults.Points[n], 0)
				} else {
					s.assault("", time.Duration(rand.IntN(1500))*time.Millisecond)
				}
			}
			s.judge()
		})
	}
}

// siege is one house under load, with the ledger of those outside: what was said and acknowledged, what agents wrote and
// were told.
type siege struct {
	t     *testing.T
	ctx   context.Context //nolint:containedctx // that of the whole test
	house *apptest.House
	agent *apptest.Agent
	shop  *apptest.Shop
	hook  string
	cases []apptest.Case // in which agents write
	words *words
	wrote []*reply
}

// reply is what an agent wrote, and the key under which the browser asks until it is answered.
type reply struct {
	key      string
	caseID   string
	what     apptest.Reply
	answered bool
}

// besiege opens a house with one case in each thread.
func besiege(t *testing.T, database string, lookup bool) *siege {
	t.Helper()
	ctx := t.Context()
	s := &siege{t: t, ctx: ctx}
	var err error
	s.house, err = apptest.NewHouse(binary, t.TempDir(), database)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.house.Kill()
		if t.Failed() {
			said := s.house.Said()
			t.Logf("the house said:\n%s", strings.Join(said[max(0, len(said)-40):], "\n"))
		}
	})
	require.NoError(t, s.house.Open(ctx))
	s.agent, err = s.house.SetUp(ctx)
	require.NoError(t, err)
	s.shop, err = apptest.OpenShop()
	require.NoError(t, err)
	t.Cleanup(s.shop.Close)
	s.shop.Behave(moody)
	acc, err := s.agent.Connect(ctx, "api", "Shop", s.shop.Settings(lookup))
	require.NoError(t, err)
	s.hook = acc.HookURL
	s.words = newWords(s.shop, s.hook)

	for range threads {
		s.words.add()
	}
	s.words.send(ctx, nil)
	require.Empty(t, s.words.unacked(), "a house that is well takes everything")
	require.NoError(t, s.agent.Until(ctx, func(ctx context.Context) error {
		rows, err := s.agent.Inbox(ctx, "open")
		if err == nil && len(rows) < threads {
			err = fmt.Errorf("%d cases", len(rows))
		}
		return err
	}))
	return s
}

// sitDown lets agents look at a few cases, in which they are going to write.
func (s *siege) sitDown(ctx context.Context) {
	var rows []apptest.Row
	require.NoError(s.t, s.agent.Until(ctx, func(ctx context.Context) (err error) {
		if rows, err = s.agent.AllCases(ctx); err == nil && len(rows) < threads {
			err = fmt.Errorf("%d cases: some moved to a list that had been read", len(rows))
		}
		return err
	}))
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	s.cases = nil
	for _, r := range rows[:threads] {
		c, err := s.agent.Case(ctx, r.ID)
		require.NoError(s.t, err)
		s.cases = append(s.cases, c)
	}
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

const (
	wordsEach   = 150 // at a time
	talkEvery   = time.Second
	repliesEach = 16
)

// assault lets the house die under load, at a named point or after a while, and opens it again. What was not
// acknowledged is sent again, as networks and browsers do.
func (s *siege) assault(point string, after time.Duration) {
	t := s.t
	ctx, cancel := context.WithTimeout(s.ctx, assaultIn)
	defer cancel()
	s.sitDown(ctx)
	require.NoError(t, s.house.Stop(ctx))
	var env []string
	if point != "" {
		env = append(env, "HILFT_FAULT="+point+":"+strconv.Itoa(1+rand.IntN(8)))
	}
	require.NoError(t, s.house.Open(ctx, env...))
	var load sync.WaitGroup
	load.Go(func() { s.write(ctx, repliesEach) })
	load.Go(func() { s.talk(ctx) })
	if point == "" {
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.house.Dead():
		}
		s.house.Kill()
	}
	select {
	case <-s.house.Dead():
	case <-ctx.Done():
		require.FailNow(t, "the house did not die", "%s is not passed any more", point)
	}
	load.Wait()
	require.True(t, s.house.Killed(), "it ended in another way")

	require.NoError(t, s.house.Open(ctx))
	s.words.send(ctx, nil)
	require.Empty(t, s.words.unacked())
	s.askAgain(ctx)
}

// talk lets customers write until the house dies: how many words it takes up at once, and so how often it passes a point,
// is up to the machine.
func (s *siege) talk(ctx context.Context) {
	for {
		for range wordsEach {
			s.words.add()
		}
		s.words.send(ctx, s.house.Dead())
		select {
		case <-s.house.Dead():
			return
		case <-ctx.Done():
			return
		case <-time.After(talkEvery):
		}
	}
}

// write lets agents answer until the house dies or there is nothing more to write.
func (s *siege) write(ctx context.Context, n int) {
	for range n {
		c := s.cases[rand.IntN(len(s.cases))]
		what, ok := c.Answer("", fmt.Sprintf("Antwort %d", len(s.wrote)))
		if !ok {
			return
		}
		what.Anyway = true
		r := &reply{key: fmt.Sprintf("browser-%d", len(s.wrote)), caseID: c.ID, what: what}
		s.wrote = append(s.wrote, r)
		if _, err := s.agent.Reply(ctx, r.key, r.caseID, r.what); err != nil {
			return // nobody knows; the browser asks again
		}
		r.answered = true
	}
}

// askAgain is what browsers do with requests of which they had no answer. On Postgres the key of a request that died
// with its node is free after a minute.
func (s *siege) askAgain(ctx context.Context) {
	for _, r := range s.wrote {
		for !r.answered {
			_, err := s.agent.Reply(ctx, r.key, r.caseID, r.what)
			if err == nil {
				r.answered = true
				break
			}
			require.ErrorContains(s.t, err, "request.in_progress")
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				require.NoError(s.t, ctx.Err())
			}
		}
	}
}

// judge waits until there is no more work and compares what is in the desk with what those outside know.
func (s *siege) judge() {
	t := s.t
	ctx, cancel := context.WithTimeout(s.ctx, settledIn)
	defer cancel()
	require.NoError(t, s.agent.Until(ctx, func(ctx context.Context) error {
		h, err := s.agent.Health(ctx)
		if err == nil && h.Work() > 0 {
			err = fmt.Errorf("there is work left: %+v", h.Queues)
		}
		return err
	}))
	h, err := s.agent.Health(ctx)
	require.NoError(t, err)
	require.Empty(t, h.Stuck)
	for _, q := range h.Queues {
		require.Zero(t, q.Dead, "dead letters of %s", q.Kind)
	}
	rows, err := s.agent.AllCases(ctx)
	require.NoError(t, err)
	spoken := map[string]bool{}
	for _, w := range s.words.all() {
		spoken[threadOf(w)] = true
	}
	require.Len(t, rows, len(spoken), "every thread has one case")

	inDesk := map[string]int{}
	ours := map[string]apptest.Message{}
	for _, r := range rows {
		c, err := s.agent.Case(ctx, r.ID)
		require.NoError(t, err)
		for _, m := range c.Messages {
			inDesk[m.Body]++
			if m.Direction == "outbound" {
				ours[m.Body] = m
			}
		}
	}
	for _, w := range s.words.all() {
		require.Equal(t, 1, inDesk[w], "%s was acknowledged", w)
	}
	require.Len(t, inDesk, len(s.words.all())+len(s.wrote), "nothing is there that nobody said")

	taken, ids := map[string]int{}, map[string]int{}
	for _, m := range s.shop.Taken() {
		taken[m.Text]++
		ids[m.ID]++
		require.Equal(t, 1, ids[m.ID], "%s went out twice", m.Text)
	}
	for _, r := range s.wrote {
		text := r.what.Text
		require.Equal(t, 1, inDesk[text], "%s was written once", text)
		switch m := ours[text]; m.Delivery {
		case "sent":
			require.Equal(t, 1, taken[text], "%s is shown as sent", text)
		case "failed":
			require.Zero(t, taken[text], "%s is shown as failed", text)
		case "unknown":
			require.LessOrEqual(t, taken[text], 1, text)
		default:
			require.Failf(t, "a reply without an end", "%s is %s", text, m.Delivery)
		}
	}
}
