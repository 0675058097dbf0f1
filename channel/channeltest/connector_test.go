// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// plazaConnector is a small well-behaved connector for the plaza. Wrong names one thing that it does badly.
type plazaConnector struct {
	plaza *plaza
	wrong string
}

func both(s string) channel.Text { return channel.Text{"de": s, "en": s} }

func (c *plazaConnector) Describe() channel.Description {
	d := channel.Description{
		ID: "plaza", Name: both("Plaza"), About: both("Hears the plaza."), Guide: []channel.Text{both("Go there.")},
		Settings: []channel.Field{{Key: "token", Kind: channel.FieldSecret, Label: both("Token"), Required: true}},
		Rooms:    []channel.Room{{Visibility: hilft.Public, Name: both("Plaza")}, {Visibility: hilft.Private, Name: both("Corner")}},
		Can: channel.Abilities{
			Hook: channel.Full, Poll: channel.Full, Stream: channel.Full, ReadBack: channel.Full, MovePrivate: channel.Full,
			Edits: channel.Full, Deletions: channel.Full, Files: channel.Full, Look: channel.Full,
		},
		Limits: channel.Limits{Subject: true, Warning: true, Describes: true, FilesMax: 4},
		Policy: channel.Policy{PollEvery: time.Minute},
	}
	switch c.wrong {
	case "describes itself anew each time":
		d.About = both(strconv.Itoa(rand.Int()))
	case "has no German":
		d.Rooms[1].Name = channel.Text{"en": "Corner"}
	case "has an upper case id":
		d.ID = "Plaza"
	case "has the same setting twice":
		d.Settings = append(d.Settings, d.Settings[0])
	case "has no room":
		d.Rooms = append(d.Rooms, d.Rooms[0])
	case "claims what it cannot do":
		d.Can.SignIn = channel.Full
	}
	return d
}

func (c *plazaConnector) Check(ctx context.Context, acc channel.Account, _ channel.Env) (channel.Self, error) {
	self := channel.Self{ID: "us", Handle: "@us", Name: "Us"}
	if c.wrong == "checks nothing" {
		return self, nil
	}
	if c.wrong == "ignores its context" {
		ctx = context.WithoutCancel(ctx)
	}
	answer, err := c.plaza.read(ctx, acc.Settings["token"], 0)
	if err != nil {
		return channel.Self{}, c.mean(err)
	}
	var events []event
	return self, json.Unmarshal(answer, &events)
}

// mean says what the end of a call at the plaza means.
func (c *plazaConnector) mean(err error) error {
	var busy errBusy
	switch {
	case errors.As(err, &busy):
		if c.wrong == "waits until yesterday" {
			busy.until = busy.until.Add(-24 * time.Hour)
		}
		if c.wrong == "hides the limit" {
			return err
		}
		return &channel.RateLimited{Until: busy.until}
	case errors.Is(err, errDenied):
		if c.wrong == "hides the sign-in" {
			return err
		}
		return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
	case errors.Is(err, errNever):
		return &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: "not that"}
	case errors.Is(err, errNoSuch):
		return fmt.Errorf("%w: %w", channel.ErrGone, err)
	}
	return err
}

func (c *plazaConnector) Translate(_ channel.Account, raw channel.Raw) ([]channel.Item, error) {
	if c.wrong == "panics on garbage" && bytes.ContainsRune(raw.Body, 0) {
		panic("NUL")
	}
	if c.wrong == "is slow on long bytes" && len(raw.Body) > 1<<19 {
		for began := time.Now(); time.Since(began) < 1100*time.Millisecond; {
		}
	}
	var e event
	if err := json.Unmarshal(raw.Body, &e); err != nil {
		if c.wrong == "swallows what it cannot read" {
			return nil, nil
		}
		return nil, fmt.Errorf("plaza: translate: %w", err)
	}
	if (e.ID == "" || e.At.IsZero() || e.Kind == channel.Said && e.From == "") && c.wrong != "makes half items" {
		return nil, errors.New("plaza: translate: not an event")
	}
	item := channel.Item{Kind: e.Kind, ID: e.ID, At: e.At, Text: e.Text}
	switch e.Kind {
	case channel.Said:
		item.Thread, item.Visibility, item.Subject, item.Warning = e.In, e.Room, e.Head, e.Warn
		switch c.wrong {
		case "hears no warning":
			item.Warning = ""
		case "reads the warning out":
			item.Text = e.Warn + "\n" + e.Text
		}
		item.From = channel.Author{ID: "person-" + e.From, Handle: "@" + e.From}
		if e.To != "" {
			item.Refs = []string{e.To}
		}
		if e.Room != hilft.Public && e.Room != hilft.Private {
			return nil, errors.New("plaza: translate: no such room")
		}
	case channel.Edited:
		if c.wrong == "takes an edit for a new word" {
			item.Kind, item.From.ID, item.Visibility = channel.Said, "person-mira", hilft.Public
		}
	case channel.Deleted:
		if c.wrong == "does not hear deletions" {
			return nil, nil
		}
	case channel.Reached:
		if item.Reach = e.Far; e.Far == nil {
			return nil, errors.New("plaza: translate: how far?")
		}
	default:
		return nil, errors.New("plaza: translate: no such kind")
	}
	switch c.wrong {
	case "takes everybody for one":
		item.From.ID = "somebody"
	case "takes the private for public":
		item.Visibility = hilft.Public
	case "forgets what is answered":
		item.Thread, item.Refs = "", nil
	case "loses the time of an edit":
		if e.Kind == channel.Edited {
			item.At = time.Unix(1, 0)
		}
	case "reads the clock":
		item.At = time.Now()
	}
	return []channel.Item{item}, nil
}

