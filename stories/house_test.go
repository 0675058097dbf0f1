// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

// doHouse is what happens to the house.
//
//	house opens [name=value…]     with settings beside those that every house has
//	house opens watched           with somebody who collects its traces
//	house is set up               by its administrator, who works as the agent of the story
//	house dies                    as in a power cut
//	house opens again
//	house opens again until 'point'    at which it dies
//	house says 'words'            in one line, as the reason why it does not open
//	house heard 'words'           whatever the agent is looking at
//	house keeps 1 unreadable      deliveries, for a person to look at
//	house is traced 'name'…       the collector knows spans by these names
//	house is traced from 'name' to 'name'    although a job lies between them
//	house keeps 'word' to itself  neither log nor figures nor traces have it
//	house keeps its secrets to itself
//	house is well                 nobody has to do anything
func (w *world) doHouse(ctx context.Context, args []string) error {
	switch {
	case is(args, "is set up"):
		var err error
		w.agent, err = w.house.SetUp(ctx)
		return err
	case len(args) > 1 && args[0] == "opens" && args[1] == "watched":
		return w.opensWatched(ctx, args[2:])
	case is(args, "is traced from … to …"):
		return w.tracedFrom(ctx, args[3], args[5])
	case len(args) > 2 && args[0] == "is" && args[1] == "traced":
		return w.traced(ctx, args[2:])
	case is(args, "keeps its secrets to itself"):
		return w.discreet(ctx, w.shop.Secret, w.visitor.token, w.social.mira, apptest.AdministratorEmail, apptest.AdministratorPassword)
	case is(args, "keeps … to itself"):
		return w.discreet(ctx, args[1])
	case is(args, "dies"):
		w.house.Kill()
		return nil
	case is(args, "opens again"):
		return w.house.Open(ctx)
	case is(args, "opens again until …"):
		return w.opensUntil(ctx, args[3])
	case is(args, "says …"):
		return w.says(args[1])
	case is(args, "heard …"):
		_, err := w.find(ctx, args[1])
		return err
	case is(args, "keeps … unreadable"):
		return w.keeps(ctx, args[1])
	case is(args, "is well"):
		return w.health(ctx, func(h apptest.Health) error {
			if !h.OK {
				return fmt.Errorf("somebody has to do something: %+v", h)
			}
			return nil
		})
	case len(args) > 0 && args[0] == "opens":
		return w.opens(ctx, args[1:])
	}
	return badLine(args)
}

func (w *world) opens(ctx context.Context, settings []string) error {
	var err error
	if w.house, err = apptest.NewHouse(binary, filepath.Join(w.dir, "data"), w.database); err != nil {
		return err
	}
	for _, s := range settings {
		name, v, ok := strings.Cut(s, "=")
		if !ok {
			return badLine(settings)
		}
		w.house.Settings[name] = v
	}
	w.accounts = map[string]apptest.Account{}
	return w.house.Open(ctx)
}

// opensUntil opens the house, which dies at a point that it passes soon: perhaps before it says that it serves.
func (w *world) opensUntil(ctx context.Context, point string) error {
	if err := w.house.Start(ctx, "HILFT_FAULT="+point); err != nil {
		return err
	}
	select {
	case <-w.house.Dead():
	case <-ctx.Done():
		return fmt.Errorf("it lives on: %w", ctx.Err())
	}
	if !w.house.Killed() {
		return errors.New("it ended in another way")
	}
	return nil
}

// says looks for the one line with which a house that does not open says why.
func (w *world) says(words string) error {
	said := w.house.Said()
	if len(said) != 1 || !strings.Contains(said[0], words) {
		return fmt.Errorf("it said %d lines: %q", len(said), said)
	}
	return nil
}

func (w *world) health(ctx context.Context, fine func(apptest.Health) error) error {
	return w.agent.Until(ctx, func(ctx context.Context) error {
		h, err := w.agent.Health(ctx)
		if err != nil {
			return err
		}
		return fine(h)
	})
}

func (w *world) keeps(ctx context.Context, n string) error {
	want, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	return w.health(ctx, func(h apptest.Health) error {
		if len(h.Stuck) != want {
			return fmt.Errorf("it keeps %d: %v", len(h.Stuck), h.Stuck)
		}
		return nil
	})
}

// doAccount is what the administrator does with accounts.
//
//	account connected mail|api|webchat|mastodon
//	account connected api with lookup          hilft may ask it what arrived
//	account mail is ok|sign_in|trouble
//	account mastodon signed in again
//	account mail sends signs of life           to itself, every quarter of an hour and the first at once
//	account mail shows life                    one has come back
//	account api refused 2                      calls that could not prove to be the network's
func (w *world) doAccount(ctx context.Context, args []string) error {
	switch {
	case is(args, "connected …"):
		return w.connect(ctx, args[1])
	case is(args, "connected api with lookup"):
		w.lookup = true
		return w.connect(ctx, "api")
	case is(args, "… is …"):
		return w.account(ctx, args[0], func(a apptest.Account) error {
			if a.State != args[2] {
				return fmt.Errorf("the account is %s (%s)", a.State, a.Reason)
			}
			return nil
		})
	case is(args, "… refused …"):
		return w.account(ctx, args[0], func(a apptest.Account) error {
			if strconv.Itoa(a.Refused) != args[2] {
				return fmt.Errorf("it refused %d", a.Refused)
			}
			return nil
		})
	case is(args, "… sends signs of life"):
		return w.agent.Do(ctx, http.MethodPut, "/api/accounts/"+w.accounts[args[0]].ID+"/canary", map[string]int{"every_minutes": 15}, nil)
	case is(args, "… shows life"):
		return w.showsLife(ctx, w.accounts[args[0]].ID)
	case is(args, "mastodon signed in again"):
		return w.social.signIn(ctx, w.agent, w.accounts["mastodon"].ID)
	}
	return badLine(args)
}

// showsLife waits until a sign of life has come back. No event tells of that: nobody has to do anything.
func (w *world) showsLife(ctx context.Context, account string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		h, err := w.agent.Health(ctx)
		if err != nil {
			return err
		}
		for _, c := range h.Canaries {
			if c.Account.ID == account && c.HeardAt != nil && !c.Missing && c.Error == "" {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("none has come back: %+v", h.Canaries)
		}
	}
}

func (w *world) connect(ctx context.Context, network string) (err error) {
	var acc apptest.Account
	switch network {
	case "mail":
		acc, err = w.connectMail(ctx)
	case "api":
		acc, err = w.connectSystem(ctx)
	case "webchat":
		acc, err = w.connectChat(ctx)
	case "mastodon":
		acc, err = w.connectSocial(ctx)
	default:
		return fmt.Errorf("no story knows the network %q", network)
	}
	w.accounts[network] = acc
	return err
}

// account waits until an account is as it should be.
func (w *world) account(ctx context.Context, network string, fine func(apptest.Account) error) error {
	return w.agent.Until(ctx, func(ctx context.Context) error {
		all, err := w.agent.Accounts(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(a apptest.Account) bool { return a.ID == w.accounts[network].ID })
		if i < 0 {
			return errors.New("the account is not there")
		}
		return fine(all[i])
	})
}
