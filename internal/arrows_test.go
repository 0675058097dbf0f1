// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package internal_test holds the house to its plan: who may import whom, and that no room knows a network by name.
// Run it with -count=1, as make does: the test cache does not see what go list sees.
package internal_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/hilft/hilft"

// floors are the rooms from the ground up. A room imports from the floors below it; rooms on one floor are blind to
// each other, so that each can be understood, tested and replaced alone.
var floors = [][]string{
	{"."},
	{"channel", "internal/store", "internal/bus", "internal/blob", "internal/text", "internal/calendar", "internal/faults"},
	{"internal/audit"},
	{"internal/jobs", "internal/backup"},
	{"internal/access", "internal/people", "internal/knowledge"},
	{"internal/switchboard", "internal/guard", "internal/desk", "internal/webhook"},
	{"internal/listening", "internal/community", "internal/broadcast", "internal/automation", "internal/search", "internal/push"},
	{"internal/intake", "internal/reports", "internal/watch"},
	{"internal/httpapi"},
	{"internal/app"},
	{"cmd/hilft", "stories", "soak", "bench"},
}

// sideways are the arrows that stay on their floor, with what makes them worth it.
var sideways = map[[2]string]string{
	{"internal/desk", "internal/guard"}:   "a draft is checked while it is written, in the same transaction",
	{"internal/store", "internal/faults"}: "a migration dies inside its transaction, where nobody else is",
}

// The places that are no rooms.
const (
	connector = "connectors/x"   // one network's translator
	list      = "connectors/all" // which connectors are built in
	sandbox   = "sandbox"        // stand-in networks
	web       = "web"            // the built browser app
)

// place is where a package belongs.
type place struct {
	name   string // a room of floors, or one of the places above
	path   string // the folder that makes it one, for connectors
	floor  int    // rooms only
	helper bool   // <room>test: for tests, beside its room
}

// placeOf finds the place of a package by its folder.
func placeOf(folder string) (place, bool) {
	p := place{path: folder, helper: folder != "." && strings.HasSuffix(path.Base(folder), "test")}
	switch {
	case folder == list:
		p.name = list
		return p, true
	case strings.HasPrefix(folder, "connectors/"):
		p.name = connector
		p.path = strings.Join(strings.SplitN(folder, "/", 3)[:2], "/")
		return p, true
	case within(folder, sandbox):
		p.name, p.path = sandbox, sandbox
		return p, true
	case folder == web:
		p.name = web
		return p, true
	}
	for floor, rooms := range floors {
		for _, room := range rooms {
			if within(folder, room) {
				p.name, p.path, p.floor = room, room, floor
				return p, true
			}
		}
	}
	return place{}, false
}

func within(folder, room string) bool {
	return folder == room || (room != "." && strings.HasPrefix(folder, room+"/"))
}

