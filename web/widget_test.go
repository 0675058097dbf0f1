// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/web"
)

func TestTheWidgetIsOneSmallFunction(t *testing.T) {
	t.Parallel()
	script := web.Widget()
	if script == nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "the widget is not built")
		t.Skip("the widget is not built: npm run build in web/widget")
	}
	require.True(t, bytes.HasPrefix(script, []byte("(__hilft=>{")))
	require.True(t, bytes.HasSuffix(bytes.TrimSpace(script), []byte("})")), "what stands behind it calls it")

	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, err := zip.Write(script)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	require.Less(t, zipped.Len(), 14_000, "with the account's own part it stays under 15 kB")
}
