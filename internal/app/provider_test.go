// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Neither a provider's address nor a push service's leads into the network the house stands in.
func TestAProviderLeadsToNoPrivateAddress(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		_, _ = w.Write([]byte("what is written inside"))
	}))
	defer inside.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	o := open(t, map[string]string{"data": t.TempDir()})
	o.setUp(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		status, said, err := o.say(http.MethodPut, "/api/providers/1", map[string]any{
			"name": "Innen", "issuer": "https://" + host + ":" + port, "client_id": "hilft", "domains": []string{}, "vouches": false, "claim": "", "grants": []any{},
			"otherwise": map[string]any{"role": "", "brand_id": ""}, "second": false, "second_level": "", "on": true,
		})
		require.NoError(t, err)
		require.Equal(t, 422, status, said)
		require.Contains(t, said, "provider.unreachable")
		require.NotContains(t, said, "inside")
	}
	require.Zero(t, reached.Load())
}
