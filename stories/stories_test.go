// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package stories_test tells what the house must do, in the words of the trade (docs/glossary.md), and holds the real
// binary to it. A story is a .txtar file; every line is something that a customer, an agent, a network or the house does
// or sees. Whatever is to be seen is waited for, by the live stream or by what the network says, never by the clock.
//
// To read a story, begin with mail.txtar. To tell a new one, write a file beside it; the commands are the methods of
// world, one file of Go for each who acts.
package stories_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/connectors/mail/mailtest"
	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/store/storetest"
)

// patience is how long a story waits for one thing to happen.
const patience = 90 * time.Second

// binary is what all stories run: built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hilft-stories-")
		if err == nil {
			defer func() { _ = os.RemoveAll(dir) }()
			binary, err = apptest.Binary(context.Background(), dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// everywhere are the stories that are told on Postgres too: the way of a word through the house, on every kind of line.
var everywhere = []string{"mail.txtar", "api.txtar", "webchat.txtar", "mastodon.txtar"}

func TestStories(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		tell(t, all, teller{})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		tell(t, everywhere, teller{postgres: true})
	})
	t.Run("real mail servers", func(t *testing.T) {
		t.Parallel()
		servers := mailtest.Start(t, mailtest.Box(desk), mailtest.Box(mira))
		tell(t, []string{"mail.txtar"}, teller{provider: &realMail{t: t, servers: servers}})
	})
}

// postgres is the server for tests. In CI there must be one.
func postgres(t *testing.T) string {
	t.Helper()
	server := os.Getenv(apptest.PostgresEnv)
	if server == "" && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set", apptest.PostgresEnv)
	}
	if server == "" {
		t.Skipf("no Postgres: %s is not set", apptest.PostgresEnv)
	}
	return server
}

// teller says in what surroundings a story is told.
type teller struct {
	postgres bool         // else SQLite
	provider mailProvider // nil: the sandbox
}

type worldKey struct{}

func tell(t *testing.T, files []string, how teller) {
	t.Helper()
	cmds := map[string]func(ts *testscript.TestScript, neg bool, args []string){}
	for name, act := range commands {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			w := ts.Value(worldKey{}).(*world)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			err := act(w, ctx, args)
			switch {
			case err == nil && neg:
				ts.Fatalf("that should not have worked")
			case err != nil && neg:
				w.refusal = err
			case err != nil:
				ts.Fatalf("%v\n%s", err, w.lastWords())
			}
		}
	}
	testscript.Run(t, testscript.Params{
		Files: files, Cmds: cmds,
		Setup: func(env *testscript.Env) error {
			w := &world{dir: env.WorkDir, provider: how.provider}
			env.Defer(apptest.Turn())
			env.Defer(w.close)
			if how.postgres {
				w.database = storetest.PostgresURL(t)
			}
			env.Values[worldKey{}] = w
			return nil
		},
	})
}

// world is one story: the house, who works there, and the networks around it.
type world struct {
	dir      string
	database string
	house    *apptest.House
	agent    *apptest.Agent
	accounts map[string]apptest.Account // by network
	refusal  error                      // what was said to the last thing that should not work

	seen      apptest.Case // as the agent saw it last
	did       did          // with whole cases, last
	merged    int64        // the number of the case that was merged last
	provider  mailProvider
	lastMail  *letter
	shop      *apptest.Shop
	lookup    bool
	lastSaid  apptest.Said
	social    *social
	visitor   *visitor
	site      *site
	collector *collector
	closers   []func()
}

func (w *world) onClose(f func()) { w.closers = append(w.closers, f) }

func (w *world) close() {
	if w.visitor != nil {
		w.visitor.leave()
	}
	if w.house != nil {
		w.house.Kill()
	}
	for _, f := range slices.Backward(w.closers) {
		f()
	}
}

// lastWords is what the house said last, for a story that went wrong.
func (w *world) lastWords() string {
	if w.house == nil {
		return ""
	}
	said := w.house.Said()
	return "the house said:\n" + strings.Join(said[max(0, len(said)-25):], "\n")
}

type command func(w *world, ctx context.Context, args []string) error

// commands are the words that a line of a story may begin with.
var commands = map[string]command{
	"house":    (*world).doHouse,
	"account":  (*world).doAccount,
	"agent":    (*world).doAgent,
	"case":     (*world).doCase,
	"reply":    (*world).doReply,
	"refused":  (*world).doRefused,
	"customer": (*world).doCustomer,
	"mailbox":  (*world).doMailbox,
	"network":  (*world).doNetwork,
	"system":   (*world).doSystem,
	"visitor":  (*world).doVisitor,
}

// doRefused looks at why the last thing that should not work did not: refused 'reply.something_new'.
func (w *world) doRefused(_ context.Context, args []string) error {
	if w.refusal == nil || !strings.Contains(w.refusal.Error(), strings.Join(args, " ")) {
		return fmt.Errorf("it was refused for another reason: %w", w.refusal)
	}
	return nil
}

// badLine is a line that no command understands.
func badLine(args []string) error {
	return fmt.Errorf("no such line; got %q", args)
}

// is tells whether a line reads like this; "…" stands for one word of any kind.
func is(args []string, words string) bool {
	want := strings.Fields(words)
	if len(want) != len(args) {
		return false
	}
	for i, word := range want {
		if word != "…" && word != args[i] {
			return false
		}
	}
	return true
}
