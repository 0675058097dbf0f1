// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

type question func(w *world, ctx context.Context, args []string) (string, error)

// questions are what only a script in a browser has to ask of the world: most of it hands over what a person would carry
// from one page to another.
var questions = map[string]question{
	"hook":      (*world).askHook,
	"neighbour": (*world).askNeighbour,
	"shop":      (*world).askShop,
	"social":    (*world).askSocial,
	"website":   (*world).askWebsite,
}

// askHook tells a system the address that the desk shows for it.
//
//	hook is http://…
func (w *world) askHook(_ context.Context, args []string) (string, error) {
	if !is(args, "is …") || !strings.HasPrefix(args[1], w.house.URL()) {
		return "", badLine(args)
	}
	w.accounts["api"] = apptest.Account{HookURL: args[1]}
	return "", nil
}

// askNeighbour lets somebody else than the story's customer speak over the system: every name has a concern of its own.
//
//	neighbour 'Jens Petersen' says 'text' [in public]
func (w *world) askNeighbour(ctx context.Context, args []string) (string, error) {
	if !is(args, "… says …") && !is(args, "… says … in public") {
		return "", badLine(args)
	}
	said := apptest.Said{ID: rand.Text(), Thread: "t-" + args[0], Text: args[2], From: map[string]string{"id": "c-" + args[0], "name": args[0]}}
	if len(args) > 3 {
		said.Visibility = "public"
	}
	status, err := w.shop.Post(ctx, new(http.Client), w.accounts["api"].HookURL, said.Body())
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the system was told %d", status)
	}
	return "", err
}

// askShop waits until the system was given an answer of ours, and tells how often that was by then.
//
//	shop took 'text'
func (w *world) askShop(ctx context.Context, args []string) (string, error) {
	if !is(args, "took …") {
		return "", badLine(args)
	}
	taken := func(m apptest.Taken) bool { return m.Text == args[1] }
	if _, err := w.shop.Wait(ctx, taken); err != nil {
		return "", err
	}
	n := 0
	for _, m := range w.shop.Taken() {
		if taken(m) {
			n++
		}
	}
	return strconv.Itoa(n), nil
}

// site is a page of the brand's, on an origin of its own, which carries whatever snippet it was given.
type site struct {
	origin string
	server *http.Server
	mu     sync.Mutex
	code   template.HTML
}

var sitePage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>Tarife</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Glasfaser für die Küste</h1><p>Ab März auch in der Deichstraße.</p></main>
{{.}}
</body></html>`))

func openSite() (*site, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(at.Addr().String())
	if err != nil {
		return nil, err
	}
	s := &site{origin: "http://localhost:" + port} // another site than 127.0.0.1, as a browser sees it
	s.server = &http.Server{Handler: http.HandlerFunc(s.show), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(at) }()
	return s, nil
}

func (s *site) show(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = sitePage.Execute(w, s.code)
}

func prepareWebsite(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	if err := prepareReady(ctx, w); err != nil {
		return nil, err
	}
	s, err := openSite()
	if err != nil {
		return nil, err
	}
	w.onClose(func() { _ = s.server.Close() })
	w.site = s
	return map[string]string{"website": s.origin}, nil
}

// askWebsite pastes code into the website, as whoever looks after it does.
//
//	website carries '<script …>'
func (w *world) askWebsite(_ context.Context, args []string) (string, error) {
	if !is(args, "carries …") {
		return "", badLine(args)
	}
	w.site.mu.Lock()
	defer w.site.mu.Unlock()
	w.site.code = template.HTML(args[1]) // that is what a snippet is
	return "", nil
}

// askSocial asks the network where a person would look.
//
//	social page             of what the customer posted last
//	social hears us         once the brand's stream stands: what is posted from then on is heard at once
//	social warns 'warning' 'text'     the customer posts behind a warning
//	social spreads 3 12               how often that was boosted and favourited; nobody is told
//	social takes it back              the customer deletes what they posted last
//	social shows 'description' behind 'warning'     the brand's last post
func (w *world) askSocial(ctx context.Context, args []string) (string, error) {
	switch {
	case is(args, "page"):
		for _, p := range w.social.server.State().Posts {
			if p.ID == w.social.last.ID {
				return p.URL, nil
			}
		}
		return "", errors.New("the customer has not posted")
	case is(args, "warns … …"):
		p, err := w.social.server.Publish(w.social.mira, sandbox.Draft{Text: w.social.brand + " " + args[2], Spoiler: args[1]})
		w.social.last = p
		return "", err
	case is(args, "spreads … …"):
		shared, _ := strconv.Atoi(args[1])
		liked, _ := strconv.Atoi(args[2])
		return "", w.social.server.Spread(w.social.last.ID, shared, liked)
	case is(args, "takes it back"):
		return "", w.social.server.Delete(w.social.last.ID)
	case is(args, "shows … behind …"):
		return "", w.social.server.Wait(ctx, func(st sandbox.State) bool {
			return slices.ContainsFunc(st.Posts, func(p sandbox.Post) bool {
				return p.Author == w.social.brand && p.Spoiler == args[3] && len(p.Files) == 1 && p.Files[0].Description == args[1]
			})
		})
	case is(args, "hears us"):
		return "", w.social.server.Wait(ctx, func(st sandbox.State) bool { return len(st.Streams) > 0 })
	}
	return "", fmt.Errorf("social: %w", badLine(args))
}
