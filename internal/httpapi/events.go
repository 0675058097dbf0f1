// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
)

const (
	relayIdle  = time.Second // wake-ups may be lost
	replayMost = 500         // who has missed more reads everything anew
	queueMost  = 1024        // events that wait for one slow browser
	wordsMost  = 32          // and words besides
)

// Pace is how often live streams are looked after. Zero values are replaced by sensible ones.
type Pace struct {
	Beat     time.Duration // a sign of life, so that proxies and browsers know the stream stands
	Alive    time.Duration // how soon a stream ends when its session has
	Patience time.Duration // how long a browser may take to read
	Present  time.Duration // how long a page is believed that says nothing
}

func (p Pace) orDefaults() Pace {
	return Pace{cmp.Or(p.Beat, 15*time.Second), cmp.Or(p.Alive, 5*time.Second), cmp.Or(p.Patience, 10*time.Second), cmp.Or(p.Present, 25*time.Second)}
}

// relay reads events once for all browsers of this node, in the order in which they became durable.
type relay struct {
	jobs *jobs.Jobs
	bus  *bus.Bus
	log  *slog.Logger
	mu   sync.Mutex
	subs map[*subscriber]struct{}
	last int64
	over bool

	begun chan struct{} // closed when last is known
	ended chan struct{} // closed when over
}

// subscriber is one browser. Its channel of events is closed when it was too slow; words it may miss.
type subscriber struct {
	events chan jobs.Event
	words  chan word
}

// word is what streams tell besides changes: it is about a moment, and kept nowhere.
type word struct {
	brand hilft.BrandID // who does not see it is not told
	event string
	data  []byte
}

func newRelay(q *jobs.Jobs, b *bus.Bus, log *slog.Logger) *relay {
	return &relay{jobs: q, bus: b, log: log, subs: map[*subscriber]struct{}{}, begun: make(chan struct{}), ended: make(chan struct{})}
}

func (r *relay) run(ctx context.Context) {
	bell := make(chan struct{}, 1)
	cancel := r.bus.Subscribe(jobs.EventSubject, func(string, []byte) {
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	defer cancel()
	defer r.end()
	tick := time.NewTicker(relayIdle)
	defer tick.Stop()
	started := false
	for {
		if !started {
			if id, err := r.jobs.LastEvent(ctx); err == nil {
				r.mu.Lock()
				r.last, started = id, true
				r.mu.Unlock()
				close(r.begun)
			}
		}
		if started {
			r.pass(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-tick.C:
		}
	}
}

// pass reads what is new and gives it to everybody.
func (r *relay) pass(ctx context.Context) {
	for {
		events, err := r.jobs.EventsAfter(ctx, r.last, replayMost)
		if err != nil && ctx.Err() == nil {
			r.log.Warn("reading events", "err", err)
		}
		if len(events) == 0 {
			return
		}
		r.mu.Lock()
		r.last = events[len(events)-1].ID
		for s := range r.subs {
			for _, e := range events {
				select {
				case s.events <- e:
					continue
				default:
				}
				close(s.events)
				delete(r.subs, s)
				break
			}
		}
		r.mu.Unlock()
	}
}

// join begins to listen, as soon as the relay knows what is new. It returns from which event on the subscriber hears.
func (r *relay) join(ctx context.Context) (s *subscriber, from int64, ok bool) {
	select {
	case <-r.begun:
	case <-r.ended:
	case <-ctx.Done():
		return nil, 0, false
	}
	s = &subscriber{events: make(chan jobs.Event, queueMost), words: make(chan word, wordsMost)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return nil, 0, false
	}
	r.subs[s] = struct{}{}
	return s, r.last, true
}

func (r *relay) leave(s *subscriber) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.subs, s)
}

// heard tells whether anybody listens.
func (r *relay) heard() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.subs) > 0
}

// says tells everybody who listens.
func (r *relay) says(w word) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.subs {
		select {
		case s.words <- w:
		default:
		}
	}
}

func (r *relay) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	close(r.ended)
	for s := range r.subs {
		close(s.events)
		delete(r.subs, s)
	}
}

type changeJSON struct {
	Kind    string `json:"kind" example:"message.heard"`
	CaseID  string `json:"case_id"`
	Subject string `json:"subject" doc:"Id of what it happened to."`
}

