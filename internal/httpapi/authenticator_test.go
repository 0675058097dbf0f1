// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/stretchr/testify/require"
)

// device is a phone that keeps one passkey, written from the WebAuthn standard.
type device struct {
	t       testing.TB
	origin  string // as the browser sees the page
	party   string
	key     *ecdsa.PrivateKey
	id      []byte
	owner   string // user handle, as it was given
	counter uint32
	knows   bool // whether it makes sure that its owner holds it
}

func newDevice(t testing.TB) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &device{t: t, origin: "https://desk.example", party: "desk.example", key: key, id: id, knows: true}
}

var b64 = base64.RawURLEncoding

const (
	userPresent  = 0x01
	userVerified = 0x04
	hasKey       = 0x40
)

func (d *device) data(flags byte, rest ...byte) []byte {
	if d.knows {
		flags |= userVerified
	}
	party := sha256.Sum256([]byte(d.party))
	d.counter++
	data := append(party[:], flags|userPresent)
	return append(binary.BigEndian.AppendUint32(data, d.counter), rest...)
}

func (d *device) said(kind, challenge string) []byte {
	text, err := json.Marshal(m{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	require.NoError(d.t, err)
	return text
}

// creates answers navigator.credentials.create.
func (d *device) creates(options json.RawMessage) m {
	d.t.Helper()
	var asked struct {
		Challenge string
		User      struct{ ID string }
	}
	require.NoError(d.t, json.Unmarshal(options, &asked))
	d.owner = asked.User.ID
	x, y := d.key.X.FillBytes(make([]byte, 32)), d.key.Y.FillBytes(make([]byte, 32))
	cose, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y})
	require.NoError(d.t, err)
	rest := make([]byte, 16) // which model it is, it does not say
	rest = binary.BigEndian.AppendUint16(rest, uint16(len(d.id)))
	rest = append(append(rest, d.id...), cose...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.data(hasKey, rest...)})
	require.NoError(d.t, err)
	return m{
		"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": m{"credProps": m{"rk": true}},
		"response": m{"clientDataJSON": b64.EncodeToString(d.said("webauthn.create", asked.Challenge)), "attestationObject": b64.EncodeToString(object), "transports": []string{"internal"}},
	}
}

// signs answers navigator.credentials.get.
func (d *device) signs(options json.RawMessage) m {
	d.t.Helper()
	var asked struct{ Challenge string }
	require.NoError(d.t, json.Unmarshal(options, &asked))
	data, said := d.data(0), d.said("webauthn.get", asked.Challenge)
	hash := sha256.Sum256(said)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	require.NoError(d.t, err)
	return m{
		"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": m{},
		"response": m{
			"clientDataJSON": b64.EncodeToString(said), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(signature), "userHandle": d.owner,
		},
	}
}
