// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/desk"
)

// colleagues are who works there beside the one who signs in.
var colleagues = []struct{ name, email string }{
	{"Tomke Ahrens", "tomke@nordnetz.example"},
	{"Jannis Wolter", "jannis@nordnetz.example"},
	{"Selin Demir", "selin@nordnetz.example"},
}

// duty is what colleagues have done before the demonstration begins: whose case somebody has, and what they noted.
type duty struct {
	customer string // by name
	agent    string // who has the case, by address
	noted    string // by whom, by address
	note     string
}

var duties = []duty{
	{
		"Birte Hansen", demoEmail, "tomke@nordnetz.example",
		"Die Messung zeigt auf der ganzen Straße kein Signal, es liegt am Verteiler und nicht an ihrem Router. Das Technikteam ist schon eine Weile dort und rechnet mit zwei bis drei Stunden.",
	},
	{
		"Familie Lindner", "tomke@nordnetz.example", "tomke@nordnetz.example",
		"Ich kläre mit dem Bau, ob im Keller schon ein Übergabepunkt liegt. Vertrag und Nummer können sie auf jeden Fall mitnehmen.",
	},
	{"Priya Nair", "jannis@nordnetz.example", "", ""},
}

const (
	lookEvery  = 200 * time.Millisecond
	dutiesOver = 30 * time.Second // what has not come by then does not come
)

// work lets the colleagues do what they have done, as soon as the cases are there.
func (d *demo) work(ctx context.Context, brand hilft.BrandID) {
	ctx, cancel := context.WithTimeout(ctx, dutiesOver)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	todo := duties
	for len(todo) > 0 {
		left, err := d.dutiful(ctx, brand, todo)
		if err != nil {
			if ctx.Err() == nil {
				d.Log.Warn("the colleagues of the demo do not work", "err", err)
			}
			return
		}
		todo = left
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// dutiful does what can be done, and returns the rest.
func (d *demo) dutiful(ctx context.Context, brand hilft.BrandID, todo []duty) (left []duty, err error) {
	agents, err := d.house.Access.Agents(ctx)
	if err != nil {
		return nil, err
	}
	byMail := map[string]access.Sight{}
	for _, a := range agents {
		byMail[a.Email] = a.Sight()
	}
	page, err := d.house.Desk.Inbox(ctx, access.House(), brand, desk.List{View: desk.ViewOpen}, "", 200)
	if err != nil {
		return nil, err
	}
	byName := map[string]desk.Case{}
	for _, c := range page.Cases {
		byName[c.PersonName] = c
	}
	for _, t := range todo {
		c, there := byName[t.customer]
		if !there {
			left = append(left, t)
			continue
		}
		if t.note != "" {
			if _, err := d.house.Desk.Note(ctx, byMail[t.noted], c.ID, t.note, "", ""); err != nil {
				return nil, err
			}
		}
		if _, err := d.house.Desk.Assign(ctx, byMail[t.agent], c.ID, byMail[t.agent]); err != nil {
			return nil, err
		}
	}
	return left, nil
}
