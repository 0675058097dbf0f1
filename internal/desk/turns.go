// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// On Postgres several workers place words at once. What one finds, and does not find, must stay true until it is done;
// so words that have anything in common take turns: an id that both name, a person, a conversation. To make two
// conversations one touches what no word names, so whoever does that is alone. Two who want to be alone at once wait for
// each other; the database then sends one of them back, and the store runs it again. On SQLite there is only ever one.

// turnsMost bounds for how many keys a transaction waits one by one: a server has room for some thousands of locks.
const turnsMost = 256

// among lets what the transaction does next wait until no other word of the account that has one of these keys is being
// placed, and keeps those away that come later.
func among(ctx context.Context, tx *store.Tx, acc hilft.AccountID, keys ...string) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	locks := make([]any, 0, len(keys)+1)
	for _, key := range keys {
		locks = append(locks, turn(acc, key))
	}
	// In one order for all, so that nobody waits in a circle.
	slices.SortFunc(locks, func(a, b any) int { return cmp.Compare(a.(int64), b.(int64)) })
	if locks = slices.Compact(locks); len(locks) > turnsMost {
		return alone(ctx, tx, acc)
	}
	q := `SELECT pg_advisory_xact_lock_shared(CAST(? AS BIGINT))` + strings.Repeat(`, pg_advisory_xact_lock(CAST(? AS BIGINT))`, len(locks))
	if err := tx.Defer(ctx, q, append([]any{turn(acc, "")}, locks...)...); err != nil {
		return fmt.Errorf("desk: turns: %w", err)
	}
	return nil
}

// alone lets what the transaction does next wait until no other word of the account is being placed, and keeps all away
// that come later.
func alone(ctx context.Context, tx *store.Tx, acc hilft.AccountID) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	if err := tx.Defer(ctx, `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`, turn(acc, "")); err != nil {
		return fmt.Errorf("desk: turns: %w", err)
	}
	return nil
}

func whoKey(p hilft.PersonID) string { return "who\x00" + string(p) }

func conversationKey(id hilft.ConversationID) string { return "in\x00" + string(id) }

// turn is the number of a lock. Two keys may have the same by chance; then they take turns without need. The upper bits
// keep the desk's locks apart from those of others.
func turn(acc hilft.AccountID, key string) int64 {
	const mark = int64(0x6465) << 48
	sum := sha256.Sum256([]byte(string(acc) + "\x00" + key))
	return mark | int64(binary.BigEndian.Uint64(sum[:8])>>16)
}
