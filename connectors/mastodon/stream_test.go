// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	sandbox "github.com/hilft/hilft/sandbox/mastodon"
)

// inTray is where a stream puts what it hears, at most a hundred deliveries.
type inTray struct {
	raws chan channel.Raw
	asks chan struct{}
}

func newInTray() inTray { return inTray{make(chan channel.Raw, 100), make(chan struct{}, 100)} }

func (in inTray) Take(_ context.Context, raws ...channel.Raw) error {
	for _, raw := range raws {
		in.raws <- raw
	}
	return nil
}

func (in inTray) PollNow() { in.asks <- struct{}{} }

func TestTheStreamHearsWhatConcernsTheDesk(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{})
	require.NoError(t, n.server.Follow("nordnetz", "jon"))
	acc, l := n.connected(t)
	_, err := l.instance(t.Context())
	require.NoError(t, err)
	client := *l.c.http
	client.Timeout = 1 // the house's patience with a call is over at once; a stream outlives it
	l.c.http = &client
	in, ended := newInTray(), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- l.Stream(ctx, in) }()
	n.AwaitStream(t)
	<-in.asks // what was said before the stream was open is polled

	_, err = n.server.Post("jon", "Schönes Wetter", sandbox.Public, "") // we follow him, and it is not for us
	require.NoError(t, err)
	question := n.asks(t, sandbox.Public)
	_, err = n.server.Post("nordnetz", "Unser neuer Tarif", sandbox.Public, "")
	require.NoError(t, err)
	reply, err := n.server.Post("nordnetz", "@mira@elsewhere.example Um 11 Uhr.", sandbox.Public, question.ID)
	require.NoError(t, err)
	_, err = n.server.Edit(question.ID, "@nordnetz Störung im Haus!")
	require.NoError(t, err)
	require.NoError(t, n.server.Delete(question.ID))

	var kinds []channel.ItemKind
	for _, want := range []string{question.ID, reply.ID, question.ID, question.ID} {
		raw := <-in.raws
		items, err := Connector{}.Translate(acc, raw)
		require.NoError(t, err)
		for _, item := range items {
			require.Equal(t, want, item.ID)
			kinds = append(kinds, item.Kind)
		}
	}
	require.Equal(t, []channel.ItemKind{channel.Said, channel.Said, channel.Said, channel.Edited, channel.Deleted}, kinds)
	stop()
	require.NoError(t, <-ended)
}

func TestASilentStreamIsBroken(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, sandbox.Options{Heartbeat: time.Hour})
	_, l := n.connected(t)
	l.silence = 20 * time.Millisecond
	require.ErrorIs(t, l.Stream(t.Context(), newInTray()), errSilent)
}

// A server that sends a stream in drops, with pauses, is alive as long as lines come.
func TestHeartbeatsKeepAStreamAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		ended := false
		watch := time.AfterFunc(silence, func() { ended = true; _ = w.Close() })
		defer watch.Stop()
		go func() {
			for range 20 {
				<-time.After(silence - time.Second)
				_, _ = io.WriteString(w, ":thump\n")
			}
			_ = w.Close()
		}()
		err := readEvents(r, eventMax, func() { watch.Reset(silence) }, func(event) error { return nil })
		require.ErrorIs(t, err, errEnded)
		require.False(t, ended)
	})
}

func TestWhereAServerStreams(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://social.example")
	require.NoError(t, err)
	for named, want := range map[string]string{
		"":                                  "https://social.example",
		"wss://streaming.social.example":    "https://streaming.social.example",
		"https://streaming.social.example/": "https://streaming.social.example/",
		"ws://social.example":               "", // the token would go over an open wire
		"ftp://social.example":              "",
		"streaming":                         "",
	} {
		got, err := streamingBase(base, named)
		if want == "" {
			require.Error(t, err, named)
			continue
		}
		require.NoError(t, err, named)
		require.Equal(t, want, got.String())
	}
	plain := &url.URL{Scheme: "http", Host: "127.0.0.1:3000"}
	got, err := streamingBase(plain, "ws://127.0.0.1:4000")
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:4000", got.String())
}

func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wire string
		want []event
	}{
		"as Mastodon sends them": {":)\nevent: delete\ndata: 1\n\n:thump\nevent: update\ndata: {}\n\n", []event{{"delete", []byte("1")}, {"update", []byte("{}")}}},
		"with other line ends":   {"event:delete\r\ndata:1\r\n\r\n", []event{{"delete", []byte("1")}}},
		"data in several lines":  {"event: update\ndata: {\ndata: }\n\n", []event{{"update", []byte("{\n}")}}},
		"unknown fields":         {"id: 7\nretry: 5\nevent: delete\ndata: 1\nwhat\n\n", []event{{"delete", []byte("1")}}},
		"without a name":         {"data: 1\n\n", nil},
		"without data":           {"event: filters_changed\n\n", nil},
		"cut off":                {"event: delete\ndata: 1\n", nil},
		"a name does not last":   {"event: delete\n\ndata: 1\n\n", nil},
	} {
		var got []event
		err := readEvents(strings.NewReader(c.wire), 1000, func() {}, func(e event) error { got = append(got, e); return nil })
		require.ErrorIs(t, err, errEnded, name)
		require.Equal(t, c.want, got, name)
	}
	big := "event: update\ndata: " + strings.Repeat("x", 5000) + "\n\n"
	err := readEvents(strings.NewReader(big), 1000, func() {}, func(event) error { return errors.New("taken") })
	require.ErrorIs(t, err, errUnreadable)
	many := "event: update\n" + strings.Repeat("data: xxxxxxxx\n", 1000)
	err = readEvents(strings.NewReader(many), 1000, func() {}, func(event) error { return nil })
	require.ErrorIs(t, err, errUnreadable)
}

func TestAStreamThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	l := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/instance") {
			_, _ = io.WriteString(w, `{"domain":"social.example"}`)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>Wartung</h1>")
	})
	err := l.Stream(t.Context(), newInTray())
	require.ErrorIs(t, err, errUnreadable)
	require.Equal(t, channeltest.Temporary, channeltest.MeaningOf(err))
}

func TestAnEventThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	_, l := newNetwork(t, sandbox.Options{}).connected(t)
	for _, name := range []string{"notification", "update", "status.update", "delete"} {
		raw, ok := l.heard(event{name, []byte("{kaputt")})
		require.True(t, ok, name)
		require.True(t, strings.HasPrefix(raw.Key, "unread:"), name)
	}
	_, ok := l.heard(event{"filters_changed", []byte("undefined")})
	require.False(t, ok)
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte(":)\nevent: delete\ndata: 1\n\n"))
	f.Add([]byte("event: update\r\ndata: {\r\ndata: }\r\n\r\n:thump\n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		read := func(r io.Reader) (all []event, err error) {
			err = readEvents(r, 100, func() {}, func(e event) error {
				if len(e.data) > 100 {
					t.Errorf("an event of %d bytes", len(e.data))
				}
				all = append(all, e)
				return nil
			})
			return all, err
		}
		whole, err := read(bytes.NewReader(wire))
		if err == nil {
			t.Error("it ends without a reason")
		}
		drops, _ := read(oneByOne{bytes.NewReader(wire)})
		require.Equal(t, whole, drops, "what comes in drops is the same")
	})
}

// oneByOne reads a byte at a time.
type oneByOne struct{ io.Reader }

func (o oneByOne) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(1, len(p))]) }
