// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/bus"
)

// Who has a case before them is told while they do, to those who look at the same brand, and kept nowhere: no row, no line of a log, no
// time. A tab says what it looks at; the node that has its live stream answers for it, as long as the stream stands and the tab says so
// again. Nodes tell each other by the bus what is so at theirs, anew every few seconds: what gets lost is right again then, and what a
// node said that has died is forgotten.

const (
	presenceRound = 250 * time.Millisecond // between two tellings
	announceEvery = 5 * time.Second
	announceFor   = 12 * time.Second
	tabMost       = 64 // bytes of a tab's name

	looksSubject   = "hilft.looks"   // what a tab looks at, for the node that has its stream
	presentSubject = "hilft.present" // what a node tells of its tabs
)

// Doing is what somebody does with a case that is open before them.
type Doing string

const (
	Away   Doing = "away" // it is open in a tab that they do not see
	Reads  Doing = "reads"
	Writes Doing = "writes"
)

var doings = []Doing{Away, Reads, Writes}

// tab is one page of somebody's browser. Its name is the page's own; only with whose it is does it mean anything.
type tab struct {
	Agent hilft.AgentID `json:"agent"`
	Name  string        `json:"tab"`
}

// spot is what a tab looks at: a brand's list, or a case.
type spot struct {
	Brand hilft.BrandID `json:"brand"`
	Case  hilft.CaseID  `json:"case"`
	Doing Doing         `json:"doing"`
}

type look struct {
	tab
	spot
}

// looker is a tab whose stream is at this node.
type looker struct {
	spot
	words chan word
	heard time.Time
	whole bool // it is to be told of everybody
}

// atWork is somebody and what they do with a case.
type atWork struct {
	Agent hilft.AgentID `json:"agent"`
	Doing Doing         `json:"doing"`
}

// byCase is who does what, by case; who does more than one thing in several tabs does the most of it.
type byCase map[hilft.CaseID][]atWork

func (c byCase) add(id hilft.CaseID, w atWork) {
	if i := slices.IndexFunc(c[id], func(o atWork) bool { return o.Agent == w.Agent }); i >= 0 {
		if slices.Index(doings, w.Doing) > slices.Index(doings, c[id][i].Doing) {
			c[id][i].Doing = w.Doing
		}
		return
	}
	c[id] = append(c[id], w)
}

// announced is what a node has told of a brand.
type announced struct {
	Node  string        `json:"node"`
	Brand hilft.BrandID `json:"brand"`
	Cases byCase        `json:"cases"`
	until time.Time
}

// presence knows who has which case before them, at all nodes. Times are this node's own, of which only what passes counts.
type presence struct {
	bus   *bus.Bus
	node  string
	lasts time.Duration // how long a tab is believed that says nothing

	mu    sync.Mutex
	tabs  map[tab]*looker
	said  map[hilft.BrandID]map[string]announced // by node
	stale map[hilft.BrandID]bool                 // what this node has told of it is not so any more
	moved map[hilft.BrandID]map[hilft.CaseID]bool
	last  time.Time // when this node told of everything
	bell  chan struct{}
}

func newPresence(b *bus.Bus, lasts time.Duration) *presence {
	return &presence{
		bus: b, node: hilft.NewID(), lasts: lasts, tabs: map[tab]*looker{}, said: map[hilft.BrandID]map[string]announced{},
		stale: map[hilft.BrandID]bool{}, moved: map[hilft.BrandID]map[hilft.CaseID]bool{}, bell: make(chan struct{}, 1),
	}
}

func (p *presence) ring() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// run passes on what is said until the context ends.
func (p *presence) run(ctx context.Context) {
	cancels := []func(){
		p.bus.Subscribe(looksSubject, func(_ string, data []byte) {
			var l look
			if json.Unmarshal(data, &l) == nil {
				p.looks(l)
			}
		}),
		p.bus.Subscribe(presentSubject, func(_ string, data []byte) {
			var a announced
			if json.Unmarshal(data, &a) == nil && a.Node != p.node {
				p.mu.Lock()
				p.hear(a, time.Now())
				p.mu.Unlock()
				p.ring()
			}
		}),
		p.bus.Subscribe(rowSubject, func(_ string, data []byte) {
			var r rowMoved
			if json.Unmarshal(data, &r) == nil {
				p.rows(r)
			}
		}),
		p.bus.Subscribe(draftSubject, func(_ string, data []byte) {
			var d draftMoved
			if json.Unmarshal(data, &d) == nil {
				p.drafts(d, data)
			}
		}),
	}
	defer func() {
		for _, cancel := range cancels {
			cancel()
		}
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.bell:
		case <-tick.C:
		}
		p.round(time.Now())
		select { // what comes at once is told at once
		case <-ctx.Done():
			return
		case <-time.After(presenceRound):
		}
	}
}

