// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	answerIn = 10 * time.Second
	keptFor  = 4 * time.Hour // how long a push service keeps it for a browser that is off
	baseWait = 10 * time.Second
	mostWait = 30 * time.Minute
	attempts = 8
)

type errand struct {
	Subscription string       `json:"subscription"`
	Kind         Kind         `json:"kind"`
	Case         hilft.CaseID `json:"case,omitempty"` // the one it is about; of several, none
	Many         int          `json:"many"`
}

// Message is what a browser is told. The words are ours: nothing in them comes from a customer.
type Message struct {
	Text string `json:"text"`
	URL  string `json:"url"` // the page of ours that shows it
	Tag  string `json:"tag"` // a later one of the same takes its place
}

// words are what is told, by language and kind: of one case, and of several.
var words = map[string]map[Kind][2]string{
	"de": {
		Assigned: {"Ein Anliegen wurde Ihnen zugewiesen.", "Mehrere Anliegen wurden Ihnen zugewiesen."},
		Late:     {"Eines Ihrer Anliegen ist überfällig.", "Mehrere Ihrer Anliegen sind überfällig."},
		Trouble:  {"Eine Ihrer Antworten ist vielleicht nicht angekommen.", "Mehrere Ihrer Antworten sind vielleicht nicht angekommen."},
	},
	"en": {
		Assigned: {"A case was assigned to you.", "Several cases were assigned to you."},
		Late:     {"One of your cases is late.", "Several of your cases are late."},
		Trouble:  {"One of your replies may not have arrived.", "Several of your replies may not have arrived."},
	},
}

// pages show several of a kind at once.
var pages = map[Kind]string{Assigned: "/inbox/mine", Late: "/inbox/mine", Trouble: "/inbox/trouble"}

func messageOf(e errand, language string) Message {
	of, ok := words[language]
	if !ok {
		of = words["en"]
	}
	if e.Case == "" {
		return Message{of[e.Kind][1], pages[e.Kind], string(e.Kind)}
	}
	return Message{of[e.Kind][0], "/cases/" + string(e.Case), string(e.Kind) + " " + string(e.Case)}
}

// errGone: the push service says that the browser takes nothing any more.
var errGone = errors.New("push: the browser is gone")

// deliver sends one message, if its browser is still signed in.
func (p *Push) deliver(ctx context.Context, c *jobs.Claim) error {
	var e errand
	if err := c.Read(&e); err != nil {
		return err
	}
	to, language, ok, err := p.reach(ctx, e.Subscription)
	if err != nil || !ok {
		return err
	}
	body, err := json.Marshal(messageOf(e, language))
	if err != nil {
		return fmt.Errorf("push: deliver: %w", err)
	}
	switch err = p.send(ctx, to, body); {
	case err == nil:
		return nil
	case errors.Is(err, errGone):
		return p.forget(context.WithoutCancel(ctx), e.Subscription)
	case c.Attempt >= attempts && ctx.Err() == nil:
		p.Log.WarnContext(ctx, "a push was let go", "kind", e.Kind, "attempts", c.Attempt, "err", err)
		return nil
	}
	return err
}

// reach is where a subscription leads; ok false: nowhere, because it is gone, or its session, which takes it along.
func (p *Push) reach(ctx context.Context, id string) (to opened, language string, ok bool, err error) {
	var sealed []byte
	holds := false
	err = p.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var session string
		var agent hilft.AgentID
		err := tx.Row(ctx, `SELECT s.sealed, s.session, s.agent_id, a.language FROM push_subscription s JOIN agent a ON a.id = s.agent_id WHERE s.id = ?`, []any{id}, &sealed, &session, &agent, &language)
		if store.IsNoRows(err) {
			return nil
		}
		if err == nil {
			holds, err = access.SessionHolds(ctx, tx, session, agent)
		}
		return err
	})
	switch {
	case err != nil:
		return to, "", false, fmt.Errorf("push: reach: %w", err)
	case sealed == nil:
		return to, "", false, nil
	case !holds:
		return to, "", false, p.forget(ctx, id)
	}
	plain, err := p.Keys.Open(place(id), sealed)
	if err != nil {
		return to, "", false, err
	}
	var s Subscription
	if err := json.Unmarshal(plain, &s); err != nil {
		return to, "", false, fmt.Errorf("push: reach: %w", err)
	}
	to, err = s.open()
	return to, language, err == nil, err
}

// forget ends a subscription of which nobody has to be told.
func (p *Push) forget(ctx context.Context, id string) error {
	return p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM push_subscription WHERE id = ?`, id)
		return err
	})
}

// send posts a message to a browser's push service. errGone: it takes none any more.
func (p *Push) send(ctx context.Context, to opened, plain []byte) error {
	body, err := seal(plain, to.public, to.auth)
	if err != nil {
		return err
	}
	sign, err := p.voucher.header(to.endpoint, p.DB.Now())
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("push: send: %w", err)
	}
	for name, v := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm", "Authorization": sign, "Urgency": "normal", "TTL": strconv.Itoa(int(keptFor.Seconds())),
	} {
		r.Header.Set(name, v)
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return errors.New("push: send: the push service does not answer") // the cause names its address, which is a secret
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	switch s := answer.StatusCode; {
	case s == http.StatusNotFound, s == http.StatusGone:
		return errGone
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return jobs.Later(p.DB.Now().Add(min(max(time.Duration(after)*time.Second, baseWait), mostWait)), errors.New("push: send: too many"))
	default:
		return fmt.Errorf("push: send: answered with %d", s)
	}
}

// Sweep forgets subscriptions whose session is over. It is to be called now and then, on any node.
func (p *Push) Sweep(ctx context.Context) error {
	var over []string
	err := p.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		over = nil
		all, err := subscribers(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range all {
			holds, err := access.SessionHolds(ctx, tx, s.session, s.agent)
			if err != nil {
				return err
			}
			if !holds {
				over = append(over, s.id)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("push: sweep: %w", err)
	}
	for _, id := range over {
		if err := p.forget(ctx, id); err != nil {
			return fmt.Errorf("push: sweep: %w", err)
		}
	}
	return nil
}
