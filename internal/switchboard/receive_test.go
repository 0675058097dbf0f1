// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

func TestADeliveryIsStoredOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 50 {
					n := (g*7 + i) % 50
					if err := h.Receive(t.Context(), a.ID, raw(fmt.Sprint(n), fmt.Sprint(n)), raw(fmt.Sprint((n+1)%50), fmt.Sprint((n+1)%50))); err != nil {
						t.Error(err)
					}
					// Acknowledged is stored.
					if err := h.DB.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						var id int64
						return tx.Row(ctx, `SELECT id FROM inbox WHERE account_id = ? AND key = ?`, []any{string(a.ID), fmt.Sprint(n)}, &id)
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		require.Equal(t, 50, h.count(`SELECT COUNT(*) FROM inbox`))
		seen := map[string]int{}
		for _, id := range h.placed(50) {
			seen[id]++
		}
		require.Len(t, seen, 50)
		h.see("all are taken", func() bool { return h.count(`SELECT COUNT(*) FROM job`) == 0 })
		require.Equal(t, h.clock.Now(), h.account(a.ID).HeardAt)
	})
}

func TestALaneIsReadInItsOrder(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		var want []string
		for i := range 20 {
			r := raw(fmt.Sprint(i), fmt.Sprint(i))
			r.Lane = strings.Repeat("a long lane ", 500) + "\x00\xff"
			require.NoError(t, h.Receive(t.Context(), a.ID, r))
			want = append(want, fmt.Sprint(i))
		}
		h.works()
		require.Equal(t, want, h.placed(20))
	})
}

func TestWhatIsTooLargeOrNamelessIsRefused(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		big := channel.Raw{Key: "big", Kind: "items", Body: make([]byte, h.net.pol.RawMax+1)}
		err := h.Receive(t.Context(), a.ID, raw("good", "1"), big)
		require.Equal(t, hilft.TooLarge, hilft.KindOf(err))
		for _, key := range []string{"", "a\x00b", "\xff", strings.Repeat("k", keyMax+1)} {
			err := h.Receive(t.Context(), a.ID, raw("good", "1"), raw(key, "2"))
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), "%q", key)
		}
		require.Zero(t, h.count(`SELECT COUNT(*) FROM inbox`), "after an error nothing of the call is stored")
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.Receive(t.Context(), "nobody", raw("1", "1"))))

		// Large ones within the bounds are kept beside the database and read like any other.
		large := raw("large", "1")
		large.Body = append(large.Body, bytes.Repeat([]byte(" "), inRow)...)
		require.NoError(t, h.Receive(t.Context(), a.ID, large))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM inbox WHERE blob <> '' AND length(body) = 0`))
		h.works()
		require.Equal(t, []string{"1"}, h.placed(1))
	})
}

func TestABadRowDoesNotSpoilWhatSharesItsCommit(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		rows, err := h.rows(t.Context(), a.ID, []channel.Raw{raw("1", "1")}, refuseBad)
		require.NoError(t, err)
		worse, err := h.rows(t.Context(), a.ID, []channel.Raw{raw("2", "2")}, refuseBad)
		require.NoError(t, err)
		worse[0].raw.Body = nil // no database takes that
		batch := []*reception{{rows: rows, done: make(chan struct{})}, {rows: worse, done: make(chan struct{})}}
		queue := make(chan *reception, 1)
		queue <- batch[1]
		(&receiver{s: h.Switchboard, queue: queue}).share(batch[0])
		require.NoError(t, batch[0].err)
		require.Error(t, batch[1].err)
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM inbox`))
	})
}

func TestAClosedHouseRefusesAndHangsNobody(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 50 {
					err := h.Receive(t.Context(), a.ID, raw(fmt.Sprint(g, i), "1"))
					if err != nil && hilft.KindOf(err) != hilft.Unavailable {
						t.Error(err)
					}
				}
			})
		}
		h.Close()
		wg.Wait()
		require.Equal(t, hilft.Unavailable, hilft.KindOf(h.Receive(t.Context(), a.ID, raw("late", "1"))))
		h.Close()
	})
}

