// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft"
)

// No test of this package may leave a goroutine behind: not a bus, not a server.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = time.Minute

func open(t *testing.T, url string) *Bus {
	t.Helper()
	return openLogging(t, url, slog.DiscardHandler)
}

func openLogging(t *testing.T, url string, log slog.Handler) *Bus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := Open(ctx, Options{URL: url, Log: slog.New(log)})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// cluster starts a NATS server that listens, as an operator would run one; port -1 takes a free one.
func cluster(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(patience), "the test's server does not start")
	t.Cleanup(func() { stop(s) })
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func portOf(s *server.Server) int { return s.Addr().(*net.TCPAddr).Port }

func urlOf(port int) string { return fmt.Sprintf("nats://127.0.0.1:%d", port) }

// logged is a log that can be waited for: its messages, one by one.
type logged chan string

func (l logged) Enabled(context.Context, slog.Level) bool { return true }
func (l logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l logged) WithGroup(string) slog.Handler            { return l }
func (l logged) Handle(_ context.Context, r slog.Record) error {
	select {
	case l <- r.Message:
	default: // nobody waits for so many
	}
	return nil
}

// heard subscribes and returns what arrives, as "subject data".
func heard(b *Bus, subject string) <-chan string {
	c := make(chan string, 16*inMax)
	b.Subscribe(subject, func(subject string, data []byte) { c <- subject + " " + string(data) })
	return c
}

func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(patience):
		t.Fatal("nothing was heard")
		return ""
	}
}

// until publishes again and again, as wake-ups may be lost, until something is heard.
func until(t *testing.T, from *Bus, subject, data string, c <-chan string) string {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		from.Publish(subject, []byte(data))
		select {
		case s := <-c:
			return s
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s was never heard; %+v", subject, from.Health())
		}
	}
}

func TestASubscriberIsWokenInOrder(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	c := heard(b, "jobs.intake")

	for i := range 100 {
		b.Publish("jobs.intake", fmt.Append(nil, i))
	}

	for i := range 100 {
		require.Equal(t, fmt.Sprint("jobs.intake ", i), next(t, c))
	}
	require.True(t, b.Health().Connected)
	b.Close()
	require.Equal(t, uint64(100), b.Health().Published)
	require.Zero(t, b.Health().Dropped)
}

func TestWhatIsPublishedAfterSubscribeIsHeard(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	for i := range 2000 {
		b.Publish("busy", nil) // so that the subscription and the wake-up wait together
		subject := fmt.Sprint("case.", i)
		c := make(chan string, 1)
		cancel := b.Subscribe(subject, func(subject string, _ []byte) { c <- subject })
		b.Publish(subject, nil)
		require.Equal(t, subject, next(t, c))
		cancel()
	}
}

func TestTheDataBelongsToThePublisherAfterwards(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	c := heard(b, "case")

	id := []byte("before")
	b.Publish("case", id)
	copy(id, "after!")

	require.Equal(t, "case before", next(t, c))
}

func TestWildcardsHearTheirSubjectsOnly(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	one := heard(b, "case.*.changed")
	all := heard(b, "case.>")

	b.Publish("case.17.changed", nil)
	b.Publish("account.17.changed", nil)
	b.Publish("case.17.note.written", nil)
	b.Publish("case.18.changed", nil)

	require.Equal(t, "case.17.changed ", next(t, one))
	require.Equal(t, "case.18.changed ", next(t, one))
	require.Equal(t, "case.17.changed ", next(t, all))
	require.Equal(t, "case.17.note.written ", next(t, all))
	require.Equal(t, "case.18.changed ", next(t, all))
}

func TestACancelledSubscriptionHearsNothingMore(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	var calls int
	first := make(chan struct{})
	cancel := b.Subscribe("x", func(string, []byte) {
		calls++
		if calls == 1 {
			close(first)
		}
	})
	other := heard(b, "x")
	b.Publish("x", nil)
	<-first
	next(t, other)

	cancel()
	cancel() // may be called twice
	b.Publish("x", nil)
	next(t, other)
	b.Close()

	require.Equal(t, 1, calls)
}

func TestASlowSubscriberHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	release := make(chan struct{})
	b.Subscribe("flood", func(string, []byte) { <-release })
	c := heard(b, "after")

	for range 4 * inMax {
		b.Publish("flood", nil)
	}

	require.Equal(t, "after ", until(t, b, "after", "", c))
	close(release)
}

