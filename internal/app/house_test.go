// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// opened is a house at work.
type opened struct {
	url    string
	house  *House
	client *http.Client
	close  context.CancelFunc // asks it to close
	closed chan error         // what Run returned
}

func open(t *testing.T, flags map[string]string) *opened {
	t.Helper()
	return openLogging(t, flags, slog.New(slog.DiscardHandler))
}

func openLogging(t *testing.T, flags map[string]string, log *slog.Logger) *opened {
	t.Helper()
	flags["listen"] = "127.0.0.1:0"
	s, err := ReadSettings("", nil, flags)
	require.NoError(t, err)
	at, err := net.Listen("tcp", s.Listen)
	require.NoError(t, err)
	s.PublicURL = "http://" + at.Addr().String()
	h, err := Open(t.Context(), s, Options{Log: log, Version: "test"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	o := &opened{s.PublicURL, h, &http.Client{Jar: jar, Transport: transport}, cancel, make(chan error, 1)}
	var done sync.WaitGroup
	done.Go(func() { o.closed <- h.Run(ctx, at) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
		transport.CloseIdleConnections()
	})
	return o
}

func (o *opened) say(method, path string, body any) (int, string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(context.Background(), method, o.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := o.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	return res.StatusCode, string(said), err
}

func (o *opened) setUp(t *testing.T) {
	t.Helper()
	invitation, err := o.house.Invitation(t.Context())
	require.NoError(t, err)
	code, invited := strings.CutPrefix(invitation, o.url+"/setup#")
	require.True(t, invited, invitation)
	status, said, err := o.say(http.MethodPost, "/api/setup", map[string]any{
		"code":          code,
		"brand":         map[string]any{"name": "Nordnetz", "language": "de"},
		"administrator": map[string]any{"name": "Rosa", "email": "rosa@nordnetz.example", "password": "ein Leuchtturm im Nebel"},
	})
	require.NoError(t, err)
	require.Equal(t, 201, status, said)
	invitation, err = o.house.Invitation(t.Context())
	require.NoError(t, err)
	require.Empty(t, invitation, "nobody else is invited")
}

// ends waits for Run to return.
func (o *opened) ends(t *testing.T, within time.Duration) {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case err := <-o.closed:
		require.NoError(t, err)
	case <-late.C:
		t.Fatal("the house does not close")
	}
}

func TestTheHouseClosesWithStreamsOpen(t *testing.T) {
	t.Parallel()
	o := open(t, map[string]string{"data": t.TempDir()})
	status, _, err := o.say(http.MethodGet, "/readyz", nil)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	o.setUp(t)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+"/api/events", nil)
	require.NoError(t, err)
	stream, err := o.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = stream.Body.Close() }()
	idle, err := net.Dial("tcp", o.url[len("http://"):])
	require.NoError(t, err)
	defer func() { _ = idle.Close() }()

	o.close()
	_, err = io.ReadAll(stream.Body)
	require.NoError(t, err, "the stream ends as streams do")
	o.ends(t, 25*time.Second)
	_, _, err = o.say(http.MethodGet, "/healthz", nil)
	require.Error(t, err, "nobody is served any more")
}

func TestAHouseThatLeavesSaysSoWhileItServes(t *testing.T) {
	t.Parallel()
	o := open(t, map[string]string{"data": t.TempDir(), "leave_after": "3s"})
	o.close()
	require.Eventually(t, func() bool {
		status, _, err := o.say(http.MethodGet, "/readyz", nil)
		return err == nil && status == 503
	}, 10*time.Second, 5*time.Millisecond)
	status, _, err := o.say(http.MethodGet, "/api/session", nil)
	require.NoError(t, err, "its door is open")
	require.NotEqual(t, 503, status)
	o.ends(t, 25*time.Second)
	_, _, err = o.say(http.MethodGet, "/readyz", nil)
	require.Error(t, err)
}

func TestWhatIsUnderWayIsFinishedBeforeTheHouseCloses(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once()
		<-answer
	}))
	t.Cleanup(shop.Close)
	t.Cleanup(sync.OnceFunc(func() {
		select {
		case <-answer:
		default:
			close(answer)
		}
	}))
	o := open(t, map[string]string{"data": t.TempDir(), "allow_hosts": "127.0.0.1"})
	o.setUp(t)
	got := make(chan string, 1)
	go func() {
		status, said, err := o.say(http.MethodPost, "/api/accounts", map[string]any{
			"network": "api", "name": "Laden", "settings": map[string]any{"secret": "what the shop and we know", "callback_url": shop.URL},
		})
		got <- fmt.Sprint(status, said, err)
	}()
	<-asked
	o.close()
	refused := func() bool { // it listens no more
		c, err := net.Dial("tcp", o.url[len("http://"):])
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}
	require.Eventually(t, refused, time.Minute, 5*time.Millisecond)
	select {
	case said := <-got:
		t.Fatal("cut off: ", said)
	case <-o.closed:
		t.Fatal("closed over a request under way")
	default:
	}
	close(answer)
	require.Contains(t, <-got, "201{")
	o.ends(t, 25*time.Second)
}

func TestOneDataFolderHasOneHouse(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, err := ReadSettings("", nil, map[string]string{"data": data})
	require.NoError(t, err)
	quiet := Options{Log: slog.New(slog.DiscardHandler)}

	// A house that cannot open leaves nothing locked behind.
	broken := s
	broken.NATSURL = "nats://:"
	_, err = Open(t.Context(), broken, quiet)
	require.Error(t, err)

	first, err := Open(t.Context(), s, quiet)
	require.NoError(t, err)
	defer first.Close()
	_, err = Open(t.Context(), s, quiet)
	require.EqualError(t, err, "data folder: another hilft works on it ("+filepath.Join(data, "lock")+" is locked): stop that one, or name another folder")
	first.Close()
	first.Close()
	second, err := Open(t.Context(), s, quiet)
	require.NoError(t, err)
	second.Close()
}
