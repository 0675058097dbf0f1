// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
	"github.com/hilft/hilft/internal/store/storetest"
)

// nodes are several processes of one house: they share a Postgres, a NATS cluster and a data folder, and whoever is
// outside may speak with any of them.
type nodes struct {
	*siege
	all  []*apptest.House
	nats *wakeUps
	env  []string // of every process
}

// build makes a house of so many nodes. None of them is open yet.
func build(t *testing.T, count int) *nodes {
	t.Helper()
	return buildOn(t, storetest.PostgresURL(t), count)
}

func buildOn(t *testing.T, database string, count int) *nodes {
	t.Helper()
	n := &nodes{siege: &siege{t: t, ctx: t.Context()}, nats: openWakeUps(t)}
	data := t.TempDir()
	for i := range count {
		h, err := apptest.NewHouse(binary, data, database)
		require.NoError(t, err)
		n.all = append(n.all, h)
		h.Settings["nats_url"] = n.nats.url()
		h.Settings["public_url"] = n.all[0].URL()
		t.Cleanup(func() {
			h.Kill()
			if t.Failed() {
				said := h.Said()
				t.Logf("node %d said:\n%s", i, strings.Join(said[max(0, len(said)-40):], "\n"))
			}
		})
	}
	return n
}

// open opens nodes, one after the other. The first of them is set up, if nobody has.
func (n *nodes) open(which ...int) {
	n.t.Helper()
	for _, i := range which {
		require.NoError(n.t, n.all[i].Open(n.ctx, n.env...))
		if n.agent == nil {
			ctx, cancel := context.WithTimeout(n.ctx, patience)
			defer cancel()
			var err error
			n.agent, err = n.all[i].SetUp(ctx)
			require.NoError(n.t, err)
		}
	}
}

// connect connects a shop, which may be called at every node.
func (n *nodes) connect(lookup bool) {
	n.t.Helper()
	var err error
	n.shop, err = apptest.OpenShop()
	require.NoError(n.t, err)
	n.t.Cleanup(n.shop.Close)
	acc, err := n.agent.Connect(n.ctx, "api", "Shop", n.shop.Settings(lookup))
	require.NoError(n.t, err)
	n.words = newWords(n.shop)
	for _, h := range n.all {
		n.words.hooks = append(n.words.hooks, h.URL()+strings.TrimPrefix(acc.HookURL, n.all[0].URL()))
	}
}

// world lets the words of the other stories be used: the agent of it works at one of the nodes.
func (n *nodes) world(at int) *world {
	w := &world{house: n.all[at], agent: n.agent.At(n.all[at]), accounts: map[string]apptest.Account{}}
	n.t.Cleanup(func() {
		for _, f := range slices.Backward(w.closers) {
			f()
		}
	})
	return w
}

// patient is a context for one thing that is waited for.
func (n *nodes) patient() context.Context {
	ctx, cancel := context.WithTimeout(n.ctx, patience)
	n.t.Cleanup(cancel)
	return ctx
}

func (n *nodes) eventually(what string, ok func() bool) {
	n.t.Helper()
	require.Eventually(n.t, ok, patience, 50*time.Millisecond, what)
}