// forbidden says why from may not import to; empty: it may. For inTest, from's tests are meant.
func forbidden(from, to place, inTest bool) string {
	tries := inTest || from.helper // code that never ships
	onTop := from.name == "stories" || from.name == "soak" || from.name == "bench"
	switch {
	case to.helper && !tries && !onTop:
		return "test helpers must not end up in what people run"
	case from.path == to.path:
		return ""
	case to.name == "stories" || to.name == "soak" || to.name == "bench" || to.name == "cmd/hilft":
		return "nobody stands on the programs"
	}

	switch to.name {
	case connector:
		switch from.name {
		case list:
			return ""
		case connector:
			return "connectors do not know each other: each can be added and removed alone"
		case sandbox:
			return "a sandbox is written from the network's documents, so that one mistake is not made on both sides"
		case "stories", "bench":
			if to.helper {
				return "" // real servers of a network, which its connector's tests start too
			}
		case "internal/httpapi":
			if inTest {
				return "" // hooks and chat are doors to real translators: tried with a stand-in they would prove little
			}
		}
		return "nobody but connectors/all knows a network by name"
	case list, sandbox, web:
		switch {
		case from.name == "internal/app":
			return ""
		case to.name == sandbox && (onTop || (from.name == connector && tries)):
			return "" // a connector is tried, and the house measured, against stand-in networks
		}
		return "what is built in is decided in one place, internal/app"
	}

	switch from.name {
	case connector, list:
		if to.name == "." || to.name == "channel" {
			return ""
		}
		return "a connector translates and may forget everything: it needs the vocabulary, the contract and its vendor's library"
	case sandbox:
		if to.name == "." {
			return ""
		}
		return "a sandbox is the other side: it knows nothing of how ours works"
	case web:
		return "the browser app is files"
	}
	switch {
	case to.floor < from.floor:
		return ""
	case sideways[[2]string{from.name, to.name}] != "":
		return ""
	case to.floor == from.floor:
		return "rooms on one floor are blind to each other: talk by a job or an event row in the same transaction"
	}
	return "arrows point down: go up by a job or an event row, or let the upper room fulfil an interface of the lower one"
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath   string
	Dir          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

// folder is where the package lies, from the root of the repository.
func (l listed) folder() string {
	folder, _ := folderOf(l.ImportPath)
	return folder
}

// folderOf tells the folder of a package, and whether it is one of ours at all.
func folderOf(imported string) (folder string, ours bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// house lists all packages of this module.
func house(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,GoFiles", "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []listed
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		err := in.Decode(&l)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if l.folder() != "internal" { // this test
			all = append(all, l)
		}
	}
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	for _, l := range house(t) {
		from, known := placeOf(l.folder())
		if !known {
			t.Errorf("%s: say where it belongs: in floors of this test and in docs/architecture.md; a new room needs a page in docs/decisions", l.folder())
			continue
		}
		look := func(imports []string, inTest bool) {
			for _, imported := range imports {
				folder, ours := folderOf(imported)
				if !ours {
					continue
				}
				to, known := placeOf(folder)
				if !known {
					continue // reported where it is listed
				}
				if why := forbidden(from, to, inTest); why != "" {
					t.Errorf("%s imports %s (test: %t): %s", l.folder(), folder, inTest, why)
				}
			}
		}
		look(l.Imports, false)
		look(l.TestImports, true)
		look(l.XTestImports, true)
	}
}

func TestTheVocabularyImportsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, l := range house(t) {
		if l.folder() != "." {
			continue
		}
		for _, imported := range l.Imports {
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
				t.Errorf("the root imports %s: what it imports, everybody does", imported)
			}
		}
	}
}

// The core asks a network's description what it can do; the day it asks for a name, the next network needs a change in
// the core. Tests may name networks, and the demo is a story about some.
func TestNoRoomKnowsANetworkByName(t *testing.T) {
	t.Parallel()
	networks := connectors(t)
	for _, l := range house(t) {
		if !strings.HasPrefix(l.folder(), "internal/") || strings.HasSuffix(l.folder(), "test") || strings.HasPrefix(l.folder(), "internal/app/demo") {
			continue
		}
		for _, name := range l.GoFiles {
			if l.folder() == "internal/app" && strings.HasPrefix(name, "demo") {
				continue
			}
			file := filepath.Join(l.Dir, name)
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, found := range named(t, file, source, networks) {
				t.Errorf("%s: ask the network's description instead of naming it", found)
			}
		}
	}
}

// connectors are the networks' ids: the folders' names.
func connectors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("../connectors")
	require.NoError(t, err)
	var ids []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "all" {
			ids = append(ids, e.Name())
		}
	}
	require.NotEmpty(t, ids)
	return ids
}

// named finds string literals that are a network's id.
func named(t *testing.T, file string, source []byte, networks []string) (found []string) {
	t.Helper()
	positions := token.NewFileSet()
	tree, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(tree, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if s, err := strconv.Unquote(literal.Value); err == nil && slices.Contains(networks, s) {
				found = append(found, positions.Position(literal.Pos()).String()+": "+literal.Value)
			}
		}
		return true
	})
	return found
}

