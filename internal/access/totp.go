// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// totpSeconds is how many seconds one code is good for; every app agrees on it, as on six digits and SHA-1.
const totpSeconds = 30

// TOTP is what an app on somebody's phone needs to tell their codes. It is shown once.
type TOTP struct {
	Secret string // base32, to type
	URI    string // otpauth://…, to scan
}

// LogValue hides the secret.
func (TOTP) LogValue() slog.Value { return slog.StringValue("totp") }

// String hides the secret.
func (TOTP) String() string { return "totp" }

// GoString hides the secret.
func (TOTP) GoString() string { return "totp" }

func totpPlace(id hilft.AgentID) string { return Where("totp", "sealed", string(id)) }

// BeginTOTP gives the acting agent a new secret for their app. It counts once ConfirmTOTP has seen a code of it; until
// then asking again gives another. Conflict: an app is set up already.
func (a *Access) BeginTOTP(ctx context.Context) (TOTP, error) {
	who, err := signedIn(ctx)
	if err != nil {
		return TOTP{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "hilft", AccountName: who.Email, SecretSize: 20, Period: totpSeconds})
	if err != nil {
		return TOTP{}, fmt.Errorf("access: begin totp: %w", err)
	}
	sealed, err := a.keys.Seal(totpPlace(who.ID), []byte(key.Secret()))
	if err != nil {
		return TOTP{}, fmt.Errorf("access: begin totp: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO totp (agent_id, sealed, made_at, confirmed_at, last_step) VALUES (?, ?, ?, 0, 0)
			ON CONFLICT (agent_id) DO UPDATE SET sealed = excluded.sealed, made_at = excluded.made_at WHERE totp.confirmed_at = 0`,
			who.ID, sealed, store.Micros(tx.Now()))
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.Conflict, "second.totp.set", nil)
		}
		return err
	})
	if err != nil {
		return TOTP{}, fmt.Errorf("access: begin totp: %w", err)
	}
	return TOTP{Secret: key.Secret(), URI: key.URL()}, nil
}

// ConfirmTOTP makes the acting agent's app their second step, once it has told a right code. With the first second step
// come recovery codes, told this once. Invalid names the field: code. Conflict: nothing was begun, or it is set up.
func (a *Access) ConfirmTOTP(ctx context.Context, code string) (recovery []string, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		recovery = nil
		second, err := secondOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		kept, err := a.totpOf(ctx, tx, who.ID)
		switch {
		case err != nil:
			return err
		case kept.secret == "":
			return hilft.Fail(hilft.Conflict, "second.totp.not_begun", nil)
		case kept.confirmed:
			return hilft.Fail(hilft.Conflict, "second.totp.set", nil)
		}
		step, ok := stepOf(kept.secret, code, tx.Now(), kept.last)
		if !ok {
			return wrongCode()
		}
		if _, err := tx.Exec(ctx, `UPDATE totp SET confirmed_at = ?, last_step = ? WHERE agent_id = ?`, store.Micros(tx.Now()), step, who.ID); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.AppAdded, "", string(who.ID), nil); err != nil {
			return err
		}
		if second.Set() {
			return nil // the codes they have stay good
		}
		recovery, err = newRecovery(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: confirm totp: %w", err)
	}
	return recovery, nil
}

// RemoveTOTP forgets the acting agent's app; with the last second step, the recovery codes too. Without one it does nothing.
func (a *Access) RemoveTOTP(ctx context.Context) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM totp WHERE agent_id = ?`, who.ID); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.AppRemoved, "", string(who.ID), nil); err != nil {
			return err
		}
		return forgetRecovery(ctx, tx, who.ID)
	})
	if err != nil {
		return fmt.Errorf("access: remove totp: %w", err)
	}
	return nil
}

func wrongCode() error { return hilft.FailField(hilft.Invalid, "second.code.wrong", "code", nil) }

// SignInByCode finishes a sign-in with a code of the agent's app or one of their recovery codes. from is for the limits,
// which are those of a sign-in. A code is good once. Invalid ("second.code.wrong", with the field code): it is wrong, or
// was used. Unauthenticated ("session.half_over"): the half is too old, or its password or agent is gone. Unavailable
// ("session.locked"): as with SignIn.
func (a *Access) SignInByCode(ctx context.Context, half Half, code, from string) (Agent, error) {
	try := attemptOf("second step of "+string(half.Agent), from)
	var who Agent
	right := false
	err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		right = false
		if who, err = half.agent(ctx, tx, tx.Lock()); err != nil {
			return err
		}
		if err := try.count(ctx, tx); err != nil {
			return err
		}
		if right, err = a.useCode(ctx, tx, who.ID, code); err != nil {
			return err
		}
		if !right {
			return tried(ctx, tx, audit.SignInFailed, who.ID, "code", from) // and stays counted
		}
		by := "code"
		if _, is := asRecovery(code); is {
			by = "recovery code"
		}
		if err := tried(ctx, tx, audit.SignedIn, who.ID, by, from); err != nil {
			return err
		}
		return try.right(ctx, tx)
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: sign in by code: %w", err)
	}
	if !right {
		return Agent{}, wrongCode()
	}
	return who, nil
}

// useCode uses a code up, and tells whether it was one.
func (a *Access) useCode(ctx context.Context, tx *store.Tx, id hilft.AgentID, code string) (bool, error) {
	if recovery, ok := asRecovery(code); ok {
		n, err := tx.Exec(ctx, `UPDATE recovery SET used_at = ? WHERE agent_id = ? AND hash = ? AND used_at = 0`, store.Micros(tx.Now()), id, recoveryHash(id, recovery))
		return n == 1, err
	}
	kept, err := a.totpOf(ctx, tx, id)
	if err != nil || !kept.confirmed {
		return false, err
	}
	step, ok := stepOf(kept.secret, code, tx.Now(), kept.last)
	if !ok {
		return false, nil
	}
	n, err := tx.Exec(ctx, `UPDATE totp SET last_step = ? WHERE agent_id = ? AND last_step < ?`, step, id, step)
	return n == 1, err
}

// keptTOTP is one row of totp, opened. An empty secret: there is none.
type keptTOTP struct {
	secret    string
	confirmed bool
	last      int64
}

func (a *Access) totpOf(ctx context.Context, tx *store.Tx, id hilft.AgentID) (k keptTOTP, err error) {
	var sealed []byte
	var confirmed int64
	err = tx.Row(ctx, `SELECT sealed, confirmed_at, last_step FROM totp WHERE agent_id = ?`+tx.Lock(), []any{id}, &sealed, &confirmed, &k.last)
	if store.IsNoRows(err) {
		return keptTOTP{}, nil
	}
	if err != nil {
		return keptTOTP{}, err
	}
	secret, err := a.keys.Open(totpPlace(id), sealed)
	k.secret, k.confirmed = string(secret), confirmed > 0
	return k, err
}

// stepOf finds the step of time whose code this is: the present one, or a neighbour for clocks that are half a minute off.
// It must be later than the last that was used, so that a code that somebody has watched being typed is good for nothing.
func stepOf(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
	present := now.Unix() / totpSeconds
	for _, s := range []int64{present - 1, present, present + 1} {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(s*totpSeconds, 0), totp.ValidateOpts{Period: totpSeconds, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && s > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
