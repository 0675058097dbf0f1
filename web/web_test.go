// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io/fs"
	"regexp"
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

// firstScreen is how much may come over the wire until the inbox stands there, at the first visit, in bytes.
const firstScreen = 260_000

var (
	linked   = regexp.MustCompile(`(?:src|href)="/(assets/[^"]+)"`)
	imported = regexp.MustCompile(`(?:from|import)\s*["']\./([\w.-]+\.js)["']`) // not what is loaded later: import(…)
)

func TestTheFirstScreenIsSmall(t *testing.T) {
	t.Parallel()
	if !web.Built() {
		t.Skip("the app is not built: make build")
	}
	pieces, total := map[string]int{}, 0
	var take func(name string)
	take = func(name string) {
		if _, has := pieces[name]; has {
			return
		}
		plain, err := fs.ReadFile(web.Files(), name)
		require.NoError(t, err)
		sent := plain
		if packed, err := fs.ReadFile(web.Files(), name+".br"); err == nil {
			sent = packed
		}
		pieces[name] = len(sent)
		total += len(sent)
		for _, m := range linked.FindAllSubmatch(plain, -1) {
			take(string(m[1]))
		}
		for _, m := range imported.FindAllSubmatch(plain, -1) {
			take("assets/" + string(m[1]))
		}
	}
	take("index.html")
	texts, err := fs.Glob(web.Files(), "assets/de-*.js")
	require.NoError(t, err)
	require.Len(t, texts, 1)
	take(texts[0])
	require.Greater(t, len(pieces), 3, "%v", pieces)
	require.LessOrEqual(t, total, firstScreen, "%v", pieces)
	t.Logf("%d bytes: %v", total, pieces)
}

// The browser keeps every piece of this build, and is told of no other.
func TestTheServiceWorkerKnowsItsPieces(t *testing.T) {
	t.Parallel()
	if !web.Built() {
		t.Skip("the app is not built: make build")
	}
	worker, err := fs.ReadFile(web.Files(), "sw.js")
	require.NoError(t, err)
	require.NotContains(t, string(worker), "const version = ''")
	named := regexp.MustCompile(`"/(assets/[^"]+)"`).FindAllSubmatch(worker, -1)
	require.Greater(t, len(named), 10)
	for _, m := range named {
		_, err := fs.Stat(web.Files(), string(m[1]))
		require.NoError(t, err)
	}
	for _, ext := range []string{"js", "css"} {
		all, err := fs.Glob(web.Files(), "assets/*."+ext)
		require.NoError(t, err)
		for _, piece := range all {
			require.Contains(t, string(worker), piece)
		}
	}
	for _, file := range []string{"de.webmanifest", "en.webmanifest", "icon-192.png", "icon-512.png", "icon-maskable-512.png", "badge-96.png"} {
		_, err := fs.Stat(web.Files(), file)
		require.NoError(t, err)
	}
}
