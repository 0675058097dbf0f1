// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Of all that find their token too old, on two nodes, one asks the network; its token can be used once.
func TestASignInIsRenewedOnceForAll(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		two := h.another()
		require.NoError(t, h.keepRenewed(t.Context(), func() Account {
			a := h.account(a.ID)
			a.secrets["token"] = "old"
			return a
		}()))
		var asked atomic.Int32
		renew := func(_ context.Context, kept channel.Settings) (channel.Settings, error) {
			if kept["token"] == "new" {
				return nil, nil
			}
			asked.Add(1)
			return channel.Settings{"token": "new"}, nil
		}
		var wg sync.WaitGroup
		for i := range 6 {
			node := []*house{h, two}[i%2]
			wg.Go(func() {
				got, err := node.env(a).Renew(context.Background(), renew)
				if err != nil || got["token"] != "new" || got["password"] != "geheim-4711" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, asked.Load())
		require.Equal(t, "new", h.channel(h.account(a.ID)).Settings["token"])
		require.Zero(t, h.count(`SELECT COUNT(*) FROM account WHERE renewing_until > 0`))
	})
}

func TestARenewalThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		no := errors.New("not now")
		_, err := h.env(a).Renew(t.Context(), func(context.Context, channel.Settings) (channel.Settings, error) {
			return channel.Settings{"token": "half"}, no
		})
		require.ErrorIs(t, err, no)
		require.Empty(t, h.channel(h.account(a.ID)).Settings["token"])

		// What an administrator enters meanwhile holds.
		_, err = h.env(a).Renew(t.Context(), func(ctx context.Context, _ channel.Settings) (channel.Settings, error) {
			_, err := h.Change(ctx, brand, a.ID, "", channel.Settings{"host": "a", "password": "neu"})
			return channel.Settings{"token": "for the old password"}, err
		})
		require.ErrorIs(t, err, errChangedMeanwhile)
		got := h.channel(h.account(a.ID)).Settings
		require.Equal(t, []string{"neu", ""}, []string{got["password"], got["token"]})
	})
}

// What the network sent back goes out once more when a person decides so, and only then.
func TestWhatCameBackIsSentAnew(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.says(a, "c1", "1")
		require.Equal(t, "remote 1", h.hears("1", hilft.Sent, "").Receipt.ID)
		h.dispatch(a, "c1", true, "1") // of an unknown outcome that turned out well
		h.see("told", func() bool { return len(h.at("1")) == 3 })
		require.Equal(t, []string{"1"}, h.net.calls())
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return h.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDeliver, Lane: "c1", Args: channel.Dispatch{
				Brand: brand, Account: a.ID, Message: "1", Again: true, Anew: true, Out: channel.Outgoing{Key: "1-again", Text: "Hello"},
			}})
		}))
		h.see("sent anew", func() bool { return len(h.net.calls()) == 2 && h.word("1").Delivery == hilft.Sent })
		require.Equal(t, []string{"1", "1-again"}, h.net.calls())
	})
}
