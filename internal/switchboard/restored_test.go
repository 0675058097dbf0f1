// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

// In a house that was restored, what was to be sent then is not sent: its original may have done so since.
func TestWhatWasToBeSentIsDoubted(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("one.example")
		h.says(a, "conversation:1", "m1", "m2")
		h.says(a, "conversation:2", "m3", "m4")
		h.anew(a, "conversation:3", "m5")
		require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, called_at, changed_at) VALUES
				('m2', ?, 1, 'sending', 1, 0, '', '', '', 7, 7, 7), ('m4', ?, 1, 'sent', 1, 0, '', '', 'r4', 7, 7, 7),
				('m5', ?, 1, 'sent', 1, 0, '', '', 'r5', 7, 7, 7)`, string(a.ID), string(a.ID), string(a.ID))
			return err
		}))
		require.NoError(t, h.SetCanary(t.Context(), brand, a.ID, 15))
		require.NoError(t, h.canaries(t.Context()))
		require.False(t, h.canary(a).WaitsFor.IsZero())
		doubted := -1
		for range 2 { // a second time there is nothing left to doubt
			require.NoError(t, h.DB.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				n, err := h.Doubt(ctx, tx)
				doubted = max(doubted, n)
				return err
			}))
		}
		require.Equal(t, 5, doubted)
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'canary'`))
		require.True(t, h.canary(a).WaitsFor.IsZero(), "what was under way does not come back here")
		h.works()
		for _, id := range []string{"m1", "m2", "m3", "m5"} {
			h.hears(id, hilft.Unknown, channel.ReasonRestored)
			require.Equal(t, []hilft.Delivery{hilft.Sending, hilft.Unknown}, h.at(id))
		}
		require.Equal(t, "r4", h.hears("m4", hilft.Sent, "").Receipt.ID, "what the network has, it has")
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver'`))
		require.Equal(t, 7, h.count(`SELECT first_at FROM delivery WHERE message_id = 'm2'`))

		// A person who has looked may send it again, and then it goes out.
		h.dispatch(a, "conversation:1", true, "m1")
		h.hears("m1", hilft.Sent, "")
	})
}
