// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/hilft/hilft/channel"
)

// singly is how many statuses a look asks for where they cannot be asked for together: of three hundred calls in five
// minutes most belong to those who wait for an answer.
const singly = 5

// reach is what is kept of how often a status was boosted and favourited.
type reach struct {
	ID         string    `json:"id"`
	Boosts     int       `json:"reblogs_count"`
	Favourites int       `json:"favourites_count"`
	Seen       time.Time `json:"seen"`
}

// Look reads statuses again: all with one call, and each that is missing in the answer once more by itself. Only one of
// which the server then says that there is none is gone. Servers say so too of what its author no longer lets us read.
func (l *line) Look(ctx context.Context, have []channel.Standing) ([]channel.Raw, error) {
	raws, err := l.look(ctx, have)
	if err != nil {
		return nil, fmt.Errorf("mastodon: look: %w", err)
	}
	return raws, nil
}

func (l *line) look(ctx context.Context, have []channel.Standing) ([]channel.Raw, error) {
	found, err := l.together(ctx, have)
	if errors.Is(err, channel.ErrGone) { // the server does not know this call
		found, have, err = nil, have[:min(len(have), singly)], nil
	}
	if err != nil {
		return nil, err
	}
	var raws []channel.Raw
	for _, s := range have {
		if !plainID(s.ID) {
			continue
		}
		body, there := found[s.ID]
		if !there {
			err := l.c.get(ctx, "/api/v1/statuses/"+url.PathEscape(s.ID), nil, &body)
			if no, answered := errors.AsType[*statusError](err); answered && errors.Is(err, channel.ErrGone) {
				if no.words == "" {
					return nil, err // not the API's word, but that of something before it
				}
				gone, err := json.Marshal(deletion{ID: s.ID, Heard: l.env.Now().UTC()})
				if err != nil {
					return nil, err
				}
				// Not the key of a delete event: that one may have come before the status, and been forgotten since.
				raws = append(raws, channel.Raw{Key: "gone:" + s.ID, Kind: kindDelete, Body: gone})
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		some, err := l.differs(s, body)
		if err != nil {
			return nil, err
		}
		raws = append(raws, some...)
	}
	return raws, nil
}

// together asks for statuses with one call. The answer leaves out what is not there.
func (l *line) together(ctx context.Context, have []channel.Standing) (map[string]json.RawMessage, error) {
	query := url.Values{}
	for _, s := range have {
		if plainID(s.ID) {
			query.Add("id[]", s.ID)
		}
	}
	var bodies []json.RawMessage
	if err := l.c.get(ctx, "/api/v1/statuses", query, &bodies); err != nil {
		return nil, err
	}
	found := map[string]json.RawMessage{}
	for _, body := range bodies {
		var s status
		if err := json.Unmarshal(body, &s); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnreadable, err)
		}
		found[s.ID] = body
	}
	return found, nil
}

// differs tells of a status that it does not stand as the house has it. An edit has the key under which it comes by
// other ways.
func (l *line) differs(have channel.Standing, body json.RawMessage) ([]channel.Raw, error) {
	var s status
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if err := s.valid(); err != nil || s.ID != have.ID {
		return nil, fmt.Errorf("%w: not the status that was asked for", errUnreadable)
	}
	var raws []channel.Raw
	if s.EditedAt != nil && s.EditedAt.After(have.Edited) {
		raws = append(raws, channel.Raw{Key: s.key(), Kind: kindKnown, Body: body})
	}
	if s.Boosts != have.Reach.Shared || s.Favourites != have.Reach.Liked {
		now := l.env.Now().UTC()
		seen, err := json.Marshal(reach{ID: s.ID, Boosts: s.Boosts, Favourites: s.Favourites, Seen: now})
		if err != nil {
			return nil, err
		}
		raws = append(raws, channel.Raw{Key: "reach:" + s.ID + ":" + strconv.FormatInt(now.UnixMicro(), 10), Kind: kindReach, Body: seen})
	}
	return raws, nil
}