func hook(signature string, raws ...channel.Raw) channel.HookRequest {
	b, err := json.Marshal(raws)
	if err != nil {
		panic(err)
	}
	return channel.HookRequest{Method: http.MethodPost, Header: http.Header{"Signature": {signature}}, Body: b}
}

func TestAHookIsAnsweredWhenItIsStored(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		require.Equal(t, hilft.AccountStarting, a.State)
		answer, err := h.Hook(t.Context(), a.ID, hook("theirs", raw("1", "1"), raw("2", "2")))
		require.NoError(t, err)
		require.Equal(t, "thanks", string(answer.Body))
		require.Equal(t, 2, h.count(`SELECT COUNT(*) FROM inbox`))
		require.Equal(t, hilft.AccountOK, h.account(a.ID).State)

		for range 3 {
			_, err = h.Hook(t.Context(), a.ID, hook("mallory's", raw("3", "3")))
			require.Equal(t, hilft.Unauthenticated, hilft.KindOf(err))
		}
		require.Equal(t, 2, h.count(`SELECT COUNT(*) FROM inbox`))
		require.Equal(t, 3, h.account(a.ID).Refused)
		_, err = h.Hook(t.Context(), a.ID, channel.HookRequest{Header: http.Header{"Signature": {"theirs"}}, Body: []byte("{")})
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		_, err = h.Hook(t.Context(), a.ID, hook("panic"))
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		_, err = h.Hook(t.Context(), "nobody", hook("theirs"))
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		_, err = h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		_, err = h.Hook(t.Context(), a.ID, hook("theirs", raw("4", "4")))
		require.Equal(t, hilft.Unavailable, hilft.KindOf(err))
	})
}

func TestOnlyAnAdministratorEndsASignIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(channel.ErrSignIn))
		h.says(a, "", "1")
		h.stands(a, hilft.AccountSignIn)
		_, err := h.Hook(t.Context(), a.ID, hook("theirs", raw("1", "1")))
		require.NoError(t, err)
		// Reading may work where sending does not.
		h.setState(t.Context(), h.account(a.ID), hilft.AccountOK, "")
		require.Equal(t, hilft.AccountSignIn, h.account(a.ID).State)
	})
}

func TestWhatCannotBeReadIsKeptAndListed(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		nameless := []byte(`[{"Kind":"said","ID":"","At":"2026-01-01T00:00:00Z"}]`)
		require.NoError(t, h.Receive(t.Context(), a.ID,
			channel.Raw{Key: "1", Kind: "items", Body: []byte("garbled")}, channel.Raw{Key: "2", Kind: "items", Body: []byte("panic")},
			channel.Raw{Key: "3", Kind: "items", Body: nameless}, channel.Raw{Key: "4", Kind: "items", Body: []byte("nothing")}, raw("5", "good")))
		require.Equal(t, []string{"good"}, h.placed(1))
		list := func(b hilft.BrandID) []Stuck {
			all, err := h.StuckOnes(t.Context(), b, 10)
			require.NoError(t, err)
			return all
		}
		h.see("three are listed", func() bool { return len(list(brand)) == 3 })
		all := list(brand)
		require.Empty(t, list("other"))
		for _, s := range all {
			body, err := h.RawOf(t.Context(), brand, s.ID)
			require.NoError(t, err)
			require.Len(t, body, s.Size)
			require.NotEmpty(t, s.Error)
			_, err = h.RawOf(t.Context(), "other", s.ID)
			require.Equal(t, hilft.NotFound, hilft.KindOf(err))
			require.Equal(t, hilft.NotFound, hilft.KindOf(h.ReadAgain(t.Context(), "other", s.ID)))
		}
		require.Equal(t, 3, h.count(`SELECT COUNT(*) FROM event WHERE kind = ?`, hilft.EventItemStuck))

		// After an upgrade it can be read.
		garbled := all[2]
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE inbox SET body = ? WHERE id = ?`, raw("1", "understood").Body, garbled.ID)
			return err
		}))
		require.NoError(t, h.ReadAgain(t.Context(), brand, garbled.ID))
		require.Equal(t, []string{"good", "understood"}, h.placed(2))
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.ReadAgain(t.Context(), brand, garbled.ID)), "it is not stuck any more")
		require.NoError(t, h.ReadAgain(t.Context(), brand, all[1].ID))
		h.see("the other is stuck again", func() bool { return len(list(brand)) == 2 })

		// Nothing is to be done about it: it stays, and nobody is told of it any more.
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.SetAside(t.Context(), "rosa", "other", all[1].ID)))
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		require.NoError(t, h.SetAside(t.Context(), "rosa", brand, all[1].ID))
		require.Len(t, list(brand), 1)
		require.Equal(t, hilft.NotFound, hilft.KindOf(h.SetAside(t.Context(), "rosa", brand, all[1].ID)))
		require.Equal(t, 5, h.count(`SELECT COUNT(*) FROM inbox`))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM event WHERE kind = ? AND agent_id = 'rosa'`, hilft.EventItemAside))
	})
}

