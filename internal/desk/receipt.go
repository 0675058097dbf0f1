// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	receiptEvery  = 24 * time.Hour // at most one to an address in so long, whatever it sends: no loop lives on it
	receiptWithin = time.Hour      // what arrived long ago, as before an account was connected, gets none
)

// mayReceipt tells whether somebody who wrote may be told that it has arrived. Not a machine; and nobody who may not have
// written at all: a receipt to a forged address is spam that we send for a stranger.
func mayReceipt(h Heard, now time.Time) bool {
	it := h.Item
	return h.Receipts && it.Visibility == hilft.Private && !it.Auto && !it.Unanswered && !it.From.Us && !it.Overheard && it.Returned == nil &&
		(it.Genuine == channel.Confirmed || it.Proven && it.Genuine != channel.Doubtful) && it.At.After(now.Add(-receiptWithin))
}

// receipts tells those whose words opened cases that they have arrived, where their brand wants that. It is written in
// the transaction of the word itself, so there is one for each or none.
func (t *table) receipts(ctx context.Context) error {
	for _, o := range t.opened {
		if !mayReceipt(o.heard, t.tx.Now()) {
			continue
		}
		if err := t.receipt(ctx, o); err != nil {
			return fmt.Errorf("desk: receipt: %w", err)
		}
	}
	return nil
}

func (t *table) receipt(ctx context.Context, o opening) error {
	text, brand, err := t.receiptText(ctx, o.heard.Item.Language)
	if err != nil || text == "" {
		return err
	}
	last, err := messageWhere(ctx, t.tx, `WHERE m.id = ?`, string(o.message))
	if store.IsNoRows(err) || err == nil && last.Case == "" {
		return nil
	}
	if err != nil {
		return err
	}
	due, err := t.receiptDue(ctx, o.heard.Item)
	if err != nil || !due {
		return err
	}
	c, err := caseForUpdate(ctx, t.tx, last.Case)
	if err != nil {
		return err
	}
	v, err := conversationOf(ctx, t.tx, last)
	if err != nil {
		return err
	}
	m := Message{
		ID: hilft.MessageID(hilft.NewID()), Brand: c.Brand, Conversation: v.ID, Case: c.ID, Account: v.Account, Network: v.Network,
		Direction: hilft.Outbound, Visibility: v.Visibility, Auto: true, InReplyTo: last.Remote, At: t.tx.Now(), MadeAt: c.next(t.tx.Now()), Delivery: hilft.Queued,
		Body: strings.NewReplacer("{number}", strconv.FormatInt(c.Number, 10), "{brand}", brand).Replace(text),
	}
	if err := insertMessages(ctx, t.tx, m); err != nil {
		return err
	}
	if err := t.dispatch(ctx, t.tx, v, last, m, false); err != nil {
		return err
	}
	if err := t.save(ctx, t.tx, c); err != nil {
		return err
	}
	return t.jobs.Record(ctx, t.tx, jobs.Event{Kind: hilft.EventMessageWritten, Brand: c.Brand, Case: c.ID, Subject: string(m.ID)})
}

// receiptText is what the brand says in a language; where the language is not known or has no text, in its own, else in
// the other. Empty: it says nothing.
func (t *table) receiptText(ctx context.Context, language string) (text, brand string, err error) {
	var own, de, en string
	err = t.tx.Row(ctx, `SELECT name, language, receipt_de, receipt_en FROM brand WHERE id = ?`, []any{string(t.brand)}, &brand, &own, &de, &en)
	if store.IsNoRows(err) {
		return "", "", nil
	}
	in := map[string]string{"de": de, "en": en}
	return cmp.Or(in[language], in[own], de, en), brand, err
}

// WithholdReceipts sees to it that nobody is told any more that what they said until now has arrived: this house is a copy
// of one that may have told them. It is for the transaction in which that is noticed.
func WithholdReceipts(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO receipt (brand_id, who, at) VALUES ('', 'all', ?) ON CONFLICT (brand_id, who) DO UPDATE SET at = excluded.at`, store.Micros(tx.Now()))
	if err != nil {
		return fmt.Errorf("desk: receipts: %w", err)
	}
	return nil
}

// receiptDue tells whether who said something may get a receipt now, and remembers that they do.
func (t *table) receiptDue(ctx context.Context, it channel.Item) (bool, error) {
	var withheld int
	if err := t.tx.Row(ctx, `SELECT COUNT(*) FROM receipt WHERE brand_id = '' AND who = 'all' AND at >= ?`, []any{store.Micros(it.At)}, &withheld); err != nil || withheld > 0 {
		return false, err
	}
	sum := sha256.Sum256([]byte("receipt\x00" + strings.ToLower(it.From.ID)))
	old := store.Micros(t.tx.Now().Add(-receiptEvery))
	n, err := t.tx.Exec(ctx, `INSERT INTO receipt (brand_id, who, at) VALUES (?, ?, ?) ON CONFLICT (brand_id, who) DO UPDATE SET at = excluded.at WHERE receipt.at <= ?`,
		string(t.brand), hex.EncodeToString(sum[:]), store.Micros(t.tx.Now()), old)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.tx.Exec(ctx, `DELETE FROM receipt WHERE at <= ?`, old)
	return true, err
}
