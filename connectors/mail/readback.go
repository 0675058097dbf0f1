// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hilft/hilft/channel"
)

// errNotSeen leaves the outcome unknown: a mail that is not in the folder of sent mail may have gone out all the same.
// We put the copy there only after the server's 250, and a provider may be late with its own.
var errNotSeen = errors.New("it is not in the folder of sent mail, which proves nothing")

// ReadBack looks for a mail in the folder of sent mail, where there is one. It never promises that a mail did not go
// out: mail has no place where that could be seen.
func (l *line) ReadBack(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	m, err := l.compose(out)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mail: read back: %w", err)
	}
	ctx, end, err := l.begin(ctx, time.Minute)
	if err != nil {
		return channel.Receipt{}, err
	}
	defer end()
	box, err := l.signIn(ctx, nil)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mail: read back: %w", err)
	}
	defer box.close()
	there, err := holds(box, l.sentFolder(box), m.id)
	switch {
	case err != nil:
		return channel.Receipt{}, fmt.Errorf("mail: read back: %w", l.means(because(ctx, err)))
	case !there:
		return channel.Receipt{}, fmt.Errorf("mail: read back: %w", errNotSeen)
	}
	return channel.Receipt{ID: m.id, Thread: m.thread, At: out.First}, nil
}
