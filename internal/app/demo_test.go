// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
	"github.com/hilft/hilft/sandbox/nordnetz"
)

const (
	patience = time.Minute
	stopFor  = 4 * time.Second // it takes a tenth of a second where the machine has nothing else to do
)

// running is a demonstration that somebody watches.
type running struct {
	*demo
	out    bytes.Buffer
	url    string
	client *http.Client
	stop   func()
}

// run opens a demonstration on a free port and signs in with what its first line says.
func run(t *testing.T, o DemoOptions) *running {
	t.Helper()
	r := &running{}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Out, o.Log, o.Version = &r.out, slog.New(slog.NewTextHandler(t.Output(), nil)), "test"
	o.dialed = func(address string) {
		host, _, err := net.SplitHostPort(address)
		if err != nil || !loopback(host) {
			t.Errorf("the house connects to %s", address)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	r.demo, err = openDemo(ctx, o)
	require.NoError(t, err)
	r.tell()
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		began := time.Now()
		cancel()
		require.NoError(t, <-ended)
		require.Less(t, time.Since(began), stopFor, "it stops when it is told to")
	})
	t.Cleanup(r.stop)

	first, _, _ := strings.Cut(r.out.String(), "\n")
	said := regexp.MustCompile(`^hilft demo: (\S+) · sign in as (\S+) with (\S+)$`).FindStringSubmatch(first)
	require.NotNil(t, said, first)
	r.url = said[1]
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	r.client = &http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r.call(t, http.MethodPost, "/api/session", map[string]string{"email": said[2], "password": said[3]}, nil)
	// The IMAP library does not end cleanly in the middle of its first mails, which the race detector sees.
	wait, enough := context.WithTimeout(ctx, patience)
	defer enough()
	require.NoError(t, r.mail.AwaitIdle(wait, nordnetz.Address))
	_ = r.find(t, "Familie Lindner")
	return r
}

func (r *running) call(t *testing.T, method, path string, in, out any) {
	t.Helper()
	data, err := json.Marshal(in)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, bytes.NewReader(data))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Less(t, res.StatusCode, 300, "%s %s: %s", method, path, body)
	if out != nil {
		require.NoError(t, json.Unmarshal(body, out))
	}
}

type row struct {
	ID, Network, State string
	Person             struct{ Name string }
	Agent              *struct{ Name string }
	DueAt              *time.Time `json:"due_at"`
}

type whole struct {
	row
	Messages []struct {
		ID, Direction, Body, Delivery string
		Author                        *struct{ Name string }
		ConversationID                string `json:"conversation_id"`
		Visibility                    string
	}
}

func (r *running) inbox(t *testing.T) []row {
	t.Helper()
	var page struct{ Cases []row }
	r.call(t, http.MethodGet, "/api/inbox?limit=200", nil, &page)
	return page.Cases
}

// await waits until the inbox, which others fill, is as wanted.
func (r *running) await(t *testing.T, what string, wanted func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !wanted(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s; the inbox is %+v", what, patience, r.inbox(t))
		}
	}
}

