// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"io"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
)

// What a submission server says means something else at every stage; until the content has begun it is certain.
func TestWhatASubmissionServerSays(t *testing.T) {
	t.Parallel()
	no := func(code int, enhanced ...int) error {
		err := &smtp.SMTPError{Code: code, Message: "no"}
		copy(err.EnhancedCode[:], enhanced)
		return err
	}
	for _, c := range []struct {
		err     error
		at      stage
		meaning channeltest.Meaning
		reason  string
	}{
		{io.EOF, greeting, channeltest.Temporary, ""},
		{io.EOF, addressing, channeltest.Temporary, ""},
		{io.EOF, saying, channeltest.Open, ""},
		{no(220), saying, channeltest.Open, ""},
		{no(554), greeting, channeltest.Temporary, ""},
		{no(421), greeting, channeltest.Limited, ""},
		{no(454), signingIn, channeltest.Temporary, ""},
		{no(535), signingIn, channeltest.SignIn, ""},
		{no(504), signingIn, channeltest.SignIn, ""},
		{no(530), opening, channeltest.SignIn, ""},
		{no(552), opening, channeltest.Rejected, channel.ReasonTooLong},
		{no(553), opening, channeltest.Rejected, channel.ReasonNotAllowed},
		{no(450, 4, 7, 1), addressing, channeltest.Limited, ""},
		{no(550, 5, 1, 1), addressing, channeltest.Rejected, channel.ReasonNoRecipient},
		{no(550), addressing, channeltest.Rejected, channel.ReasonNoRecipient},
		{no(554, 5, 7, 1), addressing, channeltest.Rejected, channel.ReasonNotAllowed},
		{no(552), addressing, channeltest.Rejected, channel.ReasonMailboxFull},
		{no(550, 5, 2, 2), addressing, channeltest.Rejected, channel.ReasonMailboxFull},
		{no(451), saying, channeltest.Temporary, ""},
		{no(421), saying, channeltest.Temporary, ""},
		{no(552), saying, channeltest.Rejected, channel.ReasonTooLong},
		{no(554), saying, channeltest.Rejected, channel.ReasonBadMessage},
	} {
		l := &line{env: channel.Env{Now: time.Now}}
		err := l.smtpMeans(c.err, c.at)
		require.Equal(t, c.meaning, channeltest.MeaningOf(err), "%v at %d: %v", c.err, c.at, err)
		if c.reason != "" {
			rejected := new(channel.Rejected)
			require.ErrorAs(t, err, &rejected)
			require.Equal(t, c.reason, rejected.Reason, "%v at %d", c.err, c.at)
		}
	}
}