// The rules above are only worth something if they say no.
func TestTheRulesSayNo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		inTest   bool
		allowed  bool
	}{
		{"internal/desk", ".", false, true},
		{"internal/desk", "internal/people", false, true},
		{"internal/desk", "internal/guard", false, true},
		{"internal/guard", "internal/desk", false, false},
		{"internal/desk", "internal/switchboard", false, false},
		{"internal/switchboard", "internal/desk", true, false},
		{"internal/store", "internal/bus", false, false},
		{"internal/store", "channel", false, false},
		{"internal/store", "internal/jobs", false, false},
		{"internal/jobs", "internal/store", false, true},
		{"internal/jobs", "internal/store/storetest", false, false},
		{"internal/jobs", "internal/store/storetest", true, true},
		{"internal/store/storetest", "internal/store", false, true},
		{"internal/store/storetest", "internal/people", false, false},
		{"internal/intake", "internal/httpapi", false, false},
		{"internal/httpapi", "internal/intake", false, true},
		{"internal/httpapi", "web", false, false},
		{"internal/httpapi", "connectors/all", true, false},
		{"internal/httpapi", "connectors/api", true, true},
		{"stories", "connectors/mail/mailtest", true, true},
		{"stories", "connectors/mail", true, false},
		{"internal/httpapi", "connectors/api", false, false},
		{"internal/app", "web", false, true},
		{"internal/app", "connectors/all", false, true},
		{"internal/app", "connectors/mail", false, false},
		{"internal/app", "sandbox/mastodon", false, true},
		{"cmd/hilft", "internal/app", false, true},
		{"cmd/hilft", "sandbox/mastodon", false, false},
		{"internal/app", "cmd/hilft", true, false},
		{"stories", "internal/app", true, true},
		{"soak", "internal/app/apptest", true, true},
		{"soak", "sandbox/mail", true, true},
		{"soak", "connectors/mail", true, false},
		{"internal/app", "soak", true, false},
		{"bench", "sandbox/mail", false, true},
		{"bench", "internal/store/storetest", false, true},
		{"connectors/mail", ".", false, true},
		{"connectors/mail", "channel", false, true},
		{"connectors/mail", "channel/channeltest", false, false},
		{"connectors/mail", "channel/channeltest", true, true},
		{"connectors/mail", "internal/store", true, false},
		{"connectors/mail", "connectors/mastodon", false, false},
		{"connectors/mail/mailtest", "connectors/mail", false, true},
		{"connectors/mail", "sandbox/mail", false, false},
		{"connectors/mail", "sandbox/mail", true, true},
		{"connectors/all", "connectors/mail", false, true},
		{"connectors/all", "internal/store", false, false},
		{"sandbox/mail", "connectors/mail", true, false},
		{"sandbox/mail", "channel", false, false},
		{"sandbox/mail", "internal/store", false, false},
		{".", "channel", false, false},
		{".", "internal/store", true, false},
		{"web", "internal/app", false, false},
	} {
		from, ok := placeOf(c.from)
		require.True(t, ok, c.from)
		to, ok := placeOf(c.to)
		require.True(t, ok, c.to)
		why := forbidden(from, to, c.inTest)
		require.Equal(t, c.allowed, why == "", "%s imports %s (test: %t): %q", c.from, c.to, c.inTest, why)
	}
	for _, unknown := range []string{"internal/utils", "pkg/x", "internal", "internal/storey", "helpers"} {
		_, known := placeOf(unknown)
		require.False(t, known, unknown)
	}
	require.Len(t, named(t, "x.go", []byte("package x\nvar a, b = \"mastodon\", `mastodon`\nvar c = \"mastodon.social\""), []string{"mastodon"}), 2)
}

// Every Go file says under which licence it may be used, in its first two lines.
func TestEveryFileNamesItsLicence(t *testing.T) {
	t.Parallel()
	const head = "// SPDX-FileCopyrightText: The hilft authors\n// SPDX-License-Identifier: Apache-2.0\n"
	for _, l := range house(t) {
		require.NoError(t, fs.WalkDir(os.DirFS(l.Dir), ".", func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || p == ".":
				return err
			case d.IsDir():
				return fs.SkipDir // a package of its own
			case !strings.HasSuffix(p, ".go"):
				return nil
			}
			source, err := os.ReadFile(filepath.Join(l.Dir, p))
			if err == nil && !strings.HasPrefix(string(source), head) {
				t.Errorf("%s/%s does not begin with the two SPDX lines", l.folder(), p)
			}
			return err
		}))
	}
}