// find waits for a customer's case.
func (r *running) find(t *testing.T, customer string) (found row) {
	t.Helper()
	r.await(t, customer+" is in the inbox", func() bool {
		all := r.inbox(t)
		i := slices.IndexFunc(all, func(c row) bool { return c.Person.Name == customer })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

// told is how far the story has come.
func (r *running) told(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.Data, memoFile))
	require.NoError(t, err)
	var m memo
	require.NoError(t, json.Unmarshal(data, &m))
	return m.Story.Told
}

func (r *running) read(t *testing.T, id string) (c whole) {
	t.Helper()
	r.call(t, http.MethodGet, "/api/cases/"+id, nil, &c)
	return c
}

// answer answers a customer where they wrote last.
func (r *running) answer(t *testing.T, customer, text string) string {
	t.Helper()
	id := r.find(t, customer).ID
	all := r.read(t, id).Messages
	last := all[len(all)-1]
	at := last
	for _, m := range all {
		if m.Direction == "inbound" {
			at = m
		}
	}
	r.call(t, http.MethodPost, "/api/cases/"+id+"/replies", map[string]any{
		"conversation_id": at.ConversationID, "visibility": at.Visibility, "text": text, "seen": last.ID,
	}, nil)
	return id
}

// thanked waits until a customer has said what they say when they are answered.
func (r *running) thanked(t *testing.T, id, customer string) {
	t.Helper()
	i := slices.IndexFunc(nordnetz.Cast(), func(c nordnetz.Customer) bool { return c.Name == customer })
	thanks := nordnetz.Cast()[i].Thanks
	r.await(t, customer+" answers", func() bool {
		for _, m := range r.read(t, id).Messages {
			if m.Direction == "inbound" && strings.Contains(m.Body, thanks) {
				return true
			}
		}
		return false
	})
}

func TestSomebodyAnswersACustomerOnEveryNetwork(t *testing.T) { //nolint:paralleltest // it counts goroutines
	leaks := goleak.IgnoreCurrent()
	r := run(t, DemoOptions{Quiet: true, tempo: 0.01})

	count := map[string]int{}
	r.await(t, "those who have written are all there", func() bool {
		clear(count)
		for _, c := range r.inbox(t) {
			count[c.Network]++
		}
		return count["mail"] >= 7 && count["mastodon"] >= 6 && count["webchat"] >= 3
	})
	late, soon := 0, 0
	for _, c := range r.inbox(t) {
		require.NotNil(t, c.DueAt)
		switch left := time.Until(*c.DueAt); {
		case left < 0:
			late++
		case left < 20*time.Minute:
			soon++
		}
	}
	require.GreaterOrEqual(t, late, 3)
	require.GreaterOrEqual(t, soon, 3)
	r.await(t, "colleagues have taken over a case", func() bool { a := r.find(t, "Familie Lindner").Agent; return a != nil && a.Name == "Tomke Ahrens" })

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	id := r.answer(t, "Birte Hansen", "Es liegt am Verteiler in Ihrer Straße, nicht am Router. Um halb drei sollte es wieder gehen.")
	_, err := r.mail.Await(ctx, "birte.hansen@foerde-post.example", func(m mail.Message) bool { return m.From == nordnetz.Address })
	require.NoError(t, err)
	r.thanked(t, id, "Birte Hansen")

	id = r.answer(t, "Jule Matthiesen", "Ja, ein Verteiler ist ausgefallen. Wir sind vor Ort.")
	require.NoError(t, r.mastodon.Wait(ctx, func(s mastodon.State) bool {
		return slices.ContainsFunc(s.Posts, func(p mastodon.Post) bool {
			return p.Author == "@nordnetz@norden.example" && p.InReplyTo != "" && strings.Contains(p.Text, "Verteiler")
		})
	}))
	r.thanked(t, id, "Jule Matthiesen")

	r.thanked(t, r.answer(t, "Tom Whitfield", "Yes, there is. It should be back by half past two."), "Tom Whitfield")

	data := r.Data
	r.stop()
	require.NoDirExists(t, data, "the folder of its own is gone")
	// The session library starts a cleaner for a store that the house replaces at once; it cannot be ended.
	goleak.VerifyNone(t, leaks, goleak.IgnoreAnyFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}

func TestTheStoryUnfoldsAndSlowsDown(t *testing.T) {
	t.Parallel()
	r := run(t, DemoOptions{tempo: 0.004})
	r.await(t, "the last word is spoken", func() bool { return r.told(t) == len(nordnetz.Plan(demoSeed)) })
	var nele whole
	r.await(t, "what somebody deleted is deleted here, and their direct message is in the same case", func() bool {
		nele = r.read(t, r.find(t, "Nele Carstens").ID)
		return len(nele.Messages) == 2 && nele.Messages[0].Body == "" && nele.Messages[1].Visibility == "private"
	})
}

func TestASecondStartGoesOn(t *testing.T) {
	t.Parallel()
	o := DemoOptions{Quiet: true, Data: filepath.Join(t.TempDir(), "kept"), tempo: 0.01}
	r := run(t, o)
	r.await(t, "all are there", func() bool { return len(r.inbox(t)) == 16 })
	r.await(t, "visitors are known", func() bool { return r.told(t) == 3 })
	r.stop()
	require.FileExists(t, filepath.Join(o.Data, "hilft.db"))

	r = run(t, o)
	require.Contains(t, r.out.String(), "Earlier cases are kept")
	require.Len(t, r.inbox(t), 16, "nobody writes the same again")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id := r.answer(t, "Svenja Brandt", "Die zweite Abbuchung war unser Fehler. Das Geld ist unterwegs.")
	_, err := r.mail.Await(ctx, "svenja.brandt@wolkenbrief.example", func(m mail.Message) bool { return m.From == nordnetz.Address })
	require.NoError(t, err)
	r.thanked(t, id, "Svenja Brandt")
	r.thanked(t, r.answer(t, "Frauke Jessen", "Nein, nichts umstecken, es liegt an uns."), "Frauke Jessen")
	_, err = r.mastodon.Publish("luca_h", mastodon.Draft{Text: "@nordnetz Seid ihr wieder da?"})
	require.NoError(t, err)
	require.Equal(t, "mastodon", r.find(t, "Luca Hoppe").Network)
}

func TestTheDemoStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":8080", "example.org:80"} {
		_, err := openDemo(t.Context(), DemoOptions{Listen: listen, Data: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		require.ErrorContains(t, err, "other machines", listen)
	}
	r := run(t, DemoOptions{Quiet: true})
	for _, address := range []string{"example.org:443", "127.0.0.1:1", r.desk.Addr().String()} {
		_, err := r.dial(t.Context(), "tcp", address)
		require.ErrorContains(t, err, "nothing outside", address)
	}
}

func TestATakenPortIsNoObstacle(t *testing.T) {
	t.Parallel()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	r := run(t, DemoOptions{Quiet: true, Listen: other.Addr().String()})
	require.Contains(t, r.out.String(), other.Addr().String()+" is taken")
	require.NotContains(t, r.url, other.Addr().String())
}

func TestAnotherHouseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hilft.db"), nil, 0o600))
	_, err := openDemo(t.Context(), DemoOptions{Listen: "127.0.0.1:0", Data: dir, Log: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "no demo")
}
