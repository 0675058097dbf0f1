// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/hilft/hilft/channel"
)

// idleFor is how long we listen before we say that we are still there. RFC 2177 asks for less than 29 minutes; routers
// on the way forget a connection sooner.
const idleFor = 10 * time.Minute

// Stream waits for news (IDLE, RFC 2177) and asks for a Poll at each. From a server without IDLE nothing is heard, and it
// is not asked again and again whether it has learnt it: the poll of every minute is then all there is.
func (l *line) Stream(ctx context.Context, to channel.Receiver) error {
	running, end, err := l.begin(ctx, math.MaxInt64)
	if err != nil {
		return err
	}
	defer end()
	err = l.listen(running, to)
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("mail: stream: %w", l.means(because(running, err)))
}

func (l *line) listen(ctx context.Context, to channel.Receiver) error {
	news := make(chan struct{}, 1)
	m, err := l.signIn(ctx, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer m.close()
	if !m.Caps().Has(imap.CapIdle) {
		m.close()
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if _, err := m.Select(l.set.folder, readOnly).Wait(); err != nil {
		return err
	}
	for {
		idle, err := m.Idle()
		if err != nil {
			return err
		}
		to.PollNow() // what came before the server began to tell us
		again := time.NewTimer(idleFor)
		err = hear(ctx, m, news, again.C, to)
		again.Stop()
		if err != nil {
			_ = idle.Close()
			return err
		}
		// A server that does not answer any more is left.
		patience := time.AfterFunc(time.Minute, func() { _ = m.Close() })
		err = errors.Join(idle.Close(), idle.Wait())
		patience.Stop()
		if err != nil {
			return err
		}
	}
}

// hear returns nil when it is time to say that we are still there.
func hear(ctx context.Context, m *mailbox, news <-chan struct{}, again <-chan time.Time, to channel.Receiver) error {
	for {
		select {
		case <-news:
			to.PollNow()
		case <-again:
			return nil
		case <-m.Closed():
			return errors.New("the connection broke")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
