// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Errors have six meanings for the switchboard: temporary (any that is not named here) · *RateLimited · *Rejected ·
// ErrUnknownOutcome · ErrSignIn · ErrGone. Wrap them with a cause: fmt.Errorf("%w: %w", channel.ErrSignIn, err).
var (
	ErrUnknownOutcome = errors.New("it may have gone out")
	ErrSignIn         = errors.New("the network does not accept our sign-in")
	ErrGone           = errors.New("what is answered is gone")

	ErrNotThere  = errors.New("it did not go out")       // ReadBack only
	ErrSignature = errors.New("not proven to be theirs") // Hook only
)

// RateLimited says when the network takes from us again.
type RateLimited struct {
	Until time.Time
}

func (e *RateLimited) Error() string {
	return "rate limited until " + e.Until.UTC().Format(time.RFC3339)
}

// Rejected is the network's final no. Reason is a message key of the shared list below, or "other"; Detail is the
// network's own words, shown to the agent beside it. Field names a setting, for Check.
type Rejected struct {
	Reason string
	Detail string
	Field  string
}

func (e *Rejected) Error() string { return fmt.Sprintf("rejected (%s): %s", e.Reason, e.Detail) }

// Reasons why a network says no. Each has its texts in the browser's languages.
const (
	ReasonTooLong      = "too_long"
	ReasonWindowClosed = "window_closed" // the network no longer lets us answer
	ReasonBlocked      = "blocked"       // the person does not want to hear from us
	ReasonNotAllowed   = "not_allowed"   // we lack a permission
	ReasonNoRecipient  = "no_recipient"  // there is nobody at that address
	ReasonBadSettings  = "bad_settings"  // Check: the setting in Field is wrong
	ReasonRequired     = "required"      // Check: the setting in Field is needed
	ReasonUnreachable  = "unreachable"   // Check: nothing answers there
	ReasonBadMessage   = "bad_message"   // the network does not take this content
	ReasonMailboxFull  = "mailbox_full"  // there is no room left at that address
	ReasonSpam         = "spam"          // taken for something nobody wants
	ReasonRefused      = "refused"       // the other side takes nothing from us
	ReasonExpired      = "expired"       // the other side did not answer for days
	ReasonOther        = "other"
)

// Conn is a connection that Dial made.
type Conn = net.Conn

// ErrTooLarge says that a body is larger than it may be.
var ErrTooLarge = errors.New("too large")

// ReadAll reads a body that may not be larger than max bytes; a larger one is an error (ErrTooLarge), not a cut.
func ReadAll(r io.Reader, max int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, max)
	}
	return b, nil
}
