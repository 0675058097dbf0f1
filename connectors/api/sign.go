// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft/channel"
)

const (
	headerTimestamp = "X-Hilft-Timestamp"
	headerSignature = "X-Hilft-Signature"
	headerDelivery  = "X-Hilft-Delivery"

	window        = 5 * time.Minute // how far the two clocks may be apart
	secretMin     = 16              // characters
	signaturesMax = 8               // in one request; more is nobody's rotation
)

// secrets returns the secrets of an account, the current one first; none where the current one is missing.
func secrets(s channel.Settings) []string {
	current, previous := s[settingSecret], s[settingPrevious]
	switch {
	case current == "":
		return nil
	case previous == "":
		return []string{current}
	}
	return []string{current, previous}
}

func sum(secret, timestamp string, signed []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(signed)
	return mac.Sum(nil)
}

// sign puts the timestamp and a signature by every secret into the header.
func sign(h http.Header, secrets []string, now time.Time, signed []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	all := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		all = append(all, "v1="+hex.EncodeToString(sum(secret, timestamp, signed)))
	}
	h.Set(headerTimestamp, timestamp)
	h.Set(headerSignature, strings.Join(all, ","))
}

// verify tells whether one of the signatures in the header is by one of the secrets, and made within the window around
// now. The error says what is wrong, for the log; it is always an ErrSignature.
func verify(h http.Header, secrets []string, now time.Time, signed []byte) error {
	if err := verified(h, secrets, now, signed); err != nil {
		return fmt.Errorf("%w: %w", channel.ErrSignature, err)
	}
	return nil
}

func verified(h http.Header, secrets []string, now time.Time, signed []byte) error {
	if len(secrets) == 0 {
		return errors.New("the account has no secret")
	}
	timestamp := h.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return errors.New("no timestamp in seconds")
	}
	// Compared as seconds: the distance to a time of somebody's choice may be more than a Duration holds.
	if at, most := now.Unix(), int64(window/time.Second); seconds < at-most || seconds > at+most {
		return errors.New("the timestamp is too far from our clock")
	}
	given := strings.Split(strings.Join(h.Values(headerSignature), ","), ",")
	if len(given) > signaturesMax {
		return errors.New("too many signatures")
	}
	genuine := false
	for _, secret := range secrets {
		want := sum(secret, timestamp, signed)
		for _, s := range given {
			code, ok := strings.CutPrefix(strings.TrimSpace(s), "v1=")
			got, err := hex.DecodeString(code)
			if ok && err == nil && hmac.Equal(got, want) {
				genuine = true // and go on: how long it takes tells nothing about which one it was
			}
		}
	}
	if !genuine {
		return errors.New("no signature by our secret")
	}
	return nil
}
