// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft/channel"
)

const messagesMax = 500 // in one request

// Hook verifies one request and splits it into one delivery a message. Every message is read here once, so that the
// other side learns at once what is wrong with it: a *channel.Rejected with ReasonBadMessage says so, nothing of the
// request is stored then, and its Detail is for the other side.
func (Connector) Hook(acc channel.Account, req channel.HookRequest) (channel.HookAnswer, error) {
	if req.Method != http.MethodPost {
		return channel.HookAnswer{}, fmt.Errorf("api: hook: %w: not a POST", channel.ErrSignature)
	}
	if err := verify(req.Header, secrets(acc.Settings), req.Now, req.Body); err != nil {
		return channel.HookAnswer{}, fmt.Errorf("api: hook: %w", err)
	}
	raws, err := split(req.Body, req.Now)
	if err != nil {
		return channel.HookAnswer{}, fmt.Errorf("api: hook: %w", &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: err.Error()})
	}
	return channel.HookAnswer{Raws: raws}, nil
}

// split makes one delivery of each message of a body.
func split(body []byte, now time.Time) ([]channel.Raw, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8")
	}
	var batch struct {
		Messages *[]json.RawMessage `json:"messages"`
	}
	if err := object(body, &batch); err != nil {
		return nil, err
	}
	if batch.Messages == nil {
		raw, err := delivery(body, now)
		if err != nil {
			return nil, err
		}
		return []channel.Raw{raw}, nil
	}
	if len(*batch.Messages) > messagesMax {
		return nil, fmt.Errorf("messages: more than %d", messagesMax)
	}
	raws := make([]channel.Raw, 0, len(*batch.Messages))
	bodies := map[string][]byte{}
	for i, m := range *batch.Messages {
		raw, err := delivery(m, now)
		if err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i, err)
		}
		known, twice := bodies[raw.Key]
		if twice && !bytes.Equal(known, raw.Body) {
			return nil, fmt.Errorf("messages[%d]: id: another message of this request has it", i)
		}
		if !twice {
			bodies[raw.Key] = raw.Body
			raws = append(raws, raw)
		}
	}
	return raws, nil
}

// delivery keeps one message as it was sent. Only a message that does not say when it was gets the time of the request
// behind its fields: to read it must not need a clock.
func delivery(body []byte, now time.Time) (channel.Raw, error) {
	m, err := read(body)
	if err != nil {
		return channel.Raw{}, err
	}
	body = bytes.Clone(bytes.TrimSpace(body))
	if m.At == "" {
		if m.Kind == channel.Edited {
			return channel.Raw{}, errors.New("at: missing; an edit is told from the next one by it")
		}
		at := fmt.Sprintf(`,"at":%q}`, now.UTC().Format(time.RFC3339Nano)) // to the fraction: an answer may come within the second
		body = append(bytes.TrimSuffix(body, []byte("}")), at...)
	}
	key := string(m.Kind) + ":" + m.ID
	if m.Kind == channel.Edited {
		key += ":" + m.at.UTC().Format(time.RFC3339Nano)
	}
	return channel.Raw{Key: key, Kind: string(m.Kind), Lane: m.Thread, Body: body}, nil
}

// Translate reads one message.
func (Connector) Translate(_ channel.Account, raw channel.Raw) ([]channel.Item, error) {
	if !utf8.Valid(raw.Body) {
		return nil, errors.New("api: translate: not UTF-8")
	}
	m, err := read(raw.Body)
	if err == nil && m.At == "" {
		err = errors.New("at: missing")
	}
	if err != nil {
		return nil, fmt.Errorf("api: translate: %w", err)
	}
	if m.Kind == kindCanary { // none of ours, or the switchboard would have known it
		return nil, nil
	}
	return []channel.Item{m.item()}, nil
}
