// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

// sender is one connection that posts signed webhooks, one after another. It speaks HTTP by itself and does no more than
// it must, because it runs on the processors of the house that it measures.
type sender struct {
	shop *apptest.Shop
	head string // of every request, up to what changes
	conn net.Conn
	in   *bufio.Reader
	out  bytes.Buffer
}

func dial(ctx context.Context, s *site) (*sender, error) {
	u, err := url.Parse(s.hook)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &sender{
		shop: s.shop, conn: conn, in: bufio.NewReader(conn),
		head: fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", u.Path, u.Host),
	}, nil
}

func (s *sender) close() { _ = s.conn.Close() }

// post sends one body and returns when it is answered. Anything but 200 is an error.
func (s *sender) post(body []byte) error {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	s.out.Reset()
	fmt.Fprintf(&s.out, "%sContent-Length: %d\r\nX-Hilft-Timestamp: %s\r\nX-Hilft-Signature: %s\r\n\r\n%s", s.head, len(body), stamp, s.shop.Sign(stamp, body), body)
	if _, err := s.conn.Write(s.out.Bytes()); err != nil {
		return err
	}
	status, err := s.in.ReadString('\n')
	if err != nil {
		return err
	}
	length := -1
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		if k, v, _ := strings.Cut(line, ":"); strings.EqualFold(k, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without a length")
	}
	if _, err := s.in.Discard(length); err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("answered %s", strings.TrimSpace(status))
	}
	return nil
}

// filler makes a word as long as a usual webhook: about 1 KiB altogether.
var filler = strings.Repeat("Seit gestern geht das Internet nicht. ", 22)

// word is what one customer says.
func word(id, thread, text string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"thread":%q,"from":{"id":%q,"name":"Mira Petersen"},"subject":"Störung","text":%q}`, id, thread, "c-"+thread, text+" "+filler)
}
