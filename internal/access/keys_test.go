// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
)

func keysText(k *Keys) string { return fmt.Sprintf("%v %s %#v", k, k, k) }

func TestTheKeyFileIsMadeOnceAndReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	first, err := OpenKeys(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left beside it")

	again, err := OpenKeys(path)
	require.NoError(t, err)
	sealed, err := first.Seal("account/settings/1", []byte("token"))
	require.NoError(t, err)
	plain, err := again.Open("account/settings/1", sealed)
	require.NoError(t, err)
	require.Equal(t, "token", string(plain))
	require.Equal(t, first.Derive("oauth state", 32), again.Derive("oauth state", 32))
}

func TestProcessesThatStartAtOnceHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	var all [8]*Keys
	var errs [8]error
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i], errs[i] = OpenKeys(path) })
	}
	wg.Wait()
	for i := range all {
		require.NoError(t, errs[i])
		require.Equal(t, all[0].Derive("x", 32), all[i].Derive("x", 32))
	}
}

func TestABadKeyFileIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	good, err := newKeys()
	require.NoError(t, err)
	text, err := good.text()
	require.NoError(t, err)
	secret := base64.StdEncoding.EncodeToString(good.secret[:])
	changed := func(old, new string) string {
		require.Contains(t, string(text), old)
		return strings.Replace(string(text), old, new, 1)
	}
	for name, bad := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"others may read":   {string(text), 0o644, "chmod 600"},
		"the group may":     {string(text), 0o640, "chmod 600"},
		"empty":             {"", 0o600, "does not read"},
		"not JSON":          {"secret", 0o600, "does not read"},
		"cut":               {string(text[:len(text)/2]), 0o600, "does not read"},
		"more":              {string(text) + "{}", 0o600, "behind its end"},
		"an unknown word":   {changed(`"secret"`, `"geheim"`), 0o600, "does not read"},
		"a later form":      {changed(`"hilft_keys": 1`, `"hilft_keys": 2`), 0o600, "form 2"},
		"a short secret":    {changed(secret, secret[:40]), 0o600, "32 bytes"},
		"not base64":        {changed(secret, strings.Repeat("!", len(secret))), 0o600, "32 bytes"},
		"no sealing key":    {`{"hilft_keys":1,"secret":"` + secret + `","sealing":{}}`, 0o600, "sealing keys"},
		"no sealing at all": {`{"hilft_keys":1,"secret":"` + secret + `"}`, 0o600, "sealing keys"},
		"far too large":     {strings.Repeat(" ", keyFileMost+1), 0o600, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret.key")
			require.NoError(t, os.WriteFile(path, []byte(bad.text), bad.mode))
			require.NoError(t, os.Chmod(path, bad.mode))
			_, err := OpenKeys(path)
			require.ErrorContains(t, err, bad.says)
			require.ErrorContains(t, err, path)
			require.Equal(t, 1, strings.Count(err.Error(), path))
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), secret[:16])
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, bad.text, string(after), "a bad key file is never written over")
		})
	}
	_, err = OpenKeys(t.TempDir())
	require.ErrorContains(t, err, "not a file")
	_, err = OpenKeys(filepath.Join(t.TempDir(), "missing", "secret.key"))
	require.ErrorContains(t, err, "no such file or directory")
}

func TestARetiredSealingKeyStillOpens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	require.ErrorContains(t, RenewKeys(path), "no such file", "it makes no house's first key")
	before, err := OpenKeys(path)
	require.NoError(t, err)
	sealed, err := before.Seal("a/b/1", []byte("old"))
	require.NoError(t, err)

	for range 3 {
		require.NoError(t, RenewKeys(path))
		after, err := OpenKeys(path)
		require.NoError(t, err)
		plain, err := after.Open("a/b/1", sealed)
		require.NoError(t, err)
		require.Equal(t, "old", string(plain))
		require.Equal(t, before.Derive("x", 32), after.Derive("x", 32))
		require.Equal(t, before.fingerprint(), after.fingerprint(), "the house knows it")
		fresh, err := after.Seal("a/b/1", []byte("new"))
		require.NoError(t, err)
		_, err = before.Open("a/b/1", fresh)
		failed(t, err, hilft.Internal, "secret.unreadable")
		before = after
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left beside it")
	require.NoError(t, os.WriteFile(path, []byte("rust"), 0o600))
	require.ErrorContains(t, RenewKeys(path), "does not read")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "rust", string(text), "a bad key file is never written over")
}

func TestASecretOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	keys, err := newKeys()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		here := Where("account", "settings", rapid.StringN(1, 40, -1).Draw(t, "row"))
		elsewhere := Where("account", rapid.SampledFrom([]string{"settings", "state"}).Draw(t, "column"), rapid.String().Draw(t, "other row"))
		sealed, err := keys.Seal(here, plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keys.Open(here, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %q, %v, want %q", got, err, plain)
		}
		if len(plain) >= 4 && bytes.Contains(sealed, plain) {
			t.Fatal("the sealed text contains the plain one")
		}
		if elsewhere != here {
			if _, err := keys.Open(elsewhere, sealed); err == nil {
				t.Fatal("it opened elsewhere")
			}
		}
		bit := rapid.IntRange(0, len(sealed)*8-1).Draw(t, "bit")
		flipped := bytes.Clone(sealed)
		flipped[bit/8] ^= 1 << (bit % 8)
		if _, err := keys.Open(here, flipped); err == nil {
			t.Fatalf("it opened with bit %d flipped", bit)
		}
		if _, err := keys.Open(here, sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("it opened cut")
		}
	})
	_, err = keys.Seal("", []byte("x"))
	require.Error(t, err)
}

func TestNoByteOfASecretMayChange(t *testing.T) {
	t.Parallel()
	keys, err := newKeys()
	require.NoError(t, err)
	sealed, err := keys.Seal("a/b/1", []byte("a token of some length"))
	require.NoError(t, err)
	for i := range sealed {
		for mask := 1; mask < 256; mask++ {
			sealed[i] ^= byte(mask)
			_, err := keys.Open("a/b/1", sealed)
			require.Error(t, err)
			sealed[i] ^= byte(mask)
		}
	}
}

func TestDerivedKeysBelongToTheirPurpose(t *testing.T) {
	t.Parallel()
	keys, err := newKeys()
	require.NoError(t, err)
	others, err := newKeys()
	require.NoError(t, err)
	account := keys.Derive("account/1", 32)
	require.Len(t, account, 32)
	require.Equal(t, account, keys.Derive("account/1", 32))
	require.NotEqual(t, account, keys.Derive("account/2", 32))
	require.NotEqual(t, account, others.Derive("account/1", 32))
	require.NotContains(t, string(account), string(keys.secret[:8]))
}

func FuzzKeyFile(f *testing.F) {
	keys, err := newKeys()
	require.NoError(f, err)
	text, err := keys.text()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"hilft_keys":1,"secret":"","sealing":null}`))
	f.Add([]byte(`{"hilft_keys":1,"secret":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","sealing":{"primaryKeyId":1,"key":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys(text)
		if err != nil {
			return
		}
		sealed, err := keys.Seal("a/b/c", []byte("x"))
		if err != nil {
			t.Skip("a keyset that reads but cannot seal")
		}
		plain, err := keys.Open("a/b/c", sealed)
		require.NoError(t, err)
		require.Equal(t, "x", string(plain))
		again, err := keys.text()
		require.NoError(t, err)
		require.True(t, json.Valid(again))
	})
}

func TestTheSetUpCodeBelongsToTheKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	keys, err := OpenKeys(path)
	require.NoError(t, err)
	code := keys.SetUpCode()
	require.Regexp(t, `^([a-z2-7]{4}-){3}[a-z2-7]{4}$`, code)
	again, err := OpenKeys(path)
	require.NoError(t, err)
	require.Equal(t, code, again.SetUpCode(), "the same at every start")
	other, err := OpenKeys(filepath.Join(t.TempDir(), "secret.key"))
	require.NoError(t, err)
	require.False(t, other.IsSetUpCode(code), "every house has its own")

	for _, entered := range []string{code, strings.ToUpper(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ") + " "} {
		require.True(t, keys.IsSetUpCode(entered), entered)
	}
	for _, entered := range []string{"", "-", code[1:], code + "a", code[:len(code)-1] + "1"} {
		require.False(t, keys.IsSetUpCode(entered), entered)
	}
}
