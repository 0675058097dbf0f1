// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/desk"
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
	brands   []access.Brand // the oldest first
	agents   map[hilft.AgentID]access.Agent
	accounts map[hilft.AccountID]switchboard.Account
	networks map[string]channel.Description
	tags     map[hilft.TagID]desk.Tag
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
	n.brands = brands
	all, err := d.api.Access.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		n.agents[g.ID] = g
	}
	for _, b := range brands {
		accounts, err := d.api.Switchboard.Accounts(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		for _, acc := range accounts {
			n.accounts[acc.ID] = acc
		}
	}
	if n.tags, err = d.api.Desk.TagNames(ctx); err != nil {
		return nil, err
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

// brand is the brand that a request is about, for whoever has a right in it: the one that it names, or else the first one
// that they see. NotFound: they do not see it, or none.
func (n *names) brand(see access.Sight, in InBrand, right access.Right) (access.Brand, error) {
	i := slices.IndexFunc(n.brands, func(b access.Brand) bool {
		return string(b.ID) == in.Brand || in.Brand == "" && see.May(b.ID, access.Read)
	})
	unseen := hilft.FailField(hilft.NotFound, "brand.not_found", "brand", nil)
	if i < 0 {
		return access.Brand{}, unseen
	}
	return n.brands[i], see.Demand(n.brands[i].ID, right, unseen)
}

// brand is names.brand of the directory as it is now, for who acts.
func (d *directory) brand(ctx context.Context, in InBrand, right access.Right) (access.Brand, error) {
	n, err := d.look(ctx)
	if err != nil {
		return access.Brand{}, err
	}
	return n.brand(sight(ctx), in, right)
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

// moment is a time that a request may name; the zero time: it does not.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// when is a time as the API gives it; the zero time is null.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
