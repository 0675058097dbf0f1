// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Account is a connected account, as the API tells of it.
type Account struct {
	ID      string `json:"id"`
	Network string `json:"network"`
	Name    string `json:"name"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Refused int    `json:"refused"`
	HookURL string `json:"hook_url"`
}

// Row is a case in the inbox.
type Row struct {
	ID         string `json:"id"`
	Number     int64  `json:"number"`
	Title      string `json:"title"`
	State      string `json:"state"`
	Visibility string `json:"visibility"`
	Preview    string `json:"preview"`
	Trouble    int    `json:"trouble"`
}

// Case is a case with all that was said.
type Case struct {
	Row
	Messages []Message `json:"messages"`
	Ways     []Way     `json:"ways"`
}

// Message is what was said.
type Message struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversation_id"`
	Direction      string    `json:"direction"`
	Visibility     string    `json:"visibility"`
	Subject        string    `json:"subject"`
	Body           string    `json:"body"`
	At             time.Time `json:"at"`
	Delivery       string    `json:"delivery"`
	Reason         string    `json:"reason"`
	Detail         string    `json:"detail"`
}

// Way is how a person can be answered.
type Way struct {
	ConversationID string `json:"conversation_id"`
	Visibility     string `json:"visibility"`
	Starts         bool   `json:"starts"`
	Blocked        string `json:"blocked"`
}

// Reply is an answer to a customer.
type Reply struct {
	ConversationID string `json:"conversation_id"`
	Visibility     string `json:"visibility"`
	Text           string `json:"text"`
	Seen           string `json:"seen"`
	Anyway         bool   `json:"anyway,omitempty"`
}

// Health is how the house is doing.
type Health struct {
	OK     bool `json:"ok"`
	Queues []struct {
		Kind    string `json:"kind"`
		Waiting int    `json:"waiting"`
		Running int    `json:"running"`
		Dead    int    `json:"dead"`
	} `json:"queues"`
	Stuck []struct {
		ID    int64  `json:"id"`
		Error string `json:"error"`
	} `json:"stuck"`
	Unknown []struct {
		MessageID string `json:"message_id"`
	} `json:"unknown"`
	Canaries []struct {
		Account struct {
			ID string `json:"id"`
		} `json:"account"`
		HeardAt *time.Time `json:"heard_at"`
		Missing bool       `json:"missing"`
		Error   string     `json:"error"`
	} `json:"canaries"`
}

// Work is how much work is not done yet.
func (h Health) Work() int {
	n := 0
	for _, q := range h.Queues {
		n += q.Waiting + q.Running
	}
	return n
}

// Views of the inbox between which every case is in one.
var Views = []string{"open", "waiting", "solved"}

// Connect connects an account.
func (a *Agent) Connect(ctx context.Context, network, name string, settings map[string]string) (acc Account, err error) {
	err = a.Do(ctx, http.MethodPost, "/api/accounts", map[string]any{"network": network, "name": name, "settings": settings}, &acc)
	return acc, err
}

// Accounts lists the accounts.
func (a *Agent) Accounts(ctx context.Context) ([]Account, error) {
	var out struct{ Accounts []Account }
	err := a.Do(ctx, http.MethodGet, "/api/accounts", nil, &out)
	return out.Accounts, err
}

// Inbox lists all cases of a view.
func (a *Agent) Inbox(ctx context.Context, view string) ([]Row, error) {
	var all []Row
	for cursor := ""; ; {
		var page struct {
			Cases []Row  `json:"cases"`
			Next  string `json:"next"`
		}
		q := url.Values{"view": {view}, "cursor": {cursor}, "limit": {"200"}}
		if err := a.Do(ctx, http.MethodGet, "/api/inbox?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Cases...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// AllCases lists the cases of all views.
func (a *Agent) AllCases(ctx context.Context) ([]Row, error) {
	var all []Row
	for _, view := range Views {
		rows, err := a.Inbox(ctx, view)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// Case reads one case.
func (a *Agent) Case(ctx context.Context, id string) (c Case, err error) {
	err = a.Do(ctx, http.MethodGet, "/api/cases/"+id, nil, &c)
	return c, err
}

// Answer is the reply to all that the agent has seen of a case, where the customer spoke last in that room; private on a
// public case goes on in private.
func (c Case) Answer(visibility, text string) (Reply, bool) {
	for _, w := range c.Ways {
		if visibility == "" || w.Visibility == visibility {
			return Reply{ConversationID: w.ConversationID, Visibility: w.Visibility, Text: text, Seen: c.Last()}, true
		}
	}
	return Reply{}, false
}

// Last is the id of the message that came to the house last: ids sort by the time they were made. It need not be the last
// in the list, which is in the order in which networks say that things were said.
func (c Case) Last() (id string) {
	for _, m := range c.Messages {
		id = max(id, m.ID)
	}
	return id
}

// Reply answers, once however often it is asked with one key.
func (a *Agent) Reply(ctx context.Context, key, id string, r Reply) (m Message, err error) {
	err = a.DoOnce(ctx, key, http.MethodPost, "/api/cases/"+id+"/replies", r, &m)
	return m, err
}

// Health tells how the house is doing.
func (a *Agent) Health(ctx context.Context) (h Health, err error) {
	err = a.Do(ctx, http.MethodGet, "/api/health", nil, &h)
	return h, err
}
