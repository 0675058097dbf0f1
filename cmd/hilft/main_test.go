// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/app/apptest"
)

var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "hilft-cmd-")
	if err != nil {
		return "", err
	}
	return apptest.Binary(context.Background(), folder)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := binary(); err == nil && strings.Contains(bin, "hilft-cmd-") {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// command is the program as people call it, in a folder of its own and without settings from outside.
func command(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	bin, err := binary()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), bin, args...)
	c.Dir = t.TempDir()
	c.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environ...)
	return c
}

func called(t *testing.T, environ []string, args ...string) (code int, out, errs string) {
	t.Helper()
	c := command(t, environ, args...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if failed {
		return exit.ExitCode(), o.String(), e.String()
	}
	require.NoError(t, err)
	return 0, o.String(), e.String()
}

func TestTheProgramSaysWhatItIsAndCanDo(t *testing.T) {
	t.Parallel()
	code, out, errs := called(t, nil, "version")
	require.Zero(t, code)
	require.Regexp(t, `^hilft \S+\n$`, out)
	require.Empty(t, errs)

	code, out, errs = called(t, nil, "--help")
	require.Zero(t, code)
	require.Empty(t, errs)
	for _, word := range []string{"serve", "demo", "backup", "restore", "upgrade", "renew-key", "check", "version"} {
		require.Contains(t, out, "\n  "+word)
	}
	code, out, _ = called(t, nil, "serve", "--help")
	require.Zero(t, code)
	for _, flag := range []string{"config", "data", "listen", "public-url", "media-url", "database-url", "nats-url", "secret-key-file", "allow-hosts", "trusted-proxies", "metrics-from", "log-level", "otlp-endpoint", "leave-after"} {
		require.Contains(t, out, "--"+flag+"=")
	}
}

func TestWhatIsWrongIsOneLineAndAnExitCode(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	for _, c := range []struct {
		environ []string
		args    string
		code    int
		says    string
	}{
		{nil, "", 2, `expected one of "serve"`},
		{nil, "serve --nope", 2, "unknown flag --nope"},
		{nil, "sing", 2, "sing"},
		{nil, "serve extra", 2, "extra"},
		{nil, "serve --listen 8080", 1, `listen: want host:port, got "8080"`},
		{nil, "serve --config none.toml", 1, "none.toml"},
		{[]string{"HILFT_LISTN=x"}, "serve", 1, `environment: there is no setting "listn"`},
		{[]string{"HILFT_LISTN=x"}, "check", 1, `environment: there is no setting "listn"`},
		{[]string{"HILFT_DATABASE_URL=mysql://x"}, "serve", 1, "database URL: want postgres://"},
		{[]string{"HILFT_DATABASE_URL=postgres://hilft:geheim@127.0.0.1:1/x"}, "serve", 1, "database at 127.0.0.1:1"},
		{[]string{"HILFT_DATABASE_URL=postgres://hilft:geheim@127.0.0.1:1/x"}, "check", 1, "the house cannot open like this"},
		{[]string{"HILFT_NATS_URL=nats://:geheim@"}, "serve", 1, "nats_url"},
		{nil, "serve --data /dev/null", 1, "data folder"},
		{nil, "backup house.hilft", 1, "hilft.db: there is none"},
		{nil, "restore none.hilft", 1, "none.hilft"},
		{nil, "restore -", 1, "put it into a file"},
		{nil, "restore --check /dev/null", 1, "cut off, or no backup of hilft at all"},
		{nil, "upgrade", 1, "hilft.db: there is none"},
		{nil, "serve --listen " + taken.Addr().String(), 1, "address already in use"},
	} {
		t.Run(c.args, func(t *testing.T) { // some wait for what will not come
			t.Parallel()
			code, out, errs := called(t, c.environ, strings.Fields(c.args)...)
			require.Equal(t, c.code, code, "%s: %s", c.args, errs)
			lines := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
			last := lines[len(lines)-1]
			require.True(t, strings.HasPrefix(last, "hilft: "), errs)
			require.Contains(t, last, c.says)
			for _, l := range lines[:len(lines)-1] {
				require.True(t, strings.HasPrefix(l, "{"), "beside the log: %s", l)
			}
			require.NotContains(t, out+errs, "geheim")
			require.NotContains(t, errs, "goroutine ")
		})
	}
}

func TestCheckEndsWell(t *testing.T) {
	t.Parallel()
	code, out, errs := called(t, nil, "check")
	require.Zero(t, code)
	require.Empty(t, errs)
	require.Contains(t, out, "made at the first start")
}

// The house is opened, a second one is not let in, and a signal closes it.
func TestTheProgramServesUntilItIsAskedToStop(t *testing.T) {
	t.Parallel()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listen := at.Addr().String()
	require.NoError(t, at.Close())
	data := t.TempDir()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		c := command(t, []string{"HILFT_DATA=" + data}, "serve", "--listen", listen)
		var told bytes.Buffer
		c.Stdout = &told
		log, err := c.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		lines := bufio.NewScanner(log)
		for lines.Scan() && !strings.Contains(lines.Text(), `"msg":"open"`) {
		}
		require.Contains(t, lines.Text(), listen)
		res, err := http.Get("http://" + listen + "/readyz")
		require.NoError(t, err)
		_ = res.Body.Close()
		require.Equal(t, 200, res.StatusCode)

		code, _, errs := called(t, []string{"HILFT_DATA=" + data}, "serve", "--listen", "127.0.0.1:0")
		require.Equal(t, 1, code)
		require.Equal(t, fmt.Sprintf("hilft: data folder: another hilft works on it (%s/lock is locked): stop that one, or name another folder\n", data), errs)
		code, _, errs = called(t, []string{"HILFT_DATA=" + data}, "renew-key")
		require.Equal(t, 1, code)
		require.Contains(t, errs, "another hilft works on it")

		began := time.Now()
		require.NoError(t, c.Process.Signal(signal))
		for lines.Scan() {
		}
		require.NoError(t, c.Wait())
		require.Less(t, time.Since(began), 15*time.Second)
		require.Regexp(t, `^hilft: nobody has set this house up yet\. Open http://`+listen+`/setup#\S{19} to become its administrator\n$`, told.String())
		code, _, errs = called(t, []string{"HILFT_DATA=" + data}, "renew-key") // and it opens with that
		require.Zero(t, code, errs)
	}
}
