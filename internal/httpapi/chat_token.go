// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
)

const (
	visitorTokenPurpose = "chat visitor"
	visitorTokenLasts   = 180 * 24 * time.Hour // after its last renewal
	visitorTokenRenewed = 30 * 24 * time.Hour
	visitorTokenMax     = 200 // bytes
)

var errVisitorToken = errors.New("chat: not a token of ours")

// visitorToken is what a visitor's browser keeps: who they are to us, and since when. It says nothing about the person.
// On the wire it is "v1.<visitor>.<seconds>.<HMAC-SHA256>", under a key of the account.
type visitorToken struct {
	visitor string
	issued  time.Time
}

func newVisitor(now time.Time) visitorToken { return visitorToken{visitor: hilft.NewID(), issued: now} }

func (t visitorToken) sign(key []byte) string {
	said := "v1." + t.visitor + "." + strconv.FormatInt(t.issued.Unix(), 10)
	return said + "." + base64.RawURLEncoding.EncodeToString(visitorTokenMAC(key, said))
}

// readVisitorToken proves a token. It is good until it has not been renewed for half a year.
func readVisitorToken(key []byte, token string, now time.Time) (visitorToken, error) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 || len(token) > visitorTokenMax {
		return visitorToken{}, errVisitorToken
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(mac, visitorTokenMAC(key, token[:i])) {
		return visitorToken{}, errVisitorToken
	}
	parts := strings.Split(token[:i], ".")
	if len(parts) != 3 || parts[0] != "v1" {
		return visitorToken{}, errVisitorToken
	}
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return visitorToken{}, errVisitorToken
	}
	t := visitorToken{visitor: parts[1], issued: time.Unix(seconds, 0)}
	if now.Sub(t.issued) > visitorTokenLasts {
		return visitorToken{}, errVisitorToken
	}
	return t, nil
}

// renewed is the token as the browser keeps it from now on: the same visitor, dated anew once a month.
func (t visitorToken) renewed(now time.Time) visitorToken {
	if now.Sub(t.issued) > visitorTokenRenewed {
		t.issued = now
	}
	return t
}

func visitorTokenMAC(key []byte, said string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(said))
	return mac.Sum(nil)
}
