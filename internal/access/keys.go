// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/hilft/hilft"
)

// secretSize is how many random bytes everything derived stands on.
const secretSize = 32

// Keys are the house's secret keys: one that seals what is secret in the database, and one from which signing keys are
// derived. They are safe for concurrent use and never show themselves in a log.
type Keys struct {
	secret  [secretSize]byte
	sealing *keyset.Handle
	aead    tink.AEAD
}

// newKeys makes fresh ones.
func newKeys() (*Keys, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var secret [secretSize]byte
	_, _ = rand.Read(secret[:]) // crypto/rand never fails: it ends the process instead
	return keysOf(secret, sealing)
}

func keysOf(secret [secretSize]byte, sealing *keyset.Handle) (*Keys, error) {
	a, err := aead.New(sealing)
	if err != nil {
		return nil, err
	}
	return &Keys{secret: secret, sealing: sealing, aead: a}, nil
}

// String shows nothing.
func (*Keys) String() string { return "keys" }

// GoString shows nothing.
func (*Keys) GoString() string { return "keys" }

// LogValue shows nothing.
func (*Keys) LogValue() slog.Value { return slog.StringValue("keys") }

// fingerprint tells these keys from others, and nothing about them.
func (k *Keys) fingerprint() []byte { return k.Derive("fingerprint", 16) }

// are tells whether a fingerprint, as the house keeps it, is that of these keys.
func (k *Keys) are(kept string) bool {
	b, err := hex.DecodeString(kept)
	return err == nil && subtle.ConstantTimeCompare(b, k.fingerprint()) == 1
}

// SetUpCode is what somebody must know to set the house up. It is told to whoever runs the program, and to nobody else,
// so that no stranger who comes by first becomes the administrator. It belongs to the keys: the same on every node and
// after every start, and kept nowhere.
func (k *Keys) SetUpCode() string {
	code := codeAlphabet.EncodeToString(k.Derive("set up", 10))
	return strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-")
}

// codeAlphabet has nothing that is easily taken for something else: no 0, no 1, one case.
var codeAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// IsSetUpCode tells whether somebody knows the code, however they write it: with dashes or without, in either case.
func (k *Keys) IsSetUpCode(entered string) bool {
	bare := strings.NewReplacer("-", "", " ", "")
	return subtle.ConstantTimeCompare([]byte(bare.Replace(strings.ToLower(entered))), []byte(bare.Replace(k.SetUpCode()))) == 1
}

// Where names the place of one secret: Where("account", "settings", id).
func Where(table, column, row string) string { return table + "/" + column + "/" + row }

// Seal encrypts plain (AES-256-GCM) for one place, named by Where. The same plain is sealed differently each time.
func (k *Keys) Seal(where string, plain []byte) ([]byte, error) {
	if where == "" {
		return nil, errors.New("access: seal: a secret without a place")
	}
	sealed, err := k.aead.Encrypt(plain, []byte(where))
	if err != nil {
		return nil, fmt.Errorf("access: seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what was sealed for exactly this place. Internal ("secret.unreadable"): it was changed, moved from
// elsewhere, or sealed with keys that are not in the key file.
func (k *Keys) Open(where string, sealed []byte) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(where))
	if err != nil {
		return nil, hilft.Fail(hilft.Internal, "secret.unreadable", fmt.Errorf("access: open %s: %w", where, err))
	}
	return plain, nil
}

// Derive returns n bytes (at most 8160) that belong to one purpose ("account/"+id, "oauth state"): always the same,
// and telling nothing about those of another purpose. Replacing the sealing key does not change them.
func (k *Keys) Derive(purpose string, n int) []byte {
	key, err := hkdf.Key(sha256.New, k.secret[:], nil, purpose, n)
	if err != nil {
		panic(fmt.Sprintf("access: derive %d bytes: %v", n, err)) // only a caller's absurd n gets here
	}
	return key
}
