// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// asks lets a network be asked after messages.
func (h *house) asks(id hilft.AccountID, ids ...string) {
	h.t.Helper()
	what := channel.Looking{Account: id}
	for _, s := range ids {
		what.Have = append(what.Have, channel.Standing{ID: s})
	}
	require.NoError(h.t, h.DB.Write(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return h.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobLook, Args: what})
	}))
}

func (h *house) asked() {
	h.t.Helper()
	h.see("all were asked", func() bool { return h.count(`SELECT COUNT(*) FROM job WHERE kind = 'look'`) == 0 })
}

func TestWhatALookTellsIsReceivedLikeEverythingElse(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.can.Look = channel.Full
		h.net.look = func(have []channel.Standing) ([]channel.Raw, error) {
			far := channel.Raw{Key: "reach:" + have[0].ID, Body: []byte(`[{"Kind":"reached","ID":"far","At":"2026-10-14T10:00:00Z","Reach":{"liked":2}}]`)}
			return []channel.Raw{raw("look:"+have[0].ID, have[0].ID), far}, nil
		}
		a := h.works().connect("a")
		h.asks(a.ID, "1")
		require.Equal(t, []string{"1", "far"}, h.placed(2))
		h.asks(a.ID, "1")
		h.asked()
		h.placed(2)
	})
}

func TestALookThatFailsIsOver(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.can.Look = channel.Full
		a := h.works().connect("a")
		for _, why := range []error{errors.New("no answer"), &channel.RateLimited{Until: h.clock.Now()}} {
			h.net.on(func(w *wire) {
				w.look = func([]channel.Standing) ([]channel.Raw, error) { return []channel.Raw{raw("look:1", "1")}, why }
			})
			h.asks(a.ID, "1")
			h.asked()
		}
		h.net.on(func(w *wire) { w.look = func([]channel.Standing) ([]channel.Raw, error) { panic("nil map") } })
		h.asks(a.ID, "1")
		h.asks("nobody", "1")
		h.asked()
		h.net.on(func(w *wire) {
			w.look = func([]channel.Standing) ([]channel.Raw, error) { return nil, channel.ErrSignIn }
		})
		h.asks(a.ID, "1")
		h.stands(a, hilft.AccountSignIn)
		h.asks(a.ID, "1")
		h.asked()
		require.Zero(t, h.count(`SELECT COUNT(*) FROM inbox`))
		require.Zero(t, h.count(`SELECT COUNT(*) FROM event WHERE kind = 'job.dead'`))
	})
}

// An account that is moved to another server keeps its cases, and the new server knows nothing of them.
func TestWhetherAnAccountHasMovedIsWrittenDown(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		require.Zero(t, a.MovedAt)
		h.clock.Forward(giveUpAfter)
		a, err := h.Change(t.Context(), brand, a.ID, "Other name", channel.Settings{"password": "new", "port": "993"})
		require.NoError(t, err)
		require.Zero(t, a.MovedAt, "the same account at the same place")
		a, err = h.Change(t.Context(), brand, a.ID, "", channel.Settings{"host": "b"})
		require.NoError(t, err)
		require.Equal(t, h.clock.Now(), a.MovedAt)
	})
	d := channel.Description{Settings: []channel.Field{{Key: "url", Kind: channel.FieldURL}, {Key: "client", Kind: channel.FieldText}}}
	at := func(url, client string) Account {
		return Account{Self: channel.Self{ID: "us"}, Settings: channel.Settings{"url": url, "client": client}}
	}
	require.True(t, moved(d, at("https://a.example", "1"), at("https://b.example", "1")))
	require.False(t, moved(d, at("https://a.example", "1"), at("https://a.example", "2")))
}
