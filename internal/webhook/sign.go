// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// secretMark begins every secret, as the Standard Webhooks specification has it.
const secretMark = "whsec_"

// previousFor is how long the secret before a renewed one signs as well.
const previousFor = 24 * time.Hour

// secrets are what signs for an endpoint. They are stored sealed.
type secrets struct {
	Current  string    `json:"current"` // 32 bytes in base64
	Previous string    `json:"previous,omitempty"`
	Until    time.Time `json:"until,omitzero"` // of the previous one
}

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// renewed are the secrets with a new one in front.
func (s secrets) renewed(now time.Time) secrets {
	return secrets{Current: newSecret(), Previous: s.Current, Until: now.Add(previousFor)}
}

// sign makes the header webhook-signature: a signature by each secret that holds.
func (s secrets) sign(id string, at time.Time, body string) string {
	signed := id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body
	var all []string
	for _, secret := range []string{s.Current, s.Previous} {
		key, err := base64.StdEncoding.DecodeString(secret)
		if err != nil || len(key) == 0 || secret == s.Previous && !at.Before(s.Until) {
			continue
		}
		m := hmac.New(sha256.New, key)
		m.Write([]byte(signed))
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return strings.Join(all, " ")
}
