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

// The table of what is promised about the walls names tests that exist.
func TestEveryPromiseHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`(\\w+)\\.(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(named), 20)
	tests := map[string]string{}
	for _, n := range named {
		room, name := n[1], n[2]
		if _, read := tests[room]; !read {
			files, err := filepath.Glob(filepath.Join(room, "*_test.go"))
			require.NoError(t, err)
			var all strings.Builder
			for _, f := range files {
				text, err := os.ReadFile(f)
				require.NoError(t, err)
				all.Write(text)
			}
			tests[room] = all.String()
		}
		require.Contains(t, tests[room], "func "+name+"(t *testing.T)", "docs/security.md names %s.%s", room, name)
	}
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
