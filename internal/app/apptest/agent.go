// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// Agent is somebody who works at the house, in a browser of their own.
type Agent struct {
	Email  string
	base   string
	client *http.Client
}

// Administrator is the one whom SetUp makes.
const (
	AdministratorEmail    = "petra@nordnetz.example"
	AdministratorPassword = "Leuchtturm-am-Deich-7"
)

// Problem is the house's no.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s %s", p.Status, p.Code, p.Detail) }

func (h *House) agent(email string) *Agent {
	jar, _ := cookiejar.New(nil) // it never fails
	return &Agent{Email: email, base: h.URL(), client: &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// SetUp sets a new house up and returns its administrator, who is signed in.
func (h *House) SetUp(ctx context.Context) (*Agent, error) {
	a := h.agent(AdministratorEmail)
	_, code, _ := strings.Cut(h.Invitation(), "#")
	return a, a.Do(ctx, http.MethodPost, "/api/setup", map[string]any{
		"code":          code,
		"brand":         map[string]string{"name": "Nordnetz", "language": "de"},
		"administrator": map[string]string{"name": "Petra Hansen", "email": AdministratorEmail, "password": AdministratorPassword},
	}, nil)
}

// At is the same agent, in the same browser, at another node of the house.
func (a *Agent) At(h *House) *Agent { return &Agent{Email: a.Email, base: h.URL(), client: a.client} }

// AddAgent lets somebody new work here and returns them, signed in.
func (h *House) AddAgent(ctx context.Context, by *Agent, name, email string) (*Agent, error) {
	password := rand.Text()
	if err := by.Do(ctx, http.MethodPost, "/api/agents", map[string]string{"name": name, "email": email, "password": password}, nil); err != nil {
		return nil, err
	}
	return h.SignIn(ctx, email, password)
}

// SignIn signs somebody in who works here.
func (h *House) SignIn(ctx context.Context, email, password string) (*Agent, error) {
	a := h.agent(email)
	return a, a.Do(ctx, http.MethodPost, "/api/session", map[string]string{"email": email, "password": password}, nil)
}

// Do calls one operation of the JSON API. A refusal is a *Problem.
func (a *Agent) Do(ctx context.Context, method, path string, in, out any) error {
	return a.DoOnce(ctx, rand.Text(), method, path, in, out)
}

// DoOnce is Do with an Idempotency-Key of the caller's, for what is asked again after an answer was lost.
func (a *Agent) DoOnce(ctx context.Context, key, method, path string, in, out any) error {
	res, err := a.send(ctx, key, method, path, in)
	if err != nil {
		return fmt.Errorf("apptest: %s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("apptest: %s %s: %w", method, path, err)
	}
	if res.StatusCode/100 != 2 {
		p := &Problem{Status: res.StatusCode}
		_ = json.Unmarshal(body, p) // what is no problem document has its status
		return fmt.Errorf("apptest: %s %s: %w", method, path, p)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("apptest: %s %s: %w", method, path, err)
	}
	return nil
}

func (a *Agent) send(ctx context.Context, key, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		req.Header.Set("Idempotency-Key", key)
		req.GetBody = nil // the transport repeats nothing by itself: whether an answer was lost is what is tested
	}
	return a.client.Do(req)
}

// Browser is the agent's browser, with their session.
func (a *Agent) Browser() *http.Client { return a.client }

// Change is one event of the live stream.
type Change struct {
	Kind    string `json:"kind"`
	CaseID  string `json:"case_id"`
	Subject string `json:"subject"`
}

// Watch opens the agent's live stream and calls each for every change until it says no, the stream ends or the context
// does. began is called when the stream stands: what happens from then on is told.
func (a *Agent) Watch(ctx context.Context, began func(), each func(Change) bool) error {
	res, err := a.send(ctx, "", http.MethodGet, "/api/events", nil)
	if err != nil {
		return fmt.Errorf("apptest: watch: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("apptest: watch: %w", &Problem{Status: res.StatusCode})
	}
	kind := ""
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event":
			kind = value
		case name != "data":
		case kind == "hello":
			began()
		case kind == "change":
			var c Change
			if err := json.Unmarshal([]byte(value), &c); err != nil {
				return fmt.Errorf("apptest: watch: %w", err)
			}
			if !each(c) {
				return nil
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.New("apptest: watch: the stream ended")
}

// Until looks at once and after every change that the house tells of, until what is looked for is there. Its error, when
// the context ends first, is the last that look returned: say there what is missing.
func (a *Agent) Until(ctx context.Context, look func(ctx context.Context) error) error {
	wctx, cancel := context.WithCancel(ctx)
	bell, over := make(chan struct{}, 1), make(chan error, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	go func() { over <- a.Watch(wctx, ring, func(Change) bool { ring(); return true }) }()
	defer func() { cancel(); <-over }()
	var missing error
	for {
		select {
		case <-bell:
		case err := <-over:
			over <- err
			return errors.Join(err, missing)
		}
		if missing = look(wctx); missing == nil {
			return nil
		}
	}
}
