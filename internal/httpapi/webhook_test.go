// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

type addedWebhook struct {
	Webhook struct{ ID, URL, State string }
	Secret  string
}

// postbox takes what is posted to it.
type postbox struct {
	*httptest.Server
	mu  sync.Mutex
	got []posted
}

type posted struct {
	header http.Header
	body   string
}

func openPostbox(t *testing.T) *postbox {
	t.Helper()
	p := &postbox{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got = append(p.got, posted{r.Header, string(body)})
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *postbox) all() []posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]posted{}, p.got...)
}

// The example of the handbook is run as it stands there: it verifies what was posted, and fetches the case with a token.
func TestTheExampleOfTheHandbookWorks(t *testing.T) {
	t.Parallel()
	for _, needed := range []string{"bash", "openssl", "curl", "base64", "od"} {
		if _, err := exec.LookPath(needed); err != nil {
			require.NotEqual(t, "true", os.Getenv("CI"), "%s is not installed", needed)
			t.Skip(needed + " is not installed")
		}
	}
	page, err := os.ReadFile("../../docs/webhooks.md")
	require.NoError(t, err)
	_, script, found := strings.Cut(string(page), "```bash\n")
	require.True(t, found)
	script, _, _ = strings.Cut(script, "```")

	s := openScene(t, storetest.Open(t, "", nil))
	box := openPostbox(t)
	hook := as[addedWebhook](t, s.rosa.say(http.MethodPost, "/api/webhooks", m{"url": box.URL, "types": []string{"case.opened"}}), 201)
	id := s.posts(t, s.own.account, m{"id": "new", "thread": "new", "text": "Wo bleibt mein Router?", "from": m{"id": "kim"}})
	s.until(t, func() bool { return len(box.all()) == 1 })
	got := box.all()[0]
	run := func(secret, body string) (string, string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "SECRET=" + secret, "ID=" + got.header.Get("Webhook-Id"), "TIMESTAMP=" + got.header.Get("Webhook-Timestamp"),
			"SIGNATURES=" + got.header.Get("Webhook-Signature"), "HILFT=" + s.server.URL, "TOKEN=" + s.rosa.token("read").Secret,
		}
		cmd.Stdin = strings.NewReader(body)
		var out, complaint strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &complaint
		err := cmd.Run()
		return out.String(), complaint.String(), err
	}
	out, complaint, err := run(hook.Secret, got.body)
	require.NoError(t, err, complaint)
	require.Contains(t, out, `"id":"`+s.caseOf(t, id)+`"`)
	require.Contains(t, out, "Wo bleibt mein Router?")
	_, complaint, err = run(hook.Secret, strings.Replace(got.body, "case.opened", "case.solved", 1))
	require.Error(t, err)
	require.Equal(t, "somebody else has signed this\n", complaint)
	renewed := as[struct{ Secret string }](t, s.rosa.say(http.MethodPost, "/api/webhooks/"+hook.Webhook.ID+"/secret", nil), 201)
	_, _, err = run(renewed.Secret, got.body)
	require.Error(t, err)
}

// A secret is told once: not to who lists, and not to who asks again with the same key.
func TestAWebhooksSecretIsToldOnce(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	body := m{"url": "https://erp.example/x", "types": []string{"case.opened", "reply.failed"}}
	hook := as[addedWebhook](t, s.rosa.say(http.MethodPost, "/api/webhooks", body, "Idempotency-Key", "one"), 201)
	require.True(t, strings.HasPrefix(hook.Secret, "whsec_"))
	renewed := as[struct{ Secret string }](t, s.rosa.say(http.MethodPost, "/api/webhooks/"+hook.Webhook.ID+"/secret", nil, "Idempotency-Key", "two"), 201)
	require.NotContains(t, s.rosa.say(http.MethodGet, "/api/webhooks", nil).body, "whsec_")
	require.Zero(t, storetest.Count(t, s.db, `SELECT COUNT(*) FROM request WHERE CAST(body AS TEXT) LIKE '%whsec_%'`))
	for _, secret := range []string{hook.Secret, renewed.Secret} {
		require.NotContains(t, s.log.String(), strings.TrimPrefix(secret, "whsec_"))
	}
	require.NotContains(t, s.rosa.trailOf("&group=webhook").whats(), "")
	require.Equal(t, []string{"webhook.added", "webhook.secret_renewed"}, s.rosa.trailOf("&group=webhook").whats())
}