func (c *plazaConnector) raw(e event, way string) channel.Raw {
	body, _ := json.Marshal(e)
	key := "event-" + strconv.Itoa(e.Seq)
	if c.wrong == "has a key for every way" {
		key = way + "-" + key
	}
	if c.wrong == "has keys without end" {
		key += strings.Repeat("-", 512)
	}
	return channel.Raw{Key: key, Kind: string(e.Kind), Lane: e.In, Body: body}
}

func (c *plazaConnector) Hook(acc channel.Account, req channel.HookRequest) (channel.HookAnswer, error) {
	stamp := req.Header.Get("X-Time")
	seconds, _ := strconv.ParseInt(stamp, 10, 64)
	signed := req.Body
	if c.wrong == "does not look at the end of the body" {
		signed = bytes.TrimRight(signed, " ")
	}
	given := req.Header.Get("X-Proof")
	genuine := hmac.Equal([]byte(given), []byte(proof(acc.Key, stamp, signed)))
	if c.wrong == "takes a missing signature" && given == "" || c.wrong == "takes any signature" && given != "" {
		genuine = true
	}
	if c.wrong == "takes the signature of anybody" {
		genuine = genuine || hmac.Equal([]byte(given), []byte(proof(c.plaza.Account(nil).Key, stamp, signed)))
	}
	if req.Now.Sub(time.Unix(seconds, 0)) > 5*time.Minute && c.wrong != "takes what is old" {
		genuine = false
	}
	if !genuine {
		return channel.HookAnswer{}, fmt.Errorf("plaza: hook: %w", channel.ErrSignature)
	}
	var e event
	if err := json.Unmarshal(req.Body, &e); err != nil {
		return channel.HookAnswer{}, fmt.Errorf("plaza: hook: %w", err)
	}
	raw := c.raw(e, "hook")
	if c.wrong == "makes up keys" {
		raw.Key = hilft.NewID()
	}
	return channel.HookAnswer{Raws: []channel.Raw{raw}}, nil
}

// plazaLine is one open account.
type plazaLine struct {
	c      *plazaConnector
	acc    channel.Account
	once   sync.Once
	closed chan struct{}
	opened context.Context //nolint:containedctx // what one of the mutants does wrong
}

func (c *plazaConnector) Open(ctx context.Context, acc channel.Account, _ channel.Env) (channel.Line, error) {
	l := &plazaLine{c: c, acc: acc, closed: make(chan struct{})}
	if c.wrong == "leaves a goroutine" {
		go func() { <-c.plaza.closed }()
	}
	if c.wrong == "clings to the context of Open" {
		l.opened = ctx
	}
	return l, nil
}

func (l *plazaLine) Close() error {
	if l.c.wrong == "closes but once" {
		select {
		case <-l.closed:
			return errors.New("plaza: closed already")
		default:
		}
	}
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *plazaLine) Poll(ctx context.Context, cursor string) (channel.Batch, error) {
	if l.c.wrong == "ignores its context" {
		ctx = context.WithoutCancel(ctx)
	}
	after, _ := strconv.Atoi(cursor)
	answer, err := l.c.plaza.read(ctx, l.acc.Settings["token"], after)
	if err != nil {
		return channel.Batch{}, l.c.mean(err)
	}
	var events []event
	if err := json.Unmarshal(answer, &events); err != nil {
		if l.c.wrong == "takes garbage for silence" {
			return channel.Batch{Cursor: cursor}, nil
		}
		return channel.Batch{}, fmt.Errorf("plaza: poll: %w", err)
	}
	batch := channel.Batch{Cursor: cursor, More: len(events) == 40 && l.c.wrong != "reads one page"}
	for _, e := range events {
		if e.At.Before(l.acc.Since) && l.c.wrong != "reads all there ever was" {
			continue
		}
		batch.Raws = append(batch.Raws, l.c.raw(e, "poll"))
	}
	if len(events) > 0 && l.c.wrong != "keeps its cursor" {
		batch.Cursor = strconv.Itoa(after + len(events))
	}
	if l.c.wrong == "skips one" && len(batch.Raws) > 1 {
		batch.Raws = batch.Raws[1:]
	}
	return batch, nil
}

func (l *plazaLine) Stream(ctx context.Context, to channel.Receiver) error {
	events, cut, err := l.c.plaza.join(ctx, l.acc.Settings["token"])
	if err != nil {
		return l.c.mean(err)
	}
	for {
		select {
		case e := <-events:
			if err := to.Take(ctx, l.c.raw(e, "stream")); err != nil && l.c.wrong != "goes on when nothing is stored" {
				return err
			}
		case <-cut:
			if l.c.wrong == "hides a broken stream" {
				return nil
			}
			return errBroken
		case <-l.closed:
			return errors.New("plaza: closed")
		case <-ctx.Done():
			if l.c.wrong == "streams for ever" {
				<-l.c.plaza.closed
			}
			return nil
		}
	}
}

