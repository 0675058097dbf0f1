// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// modelled is a job as a simple mind sees it: somebody's until a time, or nobody's from a time on.
type modelled struct {
	n    int // the number it carries
	lane string
	at   time.Time
	held *Claim
}

// model is a queue in memory.
type model struct {
	all   []*modelled // alive, in order
	clock *storetest.Clock
}

func (m *model) ours(j *modelled) bool { return j.held != nil && j.at.After(m.clock.Now()) }

// lane lists the jobs of a lane in order; a job without a lane is alone.
func (m *model) lane(of *modelled) (line []*modelled) {
	for _, j := range m.all {
		if j == of || of.lane != "" && j.lane == of.lane {
			line = append(line, j)
		}
	}
	return line
}

// free tells whether a job may be claimed now: it is the first of its lane, its time has come, and nobody has a job of
// that lane.
func (m *model) free(j *modelled) bool {
	line := m.lane(j)
	return line[0] == j && !j.at.After(m.clock.Now()) && !slices.ContainsFunc(line, m.ours)
}

func (m *model) drop(j *modelled) {
	m.all = slices.DeleteFunc(m.all, func(o *modelled) bool { return o == j })
}

func TestTheQueueIsAsSimpleAsItsModel(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		longest := 40
		if q.db.Dialect() == store.Postgres { // the same, but slower
			longest = 15
		}
		rapid.Check(t, func(rt *rapid.T) {
			require.NoError(rt, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `DELETE FROM job`)
				return err
			}))
			m, n := &model{clock: clock}, 0
			held := func() (some []*modelled) { // whose turn it is: a worker does its group in order
				for _, j := range m.all {
					if m.ours(j) && slices.IndexFunc(m.lane(j), m.ours) == slices.Index(m.lane(j), j) {
						some = append(some, j)
					}
				}
				return some
			}
			claim := func() {
				due := slices.Clone(m.all)
				due = slices.DeleteFunc(due, func(j *modelled) bool { return !m.free(j) })
				for {
					groups, more, err := q.claim(t.Context(), "letter", rapid.SampledFrom([]int{1, 3, 100}).Draw(rt, "most"), time.Minute)
					require.NoError(rt, err)
					for _, g := range groups {
						first := m.find(rt, g[0])
						require.True(rt, m.free(first), "%d is not free", first.n)
						line := m.lane(first)
						for i, c := range g {
							j := m.find(rt, c)
							require.Same(rt, line[i], j, "a gap before %d", j.n)
							j.held, j.at = c, clock.Now().Add(time.Minute)
						}
					}
					if len(groups) == 0 && !more {
						break
					}
				}
				for _, j := range due {
					require.True(rt, m.ours(j), "%d was free and is not claimed", j.n)
				}
			}
			for range rapid.IntRange(5, longest).Draw(rt, "steps") {
				act := rapid.SampledFrom([]string{"put", "put", "claim", "claim", "done", "done", "done", "fail", "later", "die", "forward"}).Draw(rt, "act")
				switch act {
				case "put":
					var orders []Order
					for range rapid.IntRange(1, 4).Draw(rt, "so many") {
						n++
						lane := rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "lane")
						orders = append(orders, Order{Kind: "letter", Lane: lane, Args: n})
						m.all = append(m.all, &modelled{n: n, lane: lane, at: clock.Now()})
					}
					q.put(t, orders...)
				case "claim":
					claim()
				case "forward":
					clock.Forward(time.Duration(rapid.IntRange(1, 100).Draw(rt, "seconds")) * time.Second)
				default:
					turns := held()
					if len(turns) == 0 {
						continue
					}
					j := turns[rapid.IntRange(0, len(turns)-1).Draw(rt, "whose")]
					var rest []*Claim
					line := slices.DeleteFunc(m.lane(j), func(o *modelled) bool { return o == j || !m.ours(o) })
					for _, o := range line {
						rest = append(rest, o.held)
					}
					c, until := j.held, clock.Now().Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds"))*time.Second)
					switch act {
					case "done":
						require.NoError(rt, q.finish(t, c))
						m.drop(j)
					case "die":
						require.NoError(rt, q.fail(t.Context(), c, errors.New("no ink"), time.Time{}))
						m.drop(j)
					case "fail":
						require.NoError(rt, q.fail(t.Context(), c, errors.New("no ink"), until, rest...))
					case "later":
						require.NoError(rt, q.putBack(t.Context(), until, append([]*Claim{c}, rest...)...))
					}
					if act == "fail" || act == "later" {
						for _, o := range append(line, j) {
							o.held, o.at = nil, until
						}
						for _, o := range line { // those behind have no time of their own: their head's is theirs
							o.at = clock.Now()
						}
					}
					require.ErrorIs(rt, q.finish(t, c), ErrLost)
				}
			}
			// Whatever happened: in the end everything gets done, in order.
			clock.Forward(time.Hour)
			for rounds := 0; len(m.all) > 0; rounds++ {
				require.Less(rt, rounds, 500)
				claim()
				for turns := held(); len(turns) > 0; turns = held() {
					require.NoError(rt, q.finish(t, turns[0].held))
					m.drop(turns[0])
				}
			}
		})
	})
}

func (m *model) find(t require.TestingT, c *Claim) *modelled {
	var n int
	require.NoError(t, json.Unmarshal(c.Args, &n))
	i := slices.IndexFunc(m.all, func(j *modelled) bool { return j.n == n })
	require.GreaterOrEqual(t, i, 0, "%d was done already", n)
	return m.all[i]
}
