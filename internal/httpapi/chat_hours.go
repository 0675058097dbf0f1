// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"time"
)

// chatAttendedFor is how long after its last use somebody is still taken to be at the desk.
const chatAttendedFor = 15 * time.Minute

// chatAway says that nobody answers now, and when somebody does again, where that is known.
type chatAway struct {
	Until *time.Time `json:"until,omitempty"`
}

// away tells what a visitor is told of who answers; nil: somebody does. Where it cannot be found out whether somebody is at
// the desk, the hours alone count.
func (c *Chat) away(ctx context.Context, f chatFront) *chatAway {
	open, next, attended := f.con.Hours(f.settings, c.Now())
	if !open {
		return &chatAway{Until: &next}
	}
	if !attended || c.Attended == nil {
		return nil
	}
	there, err := c.Attended(ctx, chatAttendedFor)
	if err != nil {
		c.Log.Warn("chat: who is at the desk", "account_id", string(f.account), "err", err)
		return nil
	}
	if there {
		return nil
	}
	return &chatAway{}
}
