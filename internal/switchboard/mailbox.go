// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// mailbox keeps an account's messages until the other side collects them. It is the channel.Mailbox of its connector.
type mailbox struct {
	s  *Switchboard
	id hilft.AccountID
}

// MailboxSubject is where the bus tells that a thread of an account has a new message: the data is the thread.
func MailboxSubject(id hilft.AccountID) string { return "hilft.mailbox." + string(id) }

// Put stores a message; the same key gives the same id.
func (m mailbox) Put(ctx context.Context, thread, key string, body []byte) (string, error) {
	var id int64
	err := m.s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Row(ctx, `INSERT INTO mailbox (account_id, thread, key, body, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
			[]any{string(m.id), thread, key, body, store.Micros(tx.Now())}, &id)
		if store.IsNoRows(err) {
			return tx.Row(ctx, `SELECT id FROM mailbox WHERE account_id = ? AND key = ?`, []any{string(m.id), key}, &id)
		}
		if err == nil {
			tx.After(func() { m.s.Bus.Publish(MailboxSubject(m.id), []byte(thread)) })
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("switchboard: mailbox: %w", err)
	}
	return strconv.FormatInt(id, 10), nil
}

// Letter is a message that waits to be collected.
type Letter struct {
	ID   int64
	Key  string
	Body []byte
	At   time.Time
}

// Collect reads what a thread of an account has after a message, in order, at most so many.
func (s *Switchboard) Collect(ctx context.Context, id hilft.AccountID, thread string, after int64, most int) (all []Letter, err error) {
	err = s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT id, key, body, at FROM mailbox WHERE account_id = ? AND thread = ? AND id > ? ORDER BY id LIMIT ?`,
			[]any{string(id), thread, after, most}, func(scan func(into ...any) error, l *Letter) error {
				var at int64
				err := scan(&l.ID, &l.Key, &l.Body, &at)
				l.At = store.Time(at)
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: collect: %w", err)
	}
	return all, nil
}

// cleanWhy makes the words of an error fit for a column.
func cleanWhy(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
