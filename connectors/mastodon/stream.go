// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hilft/hilft/channel"
)

const (
	// silence is after how long a stream counts as broken: a server says every fifteen seconds that it is there.
	silence = 90 * time.Second
	// eventMax bounds one event of a stream. A status is a few kilobytes.
	eventMax = 1 << 20
)

var (
	errEnded  = errors.New("the stream has ended")
	errSilent = errors.New("the stream is silent")
	errClosed = errors.New("the line is closed")
)

// Stream hears the account's home timeline and notifications as server-sent events. A WebSocket would say the same;
// events are plain HTTP through the house's guarded client, with the token in a header instead of the address, and pass
// where proxies do not let connections be upgraded.
func (l *line) Stream(ctx context.Context, to channel.Receiver) error {
	err := l.stream(ctx, to)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // what broke is only that the context has ended
	}
	return fmt.Errorf("mastodon: stream: %w", err)
}

func (l *line) stream(parent context.Context, to channel.Receiver) error {
	ctx, end := context.WithCancelCause(parent)
	var closing sync.WaitGroup
	closing.Go(func() {
		select {
		case <-l.closed:
			end(errClosed)
		case <-ctx.Done():
		}
	})
	defer closing.Wait()
	defer end(nil)

	watch := time.AfterFunc(l.silence, func() { end(errSilent) })
	defer watch.Stop()
	res, err := l.listen(ctx)
	if err != nil {
		return because(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	to.PollNow() // for what was said since the last poll, before this stream was open

	err = readEvents(res.Body, eventMax, func() { watch.Reset(l.silence) }, func(e event) error {
		raw, ok := l.heard(e)
		if !ok {
			return nil
		}
		return to.Take(ctx, raw)
	})
	return because(ctx, err)
}

// because prefers the reason why a stream was ended to what the connection made of it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// listen opens the stream.
func (l *line) listen(ctx context.Context) (*http.Response, error) {
	about, err := l.instance(ctx)
	if err != nil {
		return nil, err
	}
	base, err := streamingBase(l.c.base, about.Configuration.URLs.Streaming)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("/api/v1/streaming/user").String(), nil)
	if err != nil {
		return nil, err
	}
	l.c.sign(req)
	req.Header.Set("Accept", "text/event-stream")
	open := *l.c.http
	open.Timeout = 0 // a stream lasts; silence ends it
	res, err := open.Do(req)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusOK {
		return nil, fmt.Errorf("%w: %s is no stream", errUnreadable, kind)
	}
	body, err := channel.ReadAll(res.Body, bodyMax)
	if err != nil {
		return nil, err
	}
	return nil, l.c.meaning(res, body)
}

// streamingBase is where a server streams: mostly a host of its own, named as wss. The token goes there, so it is not
// taken from https to a wire that anybody can read.
func streamingBase(base *url.URL, named string) (*url.URL, error) {
	if named == "" {
		return base, nil
	}
	u, err := url.Parse(named)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%w: a streaming address without a host", errUnreadable)
	}
	to := &url.URL{Host: u.Host, Path: u.Path}
	switch u.Scheme {
	case "wss", "https":
		to.Scheme = "https"
	case "ws", "http":
		to.Scheme = "http"
	default:
		return nil, fmt.Errorf("%w: streaming by %q", errUnreadable, u.Scheme)
	}
	if base.Scheme == "https" && to.Scheme != "https" {
		return nil, fmt.Errorf("%w: the server would stream without encryption", errUnreadable)
	}
	return to, nil
}

// heard makes a delivery of an event. Most events are no concern of a desk: the home timeline is what we follow.
func (l *line) heard(e event) (channel.Raw, bool) {
	switch e.name {
	case "notification":
		var n notification
		err := json.Unmarshal(e.data, &n)
		switch {
		case err != nil || n.Type == "" || n.Status != nil && n.Status.valid() != nil:
			return channel.Raw{Key: unreadKey(e.data), Kind: kindNotification, Body: e.data}, true
		case n.Type == "mention" && n.Status != nil:
			return channel.Raw{Key: n.Status.key(), Kind: kindNotification, Body: e.data}, true
		}
	case "update", "status.update":
		var s status
		if err := json.Unmarshal(e.data, &s); err != nil || s.valid() != nil {
			return channel.Raw{Key: unreadKey(e.data), Kind: kindStatus, Body: e.data}, true
		}
		if s.concerns(l.acc.Self.ID, l.home) && (e.name == "status.update" || s.by(l.acc.Self.ID, l.home)) {
			return channel.Raw{Key: s.key(), Kind: kindStatus, Body: e.data}, true
		}
	case "delete":
		id := string(bytes.TrimSpace(e.data))
		if !plainID(id) {
			return channel.Raw{Key: unreadKey(e.data), Kind: kindDelete, Body: e.data}, true
		}
		body, err := json.Marshal(deletion{ID: id, Heard: l.env.Now().UTC()})
		return channel.Raw{Key: "delete:" + id, Kind: kindDelete, Body: body}, err == nil
	}
	return channel.Raw{}, false
}

// event is one server-sent event.
type event struct {
	name string
	data []byte
}

// readEvents reads server-sent events until the connection ends or take fails. Every line is a sign of life, comments
// too. An event of more than max bytes is an error: what comes after it could not be told apart.
func readEvents(r io.Reader, max int, alive func(), take func(event) error) error {
	lines := bufio.NewReader(r)
	var e event
	var has bool
	size := 0
	for {
		line, err := readLine(lines, max-size)
		if err != nil {
			return err
		}
		alive()
		if len(line) == 0 {
			if has && e.name != "" {
				if err := take(e); err != nil {
					return err
				}
			}
			e, has, size = event{}, false, 0
			continue
		}
		if line[0] == ':' {
			continue
		}
		size += len(line)
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = string(value)
		case "data":
			if has {
				e.data = append(e.data, '\n')
			}
			e.data, has = append(e.data, value...), true
		}
	}
}

// readLine reads a line of at most max bytes, without its end. What follows the last line end is no line.
func readLine(r *bufio.Reader, max int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > max+2 {
			return nil, fmt.Errorf("%w: an event of more than %d bytes", errUnreadable, eventMax)
		}
		switch {
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case errors.Is(err, io.EOF):
			return nil, errEnded
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%w: %w", errEnded, err)
		}
	}
}
