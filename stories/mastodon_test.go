// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/hilft/hilft/internal/app/apptest"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

// social is a Mastodon server on which the brand and a customer live.
type social struct {
	server *sandbox.Server
	brand  string // handles
	mira   string
	last   sandbox.Post // of the customer
}

// openSocial opens the server. Nobody has signed in there yet.
func (w *world) openSocial() error {
	s := &social{server: sandbox.New(sandbox.Options{})}
	w.social = s
	w.onClose(func() { _ = s.server.Close() })
	if _, err := s.server.Start("127.0.0.1:0"); err != nil {
		return err
	}
	for name, handle := range map[string]*string{"nordnetz": &s.brand, "mira": &s.mira} {
		a, err := s.server.CreateAccount(sandbox.Profile{Name: name})
		if err != nil {
			return err
		}
		*handle = a.Handle
	}
	return nil
}

func (w *world) connectSocial(ctx context.Context) (apptest.Account, error) {
	if err := w.openSocial(); err != nil {
		return apptest.Account{}, err
	}
	s := w.social
	if err := s.signIn(ctx, w.agent, ""); err != nil {
		return apptest.Account{}, err
	}
	all, err := w.agent.Accounts(ctx)
	if err != nil || len(all) != 1 {
		return apptest.Account{}, fmt.Errorf("%d accounts: %w", len(all), err)
	}
	// The brand's stream stands from now on: what is posted is heard at once.
	return all[0], s.server.Wait(ctx, func(st sandbox.State) bool { return len(st.Streams) > 0 })
}

// signIn signs the brand in at the network, as the administrator does in their browser. An empty account is a new one.
func (s *social) signIn(ctx context.Context, admin *apptest.Agent, account string) error {
	var step struct{ URL string }
	if err := admin.Do(ctx, http.MethodPost, "/api/accounts/sign-in", map[string]any{
		"network": "mastodon", "settings": map[string]string{"url": s.server.URL()}, "account_id": account,
	}, &step); err != nil {
		return err
	}
	asked, err := url.Parse(step.URL)
	if err != nil {
		return err
	}
	form := asked.Query()
	form.Set("account", s.brand)
	form.Set("answer", "authorise")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server.URL()+asked.Path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := admin.Browser().Do(req) // the server sends the browser back to the house
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if got := res.Request.URL.Query(); got.Get("connected") == "" {
		return fmt.Errorf("the sign-in ended at %s", res.Request.URL.Redacted())
	}
	return nil
}

func (s *social) speak(text string) (err error) {
	s.last, err = s.server.Post(s.mira, text, sandbox.Public, s.last.ID)
	return err
}

func (s *social) whisper(text string) (err error) {
	s.last, err = s.server.Post(s.mira, text, sandbox.Direct, "")
	return err
}

// doNetwork is what the network shows, and how it fails.
//
//	network shows 'text' public|direct              as our answer to what the customer said last
//	network shows 'text' once
//	network fails 'sign-in expired'
//	network is well again
func (w *world) doNetwork(ctx context.Context, args []string) error {
	s := w.social
	switch {
	case is(args, "fails …"):
		return s.server.Fail(sandbox.Fault(args[1]))
	case is(args, "is well again"):
		return s.server.Fail(sandbox.NoFault)
	case is(args, "shows … once"):
		if n := len(s.posts(args[1])); n != 1 {
			return fmt.Errorf("it shows it %d times", n)
		}
		return nil
	case !is(args, "shows … …"):
		return badLine(args)
	}
	if err := s.server.Wait(ctx, func(st sandbox.State) bool { return len(match(st, s.brand, args[1])) > 0 }); err != nil {
		return fmt.Errorf("it does not show it: %w", err)
	}
	p := s.posts(args[1])[0]
	if string(p.Visibility) != args[2] || p.InReplyTo != s.last.ID || !strings.Contains(strings.Join(p.Mentions, " "), s.mira) {
		return fmt.Errorf("it is %s, answers %q and mentions %v", p.Visibility, p.InReplyTo, p.Mentions)
	}
	return nil
}

func (s *social) posts(text string) []sandbox.Post { return match(s.server.State(), s.brand, text) }

func match(st sandbox.State, author, text string) (all []sandbox.Post) {
	for _, p := range st.Posts {
		if p.Author == author && strings.Contains(p.Text, text) {
			all = append(all, p)
		}
	}
	return all
}
