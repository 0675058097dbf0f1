// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// wire is a network in memory, with its connector: what a test wants it to say, and its own ledger of what it was told.
type wire struct {
	id   string
	can  channel.Abilities
	pol  channel.Policy
	lim  channel.Limits
	mu   sync.Mutex
	send func(out channel.Outgoing) (channel.Receipt, error) // nil: takes everything
	back func(out channel.Outgoing) (channel.Receipt, error)
	look func(have []channel.Standing) ([]channel.Raw, error)
	poll func(ctx context.Context, cursor string) (channel.Batch, error)
	hear func(ctx context.Context, to channel.Receiver) error
	open func(acc channel.Account) error
	sing func(mark string) error

	took   []string // keys of what it was asked to take, as often as it was
	looks  int
	opened []channel.Account
	closed int
}

var _ interface {
	channel.Connector
	channel.Hooker
	channel.SignInStarter
	channel.CanaryReader
} = (*wire)(nil)

var _ channel.CanarySender = (*wireLine)(nil)

func newWire() *wire {
	return &wire{id: "wire", can: channel.Abilities{Hook: channel.Full, SignIn: channel.Full}, pol: channel.Policy{PollEvery: time.Hour, Backfill: 24 * time.Hour, RawMax: 300 << 10}}
}

// on changes how the network behaves from now on.
func (w *wire) on(change func(w *wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *wire) sends(f func(out channel.Outgoing) (channel.Receipt, error)) {
	w.on(func(w *wire) { w.send = f })
}

func (w *wire) calls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.took...)
}

func text(s string) channel.Text { return channel.Text{"en": s, "de": s} }

func (w *wire) Describe() channel.Description {
	return channel.Description{
		ID: w.id, Name: text("Wire"), About: text("A wire."), Can: w.can, Policy: w.pol, Limits: w.lim,
		Rooms: []channel.Room{{Visibility: hilft.Public, Name: text("public")}},
		Settings: []channel.Field{
			{Key: "host", Kind: channel.FieldText, Label: text("Host"), Required: true},
			{Key: "password", Kind: channel.FieldSecret, Label: text("Password")},
			{Key: "port", Kind: channel.FieldPort, Label: text("Port"), Default: "443"},
			{Key: "token", Kind: channel.FieldSecret, Label: text("Token"), Required: true, Hidden: true},
			{Key: "verifier", Kind: channel.FieldSecret, Label: text("Verifier"), Hidden: true},
		},
	}
}

func (w *wire) Check(_ context.Context, acc channel.Account, _ channel.Env) (channel.Self, error) {
	switch acc.Settings["host"] {
	case "nobody":
		return channel.Self{}, errors.New("no answer")
	case "wrong":
		return channel.Self{}, &channel.Rejected{Reason: channel.ReasonBadSettings, Field: "password", Detail: "no"}
	case "locked":
		return channel.Self{}, channel.ErrSignIn
	case "panics":
		panic("nil map")
	}
	return channel.Self{ID: "self of " + acc.Settings["host"], Handle: "@" + acc.Settings["host"]}, nil
}

func (w *wire) Open(_ context.Context, acc channel.Account, _ channel.Env) (channel.Line, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open != nil {
		if err := w.open(acc); err != nil {
			return nil, err
		}
	}
	w.opened = append(w.opened, acc)
	l := &wireLine{w: w}
	back, poll, stream := w.can.ReadBack != "", w.can.Poll != "", w.can.Stream != ""
	switch {
	case w.can.Look != "":
		return struct {
			*wireLine
			tells
		}{l, tells{w}}, nil
	case back && poll:
		return struct {
			*wireLine
			readsBack
			polls
		}{l, readsBack{w}, polls{w}}, nil
	case back:
		return struct {
			*wireLine
			readsBack
		}{l, readsBack{w}}, nil
	case poll && stream:
		return struct {
			*wireLine
			polls
			streams
		}{l, polls{w}, streams{w}}, nil
	case poll:
		return struct {
			*wireLine
			polls
		}{l, polls{w}}, nil
	}
	return l, nil
}

