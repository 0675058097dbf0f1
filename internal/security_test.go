// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tables of what is promised about the walls name tests that exist, in every row.
func TestEveryPromiseHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	goTest, webTest := regexp.MustCompile("`([\\w/]+)\\.(Test\\w+)`"), regexp.MustCompile("`(web/[\\w./-]+\\.test\\.\\w+)`: “([^”]+)”")
	tests := map[string]string{}
	rows := 0
	for row := range strings.Lines(string(page)) {
		promise, proofs, ok := strings.Cut(strings.Trim(row, "| \n"), " | ")
		if !ok || promise == "what" {
			continue
		}
		rows++
		named, inWeb := goTest.FindAllStringSubmatch(proofs, -1), webTest.FindAllStringSubmatch(proofs, -1)
		require.NotEmpty(t, append(named, inWeb...), "nothing proves that %s", promise)
		for _, n := range named {
			if _, read := tests[n[1]]; !read {
				tests[n[1]] = testsOf(t, n[1])
			}
			require.Contains(t, tests[n[1]], "func "+n[2]+"(t *testing.T)", "docs/security.md names %s.%s", n[1], n[2])
		}
		for _, n := range inWeb {
			text, err := os.ReadFile(filepath.Join("..", n[1]))
			require.NoError(t, err, "docs/security.md names %s", n[1])
			require.Contains(t, string(text), n[2], "docs/security.md names a test of %s", n[1])
		}
	}
	require.Greater(t, rows, 60)
}

// testsOf is the text of all tests of a room, or of another folder, by its path in the repository.
func testsOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	if len(files) == 0 {
		if folder == "hilft" {
			folder = "."
		}
		files, err = filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		require.NoError(t, err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

// Passwords that are worth nothing are for tests.
func TestOnlyTestsHashWeakly(t *testing.T) {
	t.Parallel()
	weak := regexp.MustCompile(`\bWeak:`)
	require.NoError(t, filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.False(t, weak.Match(text), "%s hashes passwords weakly", path)
		return err
	}))
}

// eachSource reads what the house consists of: the Go files that are built, and the browser app and the widget.
func eachSource(t *testing.T, look func(path, text string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "sandbox" || d.Name() == ".git" || strings.HasPrefix(d.Name(), "dist") || d.Name() != "test" && strings.HasSuffix(d.Name(), "test")):
			return filepath.SkipDir
		case d.IsDir(), strings.HasSuffix(path, "_test.go"), strings.Contains(path, ".test.ts"), !strings.HasSuffix(path, ".go") && !strings.Contains(path, "/src/"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			look(path, string(text))
		}
		return err
	}))
}

// What people wrote is text wherever it is shown: no page is put together in a way that could make something else of it.
func TestNoPageIsPutTogetherOfWords(t *testing.T) {
	t.Parallel()
	never := regexp.MustCompile(`"text/template"|template\.(HTML|JS|URL|CSS)\(|dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|\.srcdoc\b|DOMParser`)
	seen := 0
	eachSource(t, func(path, text string) {
		seen++
		require.Empty(t, never.FindString(text), path)
	})
	require.Greater(t, seen, 400)
}

// Nothing goes out as a table that an office program opens, in which a customer's words could be a formula: whoever makes one
// quotes its cells, and changes this test into one of that.
func TestNothingGoesOutAsATable(t *testing.T) {
	t.Parallel()
	table := regexp.MustCompile(`"encoding/csv"|text/csv|spreadsheetml|application/vnd\.ms-excel|\.xlsx?\b|\.csv\b`)
	eachSource(t, func(path, text string) {
		require.Empty(t, table.FindString(text), path)
	})
}

// How long it takes to compare a signature tells nothing about it.
func TestSignaturesAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	quick := regexp.MustCompile(`bytes\.(Equal|Compare)\(|\.Sum\(nil\)\) ?[!=]=|(?i)\b(mac|sign|signature|digest)\b ?[!=]= ?[^"\s]`)
	seen := 0
	eachSource(t, func(path, text string) {
		if !strings.Contains(text, `"crypto/hmac"`) {
			return
		}
		seen++
		require.Empty(t, quick.FindString(text), path)
	})
	require.Greater(t, seen, 5)
}

// What is sealed opens in its own row alone: its place is made of table, column and the row's id, never of words that stand still.
func TestEverySecretIsSealedForItsRow(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`[kK]eys\.(?:Seal|Open)\(((?:\w+\.)?\w+)\(([^()]*(?:\([^()]*\))?[^()]*)\)`)
	place := regexp.MustCompile(`(?m)^func (\w*[pP]lace)\((\w+) [\w.]+\) string \{ return (?:access\.)?Where\("\w+", "sealed", (?:string\()?(\w+)\)?\) \}$`)
	made, sealed := map[string]bool{}, 0
	eachSource(t, func(path, text string) {
		for _, p := range place.FindAllStringSubmatch(text, -1) {
			require.Equal(t, p[2], p[3], path)
			made[filepath.Dir(path)+p[1]] = true
		}
	})
	eachSource(t, func(path, text string) {
		if !strings.HasPrefix(path, "../internal/") {
			return
		}
		calls := call.FindAllStringSubmatch(text, -1)
		require.Len(t, calls, strings.Count(text, "eys.Seal(")+strings.Count(text, "eys.Open("), "%s: say where a secret lies", path)
		for _, c := range calls {
			sealed++
			if strings.HasSuffix(c[1], "Where") {
				require.Regexp(t, `^"\w+", "sealed", string\(`, c[2], path)
				continue
			}
			require.True(t, made[filepath.Dir(path)+c[1]], "%s: %s is no place", path, c[1])
		}
	})
	require.Greater(t, sealed, 10)
}