func TestAmongManyABadOneHoldsUpItsOwnLaneOnly(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a, b := h.connect("a"), h.connect("b")
		const lanes, each = 8, 5
		spoilt := map[string]bool{"2-1": true, "5-0": true, "5-4": true}
		for _, to := range []Account{a, b} {
			var all []channel.Raw
			for i := range each {
				for lane := range lanes {
					id := fmt.Sprint(lane, "-", i)
					r := raw(id, string(to.ID)+" "+id)
					if r.Lane = fmt.Sprint(lane); spoilt[id] {
						r.Body = []byte("garbled")
					}
					all = append(all, r)
				}
			}
			require.NoError(t, h.Receive(t.Context(), to.ID, all...))
		}
		h.works()
		next := map[string]int{}
		for _, id := range h.placed(2 * (lanes*each - len(spoilt))) {
			at := strings.LastIndexByte(id, '-')
			var i int
			_, err := fmt.Sscan(id[at+1:], &i)
			require.NoError(t, err)
			require.GreaterOrEqual(t, i, next[id[:at]], "a lane is out of order")
			next[id[:at]] = i + 1
		}
		require.Len(t, next, 2*lanes)
		h.see("the bad ones are listed", func() bool { return h.count(`SELECT COUNT(*) FROM inbox WHERE state = 'stuck'`) == 2*len(spoilt) })
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job`))
	})
}

func TestWhatTheRoomAboveCannotUse(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		tries := 0
		h.fails = func(it channel.Item) error {
			switch tries++; {
			case it.ID == "nameless":
				return hilft.Fail(hilft.Invalid, "item.nameless", nil)
			case tries < 3:
				return errors.New("disk full")
			}
			return nil
		}
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("1", "good")))
		h.see("it was tried", func() bool { return h.count(`SELECT COUNT(*) FROM job WHERE error <> ''`) == 1 })
		h.see("it is placed in the end", func() bool {
			h.later(50e9)
			return h.count(`SELECT COUNT(*) FROM event WHERE kind = 'placed'`) == 1
		})
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("2", "nameless")))
		h.see("what makes no sense is listed, not tried again", func() bool { return h.count(`SELECT COUNT(*) FROM inbox WHERE state = 'stuck'`) == 1 })
	})
}

func TestTheOtherSideCollectsItsMessages(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		box := h.env(a).Mailbox
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			wg.Go(func() { ids[i], _ = box.Put(t.Context(), "visitor", "m1", []byte("Hello")) })
		}
		wg.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		_, err := box.Put(t.Context(), "visitor", "m2", []byte("Again"))
		require.NoError(t, err)
		_, err = box.Put(t.Context(), "somebody else", "m3", []byte("Psst"))
		require.NoError(t, err)
		all, err := h.Collect(t.Context(), a.ID, "visitor", 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"Hello", "Again"}, []string{string(all[0].Body), string(all[1].Body)})
		rest, err := h.Collect(t.Context(), a.ID, "visitor", all[0].ID, 10)
		require.NoError(t, err)
		require.Equal(t, all[1:], rest)
		none, err := h.Collect(t.Context(), "another account", "visitor", 0, 10)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}