// Translate reads a delivery: JSON of items, or words that tell it to misbehave.
func (w *wire) Translate(_ channel.Account, raw channel.Raw) ([]channel.Item, error) {
	switch string(raw.Body) {
	case "garbled":
		return nil, errors.New("cannot read \x00 this")
	case "panic":
		panic("index out of range")
	case "nothing":
		return nil, nil
	}
	var items []channel.Item
	err := json.Unmarshal(raw.Body, &items)
	return items, err
}

// Hook takes a request that is signed with "theirs".
func (w *wire) Hook(_ channel.Account, req channel.HookRequest) (channel.HookAnswer, error) {
	switch req.Header.Get("Signature") {
	case "theirs":
	case "panic":
		panic("nil header")
	default:
		return channel.HookAnswer{}, channel.ErrSignature
	}
	var raws []channel.Raw
	if err := json.Unmarshal(req.Body, &raws); err != nil {
		return channel.HookAnswer{}, err
	}
	return channel.HookAnswer{Raws: raws, Type: "text/plain", Body: []byte("thanks")}, nil
}

func (w *wire) SignInStart(_ context.Context, _ channel.Settings, _ channel.Env, callback, state string) (channel.SignInStep, error) {
	return channel.SignInStep{URL: "https://wire.example/?" + url.Values{"state": {state}, "to": {callback}}.Encode(), Keep: channel.Settings{"verifier": "v1"}}, nil
}

func (w *wire) SignInFinish(_ context.Context, settings channel.Settings, _ channel.Env, _ string, answer url.Values) (channel.Settings, error) {
	if answer.Get("code") == "denied" || settings["verifier"] != "v1" {
		return nil, &channel.Rejected{Reason: channel.ReasonNotAllowed}
	}
	return channel.Settings{"token": "token for " + answer.Get("code")}, nil
}

type wireLine struct{ w *wire }

func (l *wireLine) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	l.w.mu.Lock()
	l.w.took = append(l.w.took, out.Key)
	n, f := len(l.w.took), l.w.send
	l.w.mu.Unlock()
	if f == nil {
		return channel.Receipt{ID: fmt.Sprint("remote ", n)}, nil
	}
	return f(out)
}

// SendCanary lets a sign of life fly; who catches it brings it back.
func (l *wireLine) SendCanary(_ context.Context, mark string) error {
	l.w.mu.Lock()
	sing := l.w.sing
	l.w.mu.Unlock()
	if sing == nil {
		return errors.New("it cannot sing")
	}
	return sing(mark)
}

func (w *wire) CanaryIn(raw channel.Raw) string {
	if raw.Kind == "canary" {
		return string(raw.Body)
	}
	return ""
}

func (l *wireLine) Close() error {
	l.w.on(func(w *wire) { w.closed++ })
	return nil
}

type readsBack struct{ w *wire }

func (l readsBack) ReadBack(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	l.w.mu.Lock()
	l.w.looks++
	f := l.w.back
	l.w.mu.Unlock()
	return f(out)
}

type tells struct{ w *wire }

func (l tells) Look(_ context.Context, have []channel.Standing) ([]channel.Raw, error) {
	l.w.mu.Lock()
	f := l.w.look
	l.w.mu.Unlock()
	return f(have)
}

type polls struct{ w *wire }

func (l polls) Poll(ctx context.Context, cursor string) (channel.Batch, error) {
	l.w.mu.Lock()
	f := l.w.poll
	l.w.mu.Unlock()
	return f(ctx, cursor)
}

type streams struct{ w *wire }

func (l streams) Stream(ctx context.Context, to channel.Receiver) error {
	l.w.mu.Lock()
	f := l.w.hear
	l.w.mu.Unlock()
	return f(ctx, to)
}