// come begins to answer for a tab that has a name.
func (p *presence) come(t tab, words chan word) *looker {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &looker{words: words, heard: time.Now()}
	if t.Name == "" || len(t.Name) > tabMost {
		return l
	}
	if was := p.tabs[t]; was != nil {
		p.leaves(was)
	}
	p.tabs[t] = l
	return l
}

// goes ends that. A tab that has come back since is another looker.
func (p *presence) goes(t tab, l *looker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tabs[t] == l {
		delete(p.tabs, t)
	}
	p.leaves(l)
}

// sees keeps a looker out of a brand that they do not see any more.
func (p *presence) sees(l *looker, see access.Sight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.Brand != "" && !see.May(l.Brand, access.Read) {
		p.leaves(l)
	}
}

func (p *presence) leaves(l *looker) {
	if l.Brand != "" {
		p.stale[l.Brand] = true
		p.ring()
	}
	l.spot = spot{}
}

// looks takes what a tab says, where this node has its stream.
func (p *presence) looks(said look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.tabs[said.tab]
	if l == nil {
		return
	}
	l.heard = time.Now()
	if l.spot == said.spot {
		return
	}
	if l.Brand != said.Brand {
		l.whole = true
		p.stale[l.Brand] = true
	}
	l.spot = said.spot
	p.stale[l.Brand] = true
	p.ring()
}

// hear takes what a node tells. The caller holds p.mu.
func (p *presence) hear(a announced, now time.Time) {
	if p.said[a.Brand] == nil {
		p.said[a.Brand] = map[string]announced{}
	}
	was := p.said[a.Brand][a.Node]
	for _, two := range [][2]byCase{{was.Cases, a.Cases}, {a.Cases, was.Cases}} {
		for id, all := range two[0] {
			if !slices.Equal(all, two[1][id]) {
				p.moves(a.Brand, id)
			}
		}
	}
	if len(a.Cases) == 0 {
		delete(p.said[a.Brand], a.Node)
		return
	}
	a.until = now.Add(announceFor)
	p.said[a.Brand][a.Node] = a
}

func (p *presence) moves(b hilft.BrandID, id hilft.CaseID) {
	if p.moved[b] == nil {
		p.moved[b] = map[hilft.CaseID]bool{}
	}
	p.moved[b][id] = true
}

// round forgets what is over, tells the other nodes what is so here, and everybody here what has changed.
func (p *presence) round(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.tabs {
		if l.Case != "" && now.Sub(l.heard) > p.lasts {
			l.Case = ""
			p.stale[l.Brand] = true
		}
	}
	if now.Sub(p.last) >= announceEvery {
		p.last = now
		for _, l := range p.tabs {
			p.stale[l.Brand] = true
		}
	}
	p.announce(now)
	for _, nodes := range p.said {
		for _, a := range nodes {
			if a.Node != p.node && a.until.Before(now) {
				p.hear(announced{Node: a.Node, Brand: a.Brand}, now)
			}
		}
	}
	p.tell()
}

// announce tells of the brands of which it is not told how it is.
func (p *presence) announce(now time.Time) {
	if len(p.stale) == 0 {
		return
	}
	all := map[hilft.BrandID]byCase{}
	for t, l := range p.tabs {
		if l.Case == "" || !p.stale[l.Brand] {
			continue
		}
		if all[l.Brand] == nil {
			all[l.Brand] = byCase{}
		}
		all[l.Brand].add(l.Case, atWork{t.Agent, l.Doing})
	}
	for b := range p.stale {
		for _, who := range all[b] {
			slices.SortFunc(who, func(x, y atWork) int { return cmp.Compare(x.Agent, y.Agent) })
		}
		_, told := p.said[b][p.node]
		if b == "" || len(all[b]) == 0 && !told {
			continue
		}
		a := announced{Node: p.node, Brand: b, Cases: all[b]}
		p.hear(a, now)
		if data, err := json.Marshal(a); err == nil {
			p.bus.Publish(presentSubject, data)
		}
	}
	clear(p.stale)
}

type presenceJSON struct {
	Whole bool   `json:"whole"` // of what is not named, nobody has anything open
	Cases byCase `json:"cases"`
}

