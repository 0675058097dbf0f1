// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
)

// Type is what an endpoint may ask for. They are stored and sent, and so never change.
type Type string

const (
	CaseOpened      Type = "case.opened"
	CaseAssigned    Type = "case.assigned"
	CaseSolved      Type = "case.solved"
	CaseReopened    Type = "case.reopened"
	CaseLate        Type = "case.late"
	CaseMerged      Type = "case.merged" // it went into another
	CaseSplit       Type = "case.split"  // some of its words became a case of their own
	CaseContinued   Type = "case.continued"
	MessageReceived Type = "message.received"
	ReplySent       Type = "reply.sent"
	ReplyFailed     Type = "reply.failed" // or it is not known whether it arrived: its delivery says so
	Test            Type = "webhook.test" // sent by the button alone
)

// Types are all that can be asked for.
var Types = []Type{CaseOpened, CaseAssigned, CaseSolved, CaseReopened, CaseLate, CaseMerged, CaseSplit, CaseContinued, MessageReceived, ReplySent, ReplyFailed}

// Payload is what is posted.
type Payload struct {
	Type      Type      `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      Data      `json:"data"`
}

// Data says what it happened to.
type Data struct {
	Event   int64             `json:"event,omitempty"` // its number in the house: of two, the later is greater
	Brand   hilft.BrandID     `json:"brand_id"`
	Case    hilft.CaseID      `json:"case_id,omitempty"`
	Message string            `json:"message_id,omitempty"`
	Agent   hilft.AgentID     `json:"agent_id,omitempty"` // who did it
	Details map[string]string `json:"details,omitempty"`
}

// told is what of the details of an event is told, by its kind: ids and states that mean something outside.
var told = map[Type][]string{CaseAssigned: {"from", "to"}, CaseLate: {"late"}, CaseMerged: {"into"}, CaseSplit: {"case"}, CaseContinued: {"case"}, ReplySent: {"delivery"}, ReplyFailed: {"delivery", "reason"}}

// payloadOf is what is told of an event; false: nothing.
func payloadOf(e jobs.Event) (Payload, bool) {
	details := map[string]string{}
	if err := json.Unmarshal(e.Raw, &details); err != nil {
		details = nil // events of other shapes have nothing that is told
	}
	p := Payload{Timestamp: e.At, Data: Data{Event: e.ID, Brand: e.Brand, Case: e.Case, Agent: e.Agent}}
	switch e.Kind {
	case hilft.EventCaseOpened, hilft.EventCaseAssigned, hilft.EventCaseSolved, hilft.EventCaseReopened, hilft.EventCaseLate,
		hilft.EventCaseMerged, hilft.EventCaseSplit, hilft.EventCaseContinued:
		p.Type = Type(e.Kind)
	case hilft.EventMessageHeard:
		p.Type, p.Data.Message = MessageReceived, e.Subject
	case hilft.EventMessageMoved:
		p.Data.Message = e.Subject
		switch hilft.Delivery(details["delivery"]) {
		case hilft.Sent:
			p.Type = ReplySent
		case hilft.Failed, hilft.Unknown:
			p.Type = ReplyFailed
		case hilft.Held, hilft.Queued, hilft.Sending, hilft.Withdrawn:
			return p, false
		}
		if details["let_go"] != "" {
			return p, false // that it failed was told when it did
		}
	}
	if p.Type == "" || e.Brand == "" {
		return p, false
	}
	for _, key := range told[p.Type] {
		if details[key] == "" {
			continue
		}
		if p.Data.Details == nil {
			p.Data.Details = map[string]string{}
		}
		p.Data.Details[key] = details[key]
	}
	return p, true
}

func (p Payload) body() (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("webhook: body: %w", err)
	}
	return string(b), nil
}
