// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/web"
)

// Built or not, there is a page to show; not built, it says what to do.
func TestThereIsAlwaysAPage(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(web.Files(), "index.html")
	require.NoError(t, err)
	require.Equal(t, !web.Built(), strings.Contains(string(page), "make build"))
}

// The content security policy allows no inline script and no inline style.
func TestThePageHasNothingInline(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(web.Files(), "index.html")
	require.NoError(t, err)
	for part := range strings.SplitSeq(string(page), "<script") {
		if tag, body, ok := strings.Cut(part, ">"); ok && strings.Contains(part, "</script>") {
			require.Contains(t, tag, "src=")
			require.True(t, strings.HasPrefix(body, "</script>"))
		}
	}
	require.NotContains(t, string(page), "<style")
	require.NotContains(t, string(page), "style=")
}

// What the server sends compressed lies beside the original.
func TestAssetsAreCompressedBeforehand(t *testing.T) {
	t.Parallel()
	if !web.Built() {
		t.Skip("the app is not built: make build")
	}
	scripts, err := fs.Glob(web.Files(), "assets/desk-*.js")
	require.NoError(t, err)
	require.Len(t, scripts, 1)
	for _, ext := range []string{".br", ".gz"} {
		_, err := fs.Stat(web.Files(), scripts[0]+ext)
		require.NoError(t, err)
	}
}
