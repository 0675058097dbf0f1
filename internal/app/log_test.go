// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsAreLoggedWithoutWhatTheyQuote(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`dial tcp 10.0.0.7:25: connection refused`:           `dial tcp 10.0.0.7:25: connection refused`,
		`strconv.ParseInt: parsing "geheim": invalid syntax`: `strconv.ParseInt: parsing …: invalid syntax`,
		`a "b \" c" d`: `a … d`,
		`550 5.1.1 <mira@example.org>: no such user`:                 `550 5.1.1 <…@…>: no such user`,
		`550 mira.özdemir@example.org unknown`:                       `550 …@… unknown`,
		`user @mira@example.social not found`:                        `user …@… not found`,
		`nobody is called @mira here`:                                `nobody is called @… here`,
		`Post "https://shop.example/in?token=geheim": EOF`:           `Post https://shop.example: EOF`,
		`Get https://u:p@shop.example:8443/pfad/mira: 404`:           `Get https://shop.example:8443 404`,
		`GET /lookup?id=geheim answered 500`:                         `GET /lookup?… answered 500`,
		"json: unknown field `Name`":                                 `json: unknown field …`,
		`invalid character 'x' after object key`:                     `invalid character 'x' after object key`,
		`ERROR: invalid input syntax for type json (SQLSTATE 22P02)`: `ERROR: invalid input syntax for type json (SQLSTATE 22P02)`,
		`another hilft works on it`:                                  `another hilft works on it`,
		`desk: reply: message „Mein Vertrag“ is too long`:            `desk: reply: message … is too long`,
	} {
		require.Equal(t, want, Discreet(said))
	}
}

func TestTheLogKeepsItsOwnWords(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := Logger(&out, slog.LevelDebug).With("account_id", "01a")
	log.Warn("a line does not work", "network", "x", "public_url", "https://desk.example/a", "err", fmt.Errorf("send: %w", errors.New(`no "such" thing as rosa@example.org`)))
	require.Contains(t, out.String(), `"msg":"a line does not work","account_id":"01a","network":"x","public_url":"https://desk.example/a","err":"send: no … thing as …@…"`)
	out.Reset()
	_, err := errorLog(log).Write([]byte("http: TLS handshake error from 127.0.0.1:1: bad \"words\"\n"))
	require.NoError(t, err)
	require.Contains(t, out.String(), `"err":"http server: http: TLS handshake error from 127.0.0.1:1: bad …"`)
}
