// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

// line is one connection to the house that asks one thing after another. It speaks HTTP by itself and does no more than
// it must, because it runs on the processors of the house that it measures.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialLine(ctx context.Context, host string) (*line, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (l *line) close() { _ = l.conn.Close() }

// ask sends a request as it is and returns when it is answered. Anything but 200 is an error.
func (l *line) ask(request []byte) error {
	if _, err := l.conn.Write(request); err != nil {
		return err
	}
	status, err := l.in.ReadString('\n')
	if err != nil {
		return err
	}
	length, chunked := -1, false
	for {
		header, err := l.in.ReadString('\n')
		if err != nil {
			return err
		}
		if header = strings.TrimSpace(header); header == "" {
			break
		}
		switch k, v, _ := strings.Cut(header, ":"); {
		case strings.EqualFold(k, "Content-Length"):
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return err
			}
		case strings.EqualFold(k, "Transfer-Encoding"):
			chunked = true
		}
	}
	if chunked {
		if _, err = io.Copy(io.Discard, httputil.NewChunkedReader(l.in)); err == nil {
			_, err = l.in.Discard(len("\r\n")) // of its empty trailer
		}
	} else if length >= 0 {
		_, err = l.in.Discard(length)
	} else {
		err = errors.New("an answer without a length")
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("answered %s", strings.TrimSpace(status))
	}
	return nil
}

// sender is a line that posts signed webhooks.
type sender struct {
	*line
	shop *apptest.Shop
	head string // of every request, up to what changes
	out  bytes.Buffer
}

func dial(ctx context.Context, s *site) (*sender, error) {
	u, err := url.Parse(s.hook)
	if err != nil {
		return nil, err
	}
	l, err := dialLine(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	return &sender{line: l, shop: s.shop, head: fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", u.Path, u.Host)}, nil
}

// post sends one body and returns when it is answered.
func (s *sender) post(body []byte) error {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	s.out.Reset()
	fmt.Fprintf(&s.out, "%sContent-Length: %d\r\nX-Hilft-Timestamp: %s\r\nX-Hilft-Signature: %s\r\n\r\n%s", s.head, len(body), stamp, s.shop.Sign(stamp, body), body)
	return s.ask(s.out.Bytes())
}

// filler makes a word as long as a usual webhook: about 1 KiB altogether.
var filler = strings.Repeat("Seit gestern geht das Internet nicht. ", 22)

// word is what one customer says.
func word(id, thread, text string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"thread":%q,"from":{"id":%q,"name":"Mira Petersen"},"subject":"Störung","text":%q}`, id, thread, "c-"+thread, text+" "+filler)
}
