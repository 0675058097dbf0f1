// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft/channel"
)

const (
	answerMax = 64 << 10 // bytes of an answer
	retryMost = 24 * time.Hour
	retryElse = time.Minute // where a 429 does not say when
)

// answer is what the other side said to one request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call signs a request and makes it, once. Until there is a connection nothing can have been said, and an error is a
// plain one; from then on it is ErrUnknownOutcome, and the caller decides what that means for what it asked.
func (l *line) call(req *http.Request, signed []byte) (answer, error) {
	sign(req.Header, l.secrets, l.env.Now(), signed)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hilft")
	req.Close = true // a kept connection may be dead without our knowing: one more way not to know the outcome

	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	res, err := l.client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the address may have a token in it, and errors are logged
		}
		if connected.Load() {
			return answer{}, unknown(err)
		}
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := channel.ReadAll(res.Body, answerMax)
	if err != nil {
		return answer{}, unknown(fmt.Errorf("answered %d: %w", res.StatusCode, err))
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

// until reads a Retry-After: seconds, or a date.
func (l *line) until(retryAfter string) time.Time {
	now := l.env.Now()
	wait := retryElse
	if seconds, err := strconv.Atoi(retryAfter); err == nil {
		wait = time.Duration(min(max(seconds, 1), int(retryMost/time.Second))) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		wait = min(max(at.Sub(now), time.Second), retryMost)
	}
	return now.Add(wait)
}
