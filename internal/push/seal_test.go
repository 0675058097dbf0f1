// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
)

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The example of RFC 8291, section 5 and appendix A, to the letter.
func TestAMessageIsSealedAsTheStandardHasIt(t *testing.T) {
	t.Parallel()
	own, err := ecdh.P256().NewPrivateKey(decoded(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	require.NoError(t, err)
	got, err := sealWith([]byte("When I grow up, I want to be a watermelon"),
		decoded(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		decoded(t, "BTBZMqHH6r4Tts7J_aSIgg"), own, decoded(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	require.NoError(t, err)
	require.Equal(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
		base64.RawURLEncoding.EncodeToString(got))
}

func TestWhatIsNoPlaceToSendToIsRefused(t *testing.T) {
	t.Parallel()
	good := Subscription{"https://push.example/x", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"}
	_, err := good.open()
	require.NoError(t, err)
	for name, spoil := range map[string]func(s *Subscription){
		"not https":        func(s *Subscription) { s.Endpoint = "http://push.example/x" },
		"no host":          func(s *Subscription) { s.Endpoint = "https:///x" },
		"with a password":  func(s *Subscription) { s.Endpoint = "https://a:b@push.example/x" },
		"too long":         func(s *Subscription) { s.Endpoint += string(bytes.Repeat([]byte("x"), 10_000)) },
		"a key of nothing": func(s *Subscription) { s.P256DH = "" },
		"a point off the curve": func(s *Subscription) {
			s.P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8"
		},
		"half a secret": func(s *Subscription) { s.Auth = "BTBZMqHH6r4" },
		"emoji":         func(s *Subscription) { s.Auth = "🔔🔔🔔🔔" },
	} {
		s := good
		spoil(&s)
		_, err := s.open()
		require.Error(t, err, name)
	}
}

// Both languages tell of every kind, of one case and of several, and nothing else is ever in a message.
func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en", "fr"} {
		for _, k := range Kinds {
			one, many := messageOf(errand{Kind: k, Case: "c1", Many: 1}, language), messageOf(errand{Kind: k, Many: 3}, language)
			require.NotEmpty(t, one.Text)
			require.NotEmpty(t, many.Text)
			require.NotEqual(t, one.Text, many.Text)
			require.Equal(t, "/cases/c1", one.URL)
			require.Contains(t, many.URL, "/inbox/")
		}
	}
}
