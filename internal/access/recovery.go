// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

const (
	recoveryCodes = 10
	recoverySize  = 10 // random bytes: 80 bits, so that a plain hash of them cannot be guessed
	recoveryChars = 16 // as they are written, without dashes
)

// NewRecovery gives the acting agent ten new recovery codes, told this once, in place of those they had. Conflict: they
// have no second step that a code could stand in for.
func (a *Access) NewRecovery(ctx context.Context) (codes []string, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		second, err := secondOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if !second.Set() {
			return hilft.Fail(hilft.Conflict, "second.none", nil)
		}
		if err := Trail(ctx, tx, audit.CodesRenewed, "", string(who.ID), nil); err != nil {
			return err
		}
		codes, err = newRecovery(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: new recovery codes: %w", err)
	}
	return codes, nil
}

func newRecovery(ctx context.Context, tx *store.Tx, id hilft.AgentID) ([]string, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE agent_id = ?`, id); err != nil {
		return nil, err
	}
	codes, rows := make([]string, recoveryCodes), make([][]any, recoveryCodes)
	for i := range codes {
		var random [recoverySize]byte
		_, _ = rand.Read(random[:])
		bare := codeAlphabet.EncodeToString(random[:])
		codes[i] = strings.Join([]string{bare[:4], bare[4:8], bare[8:12], bare[12:]}, "-")
		rows[i] = []any{string(id), recoveryHash(id, bare)}
	}
	return codes, tx.Insert(ctx, `INSERT INTO recovery (agent_id, hash)`, rows, "")
}

// forgetRecovery forgets the codes of somebody who has no second step any more.
func forgetRecovery(ctx context.Context, tx *store.Tx, id hilft.AgentID) error {
	second, err := secondOf(ctx, tx, id)
	if err != nil || second.Set() {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM recovery WHERE agent_id = ?`, id)
	return err
}

// recoveryHash is bound to its agent: equal codes of two agents, if there ever were such, would not show.
func recoveryHash(id hilft.AgentID, bare string) string {
	sum := sha256.Sum256([]byte("recovery\x00" + string(id) + "\x00" + bare))
	return hex.EncodeToString(sum[:])
}

// asRecovery tells whether what somebody typed looks like a recovery code, and gives it as it is hashed.
func asRecovery(code string) (string, bool) {
	bare := strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))
	return bare, len(bare) == recoveryChars
}
