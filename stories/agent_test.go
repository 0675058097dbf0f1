// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hilft/hilft/internal/app/apptest"
)

// doAgent is what the agent does and sees. The case that was seen last is the one that is worked on.
//
//	agent sees case 'words' [public|private] [open|waiting|solved]
//	agent sees 2 cases
//	agent replies 'text' [in private|in public]    having seen what was seen last
//	agent replies anyway 'text'
//	agent notes 'text'
//	agent solves
//	agent fails to sign in with 'password'
//	agent retries 'text'                           a reply that failed, or of which nobody knows
//	agent says 'text' arrived
func (w *world) doAgent(ctx context.Context, args []string) error {
	if known, err := w.parts(ctx, args); known {
		return err
	}
	switch {
	case len(args) >= 3 && args[0] == "sees" && args[1] == "case":
		return w.sees(ctx, args[2], args[3:])
	case is(args, "sees … cases"):
		return w.counts(ctx, args[1])
	case is(args, "replies …"):
		return w.replies(ctx, "", args[1], false)
	case is(args, "replies … in private"), is(args, "replies … in public"):
		return w.replies(ctx, args[3], args[1], false)
	case is(args, "replies anyway …"):
		return w.replies(ctx, "", args[2], true)
	case is(args, "notes …"):
		return w.agent.Do(ctx, http.MethodPost, "/api/cases/"+w.seen.ID+"/notes", map[string]string{"text": args[1]}, nil)
	case is(args, "solves"):
		return w.agent.Do(ctx, http.MethodPost, "/api/cases/"+w.seen.ID+"/solve", map[string]string{"seen": w.seen.Last()}, nil)
	case is(args, "fails to sign in with …"):
		return w.failsToSignIn(ctx, args[5])
	case is(args, "retries …"):
		return w.decide(ctx, args[1], "retry")
	case is(args, "says … arrived"):
		return w.decide(ctx, args[1], "arrived")
	}
	return badLine(args)
}

// find waits for a case in which words were said.
func (w *world) find(ctx context.Context, words string) (found apptest.Case, err error) {
	return found, w.agent.Until(ctx, func(ctx context.Context) error {
		rows, err := w.agent.AllCases(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			c, err := w.agent.Case(ctx, r.ID)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(c.Messages, func(m apptest.Message) bool { return strings.Contains(m.Body, words) }) {
				found = c
				return nil
			}
		}
		return fmt.Errorf("no case of %d has %q", len(rows), words)
	})
}

func (w *world) sees(ctx context.Context, words string, like []string) error {
	var err error
	if w.seen, err = w.find(ctx, words); err != nil {
		return err
	}
	for _, want := range like {
		if want != w.seen.State && want != w.seen.Visibility {
			return fmt.Errorf("the case is %s and %s", w.seen.State, w.seen.Visibility)
		}
	}
	return nil
}

func (w *world) counts(ctx context.Context, n string) error {
	rows, err := w.agent.AllCases(ctx)
	if err == nil && strconv.Itoa(len(rows)) != n {
		err = fmt.Errorf("there are %d", len(rows))
	}
	return err
}

func (w *world) replies(ctx context.Context, visibility, text string, anyway bool) error {
	r, ok := w.seen.Answer(visibility, text)
	if !ok {
		return fmt.Errorf("there is no way to answer in %q: %+v", visibility, w.seen.Ways)
	}
	r.Anyway = anyway
	_, err := w.agent.Reply(ctx, rand.Text(), w.seen.ID, r)
	return err
}

// said finds a message of ours in the case that was seen last.
func (w *world) said(ctx context.Context, text string) (apptest.Message, error) {
	c, err := w.agent.Case(ctx, w.seen.ID)
	if err != nil {
		return apptest.Message{}, err
	}
	i := slices.IndexFunc(c.Messages, func(m apptest.Message) bool { return m.Direction == "outbound" && m.Body == text })
	if i < 0 {
		return apptest.Message{}, fmt.Errorf("nobody of us said %q", text)
	}
	return c.Messages[i], nil
}

func (w *world) decide(ctx context.Context, text, what string) error {
	m, err := w.said(ctx, text)
	if err != nil {
		return err
	}
	return w.agent.Do(ctx, http.MethodPost, "/api/messages/"+m.ID+"/"+what, nil, nil)
}

// doReply looks at a reply in the case that was seen last.
//
//	reply 'text' is sent|failed|unknown|queued [because reason]
func (w *world) doReply(ctx context.Context, args []string) error {
	if !is(args, "… is …") && !is(args, "… is … because …") {
		return badLine(args)
	}
	return w.agent.Until(ctx, func(ctx context.Context) error {
		m, err := w.said(ctx, args[0])
		if err != nil {
			return err
		}
		if m.Delivery != args[2] || len(args) == 5 && m.Reason != args[4] {
			return fmt.Errorf("the reply is %s (%s %s)", m.Delivery, m.Reason, m.Detail)
		}
		return nil
	})
}

// doCase looks at the case that was seen last.
//
//	case is open|waiting|solved
//	case has 3 messages
//	case has all sent                       of what we said in it
//	case has 2 conversations
//	case shows trouble 1
//	case has tag 'name'
func (w *world) doCase(ctx context.Context, args []string) error {
	return w.agent.Until(ctx, func(ctx context.Context) error {
		c, err := w.agent.Case(ctx, w.seen.ID)
		if err != nil {
			return err
		}
		rooms := map[string]bool{}
		for _, m := range c.Messages {
			rooms[m.ConversationID] = true
		}
		var got string
		switch {
		case is(args, "is …"):
			got = c.State
		case is(args, "has all sent"):
			if i := slices.IndexFunc(c.Messages, func(m apptest.Message) bool { return m.Direction == "outbound" && m.Delivery != "sent" }); i >= 0 {
				return fmt.Errorf("%q is %s", c.Messages[i].Body, c.Messages[i].Delivery)
			}
			return nil
		case is(args, "has … messages"):
			got = strconv.Itoa(len(c.Messages))
		case is(args, "has … conversations"):
			got = strconv.Itoa(len(rooms))
		case is(args, "has tag …"):
			if names, err := w.tags(ctx); err != nil || !slices.Contains(names, args[2]) {
				return fmt.Errorf("it has the tags %v: %w", names, err)
			}
			return nil
		case is(args, "shows trouble …"):
			if strconv.Itoa(c.Trouble) == args[2] {
				return nil
			}
			return fmt.Errorf("it shows %d", c.Trouble)
		default:
			return badLine(args)
		}
		if got != args[1] {
			return fmt.Errorf("it is %s: %+v", got, c.Messages)
		}
		return nil
	})
}
