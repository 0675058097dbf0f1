// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

// part is as much of a case as one must know that had to do with another.
type part struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
	State  string `json:"state"`
	Tags   []struct {
		Name string `json:"name"`
	} `json:"tags"`
}

// did is the last act, and the case in which it can be taken back.
type did struct {
	part
	Act int64 `json:"act"`
	New part  `json:"new"`
}

// parts is what the agent does with whole cases; false: it is something else.
//
//	agent merges case 'words' into case 'words'     the number of the first one leads to the second one then
//	agent splits 'words'                            off the case that was seen last
//	agent replies 'text' to 'words'                 where they were said
//	agent tags 'name'
//	agent snoozes                                   for a day, having seen what was seen last
//	agent undoes                                    what the agent has just done of these
//	agent finds case 'words' by its old number      that of the case that was merged
func (w *world) parts(ctx context.Context, args []string) (known bool, err error) {
	post := func(method, id, what string, body any) error {
		return w.agent.Do(ctx, method, "/api/cases/"+id+"/"+what, body, &w.did)
	}
	switch {
	case is(args, "merges case … into case …"):
		from, err := w.find(ctx, args[2])
		if err != nil {
			return true, err
		}
		into, err := w.find(ctx, args[5])
		if err != nil {
			return true, err
		}
		var was part
		if err := w.agent.Do(ctx, http.MethodGet, "/api/cases/"+from.ID, nil, &was); err != nil {
			return true, err
		}
		w.merged = was.Number
		return true, post(http.MethodPost, from.ID, "merge", map[string]any{"into": into.ID})
	case is(args, "splits …"):
		i := slices.IndexFunc(w.seen.Messages, func(m apptest.Message) bool { return strings.Contains(m.Body, args[1]) })
		if i < 0 {
			return true, fmt.Errorf("nobody said %q there", args[1])
		}
		return true, post(http.MethodPost, w.seen.ID, "split", map[string]any{"messages": []string{w.seen.Messages[i].ID}})
	case is(args, "replies … to …"):
		i := slices.IndexFunc(w.seen.Messages, func(m apptest.Message) bool { return strings.Contains(m.Body, args[3]) })
		r, ok := w.seen.Answer("", args[1])
		if i < 0 || !ok {
			return true, fmt.Errorf("nobody can be answered there who said %q", args[3])
		}
		r.ConversationID, r.Visibility = w.seen.Messages[i].ConversationID, w.seen.Messages[i].Visibility
		_, err := w.agent.Reply(ctx, rand.Text(), w.seen.ID, r)
		return true, err
	case is(args, "tags …"):
		return true, post(http.MethodPost, w.seen.ID, "tags", map[string]any{"add": []string{args[1]}, "remove": []string{}})
	case is(args, "snoozes"):
		return true, post(http.MethodPut, w.seen.ID, "sleep", map[string]any{"until": time.Now().Add(24 * time.Hour), "seen": w.seen.Last()})
	case is(args, "undoes"):
		return true, w.agent.Do(ctx, http.MethodPost, "/api/cases/"+w.did.ID+"/undo", map[string]any{"act": w.did.Act}, nil)
	case is(args, "finds case … by its old number"):
		want, err := w.find(ctx, args[2])
		if err != nil {
			return true, err
		}
		var found part
		if err := w.agent.Do(ctx, http.MethodGet, fmt.Sprintf("/api/numbers/%d", w.merged), nil, &found); err != nil {
			return true, err
		}
		if found.ID != want.ID {
			return true, fmt.Errorf("#%d leads to #%d", w.merged, found.Number)
		}
		return true, nil
	}
	return false, nil
}

// tags are the names of those of the case that was seen last.
func (w *world) tags(ctx context.Context) (names []string, err error) {
	var c part
	err = w.agent.Do(ctx, http.MethodGet, "/api/cases/"+w.seen.ID, nil, &c)
	for _, t := range c.Tags {
		names = append(names, t.Name)
	}
	return names, err
}
