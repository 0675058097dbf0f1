// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

const (
	ownPage = 40 // the most that a server gives of an account's statuses
	// clocksDiffer is how far our clock and a server's may be apart.
	clocksDiffer = 5 * time.Minute
	// readBackPages bounds how many own statuses are read: two thousand. A desk that posts more in the time is asked to
	// look itself.
	readBackPages = 50
)

// ReadBack looks for a status among the account's own, from the newest back to before Send was first called. A status
// carries no key of ours; it is ours when it answers the same one, is as public, reads the same behind the same warning, has as many files, and is not one that the
// conversation already has.
func (l *line) ReadBack(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	receipt, err := l.readBack(ctx, out)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mastodon: read back: %w", err)
	}
	return receipt, nil
}

func (l *line) readBack(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	if out.First.IsZero() {
		return channel.Receipt{}, errors.New("when it was sent first is not known")
	}
	id, err := l.ourID(ctx)
	if err != nil {
		return channel.Receipt{}, err
	}
	path := "/api/v1/accounts/" + url.PathEscape(id) + "/statuses"
	since := out.First.Add(-clocksDiffer)
	query := url.Values{"limit": {strconv.Itoa(ownPage)}, "exclude_reblogs": {"true"}}
	for range readBackPages {
		var page []status
		if err := l.c.get(ctx, path, query, &page); err != nil {
			return channel.Receipt{}, err
		}
		if len(page) == 0 { // only this is the end: a page may be short because something on it is not shown
			return channel.Receipt{}, channel.ErrNotThere
		}
		past := true
		for i := range page {
			s := &page[i]
			if err := s.valid(); err != nil {
				return channel.Receipt{}, fmt.Errorf("%w: %w", errUnreadable, err)
			}
			if s.CreatedAt.Before(since) {
				continue
			}
			past = false
			if l.isThis(s, out) {
				return channel.Receipt{ID: s.ID, URL: cmp.Or(s.URL, s.URI), At: s.CreatedAt.UTC()}, nil
			}
		}
		if past {
			return channel.Receipt{}, channel.ErrNotThere
		}
		next := page[len(page)-1].ID
		if next == query.Get("max_id") {
			return channel.Receipt{}, fmt.Errorf("%w: the same page again", errUnreadable)
		}
		query.Set("max_id", next)
	}
	return channel.Receipt{}, errors.New("there are too many posts to look through")
}

// isThis tells whether a status is the one that a message became.
func (l *line) isThis(s *status, out channel.Outgoing) bool {
	public := s.Visibility == "public" || s.Visibility == "unlisted"
	if s.InReplyToID != out.InReplyTo || public != (out.Visibility == hilft.Public) || slices.Contains(out.Refs, s.ID) ||
		squeezed(s.SpoilerText) != squeezed(out.Warning) || len(s.Media) != len(out.Files) {
		return false
	}
	got, want := squeezed(visibleText(s.Content)), squeezed(out.Text)
	if got == want {
		return true
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(out.To.Handle, "@"), "@")
	if name == "" && len(s.Mentions) > 0 { // Send took the name from what is answered
		name, _, _ = strings.Cut(s.Mentions[0].Acct, "@")
	}
	return strings.EqualFold(got, "@"+name+want)
}
