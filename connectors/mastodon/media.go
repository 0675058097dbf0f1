// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"time"

	"github.com/hilft/hilft/channel"
)

// What a server takes where nobody changed it.
const (
	usualFilesMax = 4
	usualFileSize = 16 << 20
)

// askAgain is how long to wait before a server is asked again whether it has made a file ready.
const askAgain = time.Second

// upload brings files to the server and waits until each can be attached. Nobody sees them until then; what is never
// attached, servers throw away. So it may be done again after any failure.
func (l *line) upload(ctx context.Context, files []channel.File) ([]string, error) {
	var ids []string
	for _, f := range files {
		id, err := l.bring(ctx, f)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (l *line) bring(ctx context.Context, f channel.File) (string, error) {
	body, kind, err := form(f)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.c.base.JoinPath("/api/v2/media").String(), body)
	if err != nil {
		return "", err
	}
	l.c.sign(req)
	req.Header.Set("Content-Type", kind)
	open := *l.c.http
	open.Timeout = 0 // a large file takes its time; the context ends it
	code, id, err := l.mediaAnswer(&open, req)
	for err == nil && code != http.StatusOK {
		if err = pause(ctx, askAgain); err != nil {
			break
		}
		if req, err = http.NewRequestWithContext(ctx, http.MethodGet, l.c.base.JoinPath("/api/v1/media/", url.PathEscape(id)).String(), nil); err != nil {
			break
		}
		l.c.sign(req)
		code, id, err = l.mediaAnswer(l.c.http, req)
	}
	if err != nil {
		return "", fmt.Errorf("a file: %w", err)
	}
	return id, nil
}

// form is a file with its description.
func form(f channel.File) (body *bytes.Buffer, kind string, err error) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	if f.Alt != "" {
		if err := w.WriteField("description", f.Alt); err != nil {
			return nil, "", err
		}
	}
	head := textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("file", f.Name)},
		"Content-Type":        {f.Type},
	}
	part, err := w.CreatePart(head)
	if err == nil {
		_, err = part.Write(f.Data)
	}
	if err == nil {
		err = w.Close()
	}
	return body, w.FormDataContentType(), err
}

// mediaAnswer reads what a server says of a file: 200 when it can be attached, 202 or 206 while it is worked on.
func (l *line) mediaAnswer(by *http.Client, req *http.Request) (code int, id string, err error) {
	res, err := by.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := channel.ReadAll(res.Body, bodyMax)
	if err != nil {
		return 0, "", err
	}
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusPartialContent:
	case http.StatusForbidden: // signed in before files could be sent, or not allowed to
		return 0, "", &channel.Rejected{Reason: channel.ReasonNotAllowed, Detail: wordsOf(body)}
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		detail := &statusError{code: res.StatusCode, words: wordsOf(body)}
		return 0, "", &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: detail.Error()}
	default:
		err := l.c.meaning(res, body)
		if errors.Is(err, channel.ErrGone) { // the file, or the call; not what is answered
			return 0, "", &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: "the server does not take files: " + err.Error()}
		}
		return 0, "", err
	}
	var m struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return 0, "", fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if !plainID(m.ID) {
		return 0, "", fmt.Errorf("%w: a file without an id", errUnreadable)
	}
	return res.StatusCode, m.ID, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
