// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// The API's description stands in the repository, so that a change to it is seen in review, and the browser app's types
// are made from it.
func TestOpenAPIIsTheOneInTheRepository(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	got, err := json.Marshal(h.api.OpenAPI())
	require.NoError(t, err)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, got, "", "  "))
	pretty.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	if !bytes.Equal(want, pretty.Bytes()) {
		t.Fatal("openapi.json is not what the API is; if that is meant: make generate, and read the difference")
	}
}
