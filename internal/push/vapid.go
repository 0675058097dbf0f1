// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/hilft/hilft/internal/access"
)

// vouchedFor is how long a push service may believe one signature; it refuses more than a day (RFC 8292, section 2).
const vouchedFor = 12 * time.Hour

// voucher proves to push services that a message comes from the house that the browser gave its word to (VAPID, RFC 8292).
// Its key follows from the house's own: the same on every node and after every start, and kept nowhere else.
type voucher struct {
	key    *ecdsa.PrivateKey
	public string // as browsers are given it
	about  string // whom a push service may ask
}

func newVoucher(keys *access.Keys, publicURL string) (*voucher, error) {
	for n := 0; ; n++ { // one number in four thousand million is no key
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), keys.Derive("push vapid "+strconv.Itoa(n), 32))
		if err != nil && n < 3 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("push: key: %w", err)
		}
		public, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, fmt.Errorf("push: key: %w", err)
		}
		return &voucher{key, base64.RawURLEncoding.EncodeToString(public), publicURL}, nil
	}
}

// header is what a request to an endpoint is signed with.
func (v *voucher) header(endpoint string, now time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("push: sign: %w", err)
	}
	said, err := json.Marshal(map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": now.Add(vouchedFor).Unix(), "sub": v.about})
	if err != nil {
		return "", fmt.Errorf("push: sign: %w", err)
	}
	b := base64.RawURLEncoding
	text := b.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b.EncodeToString(said)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, v.key, sum[:])
	if err != nil {
		return "", fmt.Errorf("push: sign: %w", err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + text + "." + b.EncodeToString(signature) + ", k=" + v.public, nil
}