func (a *API) eventOperations() {
	schema := a.api.OpenAPI().Components.Schemas.Schema(typeOf[changeJSON](), true, "Change")
	a.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: streamEvents, Method: http.MethodGet, Path: "/api/events", Tags: []string{"events"},
		Summary:     "What happens, as it happens",
		Description: "Server-sent events. `change` says what changed, by ids alone; Last-Event-ID goes on behind an event; `typing` says with a case_id that its customer writes; a page that names itself by `tab`, and says what it shows (POST /api/presence), is told by `presence` who of us has which case open, by `row` that the queue keeps a case for somebody, or for nobody any more, and by `draft` that somebody writes on in the one it shows; `reload` says that too much was missed; a comment every 15 seconds says that the stream stands.",
		Security:    []map[string][]string{{"session": {}}},
		Responses: map[string]*huma.Response{"200": {Description: "The stream", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: schema},
		}}},
	})
	a.api.Adapter().Handle(&huma.Operation{Method: http.MethodGet, Path: "/api/events"}, func(ctx huma.Context) {
		r, w := unwrap(ctx)
		a.only(readers, streamEvents, a.stream)(w, r)
	})
}

// stream carries events to one browser until it goes, its session ends, or it is too slow.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	sub, from, ok := a.relay.join(ctx)
	if !ok {
		a.fail(w, r, hilft.Fail(hilft.Unavailable, "house.closing", nil))
		return
	}
	defer a.relay.leave(sub)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := &pen{w: w, rc: http.NewResponseController(w), see: sight(ctx), patience: a.Pace.Patience}
	page := tab{out.see.Agent, r.URL.Query().Get("tab")}
	if access.TokenOf(ctx).ID != "" {
		page.Name = "" // a program looks at nothing
	}
	shows := a.presence.come(page, sub.words)
	defer a.presence.goes(page, shows)
	if err := a.replay(ctx, out, r.Header.Get("Last-Event-ID"), from); err != nil {
		return
	}
	stillIn := a.alive(ctx)
	beats, alive := time.NewTicker(a.Pace.Beat), time.NewTicker(a.Pace.Alive)
	defer beats.Stop()
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-sub.events:
			if !ok {
				return // too slow, or closing: the browser comes back with the last id it has
			}
			out.change(e)
			if len(sub.events) == 0 {
				out.flush()
			}
		case w := <-sub.words:
			out.word(w)
			if len(sub.words) == 0 {
				out.flush()
			}
		case <-beats.C:
			out.text(": beat\n\n")
			out.flush()
		case <-alive.C:
			if ok, err := stillIn(); err == nil && !ok {
				return
			}
			if me, err := a.Access.Agent(ctx, out.see.Agent); err == nil {
				out.see = me.Sight()
				a.presence.sees(shows, out.see)
			}
		}
		if out.err != nil {
			return
		}
	}
}

// replay says hello and gives what came between the last event the browser has and the first it will hear.
func (a *API) replay(ctx context.Context, out *pen, lastID string, from int64) error {
	last, err := strconv.ParseInt(lastID, 10, 64)
	switch {
	case err != nil, last > from: // a first visit, or an id of another database
		out.text(fmt.Sprintf("id: %d\nevent: hello\ndata: {}\n\n", from))
		if lastID != "" {
			out.text("event: reload\ndata: {}\n\n")
		}
	default:
		missed, err := a.Jobs.EventsBetween(ctx, last, from, replayMost+1)
		if err != nil {
			return err
		}
		out.text("event: hello\ndata: {}\n\n")
		if len(missed) > replayMost {
			out.text(fmt.Sprintf("id: %d\nevent: reload\ndata: {}\n\n", from))
			missed = nil
		}
		for _, e := range missed {
			out.change(e)
		}
	}
	out.flush()
	return out.err
}

// pen writes a stream. After an error it writes no more.
type pen struct {
	w        http.ResponseWriter
	rc       *http.ResponseController
	see      access.Sight
	patience time.Duration
	err      error
}

func (p *pen) text(s string) {
	if p.err == nil {
		_ = p.rc.SetWriteDeadline(time.Now().Add(p.patience))
		_, p.err = p.w.Write([]byte(s))
	}
}

func (p *pen) flush() {
	if p.err == nil {
		p.err = p.rc.Flush()
	}
}

func (p *pen) word(w word) {
	if p.see.May(w.brand, access.Read) {
		p.text("event: " + w.event + "\ndata: " + string(w.data) + "\n\n")
	}
}

func (p *pen) change(e jobs.Event) {
	if e.Brand != "" && !p.see.May(e.Brand, access.Read) {
		return
	}
	data, err := json.Marshal(changeJSON{e.Kind, string(e.Case), e.Subject})
	if err != nil {
		p.err = err
		return
	}
	p.text(fmt.Sprintf("id: %d\nevent: change\ndata: %s\n\n", e.ID, data))
}
