// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

var streamTests = []test{
	{"ends with its context", streamCancelled},
	{"ends when the connection breaks", streamBroken},
	{"ends when nothing can be stored", streamRefused},
	{"ends with the line", streamClosed},
	{"network down", streamDown},
	{"sign-in expired", streamSignIn},
}

// stream starts the connector's stream and returns where it puts what it hears, and its end.
func (b *bench) stream(t testing.TB, ctx context.Context, line channel.Line) (*intray, <-chan error) {
	t.Helper()
	streaming, ok := b.Network.(Streaming)
	require.True(t, ok, "the connector has a stream, so its stand-in must be a Streaming")
	in, ended := newIntray(), make(chan error, 1)
	go func() { ended <- line.(channel.Streamer).Stream(ctx, in) }()
	streaming.AwaitStream(t)
	return in, ended
}

// streamer opens a line that streams, or skips the test.
func (b *bench) streamer(t testing.TB) channel.Line {
	t.Helper()
	if b.desc.Can.Stream == channel.No {
		t.Skip("this network has no stream")
	}
	line := b.open(t)
	_, ok := line.(channel.Streamer)
	require.True(t, ok, "Can.Stream is set, but the line is no Streamer")
	return line
}

// end waits for the end of a stream.
func end(t testing.TB, ended <-chan error, why string) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(soon):
		t.Fatalf("the contract says: Stream runs until the context ends or the connection breaks\nbut %s, and it still runs %s later", why, soon)
		return nil
	}
}

func streamCancelled(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, ended := b.stream(t, ctx, b.streamer(t))
	cancel()
	_ = end(t, ended, "the context has ended")
}

func streamBroken(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, ended := b.stream(t, ctx, b.streamer(t))
	b.fault(t, Down)
	if err := end(t, ended, "the network is down"); err == nil {
		broken(t, "Stream returns nil only when the context has ended", "the connection broke, and it returned nil")
	}
}

func streamRefused(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, ended := b.stream(t, ctx, b.streamer(t))
	full := errors.New("the disk is full")
	in.refuse(full)
	b.Say(t, b.speech("mira", b.room()))
	select {
	case <-in.ask:
		t.Skip("this stream only tells that there is something")
	case err := <-ended:
		if !errors.Is(err, full) {
			broken(t, "after an error of Take nothing of the call is stored, so the stream ends with it", "it ended with %v", err)
		}
	case <-time.After(soon):
		broken(t, "after an error of Take nothing of the call is stored, so the stream ends with it", "it still runs %s later", soon)
	}
}

func streamClosed(t *testing.T, b *bench) {
	line := b.streamer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, ended := b.stream(t, ctx, line)
	require.NoError(t, line.Close())
	if err := end(t, ended, "the line was closed"); err == nil {
		broken(t, "Stream returns nil only when the context has ended", "the line was closed, and it returned nil")
	}
}

func streamDown(t *testing.T, b *bench) { b.streamFails(t, Down, Temporary) }

func streamSignIn(t *testing.T, b *bench) { b.streamFails(t, SignInExpired, SignIn) }

func (b *bench) streamFails(t *testing.T, f Fault, meaning Meaning) {
	t.Helper()
	line := b.streamer(t)
	b.fault(t, f)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { ended <- line.(channel.Streamer).Stream(ctx, newIntray()) }()
	b.means(t, "Stream", end(t, ended, string(f)), meaning)
}
