// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

var lineTests = []test{
	{"closes twice", lineClose},
	{"leaves nothing behind", lineLeavesNothing},
	{"many at once", lineConcurrent},
	{"opens without delay", lineOpenSlow},
	{"outlives the context of Open", lineOutlives},
}

func lineClose(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	require.NoError(t, line.Close())
	if err := line.Close(); err != nil {
		broken(t, "Close may be called twice", "the second time it says %v", err)
	}
	quick(t, "Send", func() {
		var err error
		defer func() {
			if err != nil && strings.HasPrefix(err.Error(), errPanic.Error()) {
				broken(t, "Close ends the line", "a Send that comes too late panics: %v", err)
			}
		}()
		defer recovered(&err)
		_, _ = line.Send(within(t, brief), b.answer(item, "key-closed", "Wir melden uns."))
	})
}

func lineLeavesNothing(t *testing.T, b *bench) {
	b.connect(t)
	if len(b.stillEars(b.open(t))) == 0 {
		t.Skip("this connector hears by its stream alone")
	}
	label := hilft.NewID()
	// Goroutines inherit the labels of the one that starts them, so that ours are told from those of the stand-in and of
	// other tests.
	pprof.Do(t.Context(), pprof.Labels("channeltest", label), func(ctx context.Context) {
		line, err := b.con.Open(ctx, b.acc, b.env)
		require.NoError(t, err)
		item := b.listen(t, b.anEar(t, line), b.speech("mira", b.room()))
		_, err = line.Send(within(t, soon), b.answer(item, "key-leak", "Wir melden uns."))
		require.NoError(t, err, "Send fails though the network is well")
		if _, ok := line.(channel.Streamer); ok {
			_, ended := b.stream(t, ctx, line)
			require.NoError(t, line.Close())
			_ = end(t, ended, "the line was closed")
		}
		require.NoError(t, line.Close())
	})
	b.env.HTTP.CloseIdleConnections()
	if left := leftBehind(label); left != "" {
		broken(t, "Close ends the line and all it has open", "these goroutines are left %s later:\n%s", soon, left)
	}
}

// leftBehind returns the goroutines with the label that do not end soon.
func leftBehind(label string) string {
	deadline := time.After(soon)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		var profile bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a bytes.Buffer takes everything
		var left []string
		for stack := range strings.SplitSeq(profile.String(), "\n\n") {
			if strings.Contains(stack, label) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return ""
		}
		select {
		case <-look.C:
		case <-deadline:
			return strings.Join(left, "\n\n")
		}
	}
}

func lineConcurrent(t *testing.T, b *bench) {
	line, item := b.asked(t, b.room())
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			if _, err := line.Send(within(t, soon), b.answer(item, fmt.Sprintf("key-%d", i), fmt.Sprintf("Antwort %d", i))); err != nil {
				broken(t, "Send may be called while a Poll or Stream runs", "one of four at once says %v", err)
			}
		})
		all.Go(func() {
			if p, ok := line.(channel.Poller); ok {
				if _, err := p.Poll(within(t, soon), ""); err != nil {
					broken(t, "Send and ReadBack may be called while a Poll runs", "one of four at once says %v", err)
				}
			}
		})
		all.Go(func() {
			if diff := b.con.Describe().ID; diff != b.desc.ID {
				broken(t, "a Connector's methods may be called by many goroutines at once", "Describe says %q", diff)
			}
			if _, err := b.con.Check(within(t, soon), b.acc, b.env); err != nil {
				broken(t, "a Connector's methods may be called by many goroutines at once", "one of four Checks says %v", err)
			}
		})
	}
	all.Wait()
	if got := len(b.Arrived(t)); got != 4 {
		broken(t, "Send delivers one message", "four were sent at once, and %d arrived", got)
	}
}

func lineOutlives(t *testing.T, b *bench) {
	b.connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	line, err := b.con.Open(ctx, b.acc, b.env)
	require.NoError(t, err, "Open fails with the stand-in's own account")
	defer func() { _ = line.Close() }()
	cancel()
	item := b.listen(t, b.anEar(t, line), b.speech("mira", b.room()))
	if _, err := line.Send(within(t, soon), b.answer(item, "key-outlives", "Wir melden uns.")); err != nil {
		broken(t, "the context of Open ends with the call, not with the line", "after it Send says %v", err)
	}
}

func lineOpenSlow(t *testing.T, b *bench) {
	b.connect(t)
	b.fault(t, Slow)
	quick(t, "Open", func() {
		line, err := b.con.Open(within(t, brief), b.acc, b.env)
		if err == nil {
			_ = line.Close()
		}
	})
}