// ready is what a load balancer is told that asks a node whether it can serve; 0: it does not answer.
func ready(h *apptest.House) int {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(h.URL() + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// says is how often a node said something.
func says(h *apptest.House, words string) (n int) {
	for _, line := range h.Said() {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

// wakeUps is a NATS server that can be stopped and started again.
type wakeUps struct {
	t    *testing.T
	port int
	s    *server.Server
}

func openWakeUps(t *testing.T) *wakeUps {
	t.Helper()
	w := &wakeUps{t: t, port: -1}
	w.start()
	w.port = w.s.Addr().(*net.TCPAddr).Port
	t.Cleanup(w.stop)
	return w
}

func (w *wakeUps) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", w.port) }

func (w *wakeUps) start() {
	w.t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: w.port, NoLog: true, NoSigs: true})
	require.NoError(w.t, err)
	s.Start()
	require.True(w.t, s.ReadyForConnections(patience), "NATS does not start")
	w.s = s
}

func (w *wakeUps) stop() {
	w.s.Shutdown()
	w.s.WaitForShutdown()
}

// Webhooks arrive at whichever node, the same one at several at once; agents answer at whichever node. The nodes' own
// clocks are ten minutes apart, and nobody notices: what one of them is at is not taken from it.
func TestNodesTakeAndAnswerTogether(t *testing.T) {
	t.Parallel()
	n := build(t, 3)
	for i, askew := range []string{"-5m", "0s", "5m"} {
		n.env = []string{"HILFT_CLOCK=" + askew}
		n.open(i)
	}
	n.connect(false)
	for range threads * 3 {
		n.words.add()
	}
	n.words.sendEverywhere(n.ctx)
	for range 100 {
		n.words.add()
	}
	n.words.send(n.ctx, nil)
	require.Empty(t, n.words.unacked(), "every node takes everything: %v", n.words.told)
	require.NoError(t, n.agent.Until(n.patient(), func(ctx context.Context) error {
		rows, err := n.agent.AllCases(ctx)
		if err == nil && len(rows) < threads {
			err = fmt.Errorf("%d cases", len(rows))
		}
		return err
	}))
	n.shop.Behave(func(apptest.Taken) apptest.Manner { return apptest.TakesSlowly })
	n.sitDown(n.ctx)
	for _, h := range n.all {
		n.agent = n.agent.At(h)
		n.write(n.ctx, 4)
	}
	n.judge()
	for _, r := range n.wrote {
		require.True(t, r.answered)
		c, err := n.agent.Case(n.ctx, r.caseID)
		require.NoError(t, err)
		i := slices.IndexFunc(c.Messages, func(m apptest.Message) bool { return m.Body == r.what.Text })
		require.Equal(t, "sent", c.Messages[i].Delivery, "nobody doubts what a node is at")
	}
	require.Len(t, n.shop.Taken(), len(n.wrote))
}

// An account is listened to by one node. When that one dies, or sleeps, another goes on from where it was, and a sleeper
// that wakes has no say any more.
func TestALineMovesToAnotherNode(t *testing.T) {
	t.Parallel()
	n := build(t, 2)
	n.open(0)
	w := n.world(0)
	_, err := w.connectSocial(n.patient())
	require.NoError(t, err)
	n.open(1)
	hears := func(text string, at int) {
		t.Helper()
		require.NoError(t, w.social.speak(w.social.brand+" "+text))
		w.agent = n.agent.At(n.all[at])
		found, err := w.find(n.patient(), text)
		require.NoError(t, err)
		w.seen = found
	}
	listeners := func() int { return len(w.social.server.State().Streams) }
	hears("Seit heute früh kein Netz", 1)
	require.Equal(t, 1, listeners())

	n.all[0].Kill()
	hears("Noch immer nicht", 1)
	require.Equal(t, 1, listeners())

	n.open(0) // and does not take the line back
	hears("Und jetzt?", 0)
	require.Equal(t, 1, listeners())
	require.NoError(t, n.all[1].Pause())
	hears("Hört mich jemand?", 0)
	require.NoError(t, w.replies(n.ctx, "", "Ja, wir suchen schon.", false))
	require.NoError(t, w.doNetwork(n.patient(), []string{"shows", "Ja, wir suchen schon.", "public"}))
	require.NoError(t, n.all[1].Wake())
	n.eventually("the sleeper hangs up", func() bool { return listeners() == 1 })
	hears("Danke!", 1)
	require.NoError(t, w.doCase(n.patient(), []string{"has", "6", "messages"}))
	require.NoError(t, w.doNetwork(n.ctx, []string{"shows", "Ja, wir suchen schon.", "once"}))
}

// A node falls asleep while the network is taking a reply, and sleeps until another node has the reply. What it heard
// from the network counts no more when it wakes, and the reply does not go out again.
func TestANodeThatSleepsWhileItSends(t *testing.T) {
	t.Parallel()
	n := build(t, 2)
	n.open(0)
	n.connect(true)
	n.words.hooks = n.words.hooks[:1]
	n.words.add()
	n.words.send(n.ctx, nil)
	w := n.world(0)
	var err error
	w.seen, err = w.find(n.patient(), "Wort 0")
	require.NoError(t, err)
	n.shop.Behave(func(apptest.Taken) apptest.Manner { return apptest.TakesSlowly })
	const text = "Ihr Paket ist unterwegs."
	require.NoError(t, w.replies(n.ctx, "", text, false))
	_, err = n.shop.Wait(n.patient(), func(m apptest.Taken) bool { return m.Text == text })
	require.NoError(t, err)
	require.NoError(t, n.all[0].Pause())

	n.open(1)
	w.agent = n.agent.At(n.all[1])
	ctx, cancel := context.WithTimeout(n.ctx, settledIn) // its lease has to end
	defer cancel()
	require.NoError(t, w.doReply(ctx, []string{text, "is", "sent"}))
	require.NoError(t, n.all[0].Wake())
	n.eventually("the sleeper learns that the reply is another's", func() bool { return says(n.all[0], "a job was taken over") > 0 })
	w.agent = n.agent.At(n.all[0])
	require.NoError(t, w.replies(n.ctx, "", "Es kommt morgen an.", false))
	require.NoError(t, w.doReply(n.patient(), []string{"Es kommt morgen an.", "is", "sent"}))
	require.NoError(t, w.doReply(n.patient(), []string{text, "is", "sent"}))
	require.Len(t, n.shop.Taken(), 2)
}

// A visitor of the chat is at one node and the agent at another, and the visitor moves. Every node tells of everything.
// With NATS gone that is a second later, and nothing else.
func TestAVisitorAndAnAgentAtDifferentNodes(t *testing.T) {
	t.Parallel()
	n := build(t, 2)
	n.open(0, 1)
	w := n.world(0)
	_, err := w.connectChat(n.ctx)
	require.NoError(t, err)
	v := w.visitor
	t.Cleanup(v.leave)
	w.agent = n.agent.At(n.all[1])
	// talk is a word of the visitor and an answer to it. Everywhere it is seen that there is something new.
	talk := func(word, answer string) {
		t.Helper()
		ctx := n.patient()
		heard := make(chan error, len(n.all))
		for _, h := range n.all {
			began := make(chan struct{})
			go func() {
				heard <- n.agent.At(h).Watch(ctx, func() { close(began) }, func(c apptest.Change) bool { return c.Kind != "message.heard" })
			}()
			<-began
		}
		require.NoError(t, v.send(ctx, v.word(word)))
		require.NoError(t, v.arrived(ctx))
		for range n.all {
			require.NoError(t, <-heard)
		}
		w.seen, err = w.find(ctx, word)
		require.NoError(t, err)
		require.NoError(t, w.replies(ctx, "", answer, false))
		require.NoError(t, v.until(ctx, func() bool { return slices.Contains(v.shown, answer) }))
	}
	require.NoError(t, v.come(n.patient()))
	talk("Ist der Tarif M noch zu haben?", "Ja, bis Freitag.")
	require.NoError(t, v.send(n.patient(), v.word("Sind Sie sicher?")))
	require.NoError(t, v.arrived(n.patient()))
	w.seen, err = w.find(n.patient(), "Sind Sie sicher?")
	require.NoError(t, err)
	n.keepsApart(w.seen.ID)

	v.leave()
	v.address = strings.Replace(v.address, strings.TrimPrefix(n.all[0].URL(), "http"), strings.TrimPrefix(n.all[1].URL(), "http"), 1)
	require.NoError(t, v.come(n.patient()))
	w.agent = n.agent.At(n.all[0])
	talk("Und der Tarif L?", "Der auch.")

	n.nats.stop()
	talk("Was kostet er?", "Zwanzig Euro.")
	talk("Im Monat?", "Im Monat.")

	n.nats.start()
	n.eventually("the nodes find NATS again", func() bool {
		return says(n.all[0], "bus: connected") == 2 && says(n.all[1], "bus: connected") == 2
	})
	talk("Gut, den nehme ich.", "Gern!")
	slices.Sort(v.shown)
	require.Len(t, slices.Compact(v.shown), 5)
	require.NoError(t, w.doCase(n.patient(), []string{"has", "11", "messages"}))
}

// keepsApart holds of two nodes: what somebody has open at one is seen at the other, wherever it was said, and the queue serves a
// case once.
func (n *nodes) keepsApart(id string) {
	n.t.Helper()
	type m = map[string]any
	say := func(at int, path string, in m, out any) {
		n.t.Helper()
		require.NoError(n.t, n.agent.At(n.all[at]).Do(n.patient(), http.MethodPost, path, in, out))
	}
	var lines [2]*bufio.Scanner
	read := func(at int, until string) {
		n.t.Helper()
		for lines[at].Scan() {
			if strings.Contains(lines[at].Text(), until) {
				return
			}
		}
		n.t.Fatalf("%q was not heard at node %d: %v", until, at, lines[at].Err())
	}
	for i, h := range n.all {
		req, err := http.NewRequestWithContext(n.patient(), http.MethodGet, fmt.Sprintf("%s/api/events?tab=t%d", h.URL(), i), nil)
		require.NoError(n.t, err)
		res, err := n.agent.Browser().Do(req)
		require.NoError(n.t, err)
		n.t.Cleanup(func() { _ = res.Body.Close() })
		lines[i] = bufio.NewScanner(res.Body)
		read(i, "event: hello")
	}
	say(0, "/api/presence", m{"tab": "t1", "case_id": "", "doing": "reads"}, nil)
	say(1, "/api/presence", m{"tab": "t0", "case_id": id, "doing": "writes"}, nil)
	read(1, `"`+id+`":[{"agent":"`)

	var served [2]struct{ Case *struct{ ID string } }
	say(0, "/api/queue/next", m{"view": "open", "tab": "t0"}, &served[0])
	say(1, "/api/queue/next", m{"view": "open", "tab": "t1"}, &served[1])
	require.NotNil(n.t, served[0].Case)
	require.Equal(n.t, id, served[0].Case.ID)
	require.Nil(n.t, served[1].Case, "the other page has it")
}

// A node that is cut off from the database refuses before it accepts, says that it is not ready, and is itself again when
// the way is free. The other node works on.
func TestANodeIsCutOffFromTheDatabase(t *testing.T) {
	t.Parallel()
	n := build(t, 2)
	database, err := url.Parse(n.all[1].Settings["database_url"])
	require.NoError(t, err)
	wire, err := apptest.OpenWire(database.Host)
	require.NoError(t, err)
	t.Cleanup(wire.Close)
	database.Host = wire.Addr()
	n.all[1].Settings["database_url"] = database.String()
	n.open(0, 1)
	n.connect(false)
	say := func(at int) int {
		n.words.add()
		all := n.words.all()
		return n.words.post(n.patient(), all[len(all)-1], n.words.hooks[at])
	}
	for range threads {
		require.Equal(t, http.StatusOK, say(0))
		require.Equal(t, http.StatusOK, say(1))
	}
	for _, how := range []apptest.WireState{apptest.Cut, apptest.Silent} {
		wire.Set(how)
		require.Equal(t, http.StatusServiceUnavailable, say(1), "what it cannot keep it does not take")
		require.Equal(t, http.StatusServiceUnavailable, ready(n.all[1]))
		n.eventually("the other one works on", func() bool { return say(0) == http.StatusOK && ready(n.all[0]) == http.StatusOK })
		wire.Set(apptest.Whole)
		n.eventually("it is itself again", func() bool { return ready(n.all[1]) == http.StatusOK })
		n.eventually("it takes what it is given", func() bool { return say(1) == http.StatusOK })
	}
	n.words.send(n.ctx, nil)
	require.Empty(t, n.words.unacked())
	n.judge()
}

// drained is how soon a node that is asked to end has ended.
const drained = 30 * time.Second

// Nodes are restarted one after the other, as for an upgrade, under load. A sender who goes to another node when one does
// not answer meets none that says that it is broken.
func TestNodesAreRestartedOneByOne(t *testing.T) {
	t.Parallel()
	n := build(t, 2)
	n.open(0, 1)
	n.connect(true)
	ctx, stop := context.WithCancel(n.ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			for range 20 {
				n.words.add()
			}
			n.words.send(ctx, nil)
			<-tick.C
		}
	}()
	for range 2 {
		for i, h := range n.all {
			began := time.Now()
			require.NoError(t, h.Stop(n.patient()))
			require.Less(t, time.Since(began), drained)
			n.open(i)
		}
	}
	stop()
	<-over
	n.words.send(n.ctx, nil)
	require.Empty(t, n.words.unacked())
	require.Zero(t, n.words.broken(), "%v", n.words.told)
	n.judge()
}
