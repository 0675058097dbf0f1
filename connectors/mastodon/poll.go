// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft/channel"
)

const (
	mentionPage = 80 // the most that a server gives of notifications
	lookBack    = 40 // how many of the newest mentions every poll looks at again
	walkPages   = 5  // pages that one Poll walks back before it hands over
	seenMax     = 2 * mentionPage
)

// place is how far one of the two lists has been read: the account's mentions, and its own statuses. Before At is known
// the first read walks back from the newest, page by page, until it meets what is older than Account.Since.
type place struct {
	At   string `json:"at,omitempty"`   // the newest that was delivered
	Down string `json:"down,omitempty"` // how far the walk has come
}

// cursor is where a Poll goes on.
type cursor struct {
	Mentions place `json:"mentions"`
	Own      place `json:"own"`
	// Seen are the keys of the newest mentions that were delivered, so that a look back tells what is new among them.
	Seen []string `json:"seen,omitempty"`
}

// list is one of the two lists.
type list struct {
	path  string
	query url.Values
	limit int
	read  func(body []byte) entry
}

// entry is one element of a list, as far as a Poll must know it.
type entry struct {
	raw channel.Raw // Key is empty for what is no concern of the desk
	id  string
	at  time.Time
}

// Poll reads what mentions us, and what we wrote in such threads, from the cursor on. Then it looks again at the newest
// mentions: for edits, which change nothing in the order of the list, and for what a server made visible late.
func (l *line) Poll(ctx context.Context, from string) (channel.Batch, error) {
	batch, err := l.poll(ctx, from)
	if err != nil {
		return channel.Batch{}, fmt.Errorf("mastodon: poll: %w", err)
	}
	return batch, nil
}

func (l *line) poll(ctx context.Context, from string) (channel.Batch, error) {
	var at cursor
	if from != "" {
		if err := json.Unmarshal([]byte(from), &at); err != nil {
			return channel.Batch{}, fmt.Errorf("cursor: %w", err)
		}
	}
	id, err := l.ourID(ctx)
	if err != nil {
		return channel.Batch{}, err
	}
	mentions, own := l.mentions(), l.own(id)
	found, moreMentions, err := l.next(ctx, mentions, &at.Mentions)
	if err != nil {
		return channel.Batch{}, err
	}
	for _, e := range found {
		at.Seen = append(at.Seen, e.raw.Key)
	}
	if !moreMentions {
		late, err := l.lookBack(ctx, mentions, &at)
		if err != nil {
			return channel.Batch{}, err
		}
		found = append(found, late...)
	}
	ours, moreOwn, err := l.next(ctx, own, &at.Own)
	if err != nil {
		return channel.Batch{}, err
	}
	found = append(found, ours...)
	slices.SortStableFunc(found, func(a, b entry) int { return a.at.Compare(b.at) })

	batch := channel.Batch{More: moreMentions || moreOwn}
	for _, e := range found {
		batch.Raws = append(batch.Raws, e.raw)
	}
	at.Seen = at.Seen[max(0, len(at.Seen)-seenMax):]
	text, err := json.Marshal(at)
	if err != nil {
		return channel.Batch{}, err
	}
	batch.Cursor = string(text)
	return batch, nil
}

// mentions is the list of notifications, with those that Mastodon 4.3 and later hold back from strangers: a customer is
// a stranger.
func (l *line) mentions() list {
	return list{
		path:  "/api/v1/notifications",
		query: url.Values{"types[]": {"mention"}, "include_filtered": {"true"}},
		limit: mentionPage,
		read: func(body []byte) entry {
			var n notification
			err := json.Unmarshal(body, &n)
			e := entry{id: n.ID, at: n.CreatedAt}
			switch {
			case err != nil || n.Type == "" || n.Status != nil && n.Status.valid() != nil:
				e.raw = channel.Raw{Key: unreadKey(body), Kind: kindNotification, Body: body}
			case n.Type == "mention" && n.Status != nil:
				e.raw = channel.Raw{Key: n.Status.key(), Kind: kindNotification, Body: body}
			}
			return e
		},
	}
}

