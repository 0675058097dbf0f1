// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
)

// Stage is where the story is played.
type Stage struct {
	Mail     *mail.Server
	Mastodon *mastodon.Server
	Origin   string // of the page on which the chat stands
	chat     string // address of the chat's socket
}

// Progress is how far the story has been told. It may be kept, so that the next start goes on from there.
type Progress struct {
	Past     bool              `json:"past"`     // the past has been told
	Told     int               `json:"told"`     // cues of the plan
	Thanked  map[string]bool   `json:"thanked"`  // by customer
	Visitors map[string]string `json:"visitors"` // what the browsers of the chat's visitors keep
}

// Options say how the story is told.
type Options struct {
	Seed     uint64
	Quiet    bool           // only what has been said, and the chats that stand open
	Tempo    float64        // 0.1: ten times as fast; 0: as written
	Progress Progress       // how far it was told before
	Keep     func(Progress) // is called when it has gone on; may be nil
	Log      *slog.Logger
}

// Director lets the customers speak.
type Director struct {
	stage  Stage
	opt    Options
	log    *slog.Logger
	cast   map[string]Customer
	chance *rand.Rand
	heard  chan answered

	posts    map[string]string // Word.Key → id at Mastodon
	visitors map[string]*visitor
	writes   map[string]bool // who writes mail; who only chats has an address, but no mailbox that could ever hold anything
	queue    []errand        // what is to come, the next first
	wg       sync.WaitGroup  // visitors and listeners
}

// NewDirector gives every customer a mailbox and an account, but does not let anybody speak yet.
func NewDirector(stage Stage, opt Options) (*Director, error) {
	if opt.Tempo == 0 {
		opt.Tempo = 1
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	p := &opt.Progress
	if p.Thanked == nil {
		p.Thanked = map[string]bool{}
	}
	if p.Visitors == nil {
		p.Visitors = map[string]string{}
	}
	d := &Director{
		stage: stage, opt: opt, log: opt.Log, cast: map[string]Customer{}, heard: make(chan answered),
		chance: rand.New(rand.NewPCG(opt.Seed, 2)),
		posts:  map[string]string{}, visitors: map[string]*visitor{}, writes: map[string]bool{},
	}
	for _, w := range slices.Concat(past(), arrivals(), unfolding()) {
		d.writes[w.By] = d.writes[w.By] || w.On == Mail
	}
	for _, c := range Cast() {
		d.cast[c.Key] = c
		if d.writes[c.Key] {
			stage.Mail.Add(mail.Box{Address: c.Mail, Password: c.Key, Name: c.Name})
		}
		if c.Handle != "" {
			if _, err := stage.Mastodon.CreateAccount(mastodon.Profile{Name: c.Handle, Display: c.Name, Note: c.About}); err != nil {
				return nil, fmt.Errorf("nordnetz: %w", err)
			}
		}
	}
	return d, nil
}

// Past lets be said what was said before the story begins, by mail and at Mastodon, at its own time. It is best called
// before anybody listens there, as in life. Where the progress says that it has been said, nothing happens.
func (d *Director) Past(ctx context.Context) error {
	if d.opt.Progress.Past {
		return nil
	}
	now := time.Now()
	words := past()
	slices.SortStableFunc(words, func(a, b Word) int { return int(b.Ago - a.Ago) })
	for _, w := range words {
		if err := d.speak(ctx, w, now.Add(-w.Ago)); err != nil {
			return fmt.Errorf("nordnetz: past: %w", err)
		}
	}
	d.opt.Progress.Past = true
	d.keep()
	return nil
}

// Run tells the story until the context ends; it returns when everybody it let speak has gone. chat is the address of
// the chat's socket, ws://…. It is called once.
func (d *Director) Run(ctx context.Context, chat string) {
	d.stage.chat = chat
	ctx, cancel := context.WithCancel(ctx)
	defer d.wg.Wait()
	defer cancel()
	d.listen(ctx)
	for _, key := range slices.Sorted(maps.Keys(d.opt.Progress.Visitors)) {
		d.visit(ctx, key)
	}
	d.schedule()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if len(d.queue) > 0 {
			timer.Reset(time.Until(d.queue[0].at))
		}
		select {
		case <-ctx.Done():
			return
		case a := <-d.heard:
			d.think(a)
		case <-timer.C:
			d.next(ctx)
		}
	}
}

// errand is something that is to happen.
type errand struct {
	at time.Time
	do func(ctx context.Context) error
}

// schedule takes up what of the plan has not been told yet. Its first pause is that of a beginning.
func (d *Director) schedule() {
	cues, begin := Plan(d.opt.Seed), time.Now()
	told := min(d.opt.Progress.Told, len(cues))
	skipped := time.Duration(0)
	if told > 0 {
		skipped = cues[told-1].At
	}
	open := len(arrivals())
	for i, cue := range cues[told:] {
		if d.opt.Quiet && told+i >= open {
			return
		}
		d.add(begin.Add(d.pace(cue.At-skipped)), func(ctx context.Context) error {
			err := d.speak(ctx, cue.Word, time.Now())
			d.opt.Progress.Told++
			d.keep()
			return err
		})
	}
}

// add puts an errand into its place.
func (d *Director) add(at time.Time, do func(ctx context.Context) error) {
	i := sort.Search(len(d.queue), func(i int) bool { return d.queue[i].at.After(at) })
	d.queue = slices.Insert(d.queue, i, errand{at, do})
}

// next does what is due.
func (d *Director) next(ctx context.Context) {
	if len(d.queue) == 0 || time.Now().Before(d.queue[0].at) {
		return
	}
	due := d.queue[0]
	d.queue = d.queue[1:]
	if err := due.do(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("a customer of the demo could not speak", "err", err)
	}
}

func (d *Director) pace(t time.Duration) time.Duration {
	return time.Duration(float64(t) * d.opt.Tempo)
}

func (d *Director) keep() {
	if d.opt.Keep != nil {
		d.opt.Keep(d.opt.Progress)
	}
}
