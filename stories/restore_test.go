// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

// The drill: people work, a backup is made, people go on; then the house burns down, and stands up again elsewhere, on
// the other database; in make soak on the same one too.
func TestAHouseStandsUpAgainElsewhere(t *testing.T) {
	t.Parallel()
	for _, ways := range [][2]string{{"sqlite", "sqlite"}, {"sqlite", "postgres"}, {"postgres", "sqlite"}, {"postgres", "postgres"}} {
		if ways[0] == ways[1] && os.Getenv("HILFT_SOAK") != "1" {
			continue
		}
		t.Run(ways[0]+" to "+ways[1], func(t *testing.T) {
			t.Parallel()
			t.Cleanup(apptest.Turn())
			drill(t, databaseFor(t, ways[0]), databaseFor(t, ways[1]))
		})
	}
}

func databaseFor(t *testing.T, name string) string {
	t.Helper()
	if name == "sqlite" {
		return ""
	}
	url, drop, err := apptest.NewDatabase(t.Context(), postgres(t))
	require.NoError(t, err)
	t.Cleanup(drop)
	return url
}

func drill(t *testing.T, from, to string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settledIn)
	t.Cleanup(cancel)
	s := besiege(t, from, true)
	s.shop.Behave(func(apptest.Taken) apptest.Manner { return apptest.Takes })
	s.sitDown(ctx)
	s.photo(ctx)
	s.write(ctx, repliesEach)
	require.NoError(t, s.agent.Until(ctx, s.allSent))

	// The shop takes nothing for a while: what agents write waits, and is in the backup as something to be sent.
	s.shop.Behave(func(apptest.Taken) apptest.Manner { return apptest.Busy })
	sent := len(s.wrote)
	s.write(ctx, repliesEach)
	waiting := len(s.wrote) - sent
	require.Positive(t, waiting)
	for range wordsEach {
		s.words.add()
	}
	s.words.send(ctx, nil)
	require.Empty(t, s.words.unacked())
	before := s.words.all()

	dir := t.TempDir()
	file, key := filepath.Join(dir, "house.hilft"), filepath.Join(dir, "backup.key")
	for range wordsEach {
		s.words.add()
	}
	var load sync.WaitGroup
	load.Go(func() { s.words.send(ctx, nil) })
	told := program(t, s.house.Settings, "backup", file, "--key-file", key, "--with-secret-key")
	load.Wait()
	require.Empty(t, s.words.unacked(), "the house takes words while it is backed up")
	require.Positive(t, told["rows"])
	require.EqualValues(t, 1, told["media"])

	// The original goes on.
	s.shop.Behave(func(apptest.Taken) apptest.Manner { return apptest.Takes })
	s.write(ctx, repliesEach)
	require.NoError(t, s.agent.Until(ctx, s.allSent))
	require.NoError(t, s.agent.Until(ctx, idle(s.agent)))
	was := conversations(ctx, t, s.agent)
	s.house.Kill()
	taken := s.shop.Taken()

	house, err := apptest.NewHouse(binary, filepath.Join(dir, "data"), to)
	require.NoError(t, err)
	t.Cleanup(house.Kill)
	again := program(t, house.Settings, "restore", file, "--key-file", key)
	require.Equal(t, told["rows"], again["rows"])
	require.NoError(t, house.Open(ctx))
	agent, err := house.SignIn(ctx, apptest.AdministratorEmail, apptest.AdministratorPassword)
	require.NoError(t, err)
	require.NoError(t, agent.Until(ctx, idle(agent)))
	is := conversations(ctx, t, agent)
	inDesk := map[string]int{}
	var doubted []string
	for id, all := range is {
		rest := slices.Clone(was[id])
		for _, m := range all {
			inDesk[m.Body]++
			at := slices.IndexFunc(rest, func(o apptest.Message) bool { return o.Body == m.Body }) // what waited when the backup was made is placed anew
			if m.Direction == "inbound" && inDesk[m.Body] == 1 && slices.Contains(before, m.Body) {
				require.GreaterOrEqual(t, at, 0, "%s stands in another order", m.Body)
				rest = rest[at+1:]
			}
			if m.Delivery == "unknown" {
				require.Equal(t, "restored", m.Reason)
				doubted = append(doubted, m.Body)
			}
		}
	}
	for _, w := range before {
		require.Equal(t, 1, inDesk[w], "%s was acknowledged before the backup began", w)
	}
	for _, r := range s.wrote[:sent+waiting] {
		require.Equal(t, 1, inDesk[r.what.Text], "%s was written before the backup began", r.what.Text)
	}
	require.Len(t, doubted, waiting, "what was to be sent waits for a person")
	require.Len(t, mediaOf(t, house), 1)
	require.Equal(t, mediaOf(t, s.house), mediaOf(t, house))

	// What came since comes again, as networks send what was not acknowledged: each word is there once.
	old, err := url.Parse(s.hook)
	require.NoError(t, err)
	s.words = &words{shop: s.shop, hooks: []string{house.URL() + old.Path}, told: map[int]int{}, client: s.words.client, said: s.words.all(), acked: map[string]bool{}}
	s.words.send(ctx, nil)
	require.NoError(t, agent.Until(ctx, idle(agent)))
	inDesk = map[string]int{}
	for _, all := range conversations(ctx, t, agent) {
		for _, m := range all {
			inDesk[m.Body]++
		}
	}
	for _, w := range s.words.all() {
		require.Equal(t, 1, inDesk[w], w)
	}
	require.Equal(t, taken, s.shop.Taken(), "the restored house sent nothing by itself")
}

