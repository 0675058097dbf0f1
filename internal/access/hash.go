// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// argon says how hard a password is to hash (RFC 9106).
type argon struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// argonNow is the least that OWASP asks for: about 30 ms on a small server, so that signing in stays quick beside the
// desk's own work. It may be raised: hashes carry their own, and are renewed when their agent signs in.
var argonNow = argon{memory: 19 * 1024, passes: 2, threads: 1}

// argonWeak makes hashes that are no protection and take no time.
var argonWeak = argon{memory: 32, passes: 1, threads: 1}

const (
	saltSize   = 16
	hashSize   = 32
	hashAtOnce = 2 // each needs its memory and a core for itself
)

// passwords hashes and checks passwords, a few at a time; further ones wait for as long as their context allows.
type passwords struct {
	argon argon
	slots chan struct{}
}

func newPasswords(a argon) *passwords {
	return &passwords{argon: a, slots: make(chan struct{}, hashAtOnce)}
}

func (p *passwords) key(ctx context.Context, a argon, password string, salt []byte, size uint32) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.slots }()
	// Composed, since keyboards differ in how they write an umlaut.
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, a.passes, a.memory, a.threads, size), nil
}

// hash is the password as it is kept: a PHC string.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	key, err := p.key(ctx, p.argon, password, salt, hashSize)
	if err != nil {
		return "", err
	}
	return phc{p.argon, salt, key}.String(), nil
}

// nobody is what the password of somebody who is not there is checked against: the same work, and nothing fits.
func (p *passwords) nobody() string {
	return phc{p.argon, make([]byte, saltSize), make([]byte, hashSize)}.String()
}

// nobodys tells whether a hash is one that nobody returned: its agent has no password.
func nobodys(kept string) bool {
	h, err := parsePHC(kept)
	return err == nil && !slices.ContainsFunc(h.key, func(b byte) bool { return b != 0 })
}

// check tells whether the password fits, and whether the hash should be renewed.
func (p *passwords) check(ctx context.Context, kept, password string) (fits, stale bool, err error) {
	h, err := parsePHC(kept)
	if err != nil {
		return false, false, err
	}
	key, err := p.key(ctx, h.argon, password, h.salt, uint32(len(h.key)))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(key, h.key) == 1, h.argon != p.argon || len(h.key) != hashSize, nil
}

// phc is a hash with all that is needed to check it, in the form most tools know:
// https://github.com/P-H-C/phc-string-format
type phc struct {
	argon
	salt []byte
	key  []byte
}

func (h phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.threads,
		b.EncodeToString(h.salt), b.EncodeToString(h.key))
}

var errPHC = errors.New("access: a kept password does not read as argon2id")

// parsePHC reads what String wrote, and nothing else. The bounds keep a damaged row from taking all memory.
func parsePHC(s string) (h phc, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return h, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return h, errPHC
	}
	b := base64.RawStdEncoding.Strict()
	var errs [2]error
	h.salt, errs[0] = b.DecodeString(parts[4])
	h.key, errs[1] = b.DecodeString(parts[5])
	if errors.Join(errs[:]...) != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 ||
		h.memory < 8*uint32(h.threads) || h.memory > 1<<20 || h.passes < 1 || h.passes > 32 || h.threads < 1 {
		return h, errPHC
	}
	if h.String() != s {
		return h, errPHC
	}
	return h, nil
}