// tell tells every looker what has changed in the brand they look at; who has just come, everything. It is put into words once for all.
func (p *presence) tell() {
	of := map[hilft.BrandID]word{}
	whole := map[hilft.BrandID]word{}
	for _, l := range p.tabs {
		if l.Brand == "" || !l.whole && len(p.moved[l.Brand]) == 0 {
			continue
		}
		kept := of
		if l.whole {
			kept = whole
		}
		w, made := kept[l.Brand]
		if !made {
			w = p.inWords(l.Brand, l.whole)
			kept[l.Brand] = w
		}
		select {
		case l.words <- w:
			l.whole = false
		default:
			l.whole = true // they read slowly: the next time they are told of everything
		}
	}
	clear(p.moved)
}

func (p *presence) inWords(b hilft.BrandID, whole bool) word {
	now := byCase{}
	for id := range p.moved[b] {
		if !whole {
			now[id] = []atWork{}
		}
	}
	for _, a := range p.said[b] {
		for id, all := range a.Cases {
			if !whole && !p.moved[b][id] {
				continue
			}
			for _, w := range all {
				now.add(id, w)
			}
		}
	}
	data, err := json.Marshal(presenceJSON{whole, now})
	if err != nil {
		data = []byte(`{"whole":false,"cases":{}}`) // ids always become JSON
	}
	return word{b, "presence", data}
}

// drafts tells those whom it concerns that something else is being written.
func (p *presence) drafts(d draftMoved, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.tabs {
		if l.Brand != d.Brand || l.Case != d.Case && !d.Begun {
			continue
		}
		select {
		case l.words <- word{d.Brand, "draft", data}:
		default: // it is told again when they write on
		}
	}
}

// rows tells those who look at a brand that one of its cases looks otherwise in lists.
func (p *presence) rows(r rowMoved) {
	w := word{brand: r.Brand, event: "row"}
	var err error
	if w.data, err = json.Marshal(map[string]hilft.CaseID{"case_id": r.Case}); err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.tabs {
		if l.Brand != r.Brand {
			continue
		}
		select {
		case l.words <- w:
		default: // they see it when they look at the case
		}
	}
}

// busy are the cases of a brand that others have before them.
func (p *presence) busy(b hilft.BrandID, me hilft.AgentID) []hilft.CaseID {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[hilft.CaseID]bool{}
	for _, a := range p.said[b] {
		for id, who := range a.Cases {
			if slices.ContainsFunc(who, func(w atWork) bool { return w.Agent != me && w.Doing != Away }) {
				all[id] = true
			}
		}
	}
	return slices.Collect(maps.Keys(all))
}

// presencePath is asked every few seconds by every tab that has a case open, whether or not somebody sits before it: that is no use of
// a session.
const presencePath = "/api/presence"

func unattended(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == presencePath {
			r = r.WithContext(access.Unattended(r.Context()))
		}
		next.ServeHTTP(w, r)
	})
}

type presenceRequest struct {
	InBrand
	Body struct {
		Tab    string `json:"tab" minLength:"1" maxLength:"64" doc:"As the live stream of the page was asked for with it."`
		CaseID string `json:"case_id" maxLength:"64" doc:"Empty: the list."`
		Doing  string `json:"doing" enum:"reads,writes,away" doc:"away: in a tab that is not seen."`
		Served bool   `json:"served,omitempty" doc:"The queue has served it: it is kept for longer while it is seen."`
	}
}

func (a *API) presenceOperation() {
	operation(a, readers, http.MethodPost, presencePath, "be-present", "Say what one's page shows, for colleagues who look at the same brand: while its live stream stands, and until it says something else or nothing for 25 seconds. It is kept nowhere", 204,
		func(ctx context.Context, in *presenceRequest) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			l := look{tab{access.Actor(ctx).ID, in.Body.Tab}, spot{b.ID, hilft.CaseID(in.Body.CaseID), Doing(in.Body.Doing)}}
			if l.Case == "" {
				l.Doing = ""
			} else {
				c, err := a.Desk.Row(ctx, sight(ctx), l.Case)
				if err != nil {
					return nil, err
				}
				l.Brand = c.Brand
			}
			if in.Body.Served && l.Doing != Away {
				if err := a.Desk.Renew(ctx, sight(ctx), l.Case, in.Body.Tab); err != nil {
					return nil, err
				}
			}
			if data, err := json.Marshal(l); err == nil {
				a.Bus.Publish(looksSubject, data)
			}
			return nil, nil //nolint:nilnil // there is nothing to answer
		})
}
