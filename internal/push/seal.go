// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// recordSize is what push services take as a whole, at least (RFC 8291, section 4).
const recordSize = 4096

// seal encrypts a message for one browser, by the keys that it gave: aes128gcm (RFC 8188) with a key agreed as RFC 8291 says.
// Only that browser can open it.
func seal(plain, public, auth []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return sealWith(plain, public, auth, own, salt)
}

// sealWith is seal, with what else is made anew for each message.
func sealWith(plain, public, auth []byte, own *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	theirs, err := ecdh.P256().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	id := own.PublicKey().Bytes()
	secret, err := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(public)+string(id), 32)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	key, errKey := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, errNonce := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	if err := errors.Join(errKey, errNonce); err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("push: seal: %w", err)
	}
	out := append([]byte{}, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(append(out, byte(len(id))), id...)
	return gcm.Seal(out, nonce, append(append([]byte{}, plain...), 2), nil), nil // 2: the last record
}
