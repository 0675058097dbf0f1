// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package stories_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/hilft/hilft/connectors/mail/mailtest"
	"github.com/hilft/hilft/internal/app/apptest"
)

// scripts is where the browser's side of the journeys is.
const scripts = "../web/e2e"

// journeyTime is how long one journey may take, from the first page to the last.
const journeyTime = 15 * time.Minute

// journey is one way through the house that a person goes in a browser. The script drives the browser and sees what a
// person sees; whatever else happens in the meantime, at a network or to the house, it has the world do, in the words
// of the stories.
type journey struct {
	name, script string
	// prepare opens the house and whatever stands around it, and returns what the script must know to begin.
	prepare func(ctx context.Context, t *testing.T, w *world) (map[string]string, error)
}

// The longest begin first.
var journeys = []journey{
	{"languages and schemes", "looks.mjs", prepareLooks},
	{"website chat", "chat.mjs", prepareWebsite},
	{"first run with real mail", "first_run.mjs", prepareMail},
	{"own system", "system.mjs", prepareSystem},
	{"public and private", "mastodon.mjs", prepareMastodon},
	{"behind a warning", "warning.mjs", prepareSocial},
	{"keyboard alone", "keyboard.mjs", prepareCases},
	{"sixty cases", "sixty.mjs", prepareCases},
	{"phone", "phone.mjs", prepareCases},
	{"lost connection", "connection.mjs", prepareCases},
	{"long case", "long_case.mjs", prepareCases},
	{"two tabs", "tabs.mjs", prepareCases},
	{"the door", "door.mjs", prepareDoor},
	{"operator", "operator.mjs", prepareOperator},
	{"brands and roles", "roles.mjs", prepareCases},
}

func TestBrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			w := &world{dir: t.TempDir()}
			t.Cleanup(w.close)
			t.Cleanup(apptest.Turn()) // a browser wants much of a core
			ctx, cancel := context.WithTimeout(t.Context(), journeyTime)
			defer cancel()
			given, err := j.prepare(ctx, t, w)
			require.NoError(t, err)
			if err := w.travel(ctx, j.script, given); err != nil {
				t.Fatalf("%v\n%s", err, w.lastWords())
			}
		})
	}
}

// needBrowser skips where there is no browser, or where the binary has no app in it. In CI both must be there.
func needBrowser(t *testing.T) {
	t.Helper()
	for file, how := range map[string]string{
		chromium():                            "no browser: set CHROMIUM, or install Debian's chromium-headless-shell",
		"../web/dist/index.html":              "the app is not built: run make build",
		"../web/node_modules/playwright-core": "playwright-core is missing: run make build",
	} {
		if exists(file) {
			continue
		} else if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is missing, with which the app was built")
	}
}

// chromium is the browser. Without its own windows it draws the same pages and costs half as much.
func chromium() string {
	if at := os.Getenv("CHROMIUM"); at != "" {
		return at
	}
	if shell := "/usr/bin/chromium-headless-shell"; exists(shell) {
		return shell
	}
	return "/usr/bin/chromium"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// travel runs a script and does what it asks for, line by line: a JSON list of words comes, a JSON object goes back.
func (w *world) travel(ctx context.Context, script string, given map[string]string) error {
	known, err := json.Marshal(given)
	if err != nil {
		return err
	}
	node := exec.CommandContext(ctx, "node", script)
	node.Dir = scripts
	node.Env = append(os.Environ(), "CHROMIUM="+chromium(), "HILFT_E2E_URL="+w.house.URL(), "HILFT_E2E_INVITATION="+w.house.Invitation(),
		"HILFT_E2E_GIVEN="+string(known),
		"HILFT_E2E_EMAIL="+apptest.AdministratorEmail, "HILFT_E2E_PASSWORD="+apptest.AdministratorPassword)
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) } // it takes its browser with it
	node.WaitDelay = 15 * time.Second
	var said bytes.Buffer
	node.Stderr = &said
	answers, err := node.StdinPipe()
	if err != nil {
		return err
	}
	asked, err := node.StdoutPipe()
	if err != nil {
		return err
	}
	if err := node.Start(); err != nil {
		return err
	}
	var broken error
	for lines := bufio.NewScanner(asked); broken == nil && lines.Scan(); {
		broken = json.NewEncoder(answers).Encode(w.answer(ctx, lines.Bytes()))
	}
	_ = answers.Close()
	if err := errors.Join(broken, node.Wait()); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(script), err, said.Bytes())
	}
	return nil
}

