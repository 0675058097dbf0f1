// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

func (w *world) connectSystem(ctx context.Context) (apptest.Account, error) {
	var err error
	if w.shop, err = apptest.OpenShop(); err != nil {
		return apptest.Account{}, err
	}
	w.onClose(w.shop.Close)
	return w.agent.Connect(ctx, "api", "Shop", w.shop.Settings(w.lookup))
}

// doSystem is what a system of somebody else's does: it posts what its customers say, and takes our answers.
//
//	system sends 'text' in 'thread'                     and is told 200
//	system sends that again                             word by word
//	system sends 'text' signed by-another               or too-late, or not-at-all: and is told 401
//	system sends rubbish 'word'                         signed, and is told 400
//	system takes|refuses|takes-silent|expired           how it answers from now on
//	system sends the sign of life back                  that it was given, signed, and is told 200
//	system was given 'text' once                        with everything that names it right
//	system was given 'text' 2 times
func (w *world) doSystem(ctx context.Context, args []string) error {
	switch {
	case is(args, "sends … in …"):
		w.lastSaid = apptest.Said{ID: "m-" + args[1], Thread: args[3], Text: args[1], From: map[string]string{"id": "c-42", "name": "Mira Köster"}}
		return w.sends(ctx, time.Now(), w.shop.Secret, http.StatusOK)
	case is(args, "sends the sign of life back"):
		return w.sendsLifeBack(ctx)
	case is(args, "sends rubbish …"):
		return w.sendsRubbish(ctx, args[2])
	case is(args, "sends that again"):
		return w.sends(ctx, time.Now(), w.shop.Secret, http.StatusOK)
	case is(args, "sends … signed …"):
		w.lastSaid = apptest.Said{ID: "m-" + args[1], Thread: "t-1", Text: args[1], From: map[string]string{"id": "c-42"}}
		switch args[3] {
		case "by-another":
			return w.sends(ctx, time.Now(), "not the secret of this account", http.StatusUnauthorized)
		case "too-late":
			return w.sends(ctx, time.Now().Add(-6*time.Minute), w.shop.Secret, http.StatusUnauthorized)
		case "not-at-all":
			return w.sends(ctx, time.Now(), "", http.StatusUnauthorized)
		}
	case len(args) == 1:
		manner, ok := map[string]apptest.Manner{"takes": apptest.Takes, "refuses": apptest.Refuses, "takes-silent": apptest.TakesSilent, "expired": apptest.Expired}[args[0]]
		if !ok {
			return badLine(args)
		}
		w.shop.Behave(func(apptest.Taken) apptest.Manner { return manner })
		return nil
	case is(args, "was given … once"):
		return w.given(ctx, args[2], 1)
	case is(args, "was given … … times"):
		n, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return w.given(ctx, args[2], n)
	}
	return badLine(args)
}

func (w *world) sends(ctx context.Context, at time.Time, secret string, want int) error {
	signer := &apptest.Shop{Secret: secret}
	req, err := signer.Request(ctx, w.accounts["api"].HookURL, w.lastSaid.Body(), at)
	if err != nil {
		return err
	}
	if secret == "" {
		req.Header.Del("X-Hilft-Signature")
	}
	status, err := apptest.Status(http.DefaultClient, req)
	if err == nil && status != want {
		err = fmt.Errorf("it was told %d", status)
	}
	return err
}

func (w *world) sendsLifeBack(ctx context.Context) error {
	m, err := w.shop.Wait(ctx, func(m apptest.Taken) bool { return m.Kind == "canary" })
	if err != nil {
		return err
	}
	status, err := w.shop.Post(ctx, http.DefaultClient, w.accounts["api"].HookURL, []byte(`{"id":"`+m.ID+`","kind":"canary"}`))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("it was told %d", status)
	}
	return err
}

// given looks for an answer in the system's own ledger.
func (w *world) given(ctx context.Context, text string, times int) error {
	if times > 0 {
		got, err := w.shop.Wait(ctx, func(m apptest.Taken) bool { return m.Text == text })
		if err != nil {
			return err
		}
		if got.Thread != w.lastSaid.Thread || got.ReplyTo != w.lastSaid.ID {
			return fmt.Errorf("it answers %q in %q; the customer said %q in %q", got.ReplyTo, got.Thread, w.lastSaid.ID, w.lastSaid.Thread)
		}
	}
	n := 0
	for _, m := range w.shop.Taken() {
		if m.Text == text {
			n++
		}
	}
	if n != times {
		return fmt.Errorf("it was given it %d times", n)
	}
	return nil
}
