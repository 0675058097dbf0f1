// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

func TestItemsThatMakeNoSenseAreKeptUnread(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		for i, body := range []string{
			`[{"Kind":"said","At":"2026-10-14T10:00:00Z","Visibility":"public","From":{"ID":"mira"},"Text":"no id"}]`,
			`[{"Kind":"said","ID":"1","At":"2026-10-14T10:00:00Z","Visibility":"public","Text":"no author"}]`,
			`[{"Kind":"said","ID":"1","At":"2026-10-14T10:00:00Z","From":{"ID":"mira"},"Text":"no room"}]`,
			`[{"Kind":"said","ID":"1","Visibility":"public","From":{"ID":"mira"},"Text":"no time"}]`,
			`[{"Kind":"whispered","ID":"1","At":"2026-10-14T10:00:00Z","Visibility":"public","From":{"ID":"mira"},"Text":"no such kind"}]`,
			`[{"Kind":"reached","ID":"1","At":"2026-10-14T10:00:00Z"}]`,
			`[{"ID":"1","At":"2026-10-14T10:00:00Z","Visibility":"public","From":{"ID":"mira"},"Text":"no kind"}]`,
		} {
			require.NoError(t, h.Receive(t.Context(), a.ID, channel.Raw{Key: fmt.Sprint(i), Kind: "items", Body: []byte(body)}))
			h.see("it is listed", func() bool { return h.count(`SELECT COUNT(*) FROM inbox WHERE state = 'stuck'`) == i+1 })
		}
		require.Zero(t, h.count(`SELECT COUNT(*) FROM event WHERE kind = 'placed'`))
	})
}

// strict is a wire that tells programmers what is wrong with what they send.
type strict struct{ *wire }

func (strict) Hook(channel.Account, channel.HookRequest) (channel.HookAnswer, error) {
	return channel.HookAnswer{}, &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: "author.id is missing"}
}

func TestWhoSendsNonsenseIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.connectors["wire"] = strict{h.net}
		a := h.connect("a")
		_, err := h.Hook(t.Context(), a.ID, channel.HookRequest{Method: http.MethodPost, Header: http.Header{}, Body: []byte("{}")})
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		var why *channel.Rejected
		require.ErrorAs(t, err, &why)
		require.Equal(t, "author.id is missing", why.Detail)
		require.Zero(t, h.account(a.ID).Refused, "it was theirs")
		require.Zero(t, h.count(`SELECT COUNT(*) FROM inbox`))
	})
}
