// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"slices"
)

// chatShownMost is how many messages a browser tells of at once.
const chatShownMost = 20

// shown takes a frame that says which of our messages stood on the visitor's screen. It is not answered: what gets lost
// costs them a mail with an answer that they know. Only messages of this visitor's own mailbox count: nobody says of
// others what they have seen.
func (s *chatSocket) shown(ctx context.Context, data []byte) (shown, taken bool) {
	var f struct {
		T   string  `json:"t"`
		IDs []int64 `json:"ids"`
	}
	if json.Unmarshal(data, &f) != nil || f.T != "shown" {
		return false, false
	}
	if len(f.IDs) == 0 || len(f.IDs) > chatShownMost || s.chat.shown.pass(s.visitor, s.chat.Now()) > 0 {
		return true, false
	}
	letters, err := s.chat.Lines.Collect(ctx, s.account, s.visitor, slices.Min(f.IDs)-1, chatCollectMax)
	if err != nil {
		s.failed(err, "shown")
		return true, false
	}
	var seen []int64
	for _, l := range letters {
		if slices.Contains(f.IDs, l.ID) {
			seen = append(seen, l.ID)
		}
	}
	if len(seen) == 0 {
		return true, false
	}
	raw, err := s.con.Shown(s.visitor, s.chat.Now(), seen)
	if err == nil {
		err = s.chat.Lines.Receive(ctx, s.account, raw)
	}
	if err != nil {
		s.failed(err, "shown")
	}
	return true, err == nil
}