func (l *plazaLine) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	select {
	case <-l.closed:
		return channel.Receipt{}, errors.New("plaza: send: closed")
	default:
	}
	if l.c.wrong == "ignores its context" {
		ctx = context.WithoutCancel(ctx)
	}
	if l.opened != nil {
		ctx = l.opened
	}
	what := post{key: out.Key, in: out.Thread, to: strings.TrimPrefix(out.To.ID, "person-"), head: out.Subject, warn: out.Warning, text: out.Text, answers: out.InReplyTo, room: out.Visibility, files: out.Files}
	switch l.c.wrong {
	case "answers in public":
		what.room = hilft.Public
	case "answers nothing":
		what.answers = ""
	case "escapes the text":
		what.text = strings.ReplaceAll(what.text, "<", "&lt;")
	case "forgets the files":
		what.files = nil
	case "does not say what files show":
		what.files = slices.Clone(what.files)
		for i := range what.files {
			what.files[i].Alt = ""
		}
	case "drops the warning":
		what.warn = ""
	case "writes the warning into the text":
		what.text = out.Warning + "\n" + out.Text
	case "forgets its key":
		what.key = hilft.NewID()
	}
	answer, err := l.c.plaza.say(ctx, l.acc.Settings["token"], what)
	switch {
	case errors.Is(err, errBroken) && l.c.wrong != "calls a lost answer a failure":
		return channel.Receipt{}, fmt.Errorf("plaza: send: %w: %w", channel.ErrUnknownOutcome, err)
	case err != nil && l.c.wrong == "calls everything unknown":
		return channel.Receipt{}, fmt.Errorf("plaza: send: %w: %w", channel.ErrUnknownOutcome, err)
	case err != nil:
		return channel.Receipt{}, l.c.mean(err)
	}
	var id string
	if err := json.Unmarshal(answer, &id); err != nil {
		if l.c.wrong == "calls garbage a failure" {
			return channel.Receipt{}, err
		}
		return channel.Receipt{}, fmt.Errorf("plaza: send: %w: %w", channel.ErrUnknownOutcome, err)
	}
	if l.c.wrong == "makes up receipts" {
		id = hilft.NewID()
	}
	return channel.Receipt{ID: id}, nil
}

func (l *plazaLine) ReadBack(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	answer, err := l.c.plaza.find(ctx, l.acc.Settings["token"], out.Key)
	if err != nil {
		if l.c.wrong == "takes a failure for absence" {
			return channel.Receipt{}, channel.ErrNotThere
		}
		return channel.Receipt{}, l.c.mean(err)
	}
	var id string
	if err := json.Unmarshal(answer, &id); err != nil {
		return channel.Receipt{}, err
	}
	if l.c.wrong == "reads back by the words" {
		for _, got := range l.c.plaza.Arrived(nil) {
			if got.Text == out.Text {
				id = got.ID
			}
		}
	}
	if id == "" || l.c.wrong == "finds nothing" {
		return channel.Receipt{}, channel.ErrNotThere
	}
	return channel.Receipt{ID: id}, nil
}

func (l *plazaLine) Look(ctx context.Context, have []channel.Standing) ([]channel.Raw, error) {
	var raws []channel.Raw
	for _, s := range have {
		answer, err := l.c.plaza.stand(ctx, l.acc.Settings["token"], s.ID)
		if err != nil && l.c.wrong == "takes a failure for a deletion" {
			raws = append(raws, l.c.raw(event{Kind: channel.Deleted, ID: s.ID, At: time.Now()}, "look"))
			continue
		}
		if err != nil {
			return nil, l.c.mean(err)
		}
		var e event
		if err := json.Unmarshal(answer, &e); err != nil {
			return nil, err
		}
		far := e.Far
		e.Far = nil
		switch {
		case e.ID == "" && l.c.wrong == "takes silence for a deletion":
			raws = append(raws, l.c.raw(event{Kind: channel.Deleted, ID: s.ID, At: time.Now()}, "look"))
		case e.Kind == channel.Deleted && l.c.wrong != "sees no deletion",
			e.Kind == channel.Edited && (e.At.After(s.Edited) && l.c.wrong != "sees no edit" || l.c.wrong == "tells the same edit again"):
			raws = append(raws, l.c.raw(e, "look"))
		}
		if far != nil && *far != s.Reach && l.c.wrong != "counts nobody" {
			if *far == (channel.Reach{}) && l.c.wrong == "counts only up" {
				continue
			}
			body, _ := json.Marshal(event{Kind: channel.Reached, ID: s.ID, At: time.Now().UTC(), Far: far})
			raws = append(raws, channel.Raw{Key: fmt.Sprintf("reach-%s-%v", s.ID, *far), Kind: "reach", Body: body})
		}
	}
	return raws, nil
}
