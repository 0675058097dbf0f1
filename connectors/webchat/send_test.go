// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/webchat"
)

func openLine(t *testing.T) (channel.Line, *channeltest.Mailbox) {
	t.Helper()
	box := &channeltest.Mailbox{}
	env := channeltest.NewEnv(t)
	env.Mailbox = box
	line, err := webchat.New().Open(t.Context(), channel.Account{Settings: shop(nil)}, env)
	require.NoError(t, err)
	t.Cleanup(func() { _ = line.Close() })
	return line, box
}

func TestAnAnswerLiesInTheVisitorsMailbox(t *testing.T) {
	t.Parallel()
	line, box := openLine(t)
	receipt, err := line.Send(t.Context(), channel.Outgoing{Key: "m1", Thread: visitor, Text: "Wir sehen nach.\n"})
	require.NoError(t, err)
	letters := box.Letters()
	require.Len(t, letters, 1)
	require.Equal(t, letters[0].ID, receipt.ID)
	require.Equal(t, visitor, letters[0].Thread)
	require.JSONEq(t, `{"from":"Nordnetz","text":"Wir sehen nach."}`, string(letters[0].Body))
}

func TestAFullDiskKeepsTheAnswerForLater(t *testing.T) {
	t.Parallel()
	line, box := openLine(t)
	out := channel.Outgoing{Key: "m1", Thread: visitor, Text: "Wir sehen nach."}
	box.Break(errors.New("the disk is full"))
	_, err := line.Send(t.Context(), out)
	require.Equal(t, channeltest.Temporary, channeltest.MeaningOf(err))
	box.Break(nil)
	_, err = line.Send(t.Context(), out)
	require.NoError(t, err)
	require.Len(t, box.Letters(), 1)
}

func TestWhatTheChatDoesNotTake(t *testing.T) {
	t.Parallel()
	line, box := openLine(t)
	for reason, out := range map[string]channel.Outgoing{
		channel.ReasonTooLong:     {Key: "a", Thread: visitor, Text: strings.Repeat("ä", 4001)},
		channel.ReasonNoRecipient: {Key: "b", Text: "Hallo"},
		channel.ReasonBadMessage:  {Key: "c", Thread: visitor, Text: " \n"},
	} {
		_, err := line.Send(t.Context(), out)
		rejected, ok := errors.AsType[*channel.Rejected](err)
		require.True(t, ok, "%s: got %v", reason, err)
		require.Equal(t, reason, rejected.Reason)
	}
	_, err := line.Send(t.Context(), channel.Outgoing{Key: "d", Thread: visitor, Text: "Sehen Sie", Files: make([]channel.File, 6)})
	require.Equal(t, channeltest.Rejected, channeltest.MeaningOf(err))
	require.Empty(t, box.Letters())

	_, err = line.Send(t.Context(), channel.Outgoing{Key: "e", Thread: visitor, Text: strings.Repeat("🙂", 4000)})
	require.NoError(t, err, "as long as may be")
}
