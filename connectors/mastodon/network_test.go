// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

const home = "social.example"

func TestMastodonKeepsTheContract(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t testing.TB) channeltest.Network { return newNetwork(t, sandbox.Options{}) })
}

// network is the stand-in server with the brand's account, as the conformance suite drives it.
type network struct {
	server *sandbox.Server
	url    string
	token  string
	since  time.Time
}

func newNetwork(t testing.TB, opt sandbox.Options) *network {
	t.Helper()
	opt.Domain = home
	if opt.CallLimit == 0 {
		opt.CallLimit = 100_000
	}
	server := sandbox.New(opt)
	url, err := server.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	_, err = server.CreateAccount(sandbox.Profile{Name: "nordnetz", Display: "Nordnetz hilft"})
	require.NoError(t, err)
	token, err := server.Token("nordnetz", strings.Fields(scopes)...)
	require.NoError(t, err)
	n := &network{server: server, url: url, token: token, since: time.Now().Add(-time.Hour)}
	n.meet(t, "mira@elsewhere.example")
	n.meet(t, "jon")
	return n
}

func (n *network) meet(t testing.TB, name string) {
	t.Helper()
	_, err := n.server.CreateAccount(sandbox.Profile{Name: name})
	require.NoError(t, err)
}

func (n *network) Connector() channel.Connector { return Connector{} }

func (n *network) Account(testing.TB) channel.Account {
	return channel.Account{
		ID: "account-1", Settings: channel.Settings{setURL: n.url, setToken: n.token}, Since: n.since, Key: make([]byte, 32),
	}
}

func (n *network) Stranger(t testing.TB) (channel.Account, bool) {
	acc := n.Account(t)
	acc.ID, acc.Key = "account-2", []byte(strings.Repeat("k", 32))
	acc.Settings[setToken] = "not-a-token"
	return acc, true
}

func (n *network) Env(t testing.TB) channel.Env { return channeltest.NewEnv(t) }

func (n *network) Features() channeltest.Features { return channeltest.Features{} }

// names turns the suite's short names into accounts: one of ours, one of another server.
func acctOf(name string) string {
	if name == "mira" {
		return "mira@elsewhere.example"
	}
	return name
}

func (n *network) Say(t testing.TB, s channeltest.Speech) string {
	t.Helper()
	d := sandbox.Draft{Text: "@nordnetz " + s.Text, Spoiler: s.Warning, InReplyTo: s.ReplyTo, At: s.At}
	if s.Visibility == hilft.Private {
		d.Visibility = sandbox.Direct
	}
	p, err := n.server.Publish(acctOf(s.From), d)
	require.NoError(t, err)
	return p.ID
}

func (n *network) Edit(t testing.TB, id, text string) {
	t.Helper()
	_, err := n.server.Edit(id, "@nordnetz "+text)
	require.NoError(t, err)
}

func (n *network) Delete(t testing.TB, id string) {
	t.Helper()
	require.NoError(t, n.server.Delete(id))
}

func (n *network) Spread(t testing.TB, id string, shared, liked int) {
	t.Helper()
	require.NoError(t, n.server.Spread(id, shared, liked))
}

func (n *network) Hooks(testing.TB) []channel.HookRequest { return nil }

func (n *network) Arrived(testing.TB) []channeltest.Arrival {
	var all []channeltest.Arrival
	for _, p := range n.server.State().Posts {
		if p.Author != "@nordnetz@"+home {
			continue
		}
		a := channeltest.Arrival{ID: p.ID, InReplyTo: p.InReplyTo, Text: p.Text, Warning: p.Spoiler, Visibility: hilft.Public}
		for _, f := range p.Files {
			a.Files = append(a.Files, channel.File{Name: f.Name, Alt: f.Description, Data: f.Data})
		}
		if p.Visibility == sandbox.Direct || p.Visibility == sandbox.Followers {
			a.Visibility = hilft.Private
		}
		if len(p.Mentions) > 0 {
			a.To, _, _ = strings.Cut(strings.TrimPrefix(p.Mentions[0], "@"), "@")
		}
		all = append(all, a)
	}
	return all
}

func (n *network) Fault(t testing.TB, f channeltest.Fault) bool {
	t.Helper()
	known := map[channeltest.Fault]sandbox.Fault{
		channeltest.NoFault: sandbox.NoFault, channeltest.RateLimited: sandbox.RateLimited, channeltest.LostAnswer: sandbox.LostAnswer,
		channeltest.HeldAnswer: sandbox.HeldAnswer, channeltest.LostRequest: sandbox.LostRequest, channeltest.Down: sandbox.Down,
		channeltest.SignInExpired: sandbox.SignInExpired, channeltest.Garbage: sandbox.Garbage, channeltest.Slow: sandbox.Slow,
		channeltest.Refused: sandbox.Refused, channeltest.Gone: sandbox.Gone,
	}
	fault, ok := known[f]
	if ok {
		require.NoError(t, n.server.Fail(fault))
	}
	return ok
}

func (n *network) AwaitStream(t testing.TB) {
	t.Helper()
	n.await(t, func(st sandbox.State) bool { return len(st.Streams) > 0 })
}

func (n *network) await(t testing.TB, what func(sandbox.State) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, n.server.Wait(ctx, what))
}

// connected is an account that has been checked, and its open line.
func (n *network) connected(t testing.TB) (channel.Account, *line) {
	t.Helper()
	acc, env := n.Account(t), n.Env(t)
	self, err := Connector{}.Check(t.Context(), acc, env)
	require.NoError(t, err)
	acc.Self = self
	opened, err := Connector{}.Open(t.Context(), acc, env)
	require.NoError(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	return acc, opened.(*line)
}

// heard polls until there is no more, and returns the items in order.
func heard(t testing.TB, acc channel.Account, l *line, from string) ([]channel.Item, string) {
	t.Helper()
	var items []channel.Item
	for {
		batch, err := l.Poll(t.Context(), from)
		require.NoError(t, err)
		for _, raw := range batch.Raws {
			some, err := Connector{}.Translate(acc, raw)
			require.NoError(t, err)
			items = append(items, some...)
		}
		from = batch.Cursor
		if !batch.More {
			return items, from
		}
	}
}

func find(items []channel.Item, id string) *channel.Item {
	if i := slices.IndexFunc(items, func(i channel.Item) bool { return i.ID == id }); i >= 0 {
		return &items[i]
	}
	return nil
}
