// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// withPost gives the house a second network, which reaches people who never wrote.
func (h *house) withPost() (post Account) {
	h.t.Helper()
	con := newWire()
	con.id, con.can.Begin = "post", channel.Full
	h.connectors[con.id], h.policies[con.id], h.limits[con.id] = con, con.pol, con.lim
	post, err := h.Connect(h.t.Context(), brand, con.id, "", channel.Settings{"host": "post.example", "password": "geheim-4711"})
	require.NoError(h.t, err)
	return post
}

func (h *house) way(of Account, b hilft.BrandID) (way *channel.Onward) {
	h.t.Helper()
	require.NoError(h.t, h.DB.Read(h.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		way, err = h.onward(ctx, tx, b, of.ID)
		return err
	}))
	return way
}

func TestOnlyWhatWaitsToBeCollectedGoesOn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.OnwardAfter = 2 * time.Minute
		a, post := h.connect("one.example"), h.withPost()
		require.Nil(t, h.way(a, brand), "it reaches people by itself")
		h.net.can.Mailbox = channel.Full
		require.Equal(t, &channel.Onward{Account: post.ID, Network: "post", After: 2 * time.Minute}, h.way(a, brand))
		require.Nil(t, h.way(a, "another brand"), "no brand writes over another's mailbox")
		_, err := h.Pause(t.Context(), brand, post.ID)
		require.NoError(t, err)
		require.Nil(t, h.way(a, brand))
		_, err = h.Resume(t.Context(), brand, post.ID)
		require.NoError(t, err)
		h.OnwardAfter = 0
		require.Nil(t, h.way(a, brand), "the house wants none")
	})
}

func TestWhatWasToGoOnIsDoubted(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		way := &channel.Onward{Account: "post", Network: "post", After: time.Hour}
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := h.Jobs.Enqueue(ctx, tx,
				jobs.Order{Kind: hilft.JobOnward, Key: "conversation:1", RunAt: tx.Now().Add(time.Hour), Args: channel.OnwardArgs{Message: "m1", Onward: *way}},
				jobs.Order{Kind: hilft.JobDelivery, Lane: told("m2"), Args: channel.Report{Message: "m2", Delivery: hilft.Sent, Onward: way}},
			); err != nil {
				return err
			}
			_, err := h.Doubt(ctx, tx)
			return err
		}))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'onward' AND key = 'conversation:1' AND args LIKE '%"restored":true%'`))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'delivery' AND args LIKE '%"restored":true%'`))
		h.works()
		require.True(t, h.hears("m2", hilft.Sent, "").Onward.Restored)
	})
}
