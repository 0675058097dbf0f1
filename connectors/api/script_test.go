// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/channel/channeltest"
	"github.com/hilft/hilft/connectors/api"
)

// documented returns the first block of a language from the page for the other side.
func documented(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "api-channel.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(page), "\n```"+language+"\n")
	require.True(t, ok, "the page has no block in %s", language)
	block, _, ok := strings.Cut(rest, "\n```\n")
	require.True(t, ok, "the block in %s does not end", language)
	return block + "\n"
}

// script writes the documented script to a file that can be run.
func script(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is missing", tool)
		}
	}
	path := filepath.Join(t.TempDir(), "hilft.sh")
	require.NoError(t, os.WriteFile(path, []byte(documented(t, "bash")), 0o700))
	return path
}

// house stands where hilft takes webhooks.
func house(t *testing.T) (*httptest.Server, <-chan channel.HookAnswer) {
	t.Helper()
	taken := make(chan channel.HookAnswer, 1)
	return callback(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer, err := api.Connector{}.Hook(account(), channel.HookRequest{Method: r.Method, Query: r.URL.Query(), Header: r.Header, Body: body, Now: time.Now()})
		if errors.Is(err, channel.ErrSignature) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		taken <- answer
	}), taken
}

func TestDocumentedScriptSends(t *testing.T) {
	t.Parallel()
	path := script(t)
	server, taken := house(t)
	send := func(secret, message string) error {
		cmd := exec.CommandContext(t.Context(), path, "send")
		cmd.Env = append(os.Environ(), "HILFT_URL="+server.URL+"/hooks/account-1", "HILFT_SECRET="+secret, "no_proxy=127.0.0.1")
		cmd.Stdin = strings.NewReader(message)
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	require.NoError(t, send(ourSecret, documented(t, "json")))
	answer := <-taken
	require.Len(t, answer.Raws, 1)
	items, err := api.Connector{}.Translate(account(), answer.Raws[0])
	require.NoError(t, err)
	require.Equal(t, "m-4711", items[0].ID)
	require.Equal(t, "Mira Özdemir", items[0].From.Name)

	require.Error(t, send("some other secret", documented(t, "json")), "the script tells that the signature was refused")
	require.Error(t, send(ourSecret, `{"id":""}`), "the script tells that the message was refused")
}

func TestDocumentedScriptReceives(t *testing.T) {
	t.Parallel()
	inbox := t.TempDir()
	server := httptest.NewServer(&cgi.Handler{
		Path: script(t), Env: []string{"HILFT_SECRET=" + ourSecret, "HILFT_INBOX=" + inbox}, Stderr: t.Output(),
	})
	t.Cleanup(server.Close)
	acc, env := account("callback_url", server.URL, "lookup_url", server.URL), channeltest.NewEnv(t)

	_, err := api.Connector{}.Check(t.Context(), acc, env)
	require.NoError(t, err)
	line, err := api.Connector{}.Open(t.Context(), acc, env)
	require.NoError(t, err)
	out := channel.Outgoing{Key: hilft.NewID(), Thread: "t-815", Visibility: hilft.Private, InReplyTo: "m-4711", Text: "Ab 14 Uhr läuft's wieder \"ganz\" sicher."}
	_, err = line.(channel.ReadBacker).ReadBack(t.Context(), out)
	require.ErrorIs(t, err, channel.ErrNotThere)
	for range 2 {
		receipt, err := line.Send(t.Context(), out)
		require.NoError(t, err)
		require.Equal(t, out.Key, receipt.ID)
	}
	receipt, err := line.(channel.ReadBacker).ReadBack(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, out.Key, receipt.ID)

	files, err := os.ReadDir(inbox)
	require.NoError(t, err)
	require.Len(t, files, 1, "a check is not kept, and a message only once")
	kept, err := os.ReadFile(filepath.Join(inbox, files[0].Name()))
	require.NoError(t, err)
	var message struct{ Text string }
	require.NoError(t, json.Unmarshal(kept, &message))
	require.Equal(t, out.Text, message.Text)

	acc.Settings["secret"] = "a secret of somebody else"
	_, err = api.Connector{}.Check(t.Context(), acc, env)
	require.ErrorIs(t, err, channel.ErrSignIn, "the script refuses what is signed by somebody else")
}