// own is the list of our statuses, of which the desk takes those that answer somebody.
func (l *line) own(id string) list {
	return list{
		path:  "/api/v1/accounts/" + url.PathEscape(id) + "/statuses",
		query: url.Values{"exclude_reblogs": {"true"}},
		limit: ownPage,
		read: func(body []byte) entry {
			var s status
			err := json.Unmarshal(body, &s)
			e := entry{id: s.ID, at: s.CreatedAt}
			switch {
			case err != nil || s.valid() != nil:
				e.raw = channel.Raw{Key: unreadKey(body), Kind: kindStatus, Body: body}
			case s.concerns(l.acc.Self.ID, l.home):
				e.raw = channel.Raw{Key: s.key(), Kind: kindStatus, Body: body}
			}
			return e
		},
	}
}

// page asks for a part of a list. It comes newest first, whichever end was asked for, and is returned oldest first. Where so
// much cannot be read at once, it is less: what other servers send may be a megabyte each.
func (l *line) page(ctx context.Context, of list, limit int, key, id string) ([]entry, error) {
	page, err := l.pageOf(ctx, of, limit, key, id)
	for limit > 1 && errors.Is(err, channel.ErrTooLarge) {
		limit /= 4
		page, err = l.pageOf(ctx, of, max(1, limit), key, id)
	}
	return page, err
}

func (l *line) pageOf(ctx context.Context, of list, limit int, key, id string) ([]entry, error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for k, v := range of.query {
		query[k] = v
	}
	if id != "" {
		query.Set(key, id)
	}
	var bodies []json.RawMessage
	if err := l.c.get(ctx, of.path, query, &bodies); err != nil {
		return nil, err
	}
	var entries []entry
	for _, body := range slices.Backward(bodies) {
		entries = append(entries, of.read(body))
	}
	return entries, nil
}

// next reads a page after a place and moves the place behind it. More tells that there may be another one.
func (l *line) next(ctx context.Context, of list, at *place) (found []entry, more bool, err error) {
	if at.At == "" {
		if err := l.walkBack(ctx, of, at); err != nil || at.At == "" {
			return nil, true, err
		}
	}
	page, err := l.page(ctx, of, of.limit, "min_id", at.At)
	if err != nil {
		return nil, false, err
	}
	behind := at.At
	for _, e := range page {
		if e.id != "" {
			behind = e.id
		}
		if e.raw.Key != "" && !l.old(e) {
			found = append(found, e)
		}
	}
	if len(page) > 0 && behind == at.At {
		return nil, false, fmt.Errorf("%w: a page without ids", errUnreadable)
	}
	at.At = behind
	return found, len(page) > 0, nil // a page may be short because something on it is not shown
}

// walkBack looks for where the first read begins. The server knows no times to begin at, so pages are read from the
// newest back and thrown away: a week of mentions is a handful of pages.
func (l *line) walkBack(ctx context.Context, of list, at *place) error {
	for range walkPages {
		page, err := l.page(ctx, of, of.limit, "max_id", at.Down)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			at.At, at.Down = "0", "" // there is nothing older; every id comes after this one
			return nil
		}
		if !slices.ContainsFunc(page, func(e entry) bool { return !l.old(e) }) && page[len(page)-1].id != "" {
			at.At, at.Down = page[len(page)-1].id, ""
			return nil
		}
		if page[0].id == "" || page[0].id == at.Down {
			return fmt.Errorf("%w: a page without ids", errUnreadable)
		}
		at.Down = page[0].id
	}
	return nil
}

// lookBack returns those of the newest mentions that have not been delivered as they are now.
func (l *line) lookBack(ctx context.Context, mentions list, at *cursor) ([]entry, error) {
	page, err := l.page(ctx, mentions, lookBack, "", "")
	if err != nil {
		return nil, err
	}
	var late []entry
	for _, e := range page {
		if e.raw.Key != "" && !l.old(e) && !slices.Contains(at.Seen, e.raw.Key) {
			late = append(late, e)
			at.Seen = append(at.Seen, e.raw.Key)
		}
	}
	return late, nil
}

// old tells whether an entry is from before the account was connected, by the milliseconds that servers count. What has
// no time cannot be told to be old.
func (l *line) old(e entry) bool {
	return !e.at.IsZero() && e.at.Before(l.acc.Since.Truncate(time.Millisecond))
}
