// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package soak_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/hilft/hilft/internal/faults"
)

// A harness is worth what it catches. These are houses that were broken on purpose, each by a change that somebody could
// make for the sake of speed; every one of them must be found out. A change that no longer fits the sources fails its
// test, so that it is kept up to date.
func TestBrokenHousesAreFoundOut(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/broken/*.txtar")
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			find := finders[name]
			require.NotNil(t, find, "nobody looks for what is wrong with it")
			overlay := breakHouse(t, file)
			onlyLong(t, "the change fits; to build it takes its time")
			began := time.Now()
			wrong := find(t, build(t, overlay))
			require.NotEmpty(t, wrong, "it was not found out")
			first, _, _ := strings.Cut(wrong[0], "\n")
			report(t, row{Fault: "broken on purpose: " + strings.ReplaceAll(name, "_", " "), Database: "SQLite", Dose: "one build", Note: "found out: " + first, Took: time.Since(began)})
		})
	}
	for name := range finders {
		require.Contains(t, files, filepath.Join("testdata", "broken", name+".txtar"))
	}
}

// breakHouse applies a change and returns the file that tells go build of it.
func breakHouse(t *testing.T, file string) (overlay string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	require.NoError(t, err)
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	text := map[string][]byte{}
	for pair := range slices.Chunk(a.Files, 2) {
		require.Len(t, pair, 2)
		path, _ := strings.CutSuffix(pair[0].Name, " | reads")
		require.Equal(t, path+" | becomes", pair[1].Name)
		path = filepath.Join(root, path)
		if text[path] == nil {
			text[path], err = os.ReadFile(path)
			require.NoError(t, err)
		}
		require.Equal(t, 1, bytes.Count(text[path], pair[0].Data), "%s: no longer reads\n%s", path, pair[0].Data)
		text[path] = bytes.Replace(text[path], pair[0].Data, pair[1].Data, 1)
	}
	replace := map[string]string{}
	for path, changed := range text {
		replace[path] = filepath.Join(dir, fmt.Sprint(len(replace))+filepath.Ext(path))
		require.NoError(t, os.WriteFile(replace[path], changed, 0o600))
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlay = filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, b, 0o600))
	return overlay
}

// build builds the binary with changed sources.
func build(t *testing.T, overlay string) (bin string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "hilft")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-overlay", overlay, "-o", bin, "./cmd/hilft")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return bin
}

// tries is how often chance gets a chance.
const tries = 20

// finders find out what is wrong with each of them.
var finders = map[string]func(t *testing.T, bin string) []string{
	"acknowledges_before_commit": func(t *testing.T, bin string) (wrong []string) {
		s := open(t, plan{binary: bin, calm: true})
		for i := 0; i < tries && len(wrong) == 0; i++ {
			s.dies(t, faults.ReceiveInserted+":5", &crowd{s: s, connections: 16, words: 400, name: fmt.Sprint("try", i, "-")}, nil)
			wrong = s.wrong(t)
		}
		return wrong
	},
	"looks_before_it_inserts": func(t *testing.T, bin string) (wrong []string) {
		s := open(t, plan{binary: bin, calm: true})
		client := &http.Client{}
		defer client.CloseIdleConnections()
		for i := 0; i < tries && len(wrong) == 0; i++ {
			w := word{fmt.Sprint("twice", i), 0}
			s.led.note(said, 0, w.String())
			c := &crowd{s: s}
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() { c.post(t.Context(), client, s.hook, c.body(w)) })
			}
			all.Wait()
			wrong = s.wrong(t)
		}
		return wrong
	},
	"sends_again_after_a_crash": func(t *testing.T, bin string) []string {
		s := open(t, plan{binary: bin, calm: true})
		(&crowd{s: s, connections: 1, words: 2}).talk(t.Context())
		s.dies(t, faults.DeliverSent, nil, &desk{s: s})
		return s.wrong(t)
	},
	"does_not_sync":       cutsFindOut,
	"does_not_sync_files": cutsFindOut,
}

// dies opens the house so that it dies at a point, under load, and opens it again.
func (s *site) dies(t *testing.T, point string, c *crowd, d *desk) {
	t.Helper()
	require.NoError(t, s.house.Stop(t.Context()))
	require.NoError(t, s.house.Open(t.Context(), "HILFT_FAULT="+point))
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	if c != nil {
		load.Go(func() { c.talk(ctx) })
	}
	if d != nil {
		load.Go(func() { d.answer(ctx, d.n+1, 0) })
	}
	select {
	case <-s.house.Dead():
	case <-time.After(time.Minute):
		require.FailNow(t, "the house did not die", point)
	}
	if c != nil {
		cancel() // what it did not acknowledge is not sent again: that would make good what was lost
	}
	require.NoError(t, s.house.Open(t.Context()))
	load.Wait()
	cancel()
}

// wrong lets the house settle and tells what the judge finds.
func (s *site) wrong(t *testing.T) []string {
	t.Helper()
	require.NoError(t, settle(t.Context(), s.agent))
	v, err := judge(t.Context(), s.agent, s.led.read(), true)
	require.NoError(t, err)
	return v.all()
}