func TestTheEmbeddedServerHasNoOpenPort(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	require.Nil(t, b.server.Addr())
	require.Nil(t, b.server.MonitorAddr())
	require.False(t, b.server.JetStreamEnabled())
}

func TestTwoNodesWakeEachOtherThroughACluster(t *testing.T) {
	t.Parallel()
	url := urlOf(portOf(cluster(t, -1)))
	here, there := open(t, url), open(t, url)
	c := heard(there, "account.state")

	require.Equal(t, "account.state 9", until(t, here, "account.state", "9", c))
	require.False(t, here.Health().Embedded)
}

func TestAHouseStartsWithoutItsClusterAndFindsItLater(t *testing.T) {
	t.Parallel()
	s := cluster(t, -1)
	port := portOf(s)
	stop(s)

	log := make(logged, 100)
	b := openLogging(t, urlOf(port), log) // returns although nothing answers
	require.Equal(t, "bus: nothing answers, trying again", next(t, log))
	c := heard(b, "x")
	for range 10 {
		b.Publish("x", []byte("old"))
	}
	require.Eventually(t, func() bool { return b.Health().Dropped == 10 }, patience, time.Millisecond)
	require.False(t, b.Health().Connected)

	cluster(t, port)
	require.Equal(t, "x now", until(t, b, "x", "now", c)) // what was old by then was not kept
}

func TestSubscriptionsSurviveAClusterThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := cluster(t, -1)
	port := portOf(s)
	b := open(t, urlOf(port))
	c := heard(b, "x")
	until(t, b, "x", "before", c)

	stop(s)
	require.Eventually(t, func() bool { return !b.Health().Connected }, patience, 5*time.Millisecond)
	later := heard(b, "y") // subscribed while it was gone

	cluster(t, port)
	require.Equal(t, "x now", lastOf(t, b, c))
	until(t, b, "y", "", later)
}

// lastOf publishes "now" on x until it is heard, past whatever else arrives before it.
func lastOf(t *testing.T, b *Bus, c <-chan string) string {
	t.Helper()
	for {
		if s := until(t, b, "x", "now", c); s == "x now" {
			return s
		}
	}
}

// A server that takes the connection and then says nothing must not hold anybody up.
func TestASilentClusterHoldsUpNobody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // connections wait in its backlog for ever

	began := time.Now()
	b := open(t, "nats://"+l.Addr().String())
	cancel := b.Subscribe("x", func(string, []byte) {})
	for range 2 * outMax {
		b.Publish("x", nil)
	}
	cancel()
	require.Less(t, time.Since(began), dialTime)
	require.GreaterOrEqual(t, b.Health().Dropped, uint64(outMax))
}

func TestClosingEndsEverythingAndMayHappenTwice(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	c := heard(b, "x")
	until(t, b, "x", "", c)

	b.Close()
	b.Close()

	b.Publish("x", nil) // goes nowhere
	b.Subscribe("x", func(string, []byte) { t.Error("a closed bus calls nobody") })()
	require.False(t, b.server.Running())
}

func TestClosingWaitsForTheCallUnderWay(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	begun, release := make(chan struct{}), make(chan struct{})
	finished := false
	b.Subscribe("x", func(string, []byte) {
		close(begun)
		<-release
		finished = true
	})
	b.Publish("x", nil)
	<-begun

	closed := make(chan struct{})
	go func() { b.Close(); close(closed) }()
	<-b.gone // closing has come as far as it can
	close(release)
	<-closed

	require.True(t, finished)
}

func TestAnAddressThatMakesNoSenseIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://u:hunter2@nats.example.org", "nats://", "nats://u:hunter2@ho st", "nats://ok.example.org,ftp://u:hunter2@x",
	} {
		_, err := Open(t.Context(), Options{URL: url, Log: slog.New(slog.DiscardHandler)})
		require.Equal(t, hilft.Invalid, hilft.KindOf(err), url)
		e, ok := errors.AsType[*hilft.Error](err)
		require.True(t, ok)
		require.Equal(t, "nats_url", e.Field)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	got, err := addresses("nats.example.org:4222, tls://b.example.org")
	require.NoError(t, err)
	require.Equal(t, "nats://nats.example.org:4222,tls://b.example.org", got)
}

func BenchmarkPublish(b *testing.B) {
	bus, err := Open(b.Context(), Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	defer bus.Close()
	bus.Subscribe("x", func(string, []byte) {})
	id := []byte(strings.Repeat("0", 36))
	for b.Loop() {
		bus.Publish("x", id)
	}
}
