// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Passkey is a key that somebody's phone, computer or stick keeps, and with which they sign in.
type Passkey struct {
	ID     string
	Name   string // as its owner calls it
	MadeAt time.Time
	UsedAt time.Time // zero: never
}

// Ceremony is what the house remembers between asking a browser for a passkey and its answer: for one answer, on the
// server, where the browser cannot change it.
type Ceremony struct {
	Data  webauthn.SessionData `json:"data"`
	Until time.Time            `json:"until"`
}

const (
	ceremonyFor  = 5 * time.Minute
	passkeysMost = 20
)

// relyingParty is what passkeys are made for: the host of the public address. nil: browsers make none for it, because it
// is an address by number or has no https.
func relyingParty(publicURL string) *webauthn.WebAuthn {
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme != "https" && u.Hostname() != "localhost" || protocol.ValidateRPID(u.Hostname()) != nil {
		return nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "hilft", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
		// Password managers tell more than they are asked, and none of it is used.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil
	}
	return party
}

// keyHolder is an agent with their passkeys, as the library wants to see one.
type keyHolder struct {
	Agent
	keys []webauthn.Credential
}

func (h keyHolder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h keyHolder) WebAuthnName() string                       { return h.Email }
func (h keyHolder) WebAuthnDisplayName() string                { return h.Name }
func (h keyHolder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func passkeyPlace(id string) string { return Where("passkey", "sealed", id) }

// keptPasskey is one row of passkey, opened.
type keptPasskey struct {
	id     string
	sealed []byte
	key    webauthn.Credential
}

func (a *Access) passkeysOf(ctx context.Context, tx *store.Tx, id hilft.AgentID) ([]keptPasskey, error) {
	return store.All(ctx, tx, `SELECT id, sealed FROM passkey WHERE agent_id = ? ORDER BY id`, []any{id}, func(scan func(into ...any) error, k *keptPasskey) error {
		if err := scan(&k.id, &k.sealed); err != nil {
			return err
		}
		plain, err := a.keys.Open(passkeyPlace(k.id), k.sealed)
		if err != nil {
			return err
		}
		return json.Unmarshal(plain, &k.key)
	})
}

func holder(who Agent, kept []keptPasskey) keyHolder {
	h := keyHolder{Agent: who}
	for _, k := range kept {
		h.keys = append(h.keys, k.key)
	}
	return h
}

func noPasskeys() error       { return hilft.Fail(hilft.Conflict, "passkey.impossible", nil) }
func refused(err error) error { return hilft.Fail(hilft.Invalid, "passkey.refused", err) }

// PasskeysPossible tells whether browsers make passkeys for this house.
func (a *Access) PasskeysPossible() bool { return a.party != nil }

// Passkeys lists the acting agent's, the oldest first.
func (a *Access) Passkeys(ctx context.Context) (all []Passkey, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT id, name, made_at, used_at FROM passkey WHERE agent_id = ? ORDER BY made_at, id`, []any{who.ID},
			func(scan func(into ...any) error, k *Passkey) error {
				var made, used int64
				err := scan(&k.ID, &k.Name, &made, &used)
				k.MadeAt, k.UsedAt = store.Time(made), store.Time(used)
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: passkeys: %w", err)
	}
	return all, nil
}

// BeginPasskey asks the acting agent's browser for a new passkey. The options are for navigator.credentials.create.
// Conflict: this house's address is none that browsers make passkeys for, or they have twenty.
func (a *Access) BeginPasskey(ctx context.Context) (options json.RawMessage, c Ceremony, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, c, err
	}
	if a.party == nil {
		return nil, c, noPasskeys()
	}
	var kept []keptPasskey
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		kept, err = a.passkeysOf(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return nil, c, fmt.Errorf("access: begin passkey: %w", err)
	}
	if len(kept) >= passkeysMost {
		return nil, c, hilft.Fail(hilft.Conflict, "passkey.too_many", nil)
	}
	h := holder(who, kept)
	// A device that has one already makes no second.
	asked, data, err := a.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, c, fmt.Errorf("access: begin passkey: %w", err)
	}
	return a.ceremony(asked.Response, data)
}

func (a *Access) ceremony(asked any, data *webauthn.SessionData) (json.RawMessage, Ceremony, error) {
	options, err := json.Marshal(asked)
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("access: passkey: %w", err)
	}
	return options, Ceremony{Data: *data, Until: a.db.Now().Add(ceremonyFor)}, nil
}

// AddPasskey keeps the passkey that the acting agent's browser has made in answer to BeginPasskey. With the first second
// step come recovery codes, told this once. Invalid ("passkey.refused"): the answer does not fit, or came too late.
func (a *Access) AddPasskey(ctx context.Context, c Ceremony, name string, answer json.RawMessage) (k Passkey, recovery []string, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return Passkey{}, nil, err
	}
	if a.party == nil {
		return Passkey{}, nil, noPasskeys()
	}
	if name, err = checkName(name, "passkey.name"); err != nil {
		return Passkey{}, nil, err
	}
	if !a.db.Now().Before(c.Until) {
		return Passkey{}, nil, refused(nil)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, nil, refused(err)
	}
	key, err := a.party.CreateCredential(keyHolder{Agent: who}, c.Data, parsed)
	if err != nil {
		return Passkey{}, nil, refused(err)
	}
	k = Passkey{ID: hilft.NewID(), Name: name}
	sealed, err := a.sealPasskey(k.ID, key)
	if err != nil {
		return Passkey{}, nil, fmt.Errorf("access: add passkey: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		recovery = nil
		second, err := secondOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		k.MadeAt = store.Time(store.Micros(tx.Now()))
		n, err := tx.Exec(ctx, `INSERT INTO passkey (id, agent_id, credential_id, sealed, name, made_at, used_at) VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (credential_id) DO NOTHING`,
			k.ID, who.ID, base64.RawURLEncoding.EncodeToString(key.ID), sealed, k.Name, store.Micros(k.MadeAt))
		if err != nil {
			return err
		}
		if n == 0 {
			return refused(nil) // somebody has it
		}
		if err := Trail(ctx, tx, audit.PasskeyAdded, "", k.ID, nil); err != nil {
			return err
		}
		if second.Set() {
			return nil
		}
		recovery, err = newRecovery(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return Passkey{}, nil, fmt.Errorf("access: add passkey: %w", err)
	}
	return k, recovery, nil
}

func (a *Access) sealPasskey(id string, key *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	return a.keys.Seal(passkeyPlace(id), plain)
}

// RenamePasskey calls one of the acting agent's otherwise. NotFound: they have none of that id.
func (a *Access) RenamePasskey(ctx context.Context, id, name string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	if name, err = checkName(name, "passkey.name"); err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return existing(tx.Exec(ctx, `UPDATE passkey SET name = ? WHERE id = ? AND agent_id = ?`, name, id, who.ID))
	})
	if err != nil {
		return fmt.Errorf("access: rename passkey: %w", err)
	}
	return nil
}

// RemovePasskey forgets one of the acting agent's; with their last second step, the recovery codes too. NotFound: they
// have none of that id.
func (a *Access) RemovePasskey(ctx context.Context, id string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := existing(tx.Exec(ctx, `DELETE FROM passkey WHERE id = ? AND agent_id = ?`, id, who.ID)); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.PasskeyRemoved, "", id, nil); err != nil {
			return err
		}
		return forgetRecovery(ctx, tx, who.ID)
	})
	if err != nil {
		return fmt.Errorf("access: remove passkey: %w", err)
	}
	return nil
}

func existing(n int64, err error) error {
	if err == nil && n == 0 {
		err = hilft.Fail(hilft.NotFound, "passkey.not_found", nil)
	}
	return err
}

// BeginPasskeySignIn asks a browser for a passkey to sign in with; the options are for navigator.credentials.get. With
// half a sign-in, for one of that agent's, as its second step. Without, for whichever the person at the browser has: the
// device then makes sure itself that it is its owner, so that one step is two. Conflict: see BeginPasskey.
func (a *Access) BeginPasskeySignIn(ctx context.Context, half *Half) (options json.RawMessage, c Ceremony, err error) {
	if a.party == nil {
		return nil, c, noPasskeys()
	}
	if half == nil {
		asked, data, err := a.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return nil, c, fmt.Errorf("access: passkey: %w", err)
		}
		return a.ceremony(asked.Response, data)
	}
	var h keyHolder
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := half.agent(ctx, tx, "")
		if err != nil {
			return err
		}
		kept, err := a.passkeysOf(ctx, tx, who.ID)
		h = holder(who, kept)
		return err
	})
	if err != nil {
		return nil, c, fmt.Errorf("access: passkey: %w", err)
	}
	if len(h.keys) == 0 {
		return nil, c, hilft.Fail(hilft.NotFound, "passkey.not_found", nil)
	}
	asked, data, err := a.party.BeginLogin(h)
	if err != nil {
		return nil, c, fmt.Errorf("access: passkey: %w", err)
	}
	return a.ceremony(asked.Response, data)
}

// SignInByPasskey takes a browser's answer to BeginPasskeySignIn, with the same half or with none. Tries are not counted:
// a signature cannot be guessed, and each try needs a question of its own. Invalid ("passkey.refused"): the answer does
// not fit, came too late, or its key is nobody's who works here. from is where they are, for the trail. Unauthenticated ("session.half_over"): the half is over.
func (a *Access) SignInByPasskey(ctx context.Context, half *Half, c Ceremony, answer json.RawMessage, from string) (Agent, error) {
	if a.party == nil {
		return Agent{}, noPasskeys()
	}
	if !a.db.Now().Before(c.Until) {
		return Agent{}, refused(nil)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Agent{}, refused(err)
	}
	var who Agent
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if half != nil {
			who, err = half.agent(ctx, tx, tx.Lock())
		} else {
			who, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`+tx.Lock(), string(bytes.ToValidUTF8(parsed.Response.UserHandle, nil)))
			if store.IsNoRows(err) {
				err = refused(nil)
			}
		}
		if err != nil {
			return err
		}
		kept, err := a.passkeysOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if half == nil { // as a second step behind a provider, it is one
			if err := mayOwn(ctx, tx, who); err != nil {
				return err
			}
		}
		h := holder(who, kept)
		var key *webauthn.Credential
		if half != nil {
			key, err = a.party.ValidateLogin(h, c.Data, parsed)
		} else {
			key, err = a.party.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, c.Data, parsed)
		}
		if err != nil {
			return refused(err)
		}
		if err := a.used(ctx, tx, who, kept, key); err != nil {
			return err
		}
		return tried(ctx, tx, audit.SignedIn, who.ID, "passkey", from)
	})
	if hilft.KindOf(err) == hilft.Invalid {
		if err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tried(ctx, tx, audit.SignInFailed, who.ID, "passkey", from)
		}); err != nil {
			return Agent{}, fmt.Errorf("access: sign in by passkey: %w", err)
		}
	}
	if err != nil {
		return Agent{}, fmt.Errorf("access: sign in by passkey: %w", err)
	}
	return who, nil
}

// used notes that a passkey was used, and refuses one that counts backwards: it has been copied.
func (a *Access) used(ctx context.Context, tx *store.Tx, who Agent, kept []keptPasskey, key *webauthn.Credential) error {
	if key.Authenticator.CloneWarning {
		a.log.WarnContext(ctx, "a passkey that counts backwards was refused: it may have been copied", "agent", who)
		return refused(nil)
	}
	for _, k := range kept {
		if !bytes.Equal(k.key.ID, key.ID) {
			continue
		}
		sealed, err := a.sealPasskey(k.id, key)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE passkey SET sealed = ?, used_at = ? WHERE id = ?`, sealed, store.Micros(tx.Now()), k.id)
		return err
	}
	return refused(nil)
}