// told is what a script is told after it has asked for something.
type told struct {
	Error string `json:"error,omitempty"`
	Said  string `json:"said,omitempty"`
}

func (w *world) answer(ctx context.Context, line []byte) (out told) {
	var words []string
	err := json.Unmarshal(line, &words)
	if err == nil && len(words) < 2 {
		err = fmt.Errorf("no such line: %s", line)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if ask, ok := questions[words[0]]; ok {
			out.Said, err = ask(w, ctx, words[1:])
		} else {
			err = w.do(ctx, words...)
		}
	}
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

// do has happen what one line of a story says.
func (w *world) do(ctx context.Context, words ...string) error {
	act, ok := commands[words[0]]
	if !ok {
		return badLine(words)
	}
	return act(w, ctx, words[1:])
}

// prepareMail opens an empty house beside Dovecot and OpenSMTPD.
func prepareMail(ctx context.Context, t *testing.T, w *world) (map[string]string, error) {
	w.provider = &realMail{t: t, servers: mailtest.Start(t, mailtest.Box(desk), mailtest.Box(mira))}
	return w.provider.settings(), w.do(ctx, "house", "opens")
}

// prepareReady opens a house that is set up.
func prepareReady(ctx context.Context, w *world) error {
	return errors.Join(w.do(ctx, "house", "opens"), w.do(ctx, "house", "is", "set", "up"))
}

func prepareSystem(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	if err := prepareReady(ctx, w); err != nil {
		return nil, err
	}
	var err error
	if w.shop, err = apptest.OpenShop(); err != nil {
		return nil, err
	}
	w.onClose(w.shop.Close)
	return w.shop.Settings(false), nil
}

// prepareCases opens a house that a system of somebody else's is connected to.
func prepareCases(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	if err := prepareReady(ctx, w); err != nil {
		return nil, err
	}
	return nil, w.do(ctx, "account", "connected", "api")
}

// prepareLooks opens an empty house: how the first page looks counts too.
func prepareLooks(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	return nil, w.do(ctx, "house", "opens")
}

// prepareDoor opens a house that is set up, at an address for which browsers make passkeys.
func prepareDoor(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	var err error
	if w.house, err = apptest.NewHouse(binary, filepath.Join(w.dir, "data"), w.database); err != nil {
		return nil, err
	}
	base := strings.Replace(w.house.URL(), "127.0.0.1", "localhost", 1)
	w.house.Settings["public_url"] = base
	w.accounts = map[string]apptest.Account{}
	return map[string]string{"base": base}, errors.Join(w.house.Open(ctx), w.do(ctx, "house", "is", "set", "up"))
}

// prepareOperator opens a house with a mailbox, in which work was given up: alerts for somebody who is no longer told.
func prepareOperator(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	const why = "watch: tell: answered 500"
	if err := errors.Join(prepareReady(ctx, w), w.do(ctx, "account", "connected", "mail")); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "data", "hilft.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	for range 3 {
		if _, err = db.ExecContext(ctx, `INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error, awaited) VALUES ('alert', '', '', '{"target":"gone","step":"test"}', ?, ?, 0, 20, ?, ?, 0)`,
			time.Now().UnixMicro(), time.Now().UnixMicro(), time.Now().UnixMicro(), why); err != nil {
			break
		}
	}
	return map[string]string{"error": why, "desk": desk.Address, "address": mira.Address}, errors.Join(err, db.Close())
}

func prepareSocial(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	if err := prepareReady(ctx, w); err != nil {
		return nil, err
	}
	return nil, w.do(ctx, "account", "connected", "mastodon")
}

func prepareMastodon(ctx context.Context, _ *testing.T, w *world) (map[string]string, error) {
	if err := prepareReady(ctx, w); err != nil {
		return nil, err
	}
	if err := w.openSocial(); err != nil {
		return nil, err
	}
	return map[string]string{"url": w.social.server.URL(), "brand": w.social.brand, "customer": w.social.mira}, nil
}
