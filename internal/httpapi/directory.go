// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/switchboard"
)

// directory knows by name what lists and cases speak of by id. What it says may be a moment old; whoever changes
// something here lets it forget.
type directory struct {
	api  *API
	mu   sync.Mutex
	read time.Time
	now  *names
	gone int // how often it was made to forget
}

// names is one reading of the directory.
type names struct {
	brand    access.Brand
	agents   map[hilft.AgentID]access.Agent
	accounts map[hilft.AccountID]switchboard.Account
	networks map[string]channel.Description
}

const directoryFresh = 2 * time.Second

func (d *directory) forget() {
	d.mu.Lock()
	d.now = nil
	d.gone++
	d.mu.Unlock()
}

func (d *directory) look(ctx context.Context) (*names, error) {
	d.mu.Lock()
	n, fresh, gone := d.now, time.Since(d.read) < directoryFresh, d.gone
	d.mu.Unlock()
	if n != nil && fresh {
		return n, nil
	}
	n = &names{agents: map[hilft.AgentID]access.Agent{}, accounts: map[hilft.AccountID]switchboard.Account{}, networks: map[string]channel.Description{}}
	brands, err := d.api.Access.Brands(ctx)
	if err != nil {
		return nil, err
	}
	if len(brands) == 0 {
		return nil, hilft.Fail(hilft.Conflict, "setup.needed", nil)
	}
	n.brand = brands[0]
	all, err := d.api.Access.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		n.agents[g.ID] = g
	}
	accounts, err := d.api.Switchboard.Accounts(ctx, n.brand.ID)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		n.accounts[acc.ID] = acc
	}
	for _, net := range d.api.Switchboard.Networks() {
		n.networks[net.ID] = net
	}
	d.mu.Lock()
	if d.gone == gone { // else what was read may be older than what made it forget
		d.now, d.read = n, time.Now()
	}
	d.mu.Unlock()
	return n, nil
}

// brand is the brand that requests are about. A house of one brand has one.
func (d *directory) brand(ctx context.Context) (access.Brand, error) {
	n, err := d.look(ctx)
	if err != nil {
		return access.Brand{}, err
	}
	return n.brand, nil
}

func (n *names) agent(id hilft.AgentID) *AgentJSON {
	g, ok := n.agents[id]
	if !ok {
		return nil
	}
	return &AgentJSON{string(g.ID), g.Name, g.Initials}
}

type accountRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (n *names) account(id hilft.AccountID) accountRef {
	return accountRef{string(id), n.accounts[id].Name}
}

// when is a time as the API gives it; the zero time is null.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
