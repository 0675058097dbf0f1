// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"errors"
	"testing"

	"github.com/hilft/hilft/channel"
)

// Meaning is what an error of a connector means for the switchboard.
type Meaning string

const (
	Done      Meaning = "done" // no error
	Temporary Meaning = "temporary"
	Limited   Meaning = "rate limited"
	Rejected  Meaning = "rejected"
	Open      Meaning = "outcome unknown"
	SignIn    Meaning = "sign-in needed"
	Lost      Meaning = "target gone"
)

// MeaningOf reads an error as the switchboard does. An error that means two things at once means the one that promises
// less: when the outcome is unknown, nothing else counts.
func MeaningOf(err error) Meaning {
	_, limited := errors.AsType[*channel.RateLimited](err)
	_, rejected := errors.AsType[*channel.Rejected](err)
	switch {
	case err == nil:
		return Done
	case errors.Is(err, channel.ErrUnknownOutcome):
		return Open
	case limited:
		return Limited
	case rejected:
		return Rejected
	case errors.Is(err, channel.ErrSignIn):
		return SignIn
	case errors.Is(err, channel.ErrGone):
		return Lost
	}
	return Temporary
}

// means holds an error to its meaning.
func (b *bench) means(t testing.TB, verb string, err error, want Meaning) {
	t.Helper()
	if got := MeaningOf(err); got != want {
		broken(t, "errors have six meanings for the switchboard", "%s says %q where it should say %q: %v", verb, got, want, err)
		return
	}
	if limited, ok := errors.AsType[*channel.RateLimited](err); ok && !limited.Until.After(b.env.Now()) {
		broken(t, "RateLimited says when the network takes from us again", "that was in the past: %s", limited.Until)
	}
	if rejected, ok := errors.AsType[*channel.Rejected](err); ok && rejected.Reason == "" {
		broken(t, "Rejected.Reason is a message key of the shared list", "it is empty: %v", err)
	}
}