// photo lets a customer send a picture.
func (s *siege) photo(ctx context.Context) {
	body, err := json.Marshal(map[string]any{
		"id": "foto", "thread": "t-0", "text": "Foto", "from": map[string]string{"id": "c-0"},
		"attachments": []map[string]string{{"name": "foto.png", "type": "image/png", "data": base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n…"))}},
	})
	require.NoError(s.t, err)
	status, err := s.shop.Post(ctx, s.words.client, s.hook, body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, status)
}

// allSent tells whether all that agents wrote is with the shop, and nothing is left to do.
func (s *siege) allSent(ctx context.Context) error {
	if n := len(s.shop.Taken()); n != len(s.wrote) {
		return fmt.Errorf("%d of %d are sent", n, len(s.wrote))
	}
	return idle(s.agent)(ctx)
}

func idle(a *apptest.Agent) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		h, err := a.Health(ctx)
		if err == nil && h.Work() > 0 {
			err = fmt.Errorf("there is work left: %+v", h.Queues)
		}
		return err
	}
}

// conversations are all messages by case, in the order in which agents see them.
func conversations(ctx context.Context, t *testing.T, a *apptest.Agent) map[string][]apptest.Message {
	t.Helper()
	rows, err := a.AllCases(ctx)
	require.NoError(t, err)
	all := map[string][]apptest.Message{}
	for _, r := range rows {
		c, err := a.Case(ctx, r.ID)
		require.NoError(t, err)
		all[r.ID] = c.Messages
	}
	return all
}

// program calls hilft as an administrator does, with a house's settings, and returns its last line.
func program(t *testing.T, settings map[string]string, args ...string) (told map[string]any) {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Env = append(c.Env, "PATH="+os.Getenv("PATH"))
	for name, v := range settings {
		c.Env = append(c.Env, "HILFT_"+strings.ToUpper(name)+"="+v)
	}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	require.NoError(t, c.Run(), errs.String())
	require.NoError(t, json.Unmarshal(out.Bytes(), &told), out.String())
	t.Logf("hilft %s: %s", args[0], out.String())
	return told
}

// mediaOf are the files of a house by name.
func mediaOf(t *testing.T, h *apptest.House) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(h.Data, "media", "??", "*"))
	require.NoError(t, err)
	all := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		all[filepath.Base(path)] = string(b)
	}
	return all
}
