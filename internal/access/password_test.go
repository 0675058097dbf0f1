// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	check := func(password string) error { return checkPassword(password, miraMail, "Mira Vogel", "Nordnetz") }
	for password, say := range map[string]string{
		"":                            "password.short",
		"elf Zeichen":                 "password.short",
		strings.Repeat("u\u0308", 11): "password.short", // eleven characters, however they were typed
		strings.Repeat("äöü ", 37):    "password.long",
		"passwort1234":                "password.common",
		"P.a.s.s.w.o.r.d.2026":        "password.common",
		"Willkommen!!":                "password.common",
		"Frühling2026":                "password.common",
		"qwertzuiop12":                "password.common",
		"123456789012":                "password.common",
		"210987654321":                "password.common",
		"abcabcabcabc":                "password.common",
		"zzzzzzzzzzzz":                "password.common",
		"hut7%&hut7%&":                "password.common",
		miraMail:                      "password.guessable",
		strings.ToUpper(miraMail):     "password.guessable",
		"mira.vogel2026":              "password.guessable",
		"VogelMira!!!":                "",
		"Mira-Vogel-1":                "password.guessable",
		"Nordnetz1234":                "password.guessable",
		"nordnetz-nordnetz":           "password.guessable",
		miraPassword:                  "",
		"482916375028":                "",
		"ein Satz mit Nordnetz darin": "",
	} {
		err := check(password)
		if say == "" {
			require.NoError(t, err, password)
			continue
		}
		require.Equal(t, "password", failed(t, err, hilft.Invalid, say).Field, password)
	}
}

func TestEveryCommonPasswordIsRefused(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(common), 100)
	for word := range common {
		require.Equal(t, strings.ToLower(word), word)
		require.Error(t, checkPassword(word+"2026!!!!!!!!", "a@b.example"), word)
	}
}

func TestAPasswordFitsItsHashAlone(t *testing.T) {
	t.Parallel()
	p := newPasswords(argonWeak)
	kept, err := p.hash(t.Context(), "Jörg im Nebel")
	require.NoError(t, err)
	require.NotContains(t, kept, "Jörg")
	other, err := p.hash(t.Context(), "Jörg im Nebel")
	require.NoError(t, err)
	require.NotEqual(t, kept, other, "each has a salt of its own")

	for password, want := range map[string]bool{"Jörg im Nebel": true, "Jo\u0308rg im Nebel": true, "jörg im Nebel": false, "": false} {
		fits, stale, err := p.check(t.Context(), kept, password)
		require.NoError(t, err)
		require.Equal(t, want, fits, "%q", password)
		require.False(t, stale)
	}
	fits, stale, err := newPasswords(argon{memory: 64, passes: 1, threads: 1}).check(t.Context(), kept, "Jörg im Nebel")
	require.NoError(t, err)
	require.True(t, fits, "a hash carries its own hardness")
	require.True(t, stale)
	for _, password := range []string{"", "nobody", miraPassword} {
		fits, _, err := p.check(t.Context(), p.nobody(), password)
		require.NoError(t, err)
		require.False(t, fits)
	}
}

func TestAHashSaysHowItWasMade(t *testing.T) {
	t.Parallel()
	h := phc{argon: argonNow, salt: make([]byte, saltSize), key: make([]byte, hashSize)}
	require.Equal(t, "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", h.String())
}

func TestHashesWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	p := newPasswords(argonWeak)
	for range hashAtOnce {
		p.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	waits := make(chan error)
	go func() {
		_, err := p.hash(ctx, "someone")
		waits <- err
	}()
	select {
	case err := <-waits:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	cancel()
	require.ErrorIs(t, <-waits, context.Canceled)
	<-p.slots
	_, err := p.hash(t.Context(), "someone")
	require.NoError(t, err)
}

func FuzzPHC(f *testing.F) {
	f.Add(newPasswords(argonNow).nobody())
	f.Add("$argon2id$v=19$m=4294967295,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=0$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if h.String() != s {
			t.Fatalf("%q reads as %q", s, h.String())
		}
		if h.memory > 1<<20 || h.passes > 32 || h.threads == 0 || h.passes == 0 {
			t.Fatalf("out of bounds: %q", s)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	p := newPasswords(argonNow)
	for b.Loop() {
		if _, err := p.hash(b.Context(), miraPassword); err != nil {
			b.Fatal(err)
		}
	}
}
