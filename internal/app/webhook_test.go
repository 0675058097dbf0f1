// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever an address is called, a webhook does not reach what stands beside the house: that is found out when the connection
// is made.
func TestAWebhookReachesNoPrivateAddress(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	o := open(t, map[string]string{"data": t.TempDir()})
	o.setUp(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		status, said, err := o.say(http.MethodPost, "/api/webhooks", map[string]any{"url": "https://" + host + ":" + port + "/", "types": []string{"case.opened"}})
		require.NoError(t, err)
		require.Equal(t, 201, status, said)
		var made struct{ Webhook struct{ ID string } }
		require.NoError(t, json.Unmarshal([]byte(said), &made))
		status, said, err = o.say(http.MethodPost, "/api/webhooks/"+made.Webhook.ID+"/test", nil)
		require.NoError(t, err)
		require.Equal(t, 204, status, said)
		require.Eventually(t, func() bool {
			_, said, err := o.say(http.MethodGet, "/api/webhooks/"+made.Webhook.ID+"/deliveries", nil)
			return err == nil && strings.Contains(said, `"attempts":1`) && strings.Contains(said, "prohibited")
		}, 30*time.Second, 20*time.Millisecond, host)
	}
	require.Zero(t, reached.Load())
}
