// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/webchat"
)

func TestAPictureIsAWordOfItsOwn(t *testing.T) {
	t.Parallel()
	con, photo := webchat.New(), channel.File{Name: "router.png", Type: "image/png", Size: 7, Hash: "aa"}
	raw, err := con.Hear("v1", time.Now(), []byte(`{"id":"01890000-0000-7000-8000-000000000001","text":" "}`), photo)
	require.NoError(t, err)
	items, err := con.Translate(channel.Account{}, raw)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, []channel.Attachment{{Name: "router.png", Type: "image/png", Size: 7, Hash: "aa"}}, items[0].Attachments)
	require.Empty(t, items[0].Text)
}

func TestNoVisitorNamesAFileByItsHash(t *testing.T) {
	t.Parallel()
	con := webchat.New()
	raw, err := con.Hear("v1", time.Now(), []byte(`{"id":"01890000-0000-7000-8000-000000000001","text":"x","files":[{"hash":"aa","name":"theirs.pdf"}]}`))
	require.NoError(t, err)
	items, err := con.Translate(channel.Account{}, raw)
	require.NoError(t, err)
	require.Empty(t, items[0].Attachments, "only what the house has taken in for this visitor is theirs")
}

func TestTooManyFilesAreRefused(t *testing.T) {
	t.Parallel()
	_, err := webchat.New().Hear("v1", time.Now(), []byte(`{"id":"01890000-0000-7000-8000-000000000001","text":"x"}`), make([]channel.File, 6)...)
	require.ErrorContains(t, err, "chat.too_many")
}
