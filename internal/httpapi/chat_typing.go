// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
)

// That somebody writes is told while they do, to whoever looks at that moment, and kept nowhere. It goes by the bus, for
// the two sides may be at different nodes; what gets lost is told again a few seconds later.

// writingSubject is where the bus tells that a visitor writes.
const writingSubject = "hilft.writing"

// answeringSubject is where the bus tells that somebody of us writes to a visitor: the data is the thread.
func answeringSubject(id hilft.AccountID) string { return "hilft.answering." + string(id) }

// writing says which visitor writes.
type writing struct {
	Account hilft.AccountID `json:"account"`
	Thread  string          `json:"thread"`
}

// typing takes a frame that says that the visitor writes, and passes it on where they do not say so too often. It is not
// answered.
func (s *chatSocket) typing(data []byte) (typing, passed bool) {
	var f struct{ T string }
	if json.Unmarshal(data, &f) != nil || f.T != "typing" {
		return false, false
	}
	if s.chat.typing.pass(s.visitor, s.chat.Now()) > 0 {
		return true, false
	}
	if data, err := json.Marshal(writing{s.account, s.visitor}); err == nil {
		s.chat.Bus.Publish(writingSubject, data)
	}
	return true, true
}

// answering shows a visitor's pages that somebody writes to them.
func (c *Chat) answering(id hilft.AccountID, visitor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room, ok := c.rooms[id]
	if !ok || room.visitors[visitor] == nil {
		return
	}
	for s := range room.visitors[visitor].sockets {
		select {
		case s.pen <- struct{}{}:
		default:
		}
	}
}

// hearsWriting listens for visitors who write, until the context ends. Nothing is looked up while no agent looks.
func (a *API) hearsWriting(ctx context.Context) {
	known := writers{}
	cancel := a.Bus.Subscribe(writingSubject, func(_ string, data []byte) {
		var w writing
		if json.Unmarshal(data, &w) != nil || !a.relay.heard() {
			return
		}
		if who := known.find(a.DB.Now(), w, func() (who writer) {
			who.brand, who.caseID, _ = a.Desk.CaseOf(ctx, w.Account, w.Thread) // who has not said anything yet has no case; what fails is told again soon
			return who
		}); who.caseID != "" {
			if data, err := json.Marshal(map[string]hilft.CaseID{"case_id": who.caseID}); err == nil {
				a.relay.says(word{who.brand, "typing", data})
			}
		}
	})
	defer cancel()
	<-ctx.Done()
}

// writer is the case of a visitor who writes.
type writer struct {
	brand  hilft.BrandID
	caseID hilft.CaseID
	until  time.Time // then it is looked up anew
}

const (
	writersMax   = 1000
	writersFresh = 10 * time.Second
)

// writers remembers for a moment whose words belong to which case, for who writes says so every few seconds.
type writers map[writing]writer

func (k writers) find(now time.Time, w writing, look func() writer) writer {
	who, ok := k[w]
	if ok && now.Before(who.until) {
		return who
	}
	if len(k) >= writersMax {
		clear(k)
	}
	who = look()
	who.until = now.Add(writersFresh)
	k[w] = who
	return who
}

type typingRequest struct {
	ByID
	Body struct {
		ConversationID string `json:"conversation_id" maxLength:"64"`
	}
}

// typingMinute is how often one agent's writing is passed on.
const typingMinute = 60

func (a *API) typingOperation() {
	gate := newChatGate(typingMinute)
	operation(a, workers, http.MethodPost, "/api/cases/{id}/typing", "typing", "Show the customer that somebody writes an answer, for a few seconds and where the network can do that", 204,
		func(ctx context.Context, in *typingRequest) (*nothing, error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			account, thread, err := a.Desk.ThreadOf(ctx, sight(ctx), hilft.CaseID(in.ID), hilft.ConversationID(in.Body.ConversationID))
			if err != nil {
				return nil, err
			}
			if n.types(account) && thread != "" && gate.pass(string(access.Actor(ctx).ID), a.DB.Now()) == 0 {
				a.Bus.Publish(answeringSubject(account), []byte(thread))
			}
			return nil, nil //nolint:nilnil // there is nothing to answer
		})
}

// types tells whether the people on an account can be shown that somebody writes.
func (n *names) types(id hilft.AccountID) bool {
	return n.networks[n.accounts[id].Network].Can.Typing != channel.No
}
